"""Memory in Vertex AI Memory Bank, through ADK's service: next to the memories of the agents of a project.

Every question reads the records of its part of the memory and folds them here, so this store suits hundreds of audits.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from assay.errors import MemoryStoreError
from assay.memory.encoding import clean
from assay.memory.entry import Entry, EntryType, Tally, new_id, now
from assay.memory.pattern import fits
from assay.memory.rows import Row, entry_of, entry_row, state_rows, states_of, tally_rows
from assay.memory.store import State
from assay.memory.vertex_bank import Bank, Record, VertexAiMemoryBankService, digest
from assay.memory.words import holds, parts_of, words_of

ENTRIES = "assay-entries"
TALLIES = "assay-tallies"
SECRETS = "assay-secrets"


class VertexStore:
    """A memory in an Agent Engine's Memory Bank; see :class:`~assay.memory.store.Store`.

    Args:
        address: ``vertex://PROJECT/LOCATION/ENGINE``.
        scope: whose memory.
        service: reaches the Memory Bank; by default with the application's default credentials.
    """

    def __init__(self, address: str, scope: str, service: VertexAiMemoryBankService | None = None) -> None:
        project, location, engine = _parts(address)
        self.address = address
        self.scope = clean(scope)
        service = service or VertexAiMemoryBankService(project, location, engine)
        self._bank = Bank(service, engine, self.scope, address)

    def write(
        self,
        entries: Sequence[Entry] = (),
        states: Mapping[tuple[str, str], State | None] | None = None,
        tallies: Sequence[Tally] = (),
    ) -> None:
        rows = [entry_row(self.scope, entry) for entry in entries]
        parts, sums = state_rows(self.scope, states), tally_rows(self.scope, tallies)
        records = [Record(ENTRIES, row[1], _json([*row[1:4], *row[5:]]), row[5]) for row in rows]
        records += [
            Record(_place(table), part, _json([part, None if body is None else base64.b64encode(body).decode()]))
            for _, table, part, body in parts
        ]
        for table in dict.fromkeys(row[1] for row in sums):
            records.append(Record(TALLIES, table, _json([row[1:] for row in sums if row[1] == table])))
        if not records:
            return
        self._bank.write(records, new_id(), now())
        for place in {_place(table) for _, table, *_ in parts}:
            there = self._bank.read(place)
            latest = {record.key: record for record in there}
            self._bank.delete(record for record in there if record != latest[record.key])

    def entries(
        self, types: Sequence[EntryType] = (), table: str | None = None, limit: int | None = None
    ) -> list[Entry]:
        wanted = set(types or EntryType)
        about = None if table is None else clean(table)
        found = [e for e in self._entries() if e.type in wanted and (about is None or fits(e.table, about))]
        return found[:limit]

    def entry(self, identity: str) -> Entry | None:
        begin = clean(identity)
        found = [e for e in self._entries() if begin and e.id.startswith(begin)]
        exact = [e for e in found if e.id == begin]
        return exact[0] if exact else found[0] if len(found) == 1 else None

    def states(self, table: str, since: str = "") -> dict[str, State]:
        parts: dict[str, bytes] = {}
        for record in self._bank.read(_place(clean(table))):
            part, body = _value(record)
            if body is None:
                parts.pop(part, None)
            else:
                parts[part] = _bytes(body)
        rows: list[Row] = sorted((part, body) for part, body in parts.items() if part >= clean(since))
        return states_of(rows, table)

    def tallies(self) -> list[Tally]:
        sums: dict[tuple[str, str, str], list[int]] = {}
        for record in self._bank.read(TALLIES):
            for table, kind, role, *counts in _value(record):
                there = sums.setdefault((table, kind, role), [0, 0, 0, 0])
                sums[table, kind, role] = [a + b for a, b in zip(there, counts, strict=True)]
        return [Tally(*key, *sums[key]) for key in sorted(sums)]

    def search(self, words: str, limit: int = 20) -> list[Entry]:
        wanted, there = words_of(words), self._entries()
        hits = {e.id: _hits(wanted, e.text) for e in there} if wanted else {}
        found = sorted((e for e in there if hits.get(e.id)), key=lambda e: -hits[e.id])
        return (found or [e for e in there if holds(e.text, parts_of(words))])[:limit]

    def forget(self, identity: str) -> bool:
        key, is_there = digest(clean(identity)), any(e.id == clean(identity) for e in self._entries())
        self._bank.delete(r for r in self._bank.read(ENTRIES, all_of_it=True) if r.key == key)
        return is_there

    def forget_table(self, table: str) -> int:
        table = clean(table)
        keys = {digest(e.id) for e in self._entries() if e.table == table}
        self._bank.delete(r for r in self._bank.read(ENTRIES, all_of_it=True) if r.key in keys)
        self._bank.delete(self._bank.read(_place(table), all_of_it=True))
        self._bank.delete(r for r in self._bank.read(TALLIES, all_of_it=True) if r.key == digest(table))
        return len(keys)

    def secret(self) -> bytes:
        there = self._bank.read(SECRETS)
        if not there:
            made = Record(SECRETS, "secret", _json(secrets.token_hex(32)))
            try:
                self._bank.put(made, f"assay-secret-{digest(self.scope)}")
            except MemoryStoreError:  # another process made it in between
                if not self._bank.read(SECRETS):
                    raise
            there = self._bank.read(SECRETS)
        return bytes.fromhex(str(_value(min(there, key=lambda record: (record.created, record.names)))))

    def close(self) -> None:
        self._bank.close()

    def _entries(self) -> list[Entry]:
        """The newest first."""
        latest = {record.key: record for record in self._bank.read(ENTRIES)}
        found = [(record.order, entry_of(tuple(_value(record)))) for record in latest.values()]
        return [e for _, e in sorted(found, key=lambda pair: (pair[1].created, pair[0]), reverse=True)]


def _parts(address: str) -> tuple[str, str, str]:
    project, *rest = address.removeprefix("vertex://").split("/")
    if not project or len(rest) != 2 or not all(rest):
        raise MemoryStoreError(f"{address} is no address of a Memory Bank: give vertex://PROJECT/LOCATION/ENGINE")
    return project, rest[0], rest[1]


def _place(table: str) -> str:
    """Where the states of a table are, apart from those of others: an audit reads no more than it needs."""
    return f"assay-states-{digest(table)}"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _value(record: Record) -> Any:
    try:
        return json.loads(record.data)
    except ValueError:
        raise MemoryStoreError(f"a record in {record.place} is damaged: {', '.join(record.names)}") from None


def _bytes(body: str) -> bytes:
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        return b""  # told apart where it is unpacked


def _hits(wanted: list[str], text: str) -> int:
    """How many words of a text begin with one of those wanted; 0 unless each of them is there."""
    words = words_of(text)
    counts = [sum(word.startswith(begin) for word in words) for begin in wanted]
    return sum(counts) if all(counts) else 0
