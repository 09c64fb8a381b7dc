"""Data sets: the same bytes for the same seed, no label of the test, a card with the ceiling."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from assay.campaigns.datasets import Dataset, generate
from assay.campaigns.knobs import ATTRIBUTES, CLASSES, VERSIONS
from assay.campaigns.labelled import labels_of, validation_rows
from assay.errors import ConfigurationError, SourceError

TRAIN, TEST = 600, 400


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("sets")
    generate(VERSIONS["V15"], place / "data", place / "vault", TRAIN, TEST)
    return place


def test_the_same_seed_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    generate(VERSIONS["V15"], tmp_path / "data", tmp_path / "vault", TRAIN, TEST)
    for name in ("train.parquet", "test.parquet", "ids.parquet", "card.json"):
        assert (tmp_path / "data" / name).read_bytes() == (folder / "data" / name).read_bytes()


def test_the_test_has_texts_and_no_labels(folder: Path) -> None:
    data = Dataset(folder / "data")
    assert data.test().column_names == ["campaign_id", *ATTRIBUTES]
    assert len(data.test()) == TEST
    assert set(labels_of(data.train()).tolist()) <= {0, 1, 2}


def test_ids_are_in_the_order_of_the_rows(folder: Path) -> None:
    data = Dataset(folder / "data")
    assert data.ids("test")["campaign_id"].to_pylist() == data.test()["campaign_id"].to_pylist()
    assert data.ids("train")["brand_id"][0].as_py().startswith("brand-")


def test_validation_is_a_rule_on_the_id_and_not_on_the_order(folder: Path) -> None:
    table = Dataset(folder / "data").train()
    held = set(table.filter(pa.array(validation_rows(table)))["campaign_id"].to_pylist())
    turned = table.take(np.arange(len(table))[::-1])
    assert held == set(turned.filter(pa.array(validation_rows(turned)))["campaign_id"].to_pylist())
    assert 0.08 * TRAIN < len(held) < 0.22 * TRAIN
    fitted, checked = Dataset(folder / "data").split()
    assert len(fitted) + len(checked) == TRAIN


def test_the_card_tells_shares_seed_and_ceiling(folder: Path) -> None:
    card = Dataset(folder / "data").card
    assert card["rows"] == {"train": TRAIN, "test": TEST}
    assert sum(card["shares"].values()) == pytest.approx(1, abs=0.001)
    assert card["seed"] == VERSIONS["V15"].seed
    assert card["ceiling"]["macro_f1"] > 0.99
    assert set(card["ceiling"]["by_class"]) == set(CLASSES)
    assert all(f1 < card["ceiling"]["macro_f1"] for f1 in card["ceiling"]["without"].values())


def test_what_no_text_tells_lowers_the_ceiling_and_knowing_it_lifts_it(tmp_path: Path) -> None:
    card = generate(VERSIONS["V14"], tmp_path / "data", tmp_path / "vault", 100, 4_000)
    assert card["ceiling"]["macro_f1"] < 0.55
    assert card["ceiling"]["with_hidden"]["macro_f1"] > 0.95


def test_labels_may_not_lie_in_the_data_set(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="must not lie inside"):
        generate(VERSIONS["V15"], tmp_path, tmp_path / "vault", 10, 10)


def test_a_folder_without_a_card_is_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"card\.json"):
        _ = Dataset(tmp_path).card


def test_a_label_that_is_no_class_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="1 rows"):
        labels_of(pa.table({"label": [CLASSES[0], "great"]}))
