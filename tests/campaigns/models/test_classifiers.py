"""Every classifier behind the one interface: probabilities, missing fields, folders, explanations, seeds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from assay.campaigns.datasets import Dataset, generate
from assay.campaigns.knobs import ATTRIBUTES, VERSIONS
from assay.campaigns.labelled import labels_of
from assay.campaigns.models import MODELS, Trained, boosted, load, structured, train
from assay.campaigns.models.base import class_weights
from assay.campaigns.models.calibration import fit_calibration
from assay.campaigns.models.ternary import Length
from assay.errors import ConfigurationError, MissingExtraError, SourceError

ROWS = 2_000
NAMES = [name for name in MODELS if not name.endswith("-ids")]


@pytest.fixture(scope="module", autouse=True)
def _few_sweeps() -> None:
    """Chains as short as small tables need."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(structured, "CHAINS", 1)
        patch.setattr(structured, "WHOLE", Length(60, 30, 2.0))
        patch.setattr(structured, "AGAIN", Length(20, 30))
        patch.setattr(structured, "TRIAL", Length(20, 10, 2.0))
        patch.setattr(structured, "WARM", 20)
        patch.setattr(structured, "LONG", 40)
        patch.setattr(structured, "SCALES", structured.SCALES[:2])
        patch.setattr(boosted, "TREES", 15)
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    place = tmp_path_factory.mktemp("classifiers")
    generate(VERSIONS["V25"], place / "data", place / "vault", ROWS, 200)
    return Dataset(place / "data")


@pytest.fixture(scope="module", params=NAMES)
def trained(request: pytest.FixtureRequest, data: Dataset) -> Trained:
    if request.param == "network":
        pytest.importorskip("torch", reason="the network needs PyTorch")
    return train(request.param, data.train())


def test_probabilities_are_a_row_of_three_for_each_campaign(trained: Trained, data: Dataset) -> None:
    chances = trained.predict_proba(data.test())
    assert chances.shape == (200, 3)
    assert chances.sum(axis=1) == pytest.approx(np.ones(200))
    assert set(trained.predict(data.test()).tolist()) <= {0, 1, 2}


def test_it_learns_more_than_the_shares_of_the_classes(trained: Trained, data: Dataset) -> None:
    truth = labels_of(data.train())
    assert np.mean(trained.predict(data.train()) == truth) > np.bincount(truth).max() / ROWS + 0.05


def test_fields_may_be_missing_all_of_them_too(trained: Trained, data: Dataset) -> None:
    part = {"brand": data.test()["brand"].to_pylist()[:5], "platform": [None, "", "a feed", None, "x"]}
    assert np.isfinite(trained.predict_proba(part)).all()
    assert trained.predict_proba({"brand": [None]}).sum() == pytest.approx(1)


def test_a_saved_model_predicts_the_same(trained: Trained, data: Dataset, tmp_path: Path) -> None:
    trained.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert again.classifier.name == trained.classifier.name
    assert again.predict_proba(data.test()) == pytest.approx(trained.predict_proba(data.test()), abs=1e-6)
    assert json.loads((tmp_path / "model" / "model.json").read_text())["schema"] == "assay-model/1"


def test_explanations_name_fields_the_strongest_first(trained: Trained, data: Dataset) -> None:
    (first, *_rest) = trained.explain(data.test()[:3])
    assert first
    assert all(set(e.about) <= set(ATTRIBUTES) for e in first)
    if trained.classifier.name != "stacked":
        weights = [abs(e.weight) for e in first]
        assert weights == sorted(weights, reverse=True)


@pytest.mark.parametrize("name", ["structured", "tfidf-logistic"])
def test_the_same_seed_gives_the_same_model(name: str, data: Dataset) -> None:
    one, two = (train(name, data.train()[:700], seed=3) for _ in range(2))
    assert np.array_equal(one.predict_proba(data.test()), two.predict_proba(data.test()))


def test_given_ids_need_no_words(data: Dataset) -> None:
    table = data.train()
    for attribute in ATTRIBUTES:
        table = table.append_column(f"{attribute}_id", data.ids("train")[f"{attribute}_id"])
    trained = train("structured-ids", table)
    sizes = trained.tables().sizes
    assert sizes == VERSIONS["V25"].sizes


def test_only_a_structured_model_has_relations(data: Dataset) -> None:
    trained = train("tfidf-logistic", data.train())
    with pytest.raises(ConfigurationError, match="knows no relations"):
        trained.tables()


def test_what_cannot_be_trained_is_refused(data: Dataset) -> None:
    with pytest.raises(ConfigurationError, match="no model is called"):
        train("oracle", data.train())
    with pytest.raises(ConfigurationError, match="brand is missing"):
        train("structured", data.train().drop_columns(["brand"]))
    with pytest.raises(ConfigurationError, match="label"):
        train("structured", data.test())


def test_a_folder_without_a_model_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="assay campaigns train"):
        load(tmp_path)


def test_a_model_whose_package_is_missing_names_the_extra(data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODELS, "network", ("no_such_module", "Network"))
    with pytest.raises(MissingExtraError, match="lab"):
        train("network", data.train())


def test_rare_classes_weigh_more() -> None:
    labels = np.array([1] * 90 + [0] * 8 + [2] * 2, dtype=np.int8)
    weights = class_weights(labels)
    assert weights[-1] > weights[90] > weights[0]


def test_calibration_undoes_overconfidence() -> None:
    rng = np.random.default_rng(0)
    true = rng.dirichlet(np.ones(3), size=4_000)
    labels = np.array([rng.choice(3, p=p) for p in true])
    sharp = true**3 / (true**3).sum(axis=1, keepdims=True)
    calibrated = fit_calibration(sharp, np.eye(3)[labels]).apply(sharp)
    assert np.abs(calibrated - true).mean() < 0.03 < np.abs(sharp - true).mean()


def test_tables_of_columns_that_are_not_campaigns_are_no_campaigns() -> None:
    with pytest.raises(ConfigurationError):
        train("structured", pa.table({"a": [1]}))
