"""Data sets of a hidden world: Parquet with a card, and the test labels in a folder of their own.

A data set is a folder: ``train.parquet`` (texts and label), ``test.parquet`` (texts only), ``ids.parquet`` (which value
each text tells, for figures with ids given), ``card.json``. The labels of the test rows are written to another folder,
which only the blind scoring service reads.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from assay.atomic import atomic_path, write_text
from assay.campaigns.knobs import ATTRIBUTES, CLASSES, Knobs
from assay.campaigns.labelled import validation_rows
from assay.errors import ConfigurationError, SourceError

TRAIN_ROWS, TEST_ROWS = 42_000, 18_000
NOTE = (
    "A re-creation of a published pattern by a seeded generator; no row comes from anybody's campaigns, and scores "
    "on it say nothing about the data of others."
)


@dataclass(frozen=True)
class Dataset:
    """A data set's folder, read when asked. It has no test labels: they are not in the folder."""

    folder: Path

    @cached_property
    def card(self) -> dict[str, Any]:
        """What the data set is: sizes, shares, seed, ceiling, knobs.

        Raises:
            SourceError: the folder holds no data set.
        """
        try:
            card: dict[str, Any] = json.loads((self.folder / "card.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise SourceError(f"{self.folder} holds no data set: its card.json cannot be read ({error})") from error
        return card

    @property
    def version(self) -> str:
        """The name of the data set."""
        return str(self.card["version"])

    def train(self) -> pa.Table:
        """The rows to learn from: texts and label."""
        return pq.read_table(self.folder / "train.parquet")

    def test(self) -> pa.Table:
        """The rows to predict: texts only."""
        return pq.read_table(self.folder / "test.parquet")

    def ids(self, split: str) -> pa.Table:
        """Which value each text of ``train`` or ``test`` tells, in the order of its rows: ``audience_id`` and so on."""
        rows = pq.read_table(self.folder / "ids.parquet")
        return rows.filter(pa.compute.equal(rows["split"], split)).drop_columns(["split"])

    def split(self) -> tuple[pa.Table, pa.Table]:
        """Training rows to fit and to tune on: a fixed rule on the campaign's id puts 15 % into validation."""
        table = self.train()
        held = validation_rows(table)
        return table.filter(pa.array(~held)), table.filter(pa.array(held))


def generate(
    knobs: Knobs, out: Path, labels: Path, train_rows: int = TRAIN_ROWS, test_rows: int = TEST_ROWS
) -> dict[str, Any]:
    """Write the data set of these knobs to ``out``, and the test rows' labels to ``labels``; returns the card.

    The same knobs and sizes give the same bytes. ``labels`` is the blind scoring service's folder; it may hold
    those of other data sets too.

    Raises:
        ConfigurationError: ``labels`` lies inside ``out`` or can be read by others, or there are no rows.
        OSError: a folder cannot be written.
    """
    from assay.campaigns.blind.vault import Vault
    from assay.campaigns.ceiling import ceiling
    from assay.campaigns.graph import build_world

    if min(train_rows, test_rows) < 1:
        raise ConfigurationError("a data set needs rows to train on and rows to test with")
    if labels.resolve().is_relative_to(out.resolve()):
        raise ConfigurationError(f"the labels' folder {labels} must not lie inside the data set {out}")
    world = build_world(knobs)
    rng = np.random.default_rng(np.random.SeedSequence([knobs.seed, 2]))
    campaigns = world.draw(train_rows + test_rows, rng)
    outcomes = world.label(campaigns, rng)
    names = [f"{knobs.version}-{i:06d}" for i in range(len(campaigns))]
    columns: dict[str, Any] = {"campaign_id": names}
    for i, attribute in enumerate(ATTRIBUTES):
        columns[attribute] = world.render_all(attribute, campaigns[:, i], rng)
    texts = pa.table(columns)
    told = pa.array([CLASSES[i] for i in outcomes.tolist()])
    ids = pa.table({"campaign_id": names, "split": ["train"] * train_rows + ["test"] * test_rows})
    for i, attribute in enumerate(ATTRIBUTES):
        known = [value.id for value in world.attributes[attribute]]
        ids = ids.append_column(f"{attribute}_id", pa.array([known[c] for c in campaigns[:, i].tolist()]))

    out.mkdir(parents=True, exist_ok=True)
    _write(texts.append_column("label", told)[:train_rows], out / "train.parquet")
    _write(texts[train_rows:], out / "test.parquet")
    _write(ids, out / "ids.parquet")
    Vault.open(labels).deposit(knobs.version, names[train_rows:], told[train_rows:].to_pylist(), CLASSES)
    shares = np.bincount(outcomes[:train_rows], minlength=len(CLASSES)) / train_rows
    card = {
        "schema": "assay-campaigns/1",
        "version": knobs.version,
        "note": NOTE,
        "rows": {"train": train_rows, "test": test_rows},
        "shares": {name: round(float(share), 4) for name, share in zip(CLASSES, shares, strict=True)},
        "seed": knobs.seed,
        "ceiling": ceiling(world, campaigns[train_rows:], rng),
        "knobs": knobs.to_json(),
    }
    write_text(out / "card.json", json.dumps(card, indent=2) + "\n")
    return card


def _write(table: pa.Table, path: Path) -> None:
    with atomic_path(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")
