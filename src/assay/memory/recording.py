"""What an audit leaves behind: its record, the states that may be trusted, and what its hypotheses came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from assay.domain.role import Roles
from assay.hypothesis.experience import meaning
from assay.hypothesis.hypothesis import RowTest
from assay.judge.finding import Finding, Verdict, of_effect
from assay.judge.findings import Ruling
from assay.judge.verdict import Judgement
from assay.memory.arrivals import changes, changes_within
from assay.memory.entry import Entry, EntryType, Tally, new_id, now
from assay.memory.naming import concealed
from assay.memory.observation import DAY, TABLE, Doubt, iso_day, named, table_to_json, trusted, unsettled
from assay.memory.recall import Recall, accepted_before, columns_kept
from assay.memory.store import State
from assay.profile.empties import Empties
from assay.profile.history import History
from assay.profile.state import TableState

VALUES = 1_000  # of a column that the baseline remembers


def entry_of(
    recall: Recall,
    history: History,
    print_: str,
    name: str,
    ruling: Ruling,
    judgements: Sequence[Judgement],
    roles: Roles,
    doubt: Doubt,
) -> Entry:
    """The record of an audit. It names explanations by their ids only, so that forgetting one leaves no copy."""
    findings = ruling.findings
    news = [f for f in findings if f.status == "new"]
    whole = {
        (j.hypothesis.kind, j.hypothesis.columns) for j in judgements if not isinstance(j.hypothesis.test, RowTest)
    }
    seen = recall.first_seen()
    last = history.last
    body: dict[str, Any] = {
        "name": name,
        "rows": history.state.rows,
        "fingerprint": print_,
        "today": recall.today,
        "last_day": None if last is None else iso_day(last),
        "columns": list(history.state.columns),
        "findings": [
            {
                "id": f.id,
                "kind": f.kind,
                "columns": list(f.columns),
                "segment": concealed(f.segment),
                "severity": str(f.severity),
                "status": f.status,
                "rows": f.rows_affected,
                "rate": f.rate,
                "goes_beyond": f.id in ruling.magnitudes,
                "consequences": [of_effect(c)[0] for c in f.consequences],
                "role": meaning(roles, f.columns),
                "whole": (f.kind, f.columns) in whole,
                "days": [iso_day(d) for d in sorted(named(f.evidence))],
                "first_seen": f.first_seen or seen.get((f.kind, f.columns, concealed(f.segment)), recall.today),
                "explained_by": (f.memory or {}).get("id"),
            }
            for f in findings
        ],
        "growth": changes(history, doubt),
        "growth_within": changes_within(history, doubt),
        "unsettled": _unsettled(recall, history, doubt),
        "new_values": _new_values(history),
    }
    worst = "; ".join(f"{f.kind} in {_listed(f.columns)}" for f in news[:8]) or "nothing new"
    text = f"Audit of {name}, {history.state.rows} rows: {worst}"
    return Entry(new_id(), EntryType.AUDIT, recall.table, text[:1_000], body, "assay", now())


def _unsettled(recall: Recall, history: History, doubt: Doubt) -> list[str]:
    """Days that are not accepted, with those before the part of the table that was looked at."""
    first = min((iso_day(d) for d in history.state.days), default="9999") if history.partial else ""
    return [*(d for d in recall.unsettled if d < first), *unsettled(history, doubt)]


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(columns[:4]) + (f" and {len(columns) - 4} more" if len(columns) > 4 else "")


def _new_values(history: History) -> list[str]:
    return [c for c, now in history.state.values.items() if history.values.get(c) and set(now) - set(history.values[c])]


def states_of(
    recall: Recall,
    history: History,
    print_: str,
    findings: Sequence[Finding],
    cells: Mapping[str, tuple[str, ...]],
    doubt: Doubt,
    plain: Mapping[str, str],
    empties: Empties,
) -> dict[tuple[str, str], State | None]:
    """The states that the next audit is judged by: accepted days, columns and values.

    Args:
        cells: the columns whose cells are bad, by finding id.
        doubt: what the findings speak against.
        plain: the text of hidden values, where it may be kept.
        empties: empty values as they are now.
    """
    wrong = {
        column
        for f in findings
        if f.status == "new" and f.severity.rank <= 2 and f.kind in ("missing_columns", "type_change")
        for column in f.columns
    }
    misspelt = {
        column for f in findings if f.status == "new" and f.severity.rank <= 2 for column in cells.get(f.id, f.columns)
    }
    fresh: dict[str, State] = {
        f"{DAY}{iso_day(day)}": state.to_json() for day, state in trusted(history, doubt).items()
    }
    values = {}
    for column in {**history.values, **history.state.values}:
        was, today = history.values.get(column, {}), history.state.values.get(column, {})
        # A column with damaged values teaches no values, except to a memory that has none of it and would never begin.
        accepted = was if column in misspelt else {**was, **today}
        values[column] = dict(sorted(accepted.items(), key=lambda item: (-item[1], item[0]))[:VALUES])
    columns = columns_kept(history.columns, history.state.columns, wrong)
    table = table_to_json(TableState(history.state.rows, columns, {}, {c: v for c, v in values.items() if v}))
    seen = {d: digest for d, digest in history.seen.items() if history.partial and d not in history.state.days}
    seen |= {d: state.digest() for d, state in history.state.days.items()}
    told = {iso_day(d): digest for d, digest in sorted(seen.items())}
    known = history.empties.merged(empties, print_, doubt.trusts)
    fresh[TABLE] = {**table, "names": {**history.names, **plain}, "seen": told, "empties": known.to_json()}
    return {
        (recall.table, part): {"v": print_, "s": state, "p": accepted_before(recall.parts.get(part, {}), print_)}
        for part, state in fresh.items()
    }


def tallies_of(recall: Recall, print_: str, judgements: Sequence[Judgement], roles: Roles) -> list[Tally]:
    """What each sort of hypothesis came to in this audit; a table that is audited again unchanged teaches nothing."""
    if recall.audits and recall.audits[0].body.get("fingerprint") == print_:
        return []
    tested: Counter[tuple[str, str]] = Counter()
    true: Counter[tuple[str, str]] = Counter()
    for judgement in judgements:
        h = judgement.hypothesis
        if h.origin == "memory" or judgement.verdict is Verdict.UNTESTABLE:
            continue
        key = (h.kind, meaning(roles, h.columns))
        tested[key] += 1
        true[key] += judgement.verdict is Verdict.ERROR and not h.explained_by
    return [Tally(recall.table, kind, role, n, true[kind, role]) for (kind, role), n in sorted(tested.items())]
