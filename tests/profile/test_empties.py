"""Empty values by load: counted in a sample, kept over audits, never of what is not trusted."""

from __future__ import annotations

import datetime as dt
import json

import pyarrow as pa

from assay.profile.empties import KEPT, WHOLE, Empties, empties_of
from assay.profile.sample import from_arrow

DAY = dt.date(2026, 3, 1)


def trusts(_: str, __: str) -> bool:
    return True


def test_values_are_counted_by_day() -> None:
    days = [DAY] * 30 + [DAY + dt.timedelta(days=1)] * 25 + [None]
    table = pa.table({"day": days, "city": [None] * 3 + ["x"] * 27 + [None] * 5 + ["y"] * 20 + [None]})
    counted = empties_of(from_arrow(table), "day")
    assert counted.rows == {"2026-03-01": 30, "2026-03-02": 25}
    assert counted.nulls["city"] == {"2026-03-01": 3, "2026-03-02": 5}


def test_days_of_a_few_rows_are_one_load() -> None:
    table = pa.table({"day": [DAY + dt.timedelta(days=i) for i in range(40)], "city": [None, "x"] * 20})
    counted = empties_of(from_arrow(table), "day")
    assert (counted.rows, counted.nulls["city"]) == ({WHOLE: 40}, {WHOLE: 20})


def test_what_is_not_trusted_is_not_known_any_more() -> None:
    before = Empties({"2026-03-01": 30}, {"city": {"2026-03-01": 1}, "name": {"2026-03-01": 2}})
    now = Empties({"2026-03-01": 31}, {"city": {"2026-03-01": 9}, "name": {"2026-03-01": 3}})
    merged = before.merged(now, "", lambda _, column: column != "city")
    assert merged == Empties({"2026-03-01": 31}, {"name": {"2026-03-01": 3}})


def test_the_last_loads_are_kept_under_their_names_and_survive_json() -> None:
    known = Empties()
    for number in range(KEPT + 5):
        known = known.merged(Empties({WHOLE: 50}, {"city": {WHOLE: number}}), f"load {number}", trusts)
    assert list(known.rows) == [f"load {n}" for n in range(5, KEPT + 5)]
    assert known.nulls["city"]["load 7"] == 7
    assert Empties.from_json(json.loads(json.dumps(known.to_json()))) == known
    assert Empties.from_json({}) == Empties()
