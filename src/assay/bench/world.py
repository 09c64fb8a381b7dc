"""The advertisers behind a table: campaigns, ad sets, ads and their constants, drawn once for a size and a seed.

Each level names its parent by position, so ad -> ad set -> campaign -> brand -> advertiser holds by construction.
A *cell* is an ad on a device: what gets one row a day, from its first day to its last.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from assay.bench import market as m

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

LAST_DATE = dt.date(2025, 9, 30)


@dataclass(frozen=True)
class Campaigns:
    """One entry a campaign; ``coupon`` is -1 where it has none."""

    brand: Ints
    platform: Ints
    objective: Ints
    country: Ints
    coupon: Ints
    first: Ints
    last: Ints


@dataclass(frozen=True)
class Ads:
    """One entry an ad: its place in the hierarchy and how people respond to it.

    ``level`` is impressions on an ordinary day, ``cpm`` and ``basket`` are currency units, the rest are probabilities.
    """

    ad_set: Ints
    campaign: Ints
    creative: Ints
    level: Floats
    ctr: Floats
    cpm: Floats
    conversion: Floats
    view: Floats
    watched: Floats
    basket: Floats


@dataclass(frozen=True)
class Cells:
    """One entry an ad and device; it has a row on each day from ``first`` to ``last``, both included."""

    ad: Ints
    device: Ints
    share: Floats
    first: Ints
    last: Ints


@dataclass(frozen=True)
class World:
    """Everything that does not change from row to row.

    Attributes:
        market: the advertising system.
        days: length of the window; day 0 is ``start``.
        start: first date.
        tempo: demand by brand and day, around 1: week, sales, trend, year, and luck that lasts some days.
        heat: how much everybody advertises, by day, 1 on an ordinary one.
        audience: audience of each ad set.
    """

    market: m.Market
    days: int
    start: dt.date
    campaigns: Campaigns
    audience: Ints
    ads: Ads
    cells: Cells
    tempo: Floats
    heat: Floats


def window_days(rows: int) -> int:
    """Days that a table of this size covers: about four months at 5,000 rows, two years from a few million."""
    return int(np.clip(10 * rows**0.3, 14, 730))


def build(rows: int, seed: int, market: m.Market) -> World:
    """Draw a world whose cells have exactly ``rows`` days of life together."""
    days = window_days(rows)
    busy = float(np.clip(np.log10(rows) - 3, 0.3, 2.2))  # larger advertisers run more ads in a campaign
    count = rows // 150 + 6
    while True:
        rng = np.random.default_rng([seed, rows, count])
        brands = min(6 + count // 20, len(m.BRANDS)) + 1
        campaigns = _campaigns(rng, count, brands, days, market)
        ads, audience, first, last = _ads(rng, campaigns, market, busy)
        cells = _cells(rng, market, first, last)
        lived = np.cumsum(cells.last - cells.first + 1)
        if lived[-1] >= rows:
            break
        count *= 2
    cells = _cut(cells, lived, rows)
    used_ads = int(cells.ad[-1]) + 1
    start = LAST_DATE - dt.timedelta(days=days - 1)
    heat = _heat(start, days)
    return World(
        market=market,
        days=days,
        start=start,
        campaigns=_prefix(campaigns, int(ads.campaign[used_ads - 1]) + 1),
        audience=audience[: int(ads.ad_set[used_ads - 1]) + 1],
        ads=_prefix(ads, used_ads),
        cells=cells,
        tempo=_tempo(rng, start, days, brands, heat),
        heat=heat,
    )


def _campaigns(rng: np.random.Generator, count: int, brands: int, days: int, market: m.Market) -> Campaigns:
    weight = 1 / np.arange(1, brands) ** 0.7
    brand = rng.choice(brands - 1, count, p=weight / weight.sum())
    life = np.clip(rng.lognormal(np.log(14 + 0.12 * days), 0.7, count), 5, days).astype(np.int64)
    life[rng.random(count) < 0.15] = days
    first = (rng.random(count) * (days + life)).astype(np.int64) - life
    brand[0], first[0], life[0] = 0, 0, days  # somebody is always on, so that no date is empty
    if count > 20:
        brand[2], first[2], life[2] = brands - 1, int(rng.integers(days // 4, days - 10)), 6
    else:
        brand[2] = brands - 1
    last = np.minimum(first + life, days) - 1
    coupon = np.where(rng.random(count) < 0.25, rng.integers(0, len(m.COUPONS), count), -1)
    objective = rng.choice(len(m.OBJECTIVES), count, p=market.objectives)
    platform_weight = np.array([p.weight for p in market.platforms])
    return Campaigns(
        brand=brand,
        platform=rng.choice(len(platform_weight), count, p=platform_weight / platform_weight.sum()),
        objective=objective,
        country=rng.choice(len(m.COUNTRIES), count, p=m.COUNTRY_WEIGHT),
        coupon=np.where(objective == m.OBJECTIVES.index("sales"), coupon, -1),
        first=np.clip(first, 0, days - 1),
        last=np.maximum(last, np.clip(first, 0, days - 1)),
    )


def _ads(rng: np.random.Generator, c: Campaigns, market: m.Market, busy: float) -> tuple[Ads, Ints, Ints, Ints]:
    sets_of = 1 + rng.poisson(0.45 * busy, c.brand.size)
    set_campaign = np.repeat(np.arange(c.brand.size), sets_of)
    audience = rng.choice(len(m.AUDIENCES), set_campaign.size, p=m.AUDIENCE_WEIGHT)
    ads_of = 1 + rng.poisson(0.55 * busy, set_campaign.size)
    ad_set = np.repeat(np.arange(set_campaign.size), ads_of)
    campaign = set_campaign[ad_set]
    n = ad_set.size

    life = np.clip(rng.lognormal(np.log(24), 0.8, n), 2, 400).astype(np.int64)
    room = c.last[campaign] - c.first[campaign] + 1
    opening = np.append(True, ad_set[1:] != ad_set[:-1])  # an ad set starts with its campaign, later ads join it
    first = c.first[campaign] + np.where(opening, 0, (rng.random(n) * room).astype(np.int64))
    last = np.minimum(first + np.where(opening & (rng.random(n) < 0.6), room, life) - 1, c.last[campaign])
    last[0] = c.last[0]

    table = market.platforms
    platform = c.platform[campaign]
    video = rng.random(n) < np.array([p.video for p in table])[platform]
    still = rng.choice(3, n, p=(0.55, 0.35, 0.1))
    creative = np.where(video, 3 + (rng.random(n) < 0.3), still)
    budget = np.minimum(rng.pareto(1.3, c.brand.size) + 0.4, 120.0)[campaign]
    cpm = np.array([p.cpm for p in table])[platform]
    response = np.array(m.AUDIENCE_RESPONSE)[audience[ad_set]]
    ads = Ads(
        ad_set=ad_set,
        campaign=campaign,
        creative=creative,
        level=budget * rng.lognormal(np.log(22_000), 0.9, n) / cpm,
        ctr=np.minimum(np.array([p.ctr for p in table])[platform] * response * rng.lognormal(0, 0.35, n), 0.4),
        cpm=cpm * np.array(m.COUNTRY_PRICE)[c.country[campaign]] * rng.lognormal(0, 0.25, n),
        conversion=np.minimum(0.03 * response * rng.lognormal(0, 0.5, n), 0.35),
        view=rng.beta(14, 6, n),
        watched=rng.beta(12, 9, n),
        basket=rng.lognormal(np.log(55), 0.5, c.brand.max() + 1)[c.brand[campaign]],
    )
    return ads, audience, first, last


def _cells(rng: np.random.Generator, market: m.Market, first: Ints, last: Ints) -> Cells:
    share = np.array([s for _, s in market.devices])
    chosen = rng.random((first.size, share.size)) < np.minimum(share * 1.6 + 0.15, 1.0)
    chosen[np.arange(first.size), rng.choice(share.size, first.size, p=share / share.sum())] = True
    ad, device = np.nonzero(chosen)
    return Cells(ad=ad, device=device, share=share[device], first=first[ad], last=last[ad])


def _cut(cells: Cells, lived: Ints, rows: int) -> Cells:
    kept = int(np.searchsorted(lived, rows)) + 1
    last = cells.last[:kept].copy()
    last[-1] -= int(lived[kept - 1]) - rows
    return Cells(cells.ad[:kept], cells.device[:kept], cells.share[:kept], cells.first[:kept], last)


Entities = TypeVar("Entities", Campaigns, Ads)


def _prefix(entities: Entities, size: int) -> Entities:
    return type(entities)(**{name: values[:size] for name, values in vars(entities).items()})


def _heat(start: dt.date, days: int) -> Floats:
    heat = np.ones(days)
    for year in range(start.year, LAST_DATE.year + 1):
        for month, day, length, factor in m.SALES:
            at = (dt.date(year, month, day) - start).days
            heat[max(at, 0) : max(at + length, 0)] = factor
    return heat


def _tempo(rng: np.random.Generator, start: dt.date, days: int, brands: int, heat: Floats) -> Floats:
    day = np.arange(days)
    business = rng.random(brands) < 0.25
    week = np.array(m.WEEK)[business.astype(int)][:, (start.weekday() + day) % 7]
    eager = np.where(business, 0.15, rng.uniform(0.5, 1.3, brands))[:, None]
    trend = np.exp(rng.normal(0.05, 0.2, brands)[:, None] * day / 365)
    year = 1 + 0.12 * np.sin(2 * np.pi * (day / 365 + rng.random(brands)[:, None]))
    luck = rng.normal(0, 0.06, (brands, days))
    for d in range(1, days):
        luck[:, d] += 0.7 * luck[:, d - 1]
    tempo: Floats = week * heat**eager * trend * year * np.exp(luck)
    return tempo
