"""Roles of an advertising funnel from values alone: what was shown, what was clicked, what came of it, what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from assay.domain.role import Family, Role
from assay.profile.arrays import Floats
from assay.profile.sample import Sample

PROBED_ROWS = 5_000
HOLDS = 0.55  # of the rows; two fifths of them may be damaged
RELATED = 0.25  # rank correlation that damage of two fifths of the rows leaves of a close relation
ANCHORED, CHAINED = 0.6, 0.5
MOST_SILENT = 6
CLICK_RATES = (2e-4, 0.3)
CONVERSION_RATES = (1e-3, 0.45)


@dataclass(frozen=True, eq=False)
class _Link:
    """How one column relates to another that should be at least as large."""

    holds: float
    related: float
    ratio: float


def with_funnel(sample: Sample, roles: Mapping[str, Role], domain: bool) -> dict[str, Role]:
    """Give columns whose header says nothing the role that their values have beside known ones.

    Args:
        domain: whether other columns tell that the table is about advertising; without them the whole chain of
            impressions, clicks, conversions and spend has to be there.
    """
    result = dict(roles)
    silent = [c for c, r in roles.items() if not r.name and r.origin == "values" and not r.signed]
    step = max(1, sample.rows // PROBED_ROWS)
    values = {
        c: sample[c].numbers[::step]
        for c, r in roles.items()
        if sample[c].type.numeric and (c in silent or r.name in ("impressions", "clicks", "conversions", "spend"))
    }
    counts = [c for c in silent if c in values and roles[c].family is Family.COUNT and _spreads(values[c])]
    amounts = [c for c in silent if c in values and roles[c].family in (Family.MONEY, Family.NUMBER)]
    named = [(r.name, c) for c, r in roles.items() if r.name in _NAMES and c in values and not r.qualifier]
    known = dict(reversed(named))
    if not (domain or {"impressions", "clicks"} & known.keys()):
        return _chain(result, counts, amounts, values)
    if "impressions" not in known and "clicks" in known:
        found = _above(known["clicks"], counts, values)
        _give(result, known, counts, found, "impressions", ANCHORED)
    if "clicks" not in known and "impressions" in known:
        found = _below(known["impressions"], counts, values, CLICK_RATES)
        _give(result, known, counts, found, "clicks", ANCHORED)
    if "conversions" not in known and "clicks" in known and not _outcomes(roles):
        found = _below(known["clicks"], counts, values, CONVERSION_RATES)
        _give(result, known, counts, found, "conversions", ANCHORED)
    if "spend" not in known and "impressions" in known:
        found = _cost(known["impressions"], [c for c in amounts if not result[c].name], values)
        _give(result, known, counts, found, "spend", ANCHORED)
    return result


_NAMES = ("impressions", "clicks", "conversions", "spend")
_FAMILIES = {"spend": Family.MONEY}


def _outcomes(roles: Mapping[str, Role]) -> bool:
    return any(r.name in ("purchases", "leads", "installs", "registrations", "results") for r in roles.values())


def _give(
    roles: dict[str, Role], known: dict[str, str], free: list[str], column: str | None, name: str, confidence: float
) -> None:
    if column is None:
        return
    roles[column] = replace(
        roles[column], name=name, family=_FAMILIES.get(name, Family.COUNT), origin="values", confidence=confidence
    )
    known[name] = column
    if column in free:
        free.remove(column)


def _chain(
    roles: dict[str, Role], counts: list[str], amounts: list[str], values: Mapping[str, Floats]
) -> dict[str, Role]:
    """Impressions, clicks, conversions and spend where no header says anything, if all four are there."""
    if len(counts) > MOST_SILENT:
        return roles  # among many, which one is the click is a guess
    by_size = sorted(counts, key=lambda c: -float(np.nanmean(values[c])))
    for shown in by_size:
        rest = [c for c in counts if c != shown]
        clicked = _below(shown, rest, values, CLICK_RATES)
        if clicked is None:
            continue
        won = _below(clicked, [c for c in rest if c != clicked], values, CONVERSION_RATES)
        paid = _cost(shown, [c for c in amounts if c not in (shown, clicked, won)], values)
        if won is None or paid is None:
            continue
        known: dict[str, str] = {}
        for column, name in ((shown, "impressions"), (clicked, "clicks"), (won, "conversions"), (paid, "spend")):
            _give(roles, known, [], column, name, CHAINED)
        break
    return roles


def _below(large: str, candidates: list[str], values: Mapping[str, Floats], rates: tuple[float, float]) -> str | None:
    """The largest column that is usually below another and moves with it, at a rate that such a step has."""
    links = {c: _link(values[c], values[large]) for c in candidates}
    fitting = [
        c
        for c, link in links.items()
        if link.holds >= HOLDS and link.related >= RELATED and rates[0] <= link.ratio <= rates[1]
    ]
    return max(fitting, key=lambda c: links[c].ratio, default=None)


def _above(small: str, candidates: list[str], values: Mapping[str, Floats]) -> str | None:
    links = {c: _link(values[small], values[c]) for c in candidates}
    fitting = [
        c
        for c, link in links.items()
        if link.holds >= HOLDS and link.related >= RELATED and CLICK_RATES[0] <= link.ratio <= CLICK_RATES[1]
    ]
    return max(fitting, key=lambda c: links[c].related, default=None)


def _cost(shown: str, candidates: list[str], values: Mapping[str, Floats]) -> str | None:
    """The amount that is there where something was shown, and moves with it most."""
    best: tuple[float, str] | None = None
    base = values[shown]
    for column in candidates:
        amount = values[column]
        rows = (base > 0) & np.isfinite(amount)
        if rows.sum() < 50 or np.mean(amount[rows] > 0) < HOLDS:
            continue
        related = _rank_correlation(amount[rows], base[rows])
        thousand = float(np.median(1000 * amount[rows] / base[rows]))
        if related >= 2 * RELATED and 0.05 <= thousand <= 500 and (best is None or related > best[0]):
            best = (related, column)
    return best[1] if best else None


def _link(small: Floats, large: Floats) -> _Link:
    rows = np.isfinite(small) & np.isfinite(large) & (large > 0) & (small >= 0)
    if rows.sum() < 50:
        return _Link(0.0, 0.0, 0.0)
    a, b = small[rows], large[rows]
    active = a > 0
    if active.sum() < 20:
        return _Link(0.0, 0.0, 0.0)
    # Damage is above, so that the ratio of the middle rows and not of the sums is what tells.
    kept = a <= b
    ratio = float(a[kept].sum() / b[kept].sum()) if kept.any() else 0.0
    return _Link(float(np.mean(a[active] <= b[active])), _rank_correlation(a, b), ratio)


def _rank_correlation(a: Floats, b: Floats) -> float:
    ranks = [np.unique(x, return_inverse=True)[1].astype(np.float64) for x in (a, b)]
    order = [np.argsort(np.argsort(r, kind="stable"), kind="stable").astype(np.float64) for r in ranks]
    if min(float(r.std()) for r in ranks) == 0:
        return 0.0
    return float(np.corrcoef(order[0], order[1])[0, 1])


def _spreads(values: Floats) -> bool:
    finite = values[np.isfinite(values)]
    return len(np.unique(finite)) > 3
