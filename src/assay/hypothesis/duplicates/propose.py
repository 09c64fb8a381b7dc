"""Duplicates: rows that are there twice, and rows that share the key of another row.

Equal rows are no error where they are to be expected: a table of a few coarse columns repeats itself. The null model
of tables without a key is the near miss: if rows were equal by chance, many more would be equal in all columns but one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from assay.domain.role import Family
from assay.hypothesis.duplicates.described import Described
from assay.hypothesis.grain import is_load_time
from assay.hypothesis.hypothesis import Context, Hypothesis
from assay.hypothesis.placeholders import is_placeholder
from assay.profile.fingerprint import column_prints, combined, copies, equal_pairs, first_of_each, row_prints
from assay.profile.sample import Sample
from assay.scan.copies import Copies

NEARLY = 0.5  # a key that more rows than this repeat is none
PERSISTENT = 3.0  # entities that repeat this much more often than the average lack a breakdown column
RELOADED = 0.9  # a day is reloaded if this share of its keys is there twice


def propose(context: Context) -> list[Hypothesis]:
    """Raise copies of whole rows, and copies of the grain with other values."""
    sample = context.profile.sample
    if sample.rows < 2:
        return []
    names = (*sample.names, *sample.skipped)
    loaded = [c for c in sample.names if is_load_time(c, context.role(c))]
    compared = [c for c in sample.names if c not in loaded]
    if not compared:
        return []
    exact, without_load = row_prints(sample, sample.names), row_prints(sample, compared)
    reloaded = bool(loaded and context.grain) and equal_pairs(without_load) > equal_pairs(exact)
    tested = tuple(c for c in names if not (reloaded and c in loaded))
    raised = [_rows(context, tested, without_load if reloaded else exact, loaded if reloaded else [])]
    if context.grain and set(context.grain) < set(compared):
        raised += _keys(context, tested, first_of_each(without_load), loaded)
    return raised


def _rows(context: Context, tested: tuple[str, ...], prints: npt.NDArray[np.uint64], loaded: list[str]) -> Hypothesis:
    sample = context.profile.sample
    pairs = equal_pairs(prints)
    known = context.grain and _meaningful(context)
    described = Described.of(context)
    expected = _by_chance(sample, prints) if not known else 0.0 if described is None else described.alike()
    usual = 2 * expected  # the estimate is a rough one
    natural = expected > 0 and pairs <= usual + 3 * math.sqrt(usual)
    bare = not natural and not loaded and described is not None and described.only_bare()
    natural = natural or bare
    evidence: dict[str, Any] = {"key": list(context.grain)}
    if pairs:
        evidence |= {"equal_pairs_in_sample": pairs, "expected_by_chance": round(expected, 1)}
        evidence |= _days(context, prints)
    if bare:
        reason = (
            "rows repeat only where their figures say nothing (such as all zero), while other rows of one description "
            "differ: a breakdown column may be missing"
        )
    elif natural:
        reason = "rows repeat as often as a table of so few and coarse columns repeats by chance"
    elif loaded:
        reason = f"rows repeat earlier rows in every column except the load time ({', '.join(loaded)}): loaded again"
    else:
        reason = "rows repeat earlier rows in every column"
    return Hypothesis(
        "duplicate_rows",
        tested,
        reason,
        Copies(tested),
        origin="generic",
        prior=0.5 if pairs else 0.2,
        strict=not natural,
        weight=0.8 if not natural else 0.2,
        confidence=0.3 if natural else (0.97 if context.grain else 0.85),
        action="probably two equal events; there is nothing to do, unless each row should be there only once"
        if natural
        else "keep the first of each group of equal rows, and make the load replace rather than append",
        evidence=evidence,
    )


def _by_chance(sample: Sample, prints: npt.NDArray[np.uint64]) -> float:
    """Pairs of equal rows that chance explains, from the pairs of rows that differ in one column only.

    If a column agrees by chance in a share ``a`` of pairs, then of the pairs equal in all the others a share ``a`` are
    equal rows: near misses * a / (1 - a). The column that explains most decides.
    """
    pairs = equal_pairs(prints)
    cells = [column_prints(sample[c], i + 1) for i, c in enumerate(sample.names)]
    total = combined(cells)
    most = 0.0
    for column in cells:
        near = equal_pairs(total - column) - pairs
        if near <= 0:
            continue
        _, counts = np.unique(column, return_counts=True)
        agree = float(((counts / len(column)) ** 2).sum())
        most = max(most, near * agree / (1 - agree)) if agree < 1 else most
    return most


def _meaningful(context: Context) -> bool:
    """Whether a grain is a key by its meaning: an id, or a day with what is reported for that day."""
    families = {context.role(c).family for c in context.grain}
    return Family.ID in families or (Family.DATE in families and len(families) > 1)


def _days(context: Context, prints: npt.NDArray[np.uint64]) -> dict[str, Any]:
    """Days of which (nearly) all rows are there twice; only a whole table can tell."""
    sample = context.profile.sample
    date = next((c for c, role in context.roles.items() if role.event_time), None)
    if date is None or not sample.complete:
        return {}
    days = np.floor(sample[date].numbers)
    seen = np.isfinite(days)
    numbers, codes = np.unique(days[seen], return_inverse=True)
    first = first_of_each(prints)[seen]
    originals, extra = (np.bincount(codes, weights=w, minlength=len(numbers)) for w in (first, ~first))
    whole = numbers[(extra >= RELOADED * originals) & (originals >= 3)]
    if not len(whole) or extra.sum() == 0:
        return {}
    listed = [str(np.datetime64(int(d), "D")) for d in whole[:20]]
    inside = float(extra[(extra >= RELOADED * originals) & (originals >= 3)].sum() / extra.sum())
    return {"reloaded_days": len(whole), "share_of_copies_on_them": round(inside, 4), "values": {"days": listed}}


def _keys(
    context: Context, tested: tuple[str, ...], rows: npt.NDArray[np.bool_], loaded: Sequence[str]
) -> list[Hypothesis]:
    """Copies of the grain with other values, unless what repeats is explained otherwise."""
    sample, grain = context.profile.sample, context.grain
    keys = row_prints(sample, grain)
    prints = keys[rows]
    pairs = equal_pairs(prints)
    share = copies(prints) / max(len(prints), 1) if sample.complete else pairs / max(sample.fraction * len(prints), 1)
    if share > NEARLY:
        return []
    confidence, reason = _trust(context, rows, prints, pairs, loaded)
    if confidence == 0.0:
        return []
    return [
        Hypothesis(
            "duplicate_keys",
            grain,
            reason,
            Copies(grain, tested),
            origin="discovered",
            prior=0.5 if pairs else 0.2,
            weight=0.8,
            confidence=confidence,
            action="decide which row of each key is right, and make the load replace rather than append",
            evidence={"key": list(grain), "share_in_sample": round(float(share), 6), **_days(context, keys)},
        )
    ]


def _trust(
    context: Context,
    rows: npt.NDArray[np.bool_],
    prints: npt.NDArray[np.uint64],
    pairs: int,
    loaded: Sequence[str],
) -> tuple[float, str]:
    """How sure copies of the key are errors (0: they are not), and why."""
    sample, grain = context.profile.sample, context.grain
    key = " x ".join(grain)
    plain = f"rows share their key ({key}) with an earlier row but have other values"
    if not _meaningful(context) or not _periodic(context):
        return (0.35, f"{plain}; the key is not known to identify a row") if pairs else (0.0, "")
    if not pairs:
        return 0.9, plain
    if not any(context.role(c).family is Family.ID for c in grain) and pairs >= 0.3 * _accidental(sample, grain, rows):
        return 0.35, f"{plain}; as many as if the columns of the key were drawn independently: it is no key by design"
    whole = ~_damaged(sample, grain)[rows]
    if equal_pairs(prints[whole]) < 0.3 * pairs * float(whole.mean()) ** 2:
        return 0.0, ""
    if loaded and copies(row_prints(sample, [*grain, *loaded])[rows]) < 0.1 * copies(prints):
        return 0.35, f"{plain} and another load time: snapshots of a day that was restated later"
    if _lacks_breakdown(context, rows, prints):
        return 0.4, f"{plain}, and the same entities do so again and again: a breakdown column may be missing"
    return 0.9, plain


def _accidental(sample: Sample, grain: Sequence[str], rows: npt.NDArray[np.bool_]) -> float:
    """Pairs of rows that would share a key if its columns were drawn independently of each other."""
    n = int(rows.sum())
    agree = 1.0
    for place, name in enumerate(grain):
        _, counts = np.unique(column_prints(sample[name], place + 1)[rows], return_counts=True)
        agree *= float(((counts / n) ** 2).sum())
    return n * (n - 1) / 2 * agree


def _periodic(context: Context) -> bool:
    """Whether rows are reported per period or have an id of their own, so that a key is no accident.

    Two requests of one client in one second are two requests: a key of moments that are nobody's reporting period is
    nearly unique only because there are so many moments.
    """
    sample = context.profile.sample
    dates = [c for c in context.grain if context.role(c).family is Family.DATE]
    entity = [c for c in context.grain if c not in dates]
    return all(_on_lattice(sample[c].numbers) or (entity and _steady(sample, c, entity)) for c in dates)


def _on_lattice(days: npt.NDArray[np.float64]) -> bool:
    """Whether nearly all moments are whole days, hours, minutes or multiples of ten seconds, up to one offset."""
    seconds = np.round(days[np.isfinite(days)] * 86_400) % 10
    _, counts = np.unique(seconds, return_counts=True)
    return len(seconds) == 0 or bool(counts.max() >= 0.95 * len(seconds))


def _steady(sample: Sample, date: str, entity: Sequence[str]) -> bool:
    """Whether most steps from one row of an entity to its next are of one length."""
    who, when = row_prints(sample, entity), sample[date].numbers
    order = np.lexsort((when, who))
    steps = np.diff(when[order])[who[order][1:] == who[order][:-1]]
    steps = np.round(steps[np.isfinite(steps) & (steps > 0)] * 86_400)
    if len(steps) < 20:
        return False
    _, counts = np.unique(steps, return_counts=True)
    return bool(counts.max() >= 0.5 * len(steps))


def _damaged(sample: Sample, grain: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Rows that have a null or a placeholder in their key: what they share is that they lost it."""
    bad = np.zeros(sample.rows, dtype=np.bool_)
    for name in grain:
        column = sample[name]
        bad |= column.nulls
        words = [i for i, value in enumerate(column.values[:1000]) if is_placeholder(value)]
        if words:
            bad |= np.isin(column.codes, words)
    return bad


def _lacks_breakdown(context: Context, rows: npt.NDArray[np.bool_], prints: npt.NDArray[np.uint64]) -> bool:
    """Whether keys repeat for the same entities on most of their days, which copies made at random do not."""
    sample, grain = context.profile.sample, context.grain
    entity = [c for c in grain if context.role(c).family is not Family.DATE]
    if not entity or len(entity) == len(grain) or not sample.complete:
        return False
    _, key, sizes = np.unique(prints, return_inverse=True, return_counts=True)
    shared = sizes[key] > 1
    if _on_few_days(context, rows, shared):
        return False
    _, who = np.unique(row_prints(sample, entity)[rows], return_inverse=True)
    rows_of, shared_of = np.bincount(who), np.bincount(who, weights=shared)
    often = (shared_of - sizes[key].mean()) / np.maximum(rows_of - sizes[key].mean(), 1)
    seen = shared & (rows_of[who] >= 5)
    if seen.sum() < 10:
        return False
    share = float(shared.mean())
    if PERSISTENT * share >= 1:  # no entity can repeat that much more often
        described = Described.of(context)
        return described is not None and described.unlike(rows, prints)
    return float(often[who][seen].mean()) > max(0.3, PERSISTENT * share)


def _on_few_days(context: Context, rows: npt.NDArray[np.bool_], shared: npt.NDArray[np.bool_]) -> bool:
    """Whether keys repeat on a minority of the days, where most of them do, and hardly ever on the others."""
    dates = [c for c in context.grain if context.role(c).family is Family.DATE]
    if not dates or not shared.any():
        return False
    days = np.floor(context.profile.sample[dates[0]].numbers)[rows]
    _, day = np.unique(days, return_inverse=True)
    often = np.bincount(day, weights=shared) >= 0.5 * np.bincount(day)
    return bool(often.mean() <= 0.5 and shared[~often[day]].sum() <= 0.1 * shared.sum())
