"""The Memory Bank as audits and people use it: recall, record, explain, reject, remember, forget, carry elsewhere."""

from __future__ import annotations

import getpass
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from assay.errors import ConfigurationError
from assay.memory.carrying import carry_in, carry_out
from assay.memory.entry import Entry, EntryType, Tally, new_id, now
from assay.memory.explanation import bounds, check_condition, default_bound
from assay.memory.open import open_store
from assay.memory.preference import said, understand
from assay.memory.recall import Recall, recall
from assay.memory.store import State, Store

RECENT = 500  # audits that are searched for a finding's id


class Memory:
    """One scope of a store. Use it as a context manager, or close it."""

    def __init__(
        self,
        address: str | None = None,
        *,
        scope: str | None = None,
        author: str | None = None,
        keep_values: bool = False,
        store: Store | None = None,
    ) -> None:
        """Open a memory.

        Args:
            address: a file, ``sqlite:///FILE``, ``postgresql://...`` or ``vertex://...``; by default
                ``$ASSAY_MEMORY`` or a file among the user's data.
            scope: a user, team or project; other scopes of the same store are neither read nor changed.
            author: who states what is remembered; by default the user's name.
            keep_values: whether data values (names of categories) may be kept as they are. Else only keyed hashes are.

        Raises:
            MemoryStoreError: it cannot be opened.
        """
        self.store = store or open_store(address, scope)
        self.author = author or _user()
        self.keep_values = keep_values

    def __enter__(self) -> Memory:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Release the store."""
        self.store.close()

    @property
    def address(self) -> str:
        """Where it is kept."""
        return self.store.address

    def recall(self, table: str, today: date | None = None) -> Recall:
        """What is known of a table (its lasting name), on a day."""
        return recall(self.store, table, _today(today))

    def record(
        self, audit: Entry, states: Mapping[tuple[str, str], State | None], tallies: Sequence[Tally] = ()
    ) -> None:
        """Keep what one audit found: all of it or nothing."""
        self.store.write([audit], states, tallies)

    def find(self, finding: str) -> tuple[Entry, Mapping[str, Any]]:
        """The newest audit that reported a finding, and what it kept of it.

        Args:
            finding: its id, or the beginning of it.

        Raises:
            ConfigurationError: no audit reported it, or several findings begin so.
        """
        wanted = finding.strip().lower()
        hits: dict[str, tuple[Entry, Mapping[str, Any]]] = {}
        for audit in self.store.entries((EntryType.AUDIT,), limit=RECENT):
            for one in audit.body.get("findings", ()):
                if wanted and one["id"].startswith(wanted):
                    hits.setdefault(one["id"], (audit, one))
        if not hits:
            raise ConfigurationError(
                f"no remembered audit has a finding {finding!r}; ids stand in the report of an audit"
            )
        if len(hits) > 1 and wanted not in hits:
            raise ConfigurationError(f"{finding!r} is the beginning of {len(hits)} findings: {', '.join(sorted(hits))}")
        return hits.get(wanted) or next(iter(hits.values()))

    def explain(
        self,
        finding: str,
        reason: str,
        *,
        until: date | None = None,
        up_to: float | None = None,
        at_most: float | None = None,
        where: str | None = None,
        table: str | None = None,
    ) -> Entry:
        """Remember that a finding has a known cause.

        Args:
            finding: its id, or the beginning of it, as an audit that was recorded reported it.
            until: the last day on which this counts.
            up_to: share of the rows (of those that meet ``where``) up to which it counts; by default half as much again
                as the finding has now.
            at_most: how far a row may be beyond what is right, in the terms of the finding's evidence ``magnitude``:
                50 if conversions may exceed clicks by 50, a factor for outliers; without a bound by default.
            where: condition of the rows that it covers, in the table's SQL; all rows by default.
            table: a table's lasting name or a pattern of them (``*``); by default the table of the finding.

        Raises:
            ConfigurationError: no audit reported the finding, or a bound is none.
            UnsafeQueryError: ``where`` is no condition.
        """
        audit, one = self.find(finding)
        if at_most is not None:
            if not 0 < at_most < math.inf:
                raise ConfigurationError(
                    f"{at_most:g} is no bound of how far a row may be beyond; write a number above 0"
                )
            if not one.get("goes_beyond"):
                raise ConfigurationError(
                    "nothing says how far the rows of this finding are beyond; leave the bound out"
                )
        return self._say(audit, one, reason, EntryType.EXPLANATION, until, up_to, at_most, where, table)

    def reject(self, finding: str, reason: str = "no error", *, until: date | None = None) -> Entry:
        """Remember that a finding was no error: up to half as much again, it is expected from now on."""
        audit, one = self.find(finding)
        return self._say(audit, one, reason, EntryType.REJECTION, until, None, None, None, None)

    def accept(self, finding: str) -> str:
        """Remember that a finding was right, which makes its like surer in later audits; returns it in words."""
        audit, one = self.find(finding)
        self.store.write(tallies=[Tally(audit.table, one["kind"], one.get("role", ""), accepted=1)])
        return f"{one['kind']} in {', '.join(one['columns'])} of {audit.body.get('name', audit.table)}"

    def _say(
        self,
        audit: Entry,
        one: Mapping[str, Any],
        reason: str,
        kind: EntryType,
        until: date | None,
        up_to: float | None,
        at_most: float | None,
        where: str | None,
        table: str | None,
    ) -> Entry:
        if not reason.strip():
            raise ConfigurationError("a reason is needed: whoever reads the next report will ask for it")
        if up_to is not None and not 0 < up_to <= 1:
            raise ConfigurationError(f"{up_to:g} is no share of rows; write 8% or 0.08")
        before = self.store.entry(str(one["explained_by"])) if where is None and one.get("explained_by") else None
        if before is not None:  # what is beyond the bound of an explanation of some rows is about these rows
            where = before.body.get("where")
        if until is not None and until.isoformat() < str(audit.body.get("today", "")):
            raise ConfigurationError(f"{until} is before the audit that reported it; name a later day")
        dialect = "bigquery" if audit.table.startswith("bigquery://") else "duckdb"
        if where is not None:
            check_condition(where, dialect, audit.body.get("columns", ()))
            if one.get("whole"):
                raise ConfigurationError("this finding is not told row by row; leave --where out")
        bound = up_to if up_to is not None else default_bound(float(one.get("rate") or 0.0))
        what = f"{one['kind']} in {', '.join(one['columns'])}"
        rows = f" where {where}" if where else ""
        word = "is no error" if kind is EntryType.REJECTION else "is known"
        entry = Entry(
            new_id(),
            kind,
            table or audit.table,
            f"{what}{rows} {word} {bounds(bound, at_most)}: {reason.strip()}",
            {
                "kind": one["kind"],
                "columns": list(one["columns"]),
                "segment": one.get("segment", ""),
                "reason": reason.strip(),
                "up_to": bound,
                "at_most": at_most,
                "consequences": one.get("consequences"),
                "where": where,
                "dialect": dialect,
            },
            self.author,
            now(),
            until.isoformat() if until else None,
        )
        rejected = int(kind is EntryType.REJECTION)
        opinion = Tally(audit.table, one["kind"], one.get("role", ""), accepted=1 - rejected, rejected=rejected)
        self.store.write([entry], tallies=[opinion])
        return entry

    def remember(self, text: str, *, table: str = "", until: date | None = None) -> tuple[Entry, str]:
        """Keep what somebody says, and what of it can be acted on.

        Returns:
            The entry, and what was understood, in words ("" if it is kept as text only).

        Raises:
            ConfigurationError: there is no text.
        """
        if not text.strip():
            raise ConfigurationError("there is nothing to remember")
        kind, acted = understand(text)
        entry = Entry(
            new_id(), kind, table, text.strip(), acted, self.author, now(), until.isoformat() if until else None
        )
        self.store.write([entry])
        return entry, said(acted)

    def entry(self, identity: str) -> Entry:
        """The entry with this id, or with an id that begins so.

        Raises:
            ConfigurationError: there is none, or several.
        """
        found = self.store.entry(identity)
        if found is None:
            raise ConfigurationError(f"memory has no entry {identity!r}; assay memory list shows them")
        return found

    def entries(
        self, types: Sequence[EntryType] = (), table: str | None = None, limit: int | None = 100
    ) -> list[Entry]:
        """Entries, the newest first."""
        return self.store.entries(types, table, limit)

    def search(self, words: str, limit: int = 20) -> list[Entry]:
        """Entries whose text holds the words."""
        return self.store.search(words, limit)

    def forget(self, identity: str) -> Entry:
        """Remove an entry everywhere.

        Raises:
            ConfigurationError: there is none.
        """
        entry = self.entry(identity)
        self.store.forget(entry.id)
        return entry

    def export(self, path: Path) -> int:
        """Write all entries and tallies to a JSON file that :meth:`import_` reads; the number of entries.

        States of tables stay: they are made anew by the next audits, and are hashed with this memory's own secret.
        """
        return carry_out(self.store, path)

    def import_(self, path: Path) -> int:
        """Add the entries of an exported file; those that are there already stay as they are. The number added.

        Raises:
            MemoryStoreError: the file cannot be read, or is no export.
        """
        return carry_in(self.store, path)


def _today(today: date | None) -> str:
    return (today or datetime.now(UTC).date()).isoformat()


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without a name for its user
        return "unknown"
