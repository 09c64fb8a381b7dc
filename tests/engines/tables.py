"""Tables to audit on every engine: clean ones, and ones that are wrong in known ways."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import pyarrow as pa

DAYS, ADS = 40, 20
ROWS = DAYS * ADS
Change = Callable[[dict[str, list[object]], np.random.Generator], None]


def clean(names: tuple[str, ...] = ()) -> pa.Table:
    """A daily advertising table of 800 rows.

    Args:
        names: other names for the columns.
    """
    rng = np.random.default_rng(7)
    ad, day = np.tile(np.arange(ADS), DAYS), np.repeat(np.arange(DAYS), ADS)
    impressions = rng.poisson(2_000 + 300 * ad)
    clicks = rng.binomial(impressions, 0.04)
    conversions = rng.binomial(clicks, 0.1)
    spend = np.round(clicks * rng.uniform(0.4, 0.6, ROWS), 2)
    countries, cities = ("DE", "FR", "IT", "ES"), ("Berlin", "Paris", "Rome", "Madrid")
    table = pa.table(
        {
            "date": [dt.date(2026, 1, 1) + dt.timedelta(days=int(d)) for d in day],
            "ad_id": [f"ad-{i:03d}" for i in ad],
            "country": [countries[i % 4] for i in ad],
            "city": [cities[i % 4] for i in ad],
            "device": [("mobile", "desktop", "tablet")[i % 3] for i in ad],
            "impressions": pa.array(impressions, pa.int64()),
            "clicks": pa.array(clicks, pa.int64()),
            "conversions": pa.array(conversions, pa.int64()),
            "spend": spend,
            "paused": [bool(i == 7) for i in ad],
            "changed": [dt.datetime(2026, 1, 2, 8) + dt.timedelta(days=int(d)) for d in day],
        }
    )
    return table.rename_columns(list(names)) if names else table


def _damaged(change: Change, names: tuple[str, ...] = ()) -> pa.Table:
    table = clean()
    data: dict[str, list[object]] = {name: table.column(name).to_pylist() for name in table.column_names}
    change(data, np.random.default_rng(11))
    arrays = [pa.array(data[f.name], f.type) for f in table.schema]
    damaged = pa.table(arrays, names=table.column_names)
    return damaged.rename_columns(list(names)) if names else damaged


def _nulls(data: dict[str, list[object]], rng: np.random.Generator) -> None:
    for i in rng.choice(ROWS, 40, replace=False):
        data["clicks"][i] = None
    for i in rng.choice(ROWS, 30, replace=False):
        data["device"][i] = ("N/A", "", "unknown")[i % 3]
    for i in rng.choice(ROWS, 12, replace=False):
        data["spend"][i] = float("nan")


def _copies(data: dict[str, list[object]], rng: np.random.Generator) -> None:
    exact, versions = rng.choice(ROWS, 25, replace=False), rng.choice(ROWS, 15, replace=False)
    for name, values in data.items():
        values += [values[i] for i in exact]
        changed = name in ("clicks", "spend")
        values += [_other(values[i]) if changed else values[i] for i in versions]


def _other(value: object) -> object:
    return value + 1 if isinstance(value, int | float) else value


def _categories(data: dict[str, list[object]], rng: np.random.Generator) -> None:
    for i in rng.choice(ROWS, 20, replace=False):
        data["country"][i] = "".join(rng.choice(list("qxzjkvw93"), 7))
    for i in rng.choice(ROWS, 24, replace=False):
        data["city"][i] = str(data["city"][i]).upper()


def _relations(data: dict[str, list[object]], rng: np.random.Generator) -> None:
    chosen = rng.choice(ROWS, 60, replace=False)
    for i in chosen[:30]:
        data["clicks"][i] = 3 * int(str(data["impressions"][i]))
    for i in chosen[30:]:
        data["conversions"][i] = int(str(data["clicks"][i])) + 5


def _magnitudes(data: dict[str, list[object]], rng: np.random.Generator) -> None:
    chosen = rng.choice(ROWS, 20, replace=False)
    for i in chosen[:8]:
        data["clicks"][i] = 500 * int(str(data["clicks"][i]))
    for i in chosen[8:]:
        data["spend"][i] = -float(str(data["spend"][i]))


def _units(data: dict[str, list[object]], _: np.random.Generator) -> None:
    for i in range(ROWS):
        if data["date"][i] >= dt.date(2026, 1, 28):  # type: ignore[operator]
            data["spend"][i] = float(str(data["spend"][i])) * 1_000_000


def _dependency(data: dict[str, list[object]], rng: np.random.Generator) -> None:
    for i in rng.choice(ROWS, 15, replace=False):
        data["device"][i] = "tablet" if data["device"][i] == "mobile" else "mobile"


def hours() -> pa.Table:
    """Four stations that are heard every hour of twenty days, without one night's hours."""
    heard = [dt.datetime(2026, 1, 1) + dt.timedelta(hours=i // 4) for i in range(4 * 24 * 20) if not 888 <= i < 920]
    return pa.table(
        {
            "heard": pa.array(heard, pa.timestamp("us")),
            "station": [f"s{i % 4}" for i in range(len(heard))],
            "level": [40.0 + (7 * i) % 11 for i in range(len(heard))],
        }
    )


# Names that BigQuery allows and that SQL has other uses for. It allows no quotes in them.
ODD_NAMES = (
    "Tag der Auslieferung",
    "select",
    "país 🌍",
    "città",
    "k",
    "impressions %",
    "clicks & all",
    "from",
    "spend =",
    "IS NULL",
    "n",
)

TABLES: dict[str, Callable[[], pa.Table]] = {
    "clean": clean,
    "nulls": lambda: _damaged(_nulls),
    "copies": lambda: _damaged(_copies),
    "categories": lambda: _damaged(_categories),
    "relations": lambda: _damaged(_relations),
    "magnitudes": lambda: _damaged(_magnitudes),
    "units": lambda: _damaged(_units),
    "dependency": lambda: _damaged(_dependency),
    "hours": hours,
    "odd names": lambda: _damaged(_relations, ODD_NAMES),
}
