"""Damaged categories are found at any density; rare truths, codes and siblings are left alone."""

from __future__ import annotations

import random
import string

import numpy as np
import pyarrow as pa
import pytest
from sqlglot import exp

from assay.hypothesis.categories.clusters import consensus
from assay.hypothesis.categories.language import randomness
from assay.hypothesis.categories.propose import propose
from assay.hypothesis.categories.variants import mojibake, near_misses, same_after_folding, siblings
from assay.hypothesis.hypothesis import Hypothesis, RowTest
from tests.builders import context_of, rows_where

ROWS = 3_000
SHOPS = ("Halvorsen", "Brightmere", "Tidewell", "Kaffa Lane", "Oakhurst & Sons", "Lumista", "Zephyr Cycles", "Mirabeau")
DEVICES = ("mobile", "desktop", "tablet")


def table(rows: int = ROWS, seed: int = 1) -> dict[str, list[object]]:
    rng = random.Random(seed)
    return {
        "day": [f"2025-{1 + i % 9:02d}-{1 + i % 28:02d}" for i in range(rows)],
        "brand": rng.choices(SHOPS, weights=[8, 6, 5, 4, 3, 2, 2, 1], k=rows),
        "device": rng.choices(DEVICES, weights=[6, 3, 1], k=rows),
        "clicks": [rng.randint(0, 500) for _ in range(rows)],
    }


def corrupted(column: str, rate: float, damage: object, seed: int = 2) -> tuple[pa.Table, set[int]]:
    rng = random.Random(seed)
    data = table()
    bad = set()
    for i in rng.sample(range(ROWS), round(ROWS * rate)):
        before = data[column][i]
        data[column][i] = damage(rng, before)  # type: ignore[operator]
        if data[column][i] != before:
            bad.add(i)
    return pa.table(data), bad


def gibberish(alphabet: str, low: int, high: int) -> object:
    return lambda rng, _: "".join(rng.choices(alphabet, k=rng.randint(low, high)))


def slip(rng: random.Random, value: str) -> str:
    i = rng.randrange(1, len(value) - 1)
    kind = rng.randrange(3)
    if kind == 0:
        return value[:i] + value[i + 1 :]
    if kind == 1:
        return value[:i] + rng.choice(string.ascii_lowercase) + value[i + 1 :]
    return value[:i] + value[i + 1] + value[i] + value[i + 2 :]


def only(hypotheses: list[Hypothesis], column: str) -> Hypothesis:
    assert [h.columns for h in hypotheses] == [(column,)]
    return hypotheses[0]


def sure(data: object, **options: int) -> list[Hypothesis]:
    return [h for h in propose(context_of(data, **options)) if h.confidence >= 0.5]  # type: ignore[arg-type]


LETTERS = string.ascii_letters
DAMAGES = {
    "letters and digits": gibberish(LETTERS + string.digits, 4, 12),
    "letters": gibberish(LETTERS, 5, 9),
    "lower case": gibberish(string.ascii_lowercase, 6, 10),
    "slips": slip,
    "case": lambda rng, value: rng.choice([value.upper(), value.swapcase()]),
    "space": lambda rng, value: rng.choice([value + " ", "  " + value]),
    "another column": lambda rng, _: rng.choice(DEVICES),
}


@pytest.mark.parametrize("rate", [0.005, 0.4])
@pytest.mark.parametrize("name", DAMAGES)
def test_finds_the_damaged_rows_and_few_others(name: str, rate: float) -> None:
    data, bad = corrupted("brand", rate, DAMAGES[name])
    hypothesis = only(propose(context_of(data)), "brand")
    rows = set(rows_where(data, hypothesis))
    assert hypothesis.kind == "categorical_corruption"
    assert hypothesis.confidence >= 0.8
    assert len(rows & bad) >= 0.97 * len(bad) - 1
    assert len(rows - bad) <= 0.02 * len(bad)


def test_a_clean_table_has_no_hypothesis() -> None:
    assert propose(context_of(table())) == []


def test_a_flood_of_more_strings_than_are_counted_is_caught_by_its_shape() -> None:
    rng = random.Random(3)
    rows = 30_000
    data = table(rows)
    bad = set(rng.sample(range(rows), rows * 2 // 5))
    for i in bad:
        data["brand"][i] = "".join(rng.choices(LETTERS + string.digits, k=rng.randint(6, 9)))
    data["brand"][min(set(range(rows)) - bad)] = "Fig & Fable"
    hypothesis = only(sure(data, sample_rows=4_000), "brand")
    caught = set(rows_where(data, hypothesis))
    assert len(caught & bad) >= 0.99 * len(bad)
    assert len(caught - bad) <= 2
    assert isinstance(hypothesis.test, RowTest)
    assert len(list(hypothesis.test.predicate.find_all(exp.Literal))) < 200


def test_predicates_render_for_every_engine() -> None:
    data, _ = corrupted("brand", 0.1, DAMAGES["letters"])
    test = only(propose(context_of(data)), "brand").test
    assert isinstance(test, RowTest)
    for dialect in ("duckdb", "bigquery", "postgres"):
        assert "brand" in test.predicate.sql(dialect)


def test_evidence_counts_rows_by_damage_and_pairs_bad_values_with_right_ones() -> None:
    data, bad = corrupted("brand", 0.01, DAMAGES["space"])
    evidence = only(propose(context_of(data)), "brand").evidence
    assert evidence["rows_counted_by_damage"] == {"space": len(bad)}
    assert all(pair["right"] in SHOPS for pair in evidence["values"])


def test_names_of_which_no_right_one_is_left_are_found() -> None:
    wrong = ["DataAnalyticsCourse", "Data Anlytics Corse", "Data Analytcis Course", "Data Analytics Corse"]
    data = {**table(), "course": random.Random(1).choices(wrong, k=ROWS)}
    hypothesis = only(sure(data), "course")
    assert {pair["right"] for pair in hypothesis.evidence["values"]} == {"Data Analytics Course"}
    assert len(rows_where(data, hypothesis)) == ROWS


def test_mojibake_is_found_where_it_is_the_only_spelling() -> None:
    data = {**table(), "city": random.Random(1).choices(["MÃ¼nchen", "KÃ¶ln", "Berlin", "Łódź", "São Paulo"], k=ROWS)}
    hypothesis = only(sure(data), "city")
    assert {pair["right"] for pair in hypothesis.evidence["values"]} == {"München", "Köln"}


def test_rare_real_values_are_left_alone() -> None:
    data = table()
    for i, rare in enumerate(
        ["Fig & Fable", "Łódź", "H&M", "7-Eleven", "3M", "BMW", "LG", "XZ-200", "Kestrel", "IKEA"]
    ):
        data["brand"][i] = rare
    assert sure(data) == []


@pytest.mark.parametrize(
    "values",
    [
        ["Campaign 1", "Campaign 2", "Campaign 3", "Campaign 12"],
        ["Adset A", "Adset B", "Adset C"],
        ["Austria", "Australia", "Iran", "Iraq", "Niger", "Nigeria"],
        ["male", "female"],
        ["US", "UK", "UA", "DE"],
        ["18-24", "25-34", "35-44", "65+"],
        ["size S", "size M", "size L"],
        ["inbound", "outbound", "internal", "external"],
        ["#FFAA00", "#1B2C3D", "#00FF00", "#A0B1C2"],
        ["lookalike_1pct", "lookalike_5pct", "retargeting_7d", "retargeting_30d"],
        ["мобильный", "десктоп", "планшет"],
        ["Geschäftskunde", "Privatkunde", "Behörde"],
    ],
)
@pytest.mark.parametrize("tail", [True, False])
def test_values_that_are_near_each_other_by_nature_are_no_damage(values: list[str], tail: bool) -> None:
    weights = [1000.0 / 4**i for i in range(len(values))] if tail else [1.0] * len(values)
    data = {**table(), "kind": random.Random(4).choices(values, weights=weights, k=ROWS)}
    assert sure(data) == []


@pytest.mark.parametrize("length", [3, 5, 10])
def test_columns_of_codes_look_random_by_nature(length: int) -> None:
    rng = random.Random(5)
    codes = ["".join(rng.choices(string.ascii_uppercase + string.digits * 2, k=length)) for _ in range(200)]
    weights = [1 / (1 + i) ** 1.3 for i in range(200)]
    assert sure({**table(), "ware": rng.choices(codes, weights=weights, k=ROWS)}) == []


def test_tickers_are_no_gibberish() -> None:
    frequent = ["AAPL", "MSFT", "GOOG", "TSLA", "AMZN", "NVDA", "META", "NFLX", "INTC", "AMD", "QCOM", "TXN"]
    rare = ["CRWD", "ZS", "PANW", "FTNT", "MDB", "PLTR", "HOOD", "RBLX", "JD", "BIDU", "XPEV", "TSM", "ASML", "NKE"]
    assert (randomness(frequent, rare, np.ones(len(rare), dtype=np.int64)).probability < 0.5).all()


def test_a_flood_makes_borderline_strings_random_and_one_alone_is_a_brand() -> None:
    rng = random.Random(6)
    odd = ["".join(rng.choices(string.ascii_uppercase, k=4)) for _ in range(300)]
    flood = randomness(SHOPS, odd, np.ones(len(odd), dtype=np.int64))
    alone = randomness(SHOPS, ["BBVA"], np.array([3]))
    assert (flood.probability > 0.5).mean() > 0.98
    assert alone.probability[0] < 0.5


def test_a_domain_that_is_part_of_another_is_not_misplaced() -> None:
    rng = random.Random(7)
    towns = [
        f"{a}{b}" for a in ("Nord", "Süd", "Ost", "West", "Alt", "Neu") for b in ("heim", "stadt", "burg", "dorf", "au")
    ]
    weights = [1 / (1 + i) for i in range(len(towns))]
    data = {
        "order": list(range(ROWS)),
        "Kundenort": rng.choices(towns, weights=weights, k=ROWS),
        "Filialort": rng.choices(towns[3:9], weights=[5, 1, 8, 2, 9, 3], k=ROWS),
    }
    assert sure(data) == []


def test_placeholders_are_for_the_missing_values() -> None:
    data, _ = corrupted("brand", 0.02, lambda rng, _: rng.choice(["", "N/A", "-", "null", "unknown"]))
    assert propose(context_of(data)) == []


def test_free_text_and_ids_are_not_categories() -> None:
    rng = random.Random(8)
    words = sorted(
        {"the", "pump", "was", "valve", "leak", "found", "repaired", "again", "after", "shift", "seal", "oil"}
    )
    data = {
        **table(),
        "note": [" ".join(rng.choices(words, k=rng.randint(3, 12))) for _ in range(ROWS)],
        "session": ["".join(rng.choices("0123456789abcdef", k=16)) for _ in range(ROWS)],
    }
    assert propose(context_of(data)) == []


OTHER_DOMAINS = {
    "web log": {
        "method": ["GET", "POST", "PUT", "HEAD"],
        "agent": ["Firefox", "Chrome", "Safari", "Googlebot", "curl/8.4"],
    },
    "hospital": {
        "Station": ["Chirurgie", "Innere Medizin", "Urologie", "Pädiatrie"],
        "icd": ["I10", "E11.9", "J45", "M54.5"],
    },
    "sensors": {"line": ["L1", "L2", "L3"], "state": ["RUN", "STOP", "IDLE", "FAULT", "WARN"]},
    "HR": {"Отдел": ["Бухгалтерия", "Продажи", "Логистика", "ИТ"], "grade": ["A1", "A2", "B1", "B2", "C1"]},
    "orders": {
        "situação": ["pago", "enviado", "cancelado", "devolvido"],
        "loja": ["São Paulo", "Santos", "Salvador", "Belém"],
    },
}


@pytest.mark.parametrize("domain", OTHER_DOMAINS)
def test_other_domains_and_languages_are_clean(domain: str) -> None:
    rng = random.Random(9)
    columns = {}
    for name, values in OTHER_DOMAINS[domain].items():
        columns[name] = rng.choices(values, weights=[1 / 3**i for i in range(len(values))], k=ROWS)
    assert sure({"n": list(range(ROWS)), **columns, "amount": [rng.lognormvariate(3, 1) for _ in range(ROWS)]}) == []


def test_siblings_and_slips_are_told_apart() -> None:
    assert siblings("Campaign 1", "Campaign 2")
    assert siblings("Velora", "Velora Home")
    assert not siblings("Analytics", "Anlytics")
    assert not siblings("DataAnalytics", "Data Analytics")


def test_near_misses_need_to_be_more_than_chance_has() -> None:
    one = near_misses(["Martin", "Becker", "Schulz", "Marvin"], np.array([900, 800, 700, 3]), 3)
    many = ["Mxrtin", "Bxcker", "Schxlz", "Martxn", "Beckxr", "Schulx"]
    found = near_misses(["Martin", "Becker", "Schulz", *many], np.array([900, 800, 700] + [1] * 6), 3)
    assert one == {}
    assert set(found) == set(many)


def test_two_frequent_spellings_of_one_value_are_only_a_note() -> None:
    found = same_after_folding(["iOS", "IOS", "Android"], np.array([100, 90, 50]))
    assert not found["IOS"].sure
    assert consensus(["Corse", "Course"], [1, 3]) == "Course"


def test_accented_text_of_many_scripts_is_no_mojibake() -> None:
    assert mojibake(["München", "Łódź", "Москва", "São Paulo", "naïve", "東京", "Ελλάδα", "Ağrı", "Ñuñoa"]) == {}


def test_case_variants_are_led_to_the_style_of_the_column() -> None:
    counts = {"desktop": 540, "MOBILE": 310, "mobile": 290, "DESKTOP": 200, "tablet": 110, "TABLET": 90, "tv": 80}
    found = same_after_folding(list(counts), np.array(list(counts.values())))
    assert {value: v.right for value, v in found.items()} == {
        "DESKTOP": "desktop",
        "MOBILE": "mobile",
        "TABLET": "tablet",
    }


def test_a_name_in_a_style_of_its_own_keeps_it() -> None:
    counts = {"Apple": 500, "Lenovo": 480, "IBM": 300, "ibm": 200, "lenovo": 150, "iPhone": 120, "iphone": 80}
    found = same_after_folding(list(counts), np.array(list(counts.values())))
    assert {value: v.right for value, v in found.items()} == {"ibm": "IBM", "lenovo": "Lenovo", "iphone": "iPhone"}
