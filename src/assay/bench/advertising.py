"""Daily advertising tables of any size that look like real exports and have nothing wrong with them.

    pyarrow.parquet.write_table(generate(100_000, style="meta"), "ads.parquet")

The same rows, seed and style always give the same table. One row is an ad on a device on a day, and that is unique.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assay.bench import market as m
from assay.bench.delivery import Facts, rows_by_day, simulate
from assay.bench.styles import STYLES, Column, Style
from assay.bench.world import World, build
from assay.errors import ConfigurationError

BATCH_ROWS = 250_000
RESULT_INDICATORS = ("reach", "actions:link_click", "actions:lead", "actions:mobile_app_install", "actions:purchase")
HOOKS = ("founder", "ugc", "discount", "review", "season", "howto")
EPOCH = dt.date(1970, 1, 1)


def generate(rows: int, seed: int = 0, style: str = "canonical") -> pa.Table:
    """A clean table of exactly ``rows`` rows, ordered by date.

    Args:
        rows: at least 1.
        seed: of everything that is drawn.
        style: ``canonical``, ``meta``, ``google`` or ``tiktok``.

    Returns:
        An Arrow table. Text is dictionary-encoded to keep large tables small; Parquet files hold plain strings.

    Raises:
        ConfigurationError: no such style, or no rows.
    """
    return pa.Table.from_batches(list(batches(rows, seed, style)))


def batches(rows: int, seed: int = 0, style: str = "canonical") -> Iterator[pa.RecordBatch]:
    """The table of ``generate`` in pieces of whole days, for files larger than memory."""
    if style not in STYLES:
        raise ConfigurationError(f"no export style {style!r}; there are: {', '.join(STYLES)}")
    if rows < 1:
        raise ConfigurationError(f"a table needs at least 1 row, not {rows}")
    export = STYLES[style]
    world = build(rows, seed, export.market)
    attributes = _attributes(world)
    edges = _edges(np.cumsum(rows_by_day(world)))
    for first, stop in pairwise(edges):
        facts = simulate(world, first, stop, np.random.default_rng([seed, rows, 1, first]))
        yield _export(facts, export, world, attributes)


def _edges(ends: NDArray[np.int64]) -> list[int]:
    """First days of the batches, and the day after the last one; a batch without rows is joined to the next."""
    edges, done = [0], 0
    for day, end in enumerate(ends.tolist()):
        if end - done >= BATCH_ROWS or (end == ends[-1] and end > done):
            edges.append(day + 1)
            done = end
    return edges


def _export(facts: Facts, style: Style, world: World, attributes: dict[str, Attribute]) -> pa.RecordBatch:
    arrays = []
    for column in style.columns:
        if column.source in attributes:
            arrays.append(attributes[column.source].take(facts))
        elif column.source == "coupon":
            arrays.append(_coupons(facts, world))
        elif column.source in ("date", "midnight"):
            date = (facts["day"] + (world.start - EPOCH).days).astype(np.int32)
            dates = pa.array(date, pa.int32()).cast(pa.date32())
            arrays.append(dates if column.source == "date" else dates.cast(pa.timestamp("us")))
        else:
            arrays.append(_metric(column, facts))
    return pa.record_batch(arrays, names=[c.header for c in style.columns])


@dataclass(frozen=True)
class Attribute:
    """What does not change from day to day: the fact that positions it, and its value at each position.

    Numbers are looked up in ``values``; for text, ``codes`` are positions in the distinct ``values``.
    """

    level: Literal["campaign", "ad", "cell"]
    values: NDArray[Any]
    codes: NDArray[np.int32] | None = None

    def take(self, facts: Facts) -> pa.Array:
        positions = facts[self.level]
        if self.codes is None:
            return pa.array(self.values[positions])
        return pa.DictionaryArray.from_arrays(pa.array(self.codes[positions]), pa.array(self.values, pa.string()))


def _attribute(level: Literal["campaign", "ad", "cell"], values: NDArray[Any]) -> Attribute:
    if values.dtype.kind != "U":
        return Attribute(level, values)
    distinct, codes = np.unique(values, return_inverse=True)
    return Attribute(level, distinct, codes.astype(np.int32))


def _metric(column: Column, facts: Facts) -> pa.Array:
    values = facts[column.source]
    missing = None
    if column.per is not None:
        below = facts[column.per]
        missing = below == 0 if column.empty == "null" else None
        values = np.where(below == 0, 0, values * column.scale / np.maximum(below, 1))
    elif column.scale != 1:
        values = values / round(1 / column.scale) if column.scale < 1 else values * int(column.scale)
    if column.digits is not None:
        values = np.round(values, column.digits)
    if column.per is None and column.empty == "null":
        missing = values == 0
    elif column.empty == "video":
        missing = ~facts["is_video"]
    return pa.array(values, mask=missing)


def _coupons(facts: Facts, world: World) -> pa.Array:
    """Codes are given in the first ten days of some sales campaigns."""
    campaigns, campaign = world.campaigns, facts["campaign"]
    code = campaigns.coupon[campaign]
    given = (code >= 0) & (facts["day"] - campaigns.first[campaign] < 10)
    positions = pa.array(np.maximum(code, 0).astype(np.int32), mask=~given)
    return pa.DictionaryArray.from_arrays(positions, pa.array(m.COUPONS))


def _attributes(world: World) -> dict[str, Attribute]:
    campaigns, ads = world.campaigns, world.ads
    names = np.array([*m.BRANDS[: world.tempo.shape[0] - 1], m.SMALL_BRAND])
    owner = np.arange(names.size) * 5 % min(len(m.ADVERTISERS), names.size // 3 + 1)
    brand, objective = names[campaigns.brand], np.array(m.OBJECTIVES)[campaigns.objective]
    country = np.array(m.COUNTRIES)[campaigns.country]
    number = np.arange(campaigns.brand.size)
    ad_number, set_number = np.arange(ads.ad_set.size), ads.ad_set
    audience = np.array(m.AUDIENCES)[world.audience]
    creative = np.array(m.CREATIVES)[ads.creative]
    hook = np.array(HOOKS)[ad_number * 7 % len(HOOKS)]
    parts = zip(brand, objective, country, number, strict=True)
    campaign_names = [_campaign_name(str(b), str(o), str(c), int(n)) for b, o, c, n in parts]
    by_campaign = {
        "brand": brand,
        "advertiser": np.array(m.ADVERTISERS)[owner[campaigns.brand]],
        "platform": np.array([p.name for p in world.market.platforms])[campaigns.platform],
        "objective": objective,
        "country": country,
        "campaign_name": np.array(campaign_names),
        "campaign_key": np.array([f"cmp-{i + 1001:05d}" for i in number]),
        "result_indicator": np.array(RESULT_INDICATORS)[campaigns.objective],
        "campaign_number": 20_114_870_233 + number * 1_000_003,
        "customer_number": 3_914_027_000 + campaigns.brand * 7_919,
        "advertiser_number": 7_015_330_894_112_000_000 + owner[campaigns.brand] * 15_485_863,
    }
    by_ad = {
        "audience": audience[set_number],
        "creative": creative,
        "ad_set_name": np.array([f"{a} {n % 3 + 1}" for a, n in zip(audience[set_number], set_number, strict=True)]),
        "ad_name": np.array([f"{c}_{h}_{n % 40 + 1:02d}" for c, h, n in zip(creative, hook, ad_number, strict=True)]),
        "ad_key": np.array([f"ad-{i + 100_001}" for i in ad_number]),
        "ad_set_number": 1_690_224_470_000_000 + set_number * 10_007,
        "ad_number": 120_215_330_480_000_000 + ad_number * 10_007,
    }
    device = np.array([name for name, _ in world.market.devices])[world.cells.device]
    table = {name: _attribute("campaign", values) for name, values in by_campaign.items()}
    table |= {name: _attribute("ad", values) for name, values in by_ad.items()}
    return table | {"device": _attribute("cell", device)}


def _campaign_name(brand: str, objective: str, country: str, number: int) -> str:
    """A name as people give them: every brand's team has its own separators and capitals."""
    separator = (" | ", "_", " - ", "-")[len(brand) % 4]
    words = separator.join((brand, objective.replace("_", " "), country, f"{number + 101}"))
    return words.lower() if len(brand) % 3 == 0 else words
