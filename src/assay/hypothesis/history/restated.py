"""Old days that are not what they were, long after amounts stopped arriving for them."""

from __future__ import annotations

from sqlglot import exp

from assay.hypothesis.history.delay import MATERIAL, delay_of
from assay.hypothesis.hypothesis import Context, Hypothesis, RowTest
from assay.hypothesis.scope import between, event_date
from assay.hypothesis.series import iso
from assay.profile.history import History
from assay.profile.state import DayState

GRACE = 1  # days beyond the delay


def restated_days(context: Context, history: History) -> list[Hypothesis]:
    """Raise days that changed though they are older than days usually change."""
    date, last = event_date(context), history.last
    delay = delay_of(history)
    if date is None or last is None or not delay.known:
        return []
    found: dict[int, list[str]] = {}
    for day in history.fresh():
        if day in history.days and last - day > delay.days + GRACE:
            names = _changed(history.days[day], history.state.days[day])
            if names:
                found[day] = names
    if not found:
        return []
    days = sorted(found)
    names = list(dict.fromkeys(name for day in days for name in found[day]))
    told = iso(days[0]) if len(days) == 1 else f"{len(days)} days from {iso(days[0])} to {iso(days[-1])}"
    where = exp.or_(*[exp.and_(*between(context, date, day, day)) for day in days])
    return [
        Hypothesis(
            kind="metric_anomaly",
            columns=(date, *names[:6]),
            reason=f"{told} changed since an earlier audit, though days of this table stop changing after "
            f"{delay.days} days: restated, or overwritten by mistake.",
            test=RowTest(where),
            cells=tuple(names),
            origin="memory",
            prior=0.8,
            strict=False,
            weight=0.7,
            confidence=0.88,
            action="Ask the source whether these days were restated on purpose; explain the finding if they were.",
            evidence={"days": [iso(d) for d in days[:50]], "usual_delay": delay.days, "columns": names},
            segment="restated",
        )
    ]


def _changed(old: DayState, new: DayState) -> list[str]:
    names = []
    for name, amount in new.amounts.items():
        was = old.amounts.get(name)
        if was is not None and abs(amount.total - was.total) > MATERIAL * max(abs(was.total), 1e-9):
            names.append(name)
    if not names and old.rows is not None and new.rows is not None and abs(new.rows - old.rows) > MATERIAL * old.rows:
        names.append("rows")
    return names
