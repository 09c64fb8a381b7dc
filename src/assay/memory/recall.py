"""What an audit begins with: everything that memory knows of one table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assay.hypothesis.experience import Experience, Record
from assay.memory.arrivals import growth_within
from assay.memory.entry import Entry, EntryType, Tally
from assay.memory.explanation import Explanation, explanation_of
from assay.memory.naming import family_of
from assay.memory.observation import DAY, TABLE, day_number, iso_day, table_from_json
from assay.memory.store import State, Store
from assay.profile.empties import Empties
from assay.profile.history import Event, Growth, History
from assay.profile.state import ColumnState, DayState, TableState

AUDITS = 60  # earlier audits that are looked at
REACH = 430  # days of accepted states: a year and two months


@dataclass(frozen=True, eq=False)
class Recall:
    """The memory of one table.

    Attributes:
        table: its lasting name.
        today: the day of the audit, ISO.
        audits: its earlier audits, the newest first.
        explanations: those that count today; ``lapsed`` those that ended before.
        context, preferences: what people stated, for this table or for all.
        parts: what is stored of the table, by part: its accepted states, each with the one before.
        experience: records of hypotheses.
    """

    table: str
    today: str
    audits: tuple[Entry, ...] = ()
    explanations: tuple[Explanation, ...] = ()
    lapsed: tuple[Explanation, ...] = ()
    context: tuple[Entry, ...] = ()
    preferences: tuple[Entry, ...] = ()
    parts: Mapping[str, State] = field(default_factory=dict)
    experience: Experience = field(default_factory=Experience)

    @property
    def last(self) -> Mapping[str, Any] | None:
        """What the audit before recorded."""
        return self.audits[0].body if self.audits else None

    @property
    def unsettled(self) -> tuple[str, ...]:
        """Days (ISO) that the audit before did not accept."""
        return tuple((self.last or {}).get("unsettled", ()))

    def preference(self, name: str) -> Any:
        """What people prefer, the newest word on it; None if nobody said."""
        return next((e.body[name] for e in self.preferences if name in e.body), None)

    def first_seen(self) -> dict[tuple[str, tuple[str, ...], str], str]:
        """The day on which each finding was first seen, by kind, columns and segment."""
        seen: dict[tuple[str, tuple[str, ...], str], str] = {}
        for audit in self.audits:
            for one in audit.body.get("findings", ()):
                key = (one["kind"], tuple(one["columns"]), one.get("segment", ""))
                seen[key] = min(one.get("first_seen") or audit.created[:10], seen.get(key, "9999"))
        return seen

    def earlier(self, print_: str) -> tuple[Entry, ...]:
        """The audits before the first of this very table (with the same fingerprint), the newest first."""
        same = 0
        while same < len(self.audits) and self.audits[same].body.get("fingerprint") == print_:
            same += 1
        found = self.audits[same:]
        # Audits of one and the same table count once.
        return tuple(
            a
            for a, older in zip(found, (*found[1:], None), strict=False)
            if older is None or older.body.get("fingerprint") != a.body.get("fingerprint")
        )

    def history(self, state: TableState, print_: str, *, partial: bool) -> History:
        """The baseline for a table as it is now.

        A table that is audited again unchanged is judged by the baseline of the first time, so with the same result.

        Args:
            print_: fingerprint of the state.
        """
        audits = self.earlier(print_)
        days = {
            day_number(part.removeprefix(DAY)): DayState.from_json(body)
            for part, stored in self.parts.items()
            if part.startswith(DAY) and (body := accepted_before(stored, print_)) is not None
        }
        kept = accepted_before(self.parts.get(TABLE, {}), print_) or {}
        baseline = table_from_json(kept)
        new_values: dict[str, int] = defaultdict(int)
        growth, lags, totals = [], [], []
        previous = None
        for number, audit in enumerate(reversed(audits)):
            body = audit.body
            growth += [Growth(m, number, int(b), int(a), float(c)) for m, b, a, c in body.get("growth", ())]
            for column in body.get("new_values", ()):
                new_values[column] += 1
            # A table that was not refreshed in between says nothing about how late its refreshes are.
            if body.get("last_day") and body["last_day"] != previous and previous is not None:
                lags.append(day_number(body["today"]) - day_number(body["last_day"]))
            previous = body.get("last_day") or previous
            totals.append(int(body.get("rows", 0)))
        events = [e.body["event"] for e in self.context if "event" in e.body]
        delays = [int(e.body["delay"]) for e in self.context if "delay" in e.body]
        return History(
            audits=len(audits),
            columns=baseline.columns,
            days=days,
            values=baseline.values,
            state=state,
            today=day_number(self.today),
            growth=growth,
            growth_within=growth_within([(n, a.body.get("growth_within", {})) for n, a in enumerate(reversed(audits))]),
            lags=lags,
            new_values=new_values,
            totals=totals,
            calendar=[Event(e["name"], day_number(e["from"]), day_number(e["to"])) for e in events],
            delay=max(delays) if delays else None,
            partial=partial,
            names=dict(kept.get("names", {})),
            empties=Empties.from_json(kept.get("empties", {})),
            seen={day_number(d): digest for d, digest in kept.get("seen", {}).items()},
            named=frozenset(_days_named(audits[0].body)) if audits else frozenset(),
            before=day_number(audits[0].body["last_day"]) if audits and audits[0].body.get("last_day") else None,
        )


def _days_named(audit: Mapping[str, Any]) -> list[int]:
    """The days that findings of an audit are about."""
    return [day_number(d) for f in audit.get("findings", ()) for d in f.get("days", ())]


def recall(store: Store, table: str, today: str) -> Recall:
    """Everything that a store knows of a table, on a day (ISO)."""
    audits = tuple(e for e in store.entries((EntryType.AUDIT,), table=table, limit=AUDITS) if e.table == table)
    # The days before the last one of the table, which may be long ago.
    newest = min([today, *(a.body["last_day"] for a in audits[:1] if a.body.get("last_day"))])
    parts = store.states(table, f"{DAY}{iso_day(day_number(newest) - REACH)}")
    stated = store.entries(
        (EntryType.EXPLANATION, EntryType.REJECTION, EntryType.CONTEXT, EntryType.PREFERENCE), table=table
    )
    explanations = [explanation_of(e) for e in stated if e.type in (EntryType.EXPLANATION, EntryType.REJECTION)]
    valid = [e for e in stated if e.counts_on(today)]
    always = frozenset(k for e in valid for k in e.body.get("always", ()))
    return Recall(
        table,
        today,
        audits,
        tuple(e for e in explanations if e.until is None or today <= e.until),
        tuple(e for e in explanations if e.until is not None and today > e.until),
        tuple(e for e in valid if e.type is EntryType.CONTEXT),
        tuple(e for e in valid if e.type is EntryType.PREFERENCE),
        parts,
        experience_of(store.tallies(), table, always),
    )


def accepted_before(stored: State, print_: str) -> State | None:
    """What was stored of a part before a table with this fingerprint was audited; None if nothing was."""
    state: State | None = stored.get("p") if stored.get("v") == print_ else stored.get("s")
    return state


def experience_of(tallies: Sequence[Tally], table: str, always: frozenset[str] = frozenset()) -> Experience:
    """Records of a table, of its siblings (without itself), and of all tables (without both)."""
    own: dict[tuple[str, str], Record] = {}
    kin: dict[tuple[str, str], Record] = {}
    others: dict[tuple[str, str], Record] = {}
    family = family_of(table)
    for tally in tallies:
        circle = own if tally.table == table else kin if family_of(tally.table) == family else others
        key = (tally.kind, tally.role)
        circle[key] = circle.get(key, Record()) + Record(tally.tested, tally.true, tally.accepted, tally.rejected)
    return Experience(own, kin, others, always)


def columns_kept(
    old: Mapping[str, ColumnState], new: Mapping[str, ColumnState], wrong: set[str]
) -> dict[str, ColumnState]:
    """The columns that the next audit expects: those of now, and as they were where something is wrong with them."""
    empty = {n for n, c in new.items() if n in old and c.nulls == c.rows}  # teaches nothing
    wrong = wrong | empty
    kept = {n: c for n, c in new.items() if n not in wrong}
    return {**{n: c for n, c in old.items() if n in wrong}, **kept}
