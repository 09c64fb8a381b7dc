"""Errors of logic: what cannot be between the columns of one row."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sqlglot import exp

from assay.bench.corrupt.error import Damage, NotApplicableError
from assay.bench.corrupt.scene import Scene
from assay.bench.corrupt.sql import sql
from assay.domain.role import Family

CONVERSIONS = ("conversions", "results", "purchases", "leads", "installs")
CLICKS = ("clicks", "link_clicks")
CHANGE = ("few", "times", "shrink")


def exceed(
    small: tuple[str, ...], large: tuple[str, ...], least: int, running: bool, scene: Scene, columns: list[str], _: int
) -> Damage:
    """The part becomes larger than the whole: by a few, by a factor, or because the whole shrank.

    Args:
        small: roles of the part, best first.
        large: roles of the whole.
        least: the smallest excess that no legitimate case explains.
        running: whether only rows with something of the whole can carry it (video ads, for plays).
    """
    part, whole = _two(scene, columns, small, large)
    below, above = scene.number(part), scene.number(whole)
    variant = str(scene.rng.choice([v for v in CHANGE if v != "shrink"] if whole in scene.written else CHANGE))
    changed, value, eligible = part, sql(":above + :least + :few", above=above, least=least, few=scene.choice(39)), None
    if variant == "times":
        more = sql("ceil(:above * (1.1 + 1.9 * :u)) + :least", above=above, u=scene.chance(), least=least)
        value = more
    elif variant == "shrink":
        changed = whole
        value = sql("floor(:below / (1.5 + 4.5 * :u))", below=below, u=scene.chance())
        eligible = sql(":below > 2 AND :below <= :above AND :above > 0", below=below, above=above)
    if running:
        delivered = sql(":above > 0", above=above)
        eligible = delivered if eligible is None else exp.and_(eligible, delivered)
    return Damage({changed: scene.fit(changed, value)}, eligible, (part, whole), variant=variant)


def spend_with_zero_impressions(scene: Scene, columns: list[str], _: int) -> Damage:
    """Impressions lost where money was spent; the clicks stay, or are lost too."""
    spend, impressions = _two(scene, columns, ("spend",), ("impressions",))
    values = {impressions: scene.fit(impressions, exp.convert(0))}
    clicks, variant = scene.find("clicks"), str(scene.rng.choice(["clicks stay", "no clicks"]))
    if clicks is None or clicks in scene.written:
        variant = "clicks stay"
    elif variant == "no clicks":
        values[clicks] = scene.fit(clicks, exp.convert(0))
    eligible = sql(":spend > 0 AND :shown > 0", spend=scene.number(spend), shown=scene.number(impressions))
    return Damage(values, eligible, (spend, impressions), variant=variant)


def purchases_without_add_to_cart(scene: Scene, columns: list[str], _: int) -> Damage:
    """The cart lost where there were purchases, or purchases where there is no cart."""
    purchases, carts = _two(scene, columns, ("purchases",), ("add_to_cart",))
    empty = exp.convert(0) if scene.dense(carts) else exp.null()
    bought, put = scene.number(purchases), scene.number(carts)
    if str(scene.rng.choice(["lost", "invented"])) == "lost":
        eligible = sql(":bought > 0 AND :put > 0", bought=bought, put=put)
        return Damage({carts: scene.fit(carts, empty)}, eligible, (purchases, carts), variant="lost")
    eligible = sql(":bought = 0 AND :put = 0", bought=bought, put=put)
    value = scene.fit(purchases, sql("3 + :few", few=scene.choice(17)))
    return Damage({purchases: value}, eligible, (purchases, carts), variant="invented")


def negative_metric(scene: Scene, columns: list[str], _: int) -> Damage:
    """The sign of a count or an amount turned."""
    usual = [c for c in scene.metrics if scene.role(c).name and not scene.role(c).signed]
    name = columns[0] if columns else scene.pick(usual or scene.metrics, "count or amount")
    if not scene.is_number(name):
        raise NotApplicableError(f"{name} holds no numbers")
    return Damage(
        {name: scene.fit(name, sql("-:value", value=scene.number(name)))}, sql(":value > 0", value=scene.number(name))
    )


def _two(scene: Scene, columns: list[str], small: tuple[str, ...], large: tuple[str, ...]) -> tuple[str, str]:
    part, whole = columns[:2] if len(columns) > 1 else (scene.need(*small), scene.need(*large))
    for name in (part, whole):
        if scene.role(name).family not in (Family.COUNT, Family.MONEY, Family.NUMBER, Family.RATE):
            raise NotApplicableError(f"{name} holds no amounts")
    return part, whole


Make = Callable[[Scene, list[str], int], Damage]

clicks_exceed_impressions: Make = partial(exceed, CLICKS, ("impressions",), 1, False)
conversions_exceed_clicks: Make = partial(exceed, CONVERSIONS, CLICKS, 2, False)
landing_page_views_exceed_clicks: Make = partial(exceed, ("landing_page_views",), CLICKS, 2, False)
video_completions_exceed_plays: Make = partial(exceed, ("video_completions",), ("video_plays",), 1, True)
