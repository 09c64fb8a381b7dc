"""Columns that a table lost or that changed their type, told without its history.

Its siblings have them, or what is left makes no sense without.

A table may well lack what others have. So a hole is reported only where the columns around it speak for it: a rate
whose parts are gone, steps of a funnel on both sides of the gap, entities that repeat without a day to tell them apart.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from assay.domain.header import normalise
from assay.domain.role import Family
from assay.hypothesis.hypothesis import Context, Fact, Hypothesis
from assay.hypothesis.schema.siblings import Hole, lost_by_siblings
from assay.hypothesis.schema.type_change import type_changes
from assay.profile.fingerprint import first_of_each, group_sizes, row_prints

GENERAL = "general"  # the pack of words that belong to no domain
RICH = 8  # recognised roles of a domain from which a table counts as a full report of it
REPEATS = 3.0  # rows of one entity, on average, from which it is reported over time

CLICKS = ("clicks", "link_clicks", "outbound_clicks", "interactions", "engagements", "earned_clicks")
IMPRESSIONS = ("impressions", "viewable_impressions", "earned_impressions", "measurable_impressions")
STARTS = ("video_plays", "video_total_views", "video_2s", "video_6s", "video_thruplays")
ENDS = ("video_completions", "video_thruplays", "video_p95")
BUYS = ("purchases", "conversions", "results", "checkouts", "all_conversions")
AFTER_CLICK = ("link_clicks", "landing_page_views", "conversions", "leads", "add_to_cart", "purchases", "results")
STAND_INS = {
    "clicks": CLICKS,
    "impressions": IMPRESSIONS,
    "conversions": (*BUYS, "leads", "installs", "registrations", "post_click_conversions", "real_time_conversions"),
    "revenue": ("revenue", "all_revenue"),
    "spend": ("spend",),
}
"""Roles that serve as a part of a rate when the part itself goes by another name."""
CORE = ("impressions", "clicks", "spend")
WORDS = {
    "impressions": ("impr", "view", "показ", "einblend", "vues"),
    "clicks": ("click", "klick", "clic", "tap", "swipe", "клик"),
    "spend": ("spend", "spent", "cost", "charge", "kosten", "gasto", "расход", "dépens", "amount"),
    "video_plays": ("play", "start", "view"),
    "video_completions": ("complet", "100", "finish"),
    "purchases": ("purchas", "order", "buy", "sale", "bought", "kauf", "achat", "compra"),
    "reach": ("reach", "user", "uniq"),
    "add_to_cart": ("cart", "basket"),
}
"""Parts of words by which an unrecognised column may be the one that seems lost."""


def propose(context: Context) -> list[Hypothesis]:
    """Raise the columns that a table seems to have lost."""
    lost_here = lost_by_siblings(context)
    found = [missing_column(*hole, "discovered") for hole in lost_here]
    known = {context.role(c).name for c in context.roles} - {""}
    pack = context.pack.roles
    rich = sum(1 for name in known if name in pack and pack[name].pack != GENERAL) >= RICH
    for lost, reason, confidence in [*_rates(context, known), *_funnel(known), *_video(known), *_date(context, known)]:
        sure = confidence if rich and not _by_another_name(context, lost) else min(confidence, 0.4)
        if all(lost not in h.columns for h in found):
            found.append(missing_column(lost, reason, sure, "pack"))
    return found + type_changes(context)


def _by_another_name(context: Context, lost: str) -> bool:
    """Whether a column that no role was found for may be the lost one."""
    unknown = [c for c in context.roles if not context.role(c).name]
    unknown += context.profile.sample.skipped
    return any(word in normalise(c) for c in unknown for word in WORDS.get(lost, ()))


def missing_column(lost: str, reason: str, confidence: float, origin: Literal["pack", "discovered"]) -> Hypothesis:
    """The claim that a column was lost."""
    return Hypothesis(
        "missing_columns",
        (lost,),
        reason,
        Fact(),
        cells=(),
        origin=origin,
        prior=confidence,
        strict=False,
        weight=0.8,
        confidence=confidence,
        action=f"ask the source for {lost}, or say that it was removed on purpose",
    )


def _rates(context: Context, known: set[str]) -> list[Hole]:
    """Parts of a rate that is still there."""
    holes: dict[str, list[str]] = {}
    for name, spec in context.pack.roles.items():
        if name not in known or spec.of is None:
            continue
        there = {part: part in known or _stands_in(context, name, spec.of, part) for part in spec.of}
        for part, here in there.items():
            other = next(p for p in spec.of if p != part)
            # With both parts gone it is a summary of rates, which nobody promised the parts of.
            if not here and there[other]:
                holes.setdefault(part, []).append(name)
    return [
        (part, f"{part} is gone, but {', '.join(rates)} that {'are' if len(rates) > 1 else 'is'} made of it is here",
         0.85 if part in CORE else 0.6 if part == "reach" else 0.45)
        for part, rates in holes.items()
    ]  # fmt: skip


def _stands_in(context: Context, rate: str, parts: tuple[str, str], part: str) -> bool:
    """Whether another column does the work of a part of a rate: the rate is made of it, up to a factor."""
    sample = context.profile.sample
    other = next(p for p in parts if p != part)
    whole, known = context.columns_with(rate), context.columns_with(other)
    stand_ins = context.columns_with(*STAND_INS.get(part, ()))
    if not whole or not known or not stand_ins:
        return bool(stand_ins)
    for name in stand_ins:
        above, below = (name, known[0]) if part == parts[0] else (known[0], name)
        with np.errstate(all="ignore"):
            factor = sample[whole[0]].numbers * sample[below].numbers / sample[above].numbers
        factor = factor[np.isfinite(factor) & (factor > 0)]
        if len(factor) < 20 or float((np.abs(factor / np.median(factor) - 1) < 0.05).mean()) > 0.5:
            return True
    return False


def _funnel(known: set[str]) -> list[Hole]:
    """Steps of the funnel from showing to buying, with others before and after them."""
    holes: list[Hole] = []
    after = sorted(known & set(AFTER_CLICK))
    if "spend" in known and known & set(IMPRESSIONS) and not known & set(CLICKS) and after:
        holes.append(("clicks", f"no clicks between impressions and {', '.join(after)}", 0.8))
    if not known & set(IMPRESSIONS) and {"clicks", "spend"} <= known and after:
        holes.append(("impressions", "clicks and spend are here, and no impressions", 0.8))
    if "spend" not in known and {"impressions", "clicks"} <= known and len(after) >= 3:
        holes.append(("spend", "impressions, clicks and what follows them are here, and no spend", 0.45))
    if "revenue" in known and "add_to_cart" in known and "purchases" not in known:
        holes.append(("purchases", "carts and their revenue are here, and no purchases between them", 0.6))
    if "purchases" in known and "add_to_cart" not in known and {"checkouts", "view_content"} <= known:
        holes.append(("add_to_cart", "a funnel without the step between view and checkout", 0.6))
    return holes


def _video(known: set[str]) -> list[Hole]:
    """Steps of watching a video."""
    quarters = [q for q in ("video_p25", "video_p50", "video_p75") if q in known]
    holes: list[Hole] = []
    if len(quarters) == 2:
        (gone,) = {"video_p25", "video_p50", "video_p75"} - set(quarters)
        holes.append((gone, f"the other quarters of a video are here, and not {gone}", 0.8))
    if len(quarters) >= 2 and not known & set(STARTS):
        holes.append(("video_plays", "quarters of videos are here, and no plays", 0.7))
    if len(quarters) >= 2 and not known & set(ENDS):
        holes.append(("video_completions", "quarters of videos are here, and no completions", 0.7))
    if "video_completions" in known and not quarters and not known & set(STARTS):
        holes.append(("video_plays", "completed videos are here, and no plays", 0.6))
    return holes


def _date(context: Context, known: set[str]) -> list[Hole]:
    """The day of a report whose entities repeat."""
    sample = context.profile.sample
    dated = any(context.role(c).family is Family.DATE for c in sample.names)
    if dated or sample.rows < 50 or not {"impressions", "spend"} & known:
        return []
    entity = [c for c in sample.names if context.role(c).family in (Family.ID, Family.DIMENSION, Family.NAME)]
    if not entity:
        return []
    rows = first_of_each(row_prints(sample, sample.names))
    sizes = group_sizes(row_prints(sample, entity)[rows])
    if not len(sizes) or sizes.mean() / max(sample.fraction, 1e-9) < REPEATS:
        return []
    return [("date", "the same entities are reported many times over, and no day tells the rows apart", 0.85)]
