"""Predicting, recommending and harm on the command line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import assay.campaigns.laboratory as laboratory
import assay.campaigns.models as models
from assay.campaigns.harm import Measured
from assay.campaigns.knobs import ATTRIBUTES, CLASSES
from tests.campaigns.toys import Knowing, named_world
from tests.cli.conftest import Assay

FIELDS = ("--field", "audience=audience 1", "--field", "brand=brand 2", "--field", "geography=geography 0")


@dataclass(frozen=True)
class Known(Knowing):
    """A model that predicts by the relations that it was told."""

    def predict_proba(self, campaigns: Mapping[str, Sequence[str | None]]) -> np.ndarray:
        """The same for every campaign."""
        return np.tile([0.2, 0.5, 0.3], (len(campaigns["brand"]), 1))

    def predict(self, campaigns: Mapping[str, Sequence[str | None]]) -> np.ndarray:
        """The likeliest class."""
        return self.predict_proba(campaigns).argmax(axis=1)


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    known = Known(Knowing.of(named_world()).tables())
    monkeypatch.setattr(models, "load", lambda _: known)
    return tmp_path


def test_one_campaign_is_predicted_with_reasons(assay: Assay, model: Path) -> None:
    done = assay("campaigns", "predict", "--model", model, "--why", *FIELDS)
    assert done.status == 0, done.err
    told = json.loads(done.out)
    assert told["class"] == CLASSES[1]
    assert told["probabilities"] == dict(zip(CLASSES, (0.2, 0.5, 0.3), strict=True))
    assert all(effect > 0 for effect in told["for"].values())
    assert all(effect < 0 for effect in told["against"].values())


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_file_is_predicted_row_by_row_and_can_be_submitted(assay: Assay, model: Path, suffix: str) -> None:
    campaigns, out = model / "campaigns.csv", model / f"predictions.{suffix}"
    campaigns.write_text("campaign_id,brand,platform\nx,brand 1,platform 2\ny,brand 2,\n", encoding="utf-8")
    lines = assay("campaigns", "predict", campaigns, "--model", model).out.splitlines()
    assert [json.loads(line)["campaign_id"] for line in lines] == ["x", "y"]
    assert assay("campaigns", "predict", campaigns, "--model", model, "--out", out).status == 0
    from assay.campaigns.rows import read_rows

    assert read_rows(out, ("campaign_id", "class")) == {"campaign_id": ["x", "y"], "class": [CLASSES[1]] * 2}


def test_completions_come_best_first_within_what_is_allowed(assay: Assay, model: Path) -> None:
    done = assay("campaigns", "recommend", "--model", model, *FIELDS, "--allow", "platform=platform 3", "--count", "4")
    assert done.status == 0, done.err
    told = [json.loads(line) for line in done.out.splitlines()]
    assert [t["platform"] for t in told] == ["platform 3"] * 4
    assert [t["balance"] for t in told] == sorted((t["balance"] for t in told), reverse=True)
    assert all(low < t["balance"] < high for t in told for low, high in [t["interval"]])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("predict",), "name a file of campaigns"),
        (("predict", "--field", "brand"), "is no field"),
        (("predict", "--field", "colour=red"), "no field is called 'colour'"),
        (("recommend", "--field", "brand=brand 1", "--wanted", "brand"), "every field|given and wanted"),
    ],
)
def test_what_makes_no_sense_is_said(assay: Assay, model: Path, arguments: tuple[str, ...], told: str) -> None:
    import re

    done = assay("campaigns", *arguments, "--model", model)
    assert done.status == 2
    assert re.search(told, done.err)


def test_harm_tells_what_is_lost_and_what_comes_back(
    assay: Assay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, words = 700, ("bold", "calm", "bright", "quiet", "quick")
    texts = {a: [f"{words[i % 5]} {a} of {words[i // 5 % 5]} things {i}" for i in range(rows)] for a in ATTRIBUTES}
    labels = [CLASSES[(i * i + i // 5) % 3] for i in range(rows)]
    table = pa.table({"campaign_id": [f"c-{i}" for i in range(rows)], **texts, "label": labels})

    def measure(trained: pa.Table) -> Measured:
        return Measured(0.9 - abs(trained.num_rows - rows) / 1_000, 0.1)

    monkeypatch.setattr(laboratory, "laboratory", lambda *_: (measure, table))
    log = tmp_path / "harm.jsonl"
    options = ("--damages", "repeated-rows", "--rates", "10%", "--seeds", "1", "--log", log)
    done = assay("campaigns", "harm", tmp_path, *options)
    assert done.status == 0, done.err
    assert "repeated-rows 10%: 7.0 points of F1 lost, 0.0 after quarantine" in done.out
    head, case = map(json.loads, log.read_text(encoding="utf-8").splitlines())
    assert head["experiment"] == "harm"
    assert case["out"] == 70
    assert assay("campaigns", "harm", tmp_path, "--damages", "locusts").status == 2


def test_every_damage_can_be_done_to_a_training_table(tmp_path: Path) -> None:
    from assay.campaigns.datasets import generate
    from assay.cli.campaigns_harm import DAMAGES, _damage
    from tests.campaigns.toys import SMALL

    generate(SMALL, tmp_path / "data", tmp_path / "vault", 1_000, 10)
    table = pq.read_table(tmp_path / "data" / "train.parquet")
    for name in DAMAGES:
        damaged = _damage(name)(table, 0.2, 1)
        assert damaged.column_names == table.column_names, name
        assert not damaged.equals(table), name
