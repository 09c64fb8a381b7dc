"""One run of days in a world: which rows there are, and what was counted in each.

What is out of the ordinary here is legitimate in real exports and must not be mistaken for damage: days without
delivery (all zero), a conversion booked after its ad stopped or after a mere view (few, and one or two a row), a
landing page loaded once more than it was clicked, and, outside a first-party funnel, a purchase whose cart or value
the pixel missed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.bench import market as m
from assay.bench.world import Ints, World

Facts = dict[str, NDArray[Any]]

PAUSED_CAMPAIGN = 0.02
PAUSED_AD = 0.008
LATE_CONVERSION = 0.02
VIEW_THROUGH = 1.5e-6
EXTRA_LANDING = 0.004
PIXEL_MISS = 0.01


def rows_by_day(world: World) -> Ints:
    """Rows on each day of the window, shape (days,)."""
    change = np.zeros(world.days + 1, np.int64)
    np.add.at(change, world.cells.first, 1)
    np.add.at(change, world.cells.last + 1, -1)
    return np.cumsum(change)[:-1]


def simulate(world: World, first: int, stop: int, rng: np.random.Generator) -> Facts:
    """The rows of days ``first`` to ``stop`` - 1, ordered by day, then by ad and device.

    Returns arrays of one length: positions (``day``, ``cell``, ``ad``, ``campaign``), the flag ``is_video``, counts,
    and money in cents. What an ad cannot have (video plays of an image) is 0.
    """
    day, cell = _rows(world, first, stop)
    ads, campaigns = world.ads, world.campaigns
    ad = world.cells.ad[cell]
    campaign = ads.campaign[ad]
    objective = campaigns.objective[campaign]
    heat = world.heat[day]
    n = day.size

    paused = (rng.random((campaigns.brand.size, stop - first)) < PAUSED_CAMPAIGN)[campaign, day - first]
    paused |= rng.random(n) < PAUSED_AD
    age = day - world.cells.first[cell]
    warming = np.array([0.35, 0.7, 0.9])[np.minimum(age, 2)] + (age > 2) * 0.1
    mood = rng.normal(0, 0.18, (campaigns.brand.size, stop - first))[campaign, day - first]
    expected = ads.level[ad] * world.cells.share[cell] * world.tempo[campaigns.brand[campaign], day] * warming
    expected *= np.exp(mood + rng.normal(0, 0.3, n))
    impressions = rng.poisson(np.where(paused, 0, expected))

    # The click rate itself varies from day to day: counts are more dispersed than binomial ones.
    tired = 1 / (1 + age / 150)
    clicks = rng.binomial(impressions, np.minimum(ads.ctr[ad] * tired * rng.gamma(12, 1 / 12, n), 0.9))
    platform = campaigns.platform[campaign]
    link_clicks = rng.binomial(clicks, np.array([p.link for p in world.market.platforms])[platform])
    facts: Facts = {"day": day, "cell": cell, "ad": ad, "campaign": campaign}
    facts |= {"impressions": impressions, "clicks": clicks, "link_clicks": link_clicks}
    facts["spend"] = _spend(world, facts, heat, rng)
    facts["landing_page_views"] = _landings(objective, link_clicks, rng)
    facts |= _conversions(world, facts, objective, heat, rng)
    facts |= _video(world, facts, rng)
    seen = 1 + rng.gamma(1.5, 0.25, n)
    facts["reach"] = np.minimum(np.ceil(impressions / seen).astype(np.int64), impressions)
    return facts


def _rows(world: World, first: int, stop: int) -> tuple[Ints, Ints]:
    cells = np.flatnonzero((world.cells.first < stop) & (world.cells.last >= first))
    begin = np.maximum(world.cells.first[cells], first)
    length = np.minimum(world.cells.last[cells] + 1, stop) - begin
    ends = np.cumsum(length)
    day = np.arange(ends[-1]) - np.repeat(ends - length - begin, length)
    order = np.argsort(day.astype(np.int16), kind="stable")
    return day[order], np.repeat(cells, length)[order]


def _spend(world: World, facts: Facts, heat: NDArray[Any], rng: np.random.Generator) -> Ints:
    """Cents: impressions at the day's price of a thousand, or clicks at the price that the same auction gives them."""
    ad, platforms = facts["ad"], world.market.platforms
    per_click = np.array([p.per_click for p in platforms])[world.campaigns.platform[facts["campaign"]]]
    price = world.ads.cpm[ad] * heat**0.3 * np.exp(rng.normal(0, 0.12, ad.size)) / 10
    bought = np.where(per_click, facts["clicks"] / world.ads.ctr[ad], facts["impressions"])
    return np.rint(price * bought).astype(np.int64)


def _landings(objective: Ints, link_clicks: Ints, rng: np.random.Generator) -> Ints:
    views = rng.binomial(link_clicks, 0.84)
    again = (rng.random(views.size) < EXTRA_LANDING) & (link_clicks > 0)
    views = np.where(again, link_clicks + 1, views)
    return np.where(objective == m.OBJECTIVES.index("app_installs"), 0, views)


def _conversions(world: World, facts: Facts, objective: Ints, heat: NDArray[Any], rng: np.random.Generator) -> Facts:
    own, n = world.market.own_funnel, objective.size
    rate = world.ads.conversion[facts["ad"]] * heat**0.4
    if world.market.attributed:
        rate = rate * (1 - 0.6 * np.exp(-(world.days - facts["day"]) / 4))
    wanted = objective > m.OBJECTIVES.index("traffic")
    event = rng.binomial(facts["link_clicks"], np.where(wanted, np.minimum(rate, 0.5), 0))
    view_through = rng.poisson(np.where(wanted, VIEW_THROUGH * facts["impressions"], 0))
    event += view_through + (wanted & (rng.random(n) < LATE_CONVERSION))
    sign_ups = rng.binomial(facts["link_clicks"] - np.minimum(event, facts["link_clicks"]), 0.004)

    leads, installs, purchases = (np.where(objective == m.OBJECTIVES.index(o), event, 0)
                                  for o in ("leads", "app_installs", "sales"))  # fmt: skip
    selling = objective == m.OBJECTIVES.index("sales")
    carts = purchases + rng.poisson(np.where(selling, 1.6 * rate * facts["link_clicks"], 0))
    checkouts = purchases + rng.binomial(carts - purchases, 0.35)
    basket = world.ads.basket[facts["ad"]] * np.exp(rng.normal(0, 0.3, n) / np.sqrt(np.maximum(purchases, 1)))
    revenue = np.rint(100 * purchases * basket).astype(np.int64)
    if not own:
        missed = (purchases > 0) & (rng.random(n) < PIXEL_MISS)
        carts = np.where(missed, purchases - 1, carts)
        revenue = np.where((purchases > 0) & (rng.random(n) < PIXEL_MISS / 2), 0, revenue)
    conversions = event + sign_ups
    out: Facts = {"conversions": conversions, "leads": leads, "installs": installs, "purchases": purchases}
    out |= {"add_to_cart": carts, "checkouts": checkouts, "revenue": revenue, "view_through": view_through}
    out["results"] = np.where(objective == m.OBJECTIVES.index("traffic"), facts["link_clicks"], event)
    if world.market.attributed:
        shared = (conversions > 0) & (rng.random(n) < 0.4)
        credit = np.round(conversions - shared * rng.random(n) * np.minimum(conversions, 2), 6)
        out["conversion_credit"] = np.maximum(credit, 0)
        out["all_conversion_credit"] = np.round(out["conversion_credit"] + rng.poisson(0.3 * conversions), 6)
    else:
        out["conversions_by_event_time"] = rng.binomial(conversions, 0.97) + (rng.random(n) < LATE_CONVERSION)
    return out


def _video(world: World, facts: Facts, rng: np.random.Generator) -> Facts:
    ads, ad = world.ads, facts["ad"]
    is_video = ads.creative[ad] >= m.CREATIVES.index(m.VIDEO_CREATIVES[0])
    ad = ad[is_video]
    keep = ads.watched[ad]
    steps = (
        ("video_plays", ads.view[ad]),
        ("p25", keep),
        ("p50", keep**0.7),
        ("p75", keep**0.5),
        ("video_completions", keep**0.45),
    )
    out: Facts = {"is_video": is_video}
    left = facts["impressions"][is_video]
    for name, share in steps:
        left = rng.binomial(left, share)
        out[name] = _spread(left, is_video)
    two = rng.binomial(out["video_plays"][is_video], np.sqrt(keep))
    out["watched_2s"] = _spread(two, is_video)
    out["watched_6s"] = _spread(rng.binomial(two, 0.55), is_video)
    return out


def _spread(values: Ints, where: NDArray[np.bool_]) -> Ints:
    out = np.zeros(where.size, np.int64)
    out[where] = values
    return out
