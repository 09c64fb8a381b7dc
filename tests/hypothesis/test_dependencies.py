"""Cells that disagree with what determines them are found; renames, habits and chance are left alone."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import pytest
from sqlglot import exp

from assay.hypothesis.dependencies.propose import propose
from assay.hypothesis.hypothesis import Hypothesis, RowTest
from tests.builders import context_of, rows_where

ROWS = 3_000
TOWNS = {f"{a}{b}": (a, i + 10 * j) for i, a in enumerate(["North", "Lake", "Mill", "Fair"]) for j, b in
         enumerate(["ville", "ford", "burg", "haven", "stead", "mont", "wick", "dale"])}  # fmt: skip


def table(rows: int = ROWS, seed: int = 1) -> dict[str, list[Any]]:
    """Wards of clinics in towns: clinic -> clinic name and town, town -> region."""
    rng = random.Random(seed)
    clinics = {
        f"C{100 + i}": (f"{town} clinic {i % 3}", town, region) for i, (town, (region, _)) in enumerate(TOWNS.items())
    }
    ids = rng.choices(list(clinics), k=rows)
    return {
        "visit_date": [dt.date(2025, 1, 1) + dt.timedelta(days=i * 200 // rows) for i in range(rows)],
        "clinic_id": ids,
        "clinic_name": [clinics[c][0] for c in ids],
        "town": [clinics[c][1] for c in ids],
        "region": [clinics[c][2] for c in ids],
        "ward": rng.choices(["surgery", "cardiology", "children", "eyes"], k=rows),
        "patients": [rng.randint(0, 40) for _ in range(rows)],
    }


def exchange(data: dict[str, list[Any]], column: str, rate: float, seed: int = 2) -> set[int]:
    """Put another value of the column's domain into some cells; returns their rows."""
    rng = random.Random(seed)
    domain, bad = sorted(set(data[column])), set()
    for i in rng.sample(range(len(data[column])), round(rate * len(data[column]))):
        value = rng.choice(domain)
        if value != data[column][i]:
            data[column][i] = value
            bad.add(i)
    return bad


def sure(data: dict[str, list[Any]], **options: int) -> list[Hypothesis]:
    return [h for h in propose(context_of(data, **options)) if h.confidence >= 0.5]


@pytest.mark.parametrize("rate", [0.005, 0.05, 0.2])
@pytest.mark.parametrize("column", ["region", "town", "clinic_name"])
def test_finds_exchanged_cells_and_blames_their_column(column: str, rate: float) -> None:
    data = table()
    bad = exchange(data, column, rate)
    found = sure(data)
    assert [h.columns[0] for h in found] == [column]
    rows = set(rows_where(data, found[0]))
    assert len(rows & bad) >= 0.98 * len(bad)
    assert len(rows - bad) <= 0.02 * len(bad)


def test_two_fifths_of_exchanged_cells_are_found() -> None:
    data = table()
    bad = exchange(data, "region", 0.4)
    found = [h for h in sure(data) if h.columns[0] == "region"]
    assert len(found) == 1
    assert len(set(rows_where(data, found[0])) & bad) >= 0.9 * len(bad)


def test_an_exchanged_id_is_blamed_and_not_all_that_it_determines() -> None:
    data = table()
    bad = exchange(data, "clinic_id", 0.03)
    found = sure(data)
    assert [h.columns[0] for h in found] == ["clinic_id"]
    assert len(set(rows_where(data, found[0])) & bad) >= 0.98 * len(bad)


def test_the_predicate_holds_beyond_the_sample_and_leaves_nulls_alone() -> None:
    data = table(20_000)
    bad = exchange(data, "region", 0.03)
    for i in range(0, 20_000, 100):
        if i not in bad:
            data["region"][i] = None
    found = [h for h in sure(data, sample_rows=4_000) if h.columns[0] == "region"]
    rows = set(rows_where(data, found[0]))
    assert len(rows & bad) >= 0.98 * len(bad)
    assert rows <= bad
    assert isinstance(found[0].test, RowTest)
    for dialect in ("duckdb", "bigquery", "postgres"):
        assert "region" in found[0].test.predicate.sql(dialect)


def test_numbers_and_dates_compare_in_their_own_type() -> None:
    rng = random.Random(3)
    zips = [10_000 + 37 * i for i in range(40)]
    opened = {z: dt.date(2001, 1, 1) + dt.timedelta(days=z % 997) for z in zips}
    rows = rng.choices(zips, k=ROWS)
    data: dict[str, list[Any]] = {
        "day": table()["visit_date"],
        "store_id": rows,
        "opened_on": [opened[z] for z in rows],
    }
    bad = exchange(data, "opened_on", 0.01)
    found = sure(data)
    assert found
    assert set(rows_where(data, found[0])) == bad


def test_a_clean_table_has_no_hypothesis() -> None:
    assert propose(context_of(table())) == []


def test_a_rename_at_one_date_is_no_error() -> None:
    data = table()
    for i, (day, town) in enumerate(zip(data["visit_date"], data["town"], strict=True)):
        if day >= dt.date(2025, 6, 10) and town.startswith("N"):
            data["clinic_name"][i] += " (new house)"
    assert sure(data) == []


def test_independent_columns_do_not_determine_each_other() -> None:
    rng = random.Random(4)
    data: dict[str, list[Any]] = {"n": list(range(ROWS))}
    for i, size in enumerate([2, 3, 5, 8, 20, 60, 300, 900]):
        weights = [1 / (1 + k) ** (i % 3) for k in range(size)]
        data[f"k{i}"] = [f"v{v}" for v in rng.choices(range(size), weights=weights, k=ROWS)]
    assert propose(context_of(data)) == []


def test_habits_are_no_dependencies() -> None:
    """Customers mostly use one shop and one device, but not always, and each in a measure of its own."""
    rng = random.Random(5)
    home = {c: rng.randrange(12) for c in range(120)}
    loyal = {c: rng.betavariate(3, 1) for c in range(120)}
    data: dict[str, list[Any]] = {"customer": [], "shop": [], "device": []}
    for _ in range(6_000):
        c = rng.randrange(120)
        data["customer"].append(f"cu{c}")
        data["shop"].append(f"shop {home[c] if rng.random() < loyal[c] else rng.randrange(12)}")
        data["device"].append(rng.choices(["phone", "till"], weights=[19, 1])[0])
    assert sure(data) == []


def campaigns(split: bool = False) -> dict[str, list[Any]]:
    """Days of sixty campaigns, each on one of three platforms; or on two, each in rows of its own."""
    rng = random.Random(8)
    platforms = ["search", "social", "video"]
    home = {c: rng.choices(platforms, weights=[11, 8, 1])[0] for c in range(60)}
    also = {c: rng.choice([p for p in platforms if p != home[c]]) for c in range(60)}
    rows = []
    for day in range(70):
        for c in range(60):
            first = dt.date(2025, 1, 1) + dt.timedelta(days=day), f"c{c}", f"Campaign {c} {home[c][:2]}"
            rows.append((*first, home[c], rng.randint(0, 90)))
            if split and rng.random() < 2 / 3:
                rows.append((*first, also[c], rng.randint(0, 90)))
    names = ("date", "campaign_id", "campaign_name", "platform", "clicks")
    return {name: list(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}


@pytest.mark.parametrize("rate", [0.2, 0.4])
def test_exchanged_cells_of_few_values_are_found(rate: float) -> None:
    data = campaigns()
    bad = set()
    rng = random.Random(9)
    for i in rng.sample(range(len(data["platform"])), round(rate * len(data["platform"]))):
        data["platform"][i] = rng.choice([p for p in ("search", "social", "video") if p != data["platform"][i]])
        bad.add(i)
    (found,) = sure(data)
    assert found.columns[0] == "platform"
    rows = set(rows_where(data, found))
    assert len(rows & bad) >= 0.95 * len(bad)
    assert len(rows - bad) <= 0.05 * len(rows)


def test_campaigns_on_two_platforms_are_no_error() -> None:
    data = campaigns(split=True)
    assert sure(data) == []


def test_habits_among_three_values_are_no_dependencies() -> None:
    rng = random.Random(10)
    home = {c: rng.randrange(3) for c in range(90)}
    loyal = {c: rng.betavariate(3, 2) for c in range(90)}
    customers = [rng.randrange(90) for _ in range(6_000)]
    data: dict[str, list[Any]] = {
        "customer": [f"cu{c}" for c in customers],
        "customer_name": [f"Customer No. {c}" for c in customers],
    }
    picked = [home[c] if rng.random() < loyal[c] else rng.randrange(3) for c in customers]
    data["channel"] = [("shop", "web", "phone")[p] for p in picked]
    assert sure(data) == []


def test_a_town_name_in_two_regions_is_no_error() -> None:
    data = table()
    for i, clinic in enumerate(data["clinic_id"]):
        if clinic in ("C107", "C115"):
            data["town"][i] = "Springfield"
    twin = [i for i, c in enumerate(data["clinic_id"]) if c == "C101"]
    for i in twin[:12]:
        data["town"][i] = "Millwick"
    assert all(h.columns[0] != "region" for h in sure(data))


def test_misspellings_are_named_as_near_misses() -> None:
    data = table()
    rng = random.Random(6)
    bad = set(rng.sample(range(ROWS), 20))
    for i in bad:
        name = data["clinic_name"][i]
        data["clinic_name"][i] = name[:-1] + str((int(name[-1]) + 1) % 3)
    found = sure(data)
    assert [h.columns[0] for h in found] == ["clinic_name"]
    assert set(rows_where(data, found[0])) == bad


def test_many_columns_stay_affordable() -> None:
    rng = random.Random(7)
    base = [rng.randrange(50) for _ in range(400)]
    data: dict[str, list[Any]] = {f"c{i}": [f"x{(b * (i + 3)) % 41}" for b in base] for i in range(300)}
    assert propose(context_of(data)) == []


def test_every_predicate_is_a_tree_and_evidence_is_plain() -> None:
    data = table()
    exchange(data, "region", 0.01)
    for hypothesis in propose(context_of(data)):
        assert isinstance(hypothesis.test, RowTest)
        assert isinstance(hypothesis.test.predicate, exp.Expr)
        assert {"values", "rate", "groups"} <= set(hypothesis.evidence)


@pytest.mark.parametrize("value", ["a thing of its own", "T1"])
def test_two_rows_of_a_new_value_are_a_note_and_of_a_known_one_an_error(value: str) -> None:
    rng = random.Random(4)
    shops = [rng.randrange(12) for _ in range(400)]
    town = [f"T{s}" for s in shops]
    for row in [i for i, s in enumerate(shops) if s == 5][:2]:
        town[row] = value
    data = {"shop": [f"S{s}" for s in shops], "shop name": [f"Shop no {s}" for s in shops], "town": town}
    assert bool(sure(data)) is (value == "T1")


def test_a_second_value_with_half_of_the_rows_of_each_group_is_no_slip() -> None:
    rng = random.Random(4)
    campaigns = rng.choices([f"campaign {i}" for i in range(25)], k=ROWS)
    groups = [f"{c} / {rng.choice(['broad', 'lookalike'])}" for c in campaigns]
    assert propose(context_of({"campaign": campaigns, "ad_group": groups})) == []


def test_a_determinant_of_few_groups_does_not_hide_a_finer_one() -> None:
    rng = random.Random(5)
    campaigns = rng.choices(range(12), k=ROWS)
    names = [f"Account {c % 3}" for c in campaigns]
    bad = set(rng.sample(range(ROWS), 150))
    columns = {
        "account_id": [str(700 + c % 3) for c in campaigns],
        "campaign_id": [str(9_000 + c) for c in campaigns],
        "account_name": [f"Account {(campaigns[i] + 1) % 3}" if i in bad else name for i, name in enumerate(names)],
    }
    (found,) = propose(context_of(columns))
    assert found.confidence >= 0.5
    assert set(rows_where(columns, found)) == bad
