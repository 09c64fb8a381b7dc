"""From an audit's look at a table to the state that is kept of it, and which of it may be trusted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from assay.domain.grouping import summed_column
from assay.hypothesis.hypothesis import Context
from assay.judge.finding import Finding, Severity
from assay.profile.groups import Groups
from assay.profile.history import History
from assay.profile.state import ColumnState, DayState, Hide, TableState, days_of, values_of

TABLE = "~table"  # the part of a table's states that holds its columns and values; sorts after all days
DAY = "d:"
ALARMING = Severity.MEDIUM
SMALL = 0.01  # share of copied rows that changes no level
OF_ROWS = ("duplicate_rows", "duplicate_keys", "volume_anomaly", "date_gap")
EPOCH = date(1970, 1, 1).toordinal()


def hider(secret: bytes, *, plain: bool) -> Hide:
    """What hides a data value: a keyed hash of 64 bits, or nothing if values may be kept."""
    if plain:
        return lambda value: value
    return lambda value: hashlib.blake2b(value.encode("utf-8", "surrogatepass"), key=secret, digest_size=8).hexdigest()


def observe(context: Context, hide: Hide) -> TableState:
    """The state of a table as an audit has just counted it."""
    profile = context.profile
    columns = {
        c.name: ColumnState(
            str(c.type),
            context.role(c.name).name if c.name in context.roles else "",
            len(c),
            int(np.count_nonzero(c.nulls)),
        )
        for c in profile.columns
    }
    days = days_of(profile.groups, hide, summed_column(profile.groups, context.roles))
    return TableState(profile.rows, columns, days, values_of(profile.groups, hide))


def texts_of(groups: Groups, state: TableState, hide: Hide) -> dict[str, str]:
    """The values whose amounts a state keeps apart, by what hides them."""
    columns = {c for day in state.days.values() for c in day.sums}
    return {hide(value): value for c in columns for value in set(groups.segments[c].segment.tolist()) if value}


def fingerprint(state: TableState, groups: Groups) -> str:
    """What tells whether a table is the one that was audited before: 64 bits of all that was counted of it.

    Args:
        groups: the counts that the state's days were made from; their arrays are read at once.
    """
    digest = hashlib.blake2b(json.dumps(table_to_json(state), sort_keys=True).encode(), digest_size=8)
    for column, days in [("", groups.days), *sorted(groups.segments.items())]:
        if days is None:
            continue
        digest.update(json.dumps([column, days.segment.tolist(), list(days.sums)]).encode())
        for array in (days.day, days.rows, *days.sums.values(), *days.present.values()):
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def iso_day(day: int) -> str:
    """A day since 1970 as ISO text."""
    return date.fromordinal(day + EPOCH).isoformat()


def day_number(iso: str) -> int:
    """An ISO date as a day since 1970."""
    return date.fromisoformat(iso[:10]).toordinal() - EPOCH


def table_to_json(state: TableState) -> dict[str, Any]:
    """Columns and values of a state; its days are parts of their own."""
    return {
        "rows": state.rows,
        "columns": {n: [c.type, c.role, c.rows, c.nulls] for n, c in state.columns.items()},
        "values": {n: dict(v) for n, v in state.values.items()},
    }


def table_from_json(body: Mapping[str, Any]) -> TableState:
    """Columns and values as :func:`table_to_json` wrote them."""
    return TableState(
        int(body.get("rows", 0)),
        {n: ColumnState(t, r, int(rows), int(nulls)) for n, (t, r, rows, nulls) in body.get("columns", {}).items()},
        {},
        {n: {k: int(c) for k, c in v.items()} for n, v in body.get("values", {}).items()},
    )


@dataclass(frozen=True)
class Doubt:
    """What unexplained findings speak against.

    Attributes:
        columns: by day, those that are wrong; under None those that are wrong on days that are not known.
        rows: days whose number of rows is wrong; None for days that are not known.
    """

    columns: Mapping[int | None, set[str]]
    rows: frozenset[int | None]

    def of(self, day: int) -> tuple[frozenset[str], bool]:
        """The columns of a day that are not trusted, and whether its number of rows (hence all of it) is not."""
        wrong = self.columns.get(day, set()) | self.columns.get(None, set())
        return frozenset(wrong), day in self.rows or None in self.rows

    def trusts(self, load: str, column: str) -> bool:
        """Whether a column of a day (ISO), or of a table without days (""), is trusted."""
        if not load:
            return not self.rows and all(column not in wrong for wrong in self.columns.values())
        wrong, rows = self.of(day_number(load))
        return column not in wrong and not rows


def doubt_of(findings: Sequence[Finding], cells: Mapping[str, tuple[str, ...]], bad: Mapping[str, set[int]]) -> Doubt:
    """What the unexplained findings of an audit speak against.

    Args:
        findings: of the audit.
        cells: the columns whose cells are bad, by finding id.
        bad: the days on which a finding has rows, by finding id, where that is known.
    """
    columns: dict[int | None, set[str]] = {}
    rows: set[int | None] = set()
    for finding in findings:
        if finding.status != "new" or finding.severity.rank > ALARMING.rank or finding.kind == "stale_data":
            continue
        if finding.kind == "duplicate_rows" and finding.rate < SMALL:
            continue
        days: set[int] | list[None] = bad[finding.id] if finding.id in bad else named(finding.evidence) or [None]
        for day in days:
            if finding.kind in OF_ROWS:
                rows.add(day)
            columns.setdefault(day, set()).update(cells.get(finding.id, finding.columns))
    return Doubt(columns, frozenset(rows))


def trusted(history: History, doubt: Doubt) -> dict[int, DayState]:
    """The fresh days as far as they may be trusted."""
    kept = {}
    for day in history.fresh():
        wrong, rows = doubt.of(day)
        state = history.state.days[day].without(wrong, rows=rows)
        if state.rows is not None or state.amounts:
            kept[day] = _filled(state, history.days.get(day), wrong)
    return kept


def _filled(state: DayState, old: DayState | None, wrong: frozenset[str]) -> DayState:
    """What is not trusted today stays as it was accepted before."""
    if old is None:
        return state
    amounts = {**{n: a for n, a in old.amounts.items() if n in wrong}, **state.amounts}
    sums = {}
    for column in {**old.sums, **state.sums}:
        was = old.sums.get(column, {})
        kept = {n: totals for n, totals in was.items() if n in wrong or column in wrong}
        sums[column] = {**kept, **state.sums.get(column, {})}
    parts = {**{c: p for c, p in old.parts.items() if c in wrong}, **state.parts}
    return DayState(state.rows, amounts, parts, {c: metrics for c, metrics in sums.items() if metrics})


def named(evidence: Mapping[str, Any]) -> set[int]:
    """The days that a finding's evidence names."""
    days = [evidence["day"]] if isinstance(evidence.get("day"), str) else evidence.get("days", [])
    return {day_number(d) for d in days} if isinstance(days, list | tuple) else set()


def unsettled(history: History, doubt: Doubt) -> list[str]:
    """The days (ISO) that are not accepted as they are: they are looked at again until they are mended or explained."""
    days = {d for d, s in history.state.days.items() if doubt.of(d)[1] or doubt.of(d)[0] & _names(s)}
    return [iso_day(d) for d in sorted(days & set(history.fresh()))]


def _names(state: DayState) -> set[str]:
    return {*state.amounts, *state.parts}
