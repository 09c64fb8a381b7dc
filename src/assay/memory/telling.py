"""What a report says of memory: what was recalled, what is gone, what moved."""

from __future__ import annotations

from collections.abc import Sequence

from assay.judge.finding import Finding
from assay.judge.remembered import Moved, Remembered
from assay.memory.explanation import Explanation, bounds
from assay.memory.observation import iso_day
from assay.memory.session import Session
from assay.profile.history import History
from assay.profile.state import DayState

SHOWN = 28  # days of a chart
CHARTS = 8
NAMED = 4  # columns of a finding that are listed
MOVING = ("metric_anomaly", "volume_anomaly", "missing_values", "distribution_drift")


def told(session: Session, findings: Sequence[Finding]) -> Remembered:
    """What memory added to an audit, in words and series."""
    recall, history = session.recall, session.history
    used = {(f.memory or {}).get("id") for f in findings if f.status != "new"}
    return Remembered(
        audits=history.audits if history is not None else 0,
        explanations=tuple(_explained(e) for e in recall.explanations if e.id in used),
        gone=tuple(_gone(session, findings)),
        stated=tuple(e.text for e in (*recall.context, *recall.preferences)),
        unused=tuple(_explained(e) for e in session.unused()),
        lapsed=tuple(_explained(e) for e in recall.lapsed),
        moved=tuple(_moved(history, findings)) if history is not None else (),
        summary_first=bool(recall.preference("summary_first")),
        signed=str(recall.preference("signed") or ""),
        today=recall.today,
    )


def _gone(session: Session, findings: Sequence[Finding]) -> list[str]:
    """What is gone; not what is still there and explained since, as a whole or in part."""
    explained = {(f.kind, f.columns) for f in findings if f.status != "new"}
    return [
        f"{one['kind']} in {_names(one['columns'])} ({one['severity']}, {one['rows']:,} rows)"
        for one in session.gone(findings)
        if one["status"] == "new" and (one["kind"], tuple(one["columns"])) not in explained
    ]


def _explained(one: Explanation) -> str:
    where = f" where {one.where}" if one.where else ""
    end = f", until {one.until}" if one.until else ""
    word = "no error" if one.rejected else "known"
    return (
        f"{one.kind} in {_names(one.columns)}{where}: {one.reason} "
        f"({word} {bounds(one.up_to, one.at_most)}; {one.author}, {one.created}{end}; {one.id})"
    )


def _names(columns: Sequence[str]) -> str:
    shown = ", ".join(columns[:NAMED]) or "the table"
    return f"{shown} and {len(columns) - NAMED} more" if len(columns) > NAMED else shown


def _moved(history: History, findings: Sequence[Finding]) -> list[Moved]:
    """The last days of each column that a finding from history is about."""
    last = history.last
    if last is None:
        return []
    names: list[str] = []
    for finding in findings:
        if finding.kind in MOVING and finding.evidence.get("origin") == "memory":
            names += [c for c in finding.columns if _known(history, c)] or ["rows"]
    series = []
    for name in list(dict.fromkeys(names))[:CHARTS]:
        values = [
            _value(history.state.days.get(d) or history.days.get(d), name) for d in range(last - SHOWN + 1, last + 1)
        ]
        series.append(Moved(name, iso_day(last), tuple(values)))
    return series


def _known(history: History, column: str) -> bool:
    return any(column in s.amounts for s in history.state.days.values())


def _value(state: DayState | None, name: str) -> float | None:
    if state is None:
        return None
    if name == "rows":
        return None if state.rows is None else float(state.rows)
    return state.amounts[name].total if name in state.amounts else None
