"""What earlier audits knew of a table, as far as it was judged clean or accepted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assay.profile.empties import Empties
from assay.profile.state import ColumnState, DayState, TableState

ROWS = "~rows"  # the name of the number of rows, where it stands beside amounts
CHANGED = 1e-6  # relative difference of a sum that is no rounding


@dataclass(frozen=True)
class Event:
    """Days on which numbers are expected to be unusual, as somebody stated it: a sale, a holiday."""

    name: str
    first: int
    last: int


@dataclass(frozen=True)
class Growth:
    """How an amount of one day changed from one audit to the next, as the natural logarithm of the ratio.

    Attributes:
        audit: which audit saw it, in order.
        before, after: age of the day at both audits, in days before the last day of the table.
    """

    metric: str
    audit: int
    before: int
    after: int
    change: float


@dataclass(frozen=True, eq=False)
class History:
    """The baseline that an audit is judged against.

    Attributes:
        audits: earlier audits of the table.
        columns: the columns it had.
        days: accepted states by day since 1970.
        values: rows by (hidden) value of each category column, over all accepted loads.
        growth: what is known of amounts that keep arriving.
        lags: for each earlier audit the days from the last day in the table to the day of the audit.
        new_values: for each category column, in how many audits of how many new values appeared.
        totals: rows of each earlier accepted audit, the newest last.
        calendar: events that somebody stated.
        delay: days that amounts keep arriving, as somebody stated it; None where nobody did.
        state: the table as it is now.
        today: the day of this audit since 1970.
        partial: whether only the rows since some day are audited.
        names: the plain text of hidden values where the memory may keep it.
        before: the last day in the table at the audit before; None where there was none.
        seen: digest of each day as the audit before saw it, accepted or not.
        named: days that a finding of the audit before was about.
        empties: empty values by load, as far as they were accepted.
        growth_within: the growth of the rows with one (hidden) value of a column, by column and value.
        texts: the values that the table has now, by what hides them; they stay in this audit.
    """

    audits: int
    columns: Mapping[str, ColumnState]
    days: Mapping[int, DayState]
    values: Mapping[str, Mapping[str, int]]
    state: TableState
    today: int
    growth: Sequence[Growth] = ()
    lags: Sequence[int] = ()
    new_values: Mapping[str, int] = field(default_factory=dict)
    totals: Sequence[int] = ()
    calendar: Sequence[Event] = ()
    delay: int | None = None
    partial: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    before: int | None = None
    seen: Mapping[int, str] = field(default_factory=dict)
    named: frozenset[int] = frozenset()
    empties: Empties = field(default_factory=Empties)
    growth_within: Mapping[tuple[str, str], Sequence[Growth]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def last(self) -> int | None:
        """The last day with rows now or, of a part of the table, at any time."""
        days = [*self.state.days, *(self.days if self.partial else ())]
        return max(days) if days else None

    def fresh(self) -> list[int]:
        """Days of the table now that are not as they were accepted."""
        return [d for d, state in sorted(self.state.days.items()) if d not in self.days or differs(self.days[d], state)]

    def novel(self) -> list[int]:
        """Fresh days that no audit has looked at as they are now, and those that one found something in.

        A day may lack acceptance for something that its sums do not show; it was judged when it came.
        """
        return [d for d in self.fresh() if d in self.named or self.seen.get(d) != self.state.days[d].digest()]

    def unchanged(self) -> bool:
        """Whether the table is the one that was accepted before: then there is nothing to judge by its history."""
        types = {n: c.type for n, c in self.state.columns.items()}
        values = all(set(v) <= set(self.values.get(n) or v) for n, v in self.state.values.items())
        return bool(self.days) and not self.fresh() and values and types == {n: c.type for n, c in self.columns.items()}

    def event(self, day: int) -> Event | None:
        """The stated event that a day belongs to."""
        return next((e for e in self.calendar if e.first <= day <= e.last), None)


def differs(old: DayState, new: DayState) -> bool:
    """Whether a day is not as it was: other rows or amounts, or some of it was not trusted before."""
    if old.rows != new.rows or not new.amounts.keys() <= old.amounts.keys() or not new.parts.keys() <= old.parts.keys():
        return True
    for name, amount in new.amounts.items():
        was = old.amounts[name]
        if was.present != amount.present or _moved(was.total, amount.total):
            return True
    for column, metrics in new.sums.items():
        if not metrics.keys() <= old.sums.get(column, {}).keys():
            return True
        for name, totals in metrics.items():
            before = old.sums[column][name]
            if totals.keys() != before.keys() or any(_moved(before[v], total) for v, total in totals.items()):
                return True
    return False


def _moved(was: float, now: float) -> bool:
    return abs(was - now) > CHANGED * max(abs(was), 1e-9)
