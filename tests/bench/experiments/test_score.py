"""What counts as found, as a false alarm, and as neither."""

from __future__ import annotations

import numpy as np
import pytest

from assay.bench.corrupt.truth import Injected
from assay.bench.experiments.detector import Found
from assay.bench.experiments.score import Ratio, counted, rows, types

DAMAGED = np.arange(100, dtype=np.int64)


def injected(kind: str = "null_cells", expected: tuple[str, ...] = ("missing_values",), *columns: str) -> Injected:
    named = columns or ("spend",)
    return Injected(0, kind, "structural", expected, named, named, "uniform", "", "", 0.05, 0.05, 100)


def found(kind: str, columns: tuple[str, ...], rows: range = range(0), severity: str = "high") -> Found:
    return Found(kind, severity, columns, np.array(rows, np.int64))


def test_an_alarm_of_an_expected_kind_in_a_damaged_column_is_a_hit() -> None:
    scored = types([found("missing_values", ("spend",), range(100))], [injected()], DAMAGED)
    assert (scored.found, scored.missed, scored.false, scored.perfect) == (("null_cells",), (), (), True)


@pytest.mark.parametrize(
    "wrong",
    [
        found("missing_values", ("clicks",), range(100)),
        found("outliers", ("spend",), range(100)),
        found("missing_values", ("spend",), range(100), severity="low"),
    ],
    ids=["other column", "other kind", "note"],
)
def test_other_columns_other_kinds_and_notes_are_no_hits(wrong: Found) -> None:
    assert types([wrong], [injected()], DAMAGED).missed == ("null_cells",)


def test_an_alarm_about_damaged_rows_is_no_false_one_but_one_about_clean_rows_or_about_no_rows_is() -> None:
    alarms = [
        found("outliers", ("cpc",), range(100)),
        found("outliers", ("cpm",), range(50, 150)),
        found("date_gap", ("date",)),
    ]
    scored = types(alarms, [injected()], DAMAGED)
    assert scored.also == ("outliers(cpc)",)
    assert scored.false == ("date_gap(date)", "outliers(cpm)")


def test_a_consequence_counts_as_its_findings() -> None:
    told = Found("outliers", "high", ("cpc",), DAMAGED, (("missing_values", ("spend", "cpc")),))
    assert types([told], [injected()], DAMAGED).perfect


def test_a_kind_about_whole_rows_may_name_the_key_if_its_rows_are_damaged_ones() -> None:
    restated = injected("restated_days", ("duplicate_keys",), "spend", "clicks")
    assert types([found("duplicate_keys", ("date", "ad"), range(100))], [restated], DAMAGED).perfect
    elsewhere = types([found("duplicate_keys", ("date", "ad"), range(90, 190))], [restated], DAMAGED)
    assert (elsewhere.missed, elsewhere.false) == (("restated_days",), ("duplicate_keys(date, ad)",))


def test_a_decoy_cannot_be_found_and_alarms_about_it_are_false() -> None:
    decoy = injected("late_conversions", ())
    scored = types([found("missing_values", ("spend",), range(100))], [decoy], np.empty(0, np.int64))
    assert (scored.found, scored.missed, scored.false) == ((), (), ("missing_values(spend)",))


def test_types_of_several_tables_are_counted_together() -> None:
    hit = types([found("missing_values", ("spend",))], [injected()], DAMAGED)
    miss = types([found("date_gap", ("date",))], [injected()], DAMAGED)
    assert counted([hit, hit, miss]) == Ratio(hits=2, false=1, missed=1)


def test_rows_are_those_of_all_alarms_together() -> None:
    alarms = [found("a", (), range(60)), found("b", (), range(40, 80)), found("c", (), range(80, 120), "low")]
    assert rows(alarms, DAMAGED) == Ratio(hits=80, false=0, missed=20)


def test_ratios_are_1_where_there_is_nothing_to_find_and_nothing_is_said() -> None:
    nothing, silent, wrong = Ratio(0, 0, 0), Ratio(0, 0, 5), Ratio(0, 5, 0)
    assert (nothing.precision, nothing.recall, nothing.f1) == (1, 1, 1)
    assert (silent.precision, silent.recall, silent.f1) == (1, 0, 0)
    assert (wrong.precision, wrong.recall, wrong.f1) == (0, 1, 0)
