"""Damage, train, quarantine, train again."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.campaigns.audited import quarantine
from assay.campaigns.harm import Case, Measured, Point, cases, contradict, curves, usable
from assay.campaigns.knobs import ATTRIBUTES, CLASSES

ROWS = 600
WORDS = ("bold", "calm", "bright", "quiet", "quick", "proud", "plain")


@pytest.fixture(scope="module")
def table() -> pa.Table:
    texts = {
        a: [f"{WORDS[i % 7]} {a} of {WORDS[(i // 7 + k) % 7]} things {i}" for i in range(ROWS)]
        for k, a in enumerate(ATTRIBUTES)
    }
    labels = [CLASSES[(i * i + i // 5) % 3] for i in range(ROWS)]
    return pa.table({"campaign_id": [f"c-{i}" for i in range(ROWS)], **texts, "label": labels})


def measure(table: pa.Table) -> Measured:
    """A model that is worse by each row that is not one of its own."""
    foreign = table.num_rows - ROWS
    return Measured(0.9 - foreign / 1_000, 0.1 + foreign / 1_000)


def test_what_the_audit_takes_out_comes_back(table: pa.Table, tmp_path: Path) -> None:
    def copies(rows: pa.Table, rate: float, seed: int) -> pa.Table:
        return pa.concat_tables([rows, rows.slice(seed, round(rate * rows.num_rows))])

    found = list(cases(table, {"copies": copies}, [0.1], [1, 2], measure, tmp_path))
    assert [(c.rows, c.out, c.passed) for c in found] == [(660, 60, True)] * 2
    (curve,) = curves(found)
    assert curve.lost.mean == pytest.approx(0.06)
    assert curve.left.mean == pytest.approx(0.0)
    assert curve.regret_added.mean == pytest.approx(0.06)
    assert curve.back == pytest.approx(1.0)


def test_what_the_audit_does_not_see_stays_lost(table: pa.Table, tmp_path: Path) -> None:
    def new(rows: pa.Table, rate: float, seed: int) -> pa.Table:
        count = round(rate * rows.num_rows)
        more = rows.slice(seed, count)
        ids = pa.array([f"new-{i}" for i in range(count)])
        texts = pa.array([f"another {text}" for text in more["brand"].to_pylist()])
        return pa.concat_tables([rows, more.set_column(0, "campaign_id", ids).set_column(2, "brand", texts)])

    (found,) = cases(table, {"new": new}, [0.1], [1], measure, tmp_path)
    assert found.out == 0
    assert found.repaired == found.damaged != found.clean
    assert curves([found])[0].back == pytest.approx(0.0)


def test_contradictions_are_copies_with_another_outcome(table: pa.Table) -> None:
    made = contradict(table, 0.2, 3)
    assert made.num_rows == ROWS + 120
    told = dict(zip(table["campaign_id"].to_pylist(), table["label"].to_pylist(), strict=True))
    changed = [row for row in made.to_pylist() if row["label"] != told[row["campaign_id"]]]
    assert len(changed) == 120
    assert {row["label"] for row in changed} <= set(CLASSES)


def test_both_sides_of_a_contradiction_are_taken_out(table: pa.Table, tmp_path: Path) -> None:
    pq.write_table(contradict(table, 0.1, 3), tmp_path / "torn.parquet")
    done = quarantine(tmp_path / "torn.parquet", tmp_path / "kept.parquet")
    assert done.record.passed
    assert (len(done.rows), done.left) == (120, 540)


def test_rows_without_a_class_cannot_be_used_and_lost_columns_have_no_values(table: pa.Table) -> None:
    labels = pa.array([None, "broken", *table["label"].to_pylist()[2:]])
    damaged = table.set_column(6, "label", labels).drop_columns(["brand"])
    left = usable(damaged)
    assert left.num_rows == ROWS - 2
    assert left["brand"].null_count == ROWS - 2


def test_a_case_survives_a_log() -> None:
    case = Case("copies", 0.1, 1, 10, 9, 1, True, Measured(0.9, 0.1), Measured(0.8, 0.2), Measured(0.9, 0.1))
    assert Case.from_json(json.loads(json.dumps(case.to_json()))) == case


def test_an_interval_needs_two_seeds_and_narrows_with_more() -> None:
    assert math.isinf(Point.of([0.5]).high)
    few, many = Point.of([0.4, 0.6]), Point.of([0.4, 0.6] * 10)
    assert few.mean == many.mean == pytest.approx(0.5)
    assert few.high - few.low > many.high - many.low
    assert Point.of([0.4, 0.6]).high == pytest.approx(0.5 + 12.706 * 0.1, abs=1e-3)
