"""What keeps a memory: one protocol, behind it SQLite, PostgreSQL and Vertex AI Memory Bank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from assay.memory.entry import Entry, EntryType, Tally

State = Mapping[str, Any]
"""What is known of one part of a table (a day, its columns), as JSON values."""


class Store(Protocol):
    """Entries, states and tallies of one scope; nothing of another scope can be read or changed through it.

    Every method raises :class:`~assay.errors.MemoryStoreError` with one line that says what to do.

    Attributes:
        address: where it is, without a password, for messages.
        scope: whose memory it is: a user, a team, a project.
    """

    address: str
    scope: str

    def write(
        self,
        entries: Sequence[Entry] = (),
        states: Mapping[tuple[str, str], State | None] | None = None,
        tallies: Sequence[Tally] = (),
    ) -> None:
        """Write all of it or nothing: one transaction.

        Args:
            entries: new entries; one with an id that is there already takes its place.
            states: by table and part; a part that is there already is replaced, and removed by None.
            tallies: increments, added to what is there.
        """
        ...

    def entries(
        self, types: Sequence[EntryType] = (), table: str | None = None, limit: int | None = None
    ) -> list[Entry]:
        """Entries, the newest first.

        Args:
            types: only these; all by default.
            table: only entries that are about this table: its own, those of a pattern that fits it, and those of all
                tables.
            limit: at most so many.
        """
        ...

    def entry(self, identity: str) -> Entry | None:
        """The entry with this id, or with an id that begins so if there is only one."""
        ...

    def states(self, table: str, since: str = "") -> dict[str, State]:
        """States of a table by part, in the order of their parts; of parts from ``since`` on."""
        ...

    def tallies(self) -> list[Tally]:
        """The sums of all tallies, by table, kind and role."""
        ...

    def search(self, words: str, limit: int = 20) -> list[Entry]:
        """Entries whose text holds all of the words (or words that begin so), the best match first.

        Any text is a valid question: it has no syntax.
        """
        ...

    def forget(self, identity: str) -> bool:
        """Remove an entry everywhere, so that nothing of its text is left in the store; False if it is not there."""
        ...

    def forget_table(self, table: str) -> int:
        """Remove entries, states and tallies of a table; the number of entries that went."""
        ...

    def secret(self) -> bytes:
        """32 random bytes of this scope, made once: what data values are hashed with."""
        ...

    def close(self) -> None:
        """Release what the store holds."""
        ...
