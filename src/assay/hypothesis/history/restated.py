"""Old days that are not what they were, long after amounts stopped arriving for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from sqlglot import exp

from assay.hypothesis.history.amounts import Part
from assay.hypothesis.history.baseline import log_of
from assay.hypothesis.history.delay import MATERIAL, UNKNOWN, delay_of, delay_within
from assay.hypothesis.history.off import NONE, distance, line_within, off_of
from assay.hypothesis.hypothesis import Context, Hypothesis, RowTest
from assay.hypothesis.scope import among, between, event_date
from assay.hypothesis.series import iso
from assay.profile.history import History
from assay.profile.state import DayState

GRACE = 1  # days beyond the delay
EARLY = 5  # audits; fewer do not tell that what did not change yet never does
SURELY = 2.0  # standard deviations of daily amounts of a value; one event that comes late is less
MATERIAL_WITHIN = 0.02  # relative change of one value's amount; in few rows a late correction is more than in all


def restated_days(context: Context, history: History) -> list[Hypothesis]:
    """Raise days that changed though they, or the rows of a platform on them, are older than such usually change."""
    date, last, delay = event_date(context), history.last, delay_of(history)
    if date is None or last is None or not delay.known:
        return []
    found: dict[Part | None, dict[int, list[str]]] = defaultdict(dict)
    within = {key: own.days for key in history.growth_within if (own := delay_within(history, *key)).known}
    young = UNKNOWN if history.delay is None and history.audits < EARLY else 0
    for day in history.fresh():
        if day not in history.days or last - day <= young:
            continue
        old, new, age = history.days[day], history.state.days[day], last - day
        names, late = _changed(old, new), age > delay.days + GRACE
        for column in new.sums or ("",):
            changed = _changed_within(history, column, day, within, surely=not late)
            overdue = {v: n for v, n in changed.items() if age > within.get((column, v), delay.days) + GRACE}
            able = {v for n in names for v, total in new.sums.get(column, {}).get(n, {}).items() if total}
            if late and names and (not changed or 2 * len(overdue) > len(able)):
                found[None][day] = names
            elif overdue:
                part = Part(column, tuple(sorted(history.texts[v] for v in overdue)))
                found[part][day] = list(dict.fromkeys(n for some in overdue.values() for n in some))
    hidden = {text: v for v, text in history.texts.items()}
    told = []
    for rows, days in found.items():
        keys = [(rows.column, hidden[text]) for text in rows.values] if rows else []
        most = max((within.get(key, delay.days) for key in keys), default=delay.days)
        told.append(_restated(context, date, rows, days, most))
    return told


def _restated(context: Context, date: str, part: Part | None, found: Mapping[int, list[str]], delay: int) -> Hypothesis:
    days = sorted(found)
    names = list(dict.fromkeys(name for day in days for name in found[day]))
    told = iso(days[0]) if len(days) == 1 else f"{len(days)} days from {iso(days[0])} to {iso(days[-1])}"
    where = exp.or_(*[exp.and_(*between(context, date, day, day)) for day in days])
    whose = "this table"
    if part is not None:
        where = exp.and_(exp.paren(where), among(context, part.column, part.values))
        whose = f"{'these values' if len(part.values) > 1 else 'this value'} of {part.column}"
    return Hypothesis(
        kind="metric_anomaly",
        columns=(date, *names[:6]),
        reason=f"{told} changed since an earlier audit, though days of {whose} stop changing after "
        f"{delay} days: restated, or overwritten by mistake.",
        test=RowTest(where),
        cells=tuple(names),
        origin="memory",
        prior=0.8,
        strict=False,
        weight=0.7,
        confidence=0.88,
        action="Ask the source whether these days were restated on purpose; explain the finding if they were.",
        evidence={"days": [iso(d) for d in days[:50]], "usual_delay": delay, "columns": names},
        segment="restated" if part is None else f"restated {part.words}",
    )


def _changed(old: DayState, new: DayState) -> list[str]:
    names = []
    for name, amount in new.amounts.items():
        was = old.amounts.get(name)
        if was is not None and abs(amount.total - was.total) > MATERIAL * max(abs(was.total), 1e-9):
            names.append(name)
    if not names and old.rows is not None and new.rows is not None and abs(new.rows - old.rows) > MATERIAL * old.rows:
        names.append("rows")
    return names


def _changed_within(
    history: History, column: str, day: int, within: Mapping[tuple[str, str], int], *, surely: bool
) -> dict[str, list[str]]:
    """The amounts that changed by value, as far as the whole day's sums notice it.

    Args:
        within: the delay of each value whose delay is known.
        surely: only by more than they vary from day to day: of few events one that comes late is much.
    """
    old, new = history.days[day], history.state.days[day]
    changed: dict[str, list[str]] = defaultdict(list)
    for name, totals in new.sums.get(column, {}).items():
        before = old.sums.get(column, {}).get(name, {})
        least = MATERIAL * abs(new.amounts[name].total) if name in new.amounts else 0.0
        for value in sorted(totals.keys() & before.keys() & history.texts.keys()):
            was, now = before[value], totals[value]
            if abs(now - was) > max(MATERIAL_WITHIN * abs(was), least, 1e-9) and (
                not surely or ((column, value) in within and _beyond(history, column, value, day, name))
            ):
                changed[value].append(name)
    return changed


def _beyond(history: History, column: str, value: str, day: int, name: str) -> bool:
    """Whether an amount changed by more than the noise of its daily sums."""
    was, now = (s.days[day].sums[column][name][value] for s in (history, history.state))
    known = off_of(line_within(history, column, value), day, {name: now}, history.last or day).forecasts.get(name)
    away = log_of(max(now, NONE)) - log_of(max(was, NONE))
    return known is not None and distance(away) > SURELY * known.noise
