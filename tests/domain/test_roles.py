"""Roles from headers and from values, of advertising exports and of tables from elsewhere."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from assay.bench.advertising import generate
from assay.bench.styles import STYLES
from assay.domain.pack import load_packs
from assay.domain.role import Family, Role
from assay.domain.roles import assign_roles
from assay.profile.sample import from_arrow

ROWS = 3_000


def roles_of(columns: dict[str, Any] | pa.Table) -> dict[str, Role]:
    table = columns if isinstance(columns, pa.Table) else pa.table(columns)
    plain = {
        name: column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
        for name, column in zip(table.column_names, table.columns, strict=True)
    }
    return assign_roles(from_arrow(pa.table(plain)), load_packs())


def names_of(columns: dict[str, Any]) -> dict[str, str]:
    return {column: role.name for column, role in roles_of(columns).items()}


def some(rng: np.random.Generator, *values: str) -> list[str]:
    return [str(v) for v in rng.choice(values, ROWS)]


def days(rng: np.random.Generator) -> list[dt.date]:
    return [dt.date(2024, 1, 1) + dt.timedelta(days=int(d)) for d in np.sort(rng.integers(0, 200, ROWS))]


@pytest.mark.parametrize("style", sorted(STYLES))
def test_every_metric_of_an_export_has_its_role(style: str) -> None:
    roles = roles_of(generate(ROWS, 0, style))
    export = STYLES[style]
    for metric in ("impressions", "clicks", "spend", "purchases", "add_to_cart", "landing_page_views", "reach"):
        header = export.header(metric)
        if header is not None:
            assert roles[header].name == metric
    assert [c for c, r in roles.items() if r.event_time] == [export.header("date") or export.header("midnight")]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Показы": 900, "Клики": 9, "Расход, ₽": 40, "Заявки": 1}, ["impressions", "clicks", "spend", "leads"]),
        ({"Impressões": 900, "Cliques no link": 9, "Valor usado (BRL)": 40}, ["impressions", "link_clicks", "spend"]),
        ({"Impressionen": 900, "Klicks (alle)": 9, "Ausgegebener Betrag (EUR)": 40, "Ergebnisse": 1},
         ["impressions", "clicks", "spend", "results"]),
        ({"インプレッション数": 900, "クリック数": 9, "費用": 40}, ["impressions", "clicks", "spend"]),
        ({"Wyświetlenia": 900, "Kliknięcia": 9, "Koszt": 40}, ["impressions", "clicks", "spend"]),
        ({"Gösterim": 900, "Tıklamalar": 9, "Harcanan Tutar": 40}, ["impressions", "clicks", "spend"]),
        ({"imps": 900, "ads_click": 9, "mark_spent": 40, "conv": 1}, ["impressions", "clicks", "spend", "conversions"]),
        ({"impression_1": 900, "clickthrough_1": 9, "spend_in_micro_dollar": 40_000_000},
         ["impressions", "clicks", "spend"]),
    ],
)  # fmt: skip
def test_localised_and_platform_headers_are_read(headers: dict[str, int], expected: list[str]) -> None:
    rng = np.random.default_rng(1)
    assert list(names_of({h: rng.poisson(level, ROWS) for h, level in headers.items()}).values()) == expected


def test_a_name_that_only_contains_a_metric_is_something_else() -> None:
    rng = np.random.default_rng(2)
    roles = roles_of(
        {
            "click_id": [f"{x:x}" for x in rng.integers(2**50, 2**60, ROWS)],
            "impression_share": rng.random(ROWS).round(3),
            "cost_per_lead_goal": rng.lognormal(0, 1, ROWS).round(2),
            "clicks_goal": rng.integers(100, 200, ROWS),
            "spend_limit": rng.lognormal(3, 1, ROWS).round(2),
            "impression_type": some(rng, "paid", "earned"),
            "conversion_date": days(rng),
        }
    )
    assert [r.family for r in roles.values()] == [
        Family.ID, Family.RATE, Family.RATE, Family.COUNT, Family.MONEY, Family.DIMENSION, Family.DATE,
    ]  # fmt: skip
    assert not {r.name for r in roles.values()} & {"clicks", "impressions", "spend", "conversions"}


def test_values_refute_a_misleading_name() -> None:
    rng = np.random.default_rng(3)
    roles = roles_of(
        {
            "clicks": some(rng, "yes", "no"),
            "impressions": rng.random(ROWS).round(4),
            "date": rng.integers(1, 32, ROWS),
            "spend": some(rng, "low", "high", "mid"),
            "conversions": -rng.poisson(5, ROWS) - 1,
        }
    )
    assert {r.name for r in roles.values()} == {""}
    assert [r.family for r in roles.values()][:4] == [Family.FLAG, Family.RATE, Family.DIMENSION, Family.DIMENSION]
    assert not any(r.event_time for r in roles.values())


@pytest.mark.parametrize("damage", ["null", "negative", "huge", "above"])
@pytest.mark.parametrize("column", ["impressions", "clicks", "spend", "conversions", "ctr"])
def test_a_role_survives_damage_of_two_fifths(column: str, damage: str) -> None:
    table = generate(ROWS, 1, "canonical")
    clean = roles_of(table)[column]
    values = table[column].to_numpy(zero_copy_only=False).astype(float)
    hit = np.random.default_rng(4).random(ROWS) < 0.4
    change = {"null": values * np.nan, "negative": -values, "huge": values * 500, "above": values * 3 + 7}[damage]
    changed = pa.array(np.where(hit, change, values), from_pandas=True).cast(table.schema.field(column).type)
    after = roles_of(table.set_column(table.column_names.index(column), column, changed))[column]
    assert (after.name, after.family, after.scale) == (clean.name, clean.family, clean.scale)


def test_a_count_with_blanks_for_zero_keeps_its_role_where_most_numbers_are_negative() -> None:
    table = generate(ROWS, 1, "meta")
    values = table["Purchases"].to_numpy(zero_copy_only=False).astype(float)
    hit = np.random.default_rng(4).random(ROWS) < 0.8
    changed = pa.array(np.where(hit, -values, values), from_pandas=True)
    after = roles_of(table.set_column(table.column_names.index("Purchases"), "Purchases", changed))["Purchases"]
    assert (after.name, after.signed) == ("purchases", False)
    assert roles_of({"purchases": np.where(hit, -3, 3), "day": np.arange(ROWS)})["purchases"].name == ""


def test_a_category_survives_a_flood_of_random_strings() -> None:
    rng = np.random.default_rng(5)
    clean = some(rng, "ios", "android", "desktop", "tv")
    noise = ["".join(rng.choice(list("abcdefgh"), 9)) for _ in range(ROWS)]
    hit = rng.random(ROWS) < 0.4
    damaged = [n if h else c for h, n, c in zip(hit, noise, clean, strict=True)]
    assert roles_of({"x1": damaged})["x1"].family is Family.DIMENSION


def test_a_funnel_without_names_is_known_by_its_values() -> None:
    rng = np.random.default_rng(6)
    shown = rng.poisson(rng.lognormal(7, 1, ROWS))
    clicked = rng.binomial(shown, 0.02)
    won = rng.binomial(clicked, 0.08)
    paid = np.round(shown * rng.lognormal(1.5, 0.3, ROWS) / 1000, 2)
    table = {"d": days(rng), "m1": shown, "m2": clicked, "m3": won, "x": paid}
    names = names_of(table)
    assert (names["m1"], names["m2"], names["m3"], names["x"]) == ("impressions", "clicks", "conversions", "spend")
    anchored = roles_of({"impressions": shown, "m3": clicked, "campaign_id": some(rng, "c1", "c2")})["m3"]
    assert (anchored.name, anchored.origin) == ("clicks", "values")
    above = np.where(rng.random(ROWS) < 0.4, shown + 50, clicked)
    damaged = names_of({"impressions": shown, "m3": above, "campaign_id": some(rng, "c1", "c2")})
    assert damaged["m3"] == "clicks"


def test_visitors_and_orders_are_no_impressions_and_clicks() -> None:
    rng = np.random.default_rng(7)
    visitors = rng.poisson(rng.lognormal(7, 1, ROWS))
    orders = rng.binomial(visitors, 0.02)
    names = names_of({"day": days(rng), "visitors": visitors, "orders": orders, "results": rng.poisson(3, ROWS)})
    assert set(names.values()) == {"day", ""}


def test_columns_of_other_domains_have_sensible_families() -> None:
    rng = np.random.default_rng(8)
    moments = [dt.datetime(2024, 1, 1) + dt.timedelta(minutes=int(m)) for m in np.sort(rng.integers(0, 10**5, ROWS))]
    expected = {
        "session_id": ([f"{x:032x}" for x in rng.integers(0, 2**60, ROWS)], Family.ID),
        "status": (rng.choice([200, 301, 404, 500], ROWS), Family.DIMENSION),
        "bytes": (rng.lognormal(8, 1, ROWS).astype(int), Family.COUNT),
        "is_bot": (rng.random(ROWS) < 0.5, Family.FLAG),
        "event_at": (moments, Family.DATE),
        "Postcode": (rng.integers(10_000, 99_999, 200)[rng.integers(0, 200, ROWS)], Family.DIMENSION),
        "year": (rng.integers(2018, 2025, ROWS), Family.DIMENSION),
        "rating": (rng.choice([1, 2, 3, 4, 5], ROWS, p=[0.05, 0.05, 0.1, 0.3, 0.5]), Family.DIMENSION),
        "hour": (rng.integers(0, 24, ROWS), Family.DIMENSION),
        "x7": (np.arange(ROWS) + 536_365, Family.ID),
        "heart_rate": (rng.normal(75, 10, ROWS).astype(int), Family.NUMBER),
        "temp": (rng.normal(5, 8, ROWS).round(2), Family.NUMBER),
        "Gehalt": (rng.lognormal(10.5, 0.3, ROWS).round(-2), Family.MONEY),
        "Описание": ([f"товар номер {i} с рисунком" for i in rng.integers(0, 2000, ROWS)], Family.NAME),
        "firmware": (some(rng, "1.0.2", "1.1.0"), Family.DIMENSION),
    }
    roles = roles_of({name: values for name, (values, _) in expected.items()})
    assert {n: r.family for n, r in roles.items()} == {n: family for n, (_, family) in expected.items()}
    assert roles["temp"].signed


def test_load_times_and_other_days_are_not_the_event_time() -> None:
    rng = np.random.default_rng(9)
    dates = days(rng)
    roles = roles_of({"created_at": dates, "_fivetran_synced": dates, "birth_date": dates, "date_stop": dates,
                      "date_start": dates})  # fmt: skip
    assert [c for c, r in roles.items() if r.event_time] == ["date_start"]
    assert not any(r.event_time for r in roles_of({"updated_at": dates, "Geburtsdatum": dates}).values())


def test_fields_that_may_be_empty_are_known_by_name() -> None:
    rng = np.random.default_rng(10)
    texts = ("coupon_code", "middle_name", "utm_source")
    roles = roles_of({**{t: some(rng, "A1", "B2") for t in texts}, "deleted_at": days(rng), "city": some(rng, "Rom")})
    assert [r.dense for r in roles.values()] == [False, False, False, False, None]


def test_columns_with_one_qualifier_belong_together() -> None:
    rng = np.random.default_rng(11)
    roles = roles_of({"impressions": rng.poisson(900, ROWS), "viral_video_starts": rng.poisson(50, ROWS),
                      "viral_video_completions": rng.poisson(5, ROWS)})  # fmt: skip
    assert [r.qualifier for r in roles.values()] == ["", "viral", "viral"]
    assert [r.name for r in roles.values()] == ["impressions", "video_plays", "video_completions"]


def test_an_empty_table_has_roles_too() -> None:
    empty = pa.table({"clicks": pa.array([], pa.int64()), "note": pa.array([], pa.string()), "n": pa.nulls(0)})
    assert list(roles_of(empty)) == ["clicks", "note", "n"]


def test_the_only_date_of_a_daily_table_is_its_day() -> None:
    rng = np.random.default_rng(3)
    delivery = {
        "campaign_id": some(rng, "11", "12"),
        "impressions": rng.integers(0, 900, ROWS),
        "clicks": rng.integers(0, 9, ROWS),
    }
    assert roles_of({"start_time": days(rng), **delivery})["start_time"].event_time
    stock = {"item_no": some(rng, "a", "b", "c"), "qty": rng.integers(0, 900, ROWS)}
    assert roles_of({"snapshot_date": days(rng), **stock})["snapshot_date"].event_time
    births = [dt.date(1940, 1, 1) + dt.timedelta(days=int(d)) for d in rng.integers(0, 25_000, ROWS)]
    assert not roles_of({"start_time": births, **delivery})["start_time"].event_time
    assert not roles_of({"hire_date": days(rng), **stock})["hire_date"].event_time
