"""Vertex AI Memory Bank as a place for records: each is some memories with the same label, complete or not there.

The service keeps facts and metadata by scope and has no transactions. So a write first creates the memories of its
records, and last a memory that says that the write is whole; readers skip records of writes that are not.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import threading
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from assay.errors import MemoryStoreError, MissingExtraError

try:
    from google.adk.memory import VertexAiMemoryBankService
    from google.adk.memory.memory_entry import MemoryEntry
    from google.genai.types import Content, Part
except ImportError:
    raise MissingExtraError("google-adk", "vertex") from None

__all__ = ["Bank", "Record", "VertexAiMemoryBankService", "digest"]

T = TypeVar("T")

FORMAT = "1"
PAGE = 100
# How much of a record one memory holds, and how much of an entry's text stands in its fact; the service's own bounds
# are not documented.
CHUNK_CHARACTERS = 8_000
FACT_CHARACTERS = 1_000
CALLS_AT_ONCE = 8
WRITES = "assay-writes"
UNKNOWN = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Record:
    """What was written under a key.

    Attributes:
        place: the part of the memory that it is in, as an application's name.
        key: what it is about; a later record of the same key takes its place.
        data: its content.
        fact: what a person or an agent reads of it.
        order: when it was written (UTC), by which write, and where in it.
        names: of its memories.
        created: when the service says the last of them was made.
        is_whole: whether all of its memories are there.
    """

    place: str
    key: str
    data: str
    fact: str = ""
    order: tuple[str, str, str] = ("", "", "")
    names: tuple[str, ...] = ()
    created: datetime = UNKNOWN
    is_whole: bool = True


class Bank:
    """The records of one scope; its calls wait for the service in a thread of their own, so any caller may use it."""

    def __init__(self, service: VertexAiMemoryBankService, engine: str, scope: str, address: str) -> None:
        self._service = service
        self._engine = f"reasoningEngines/{engine}"
        self._user = scope if re.fullmatch(r"[\w.@-]{1,60}", scope, re.ASCII) else f"sha256:{digest(scope)}"
        self._address = address
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def write(self, records: list[Record], write: str, at: str) -> None:
        """Write records, all of them or none that can be read."""
        self._run(self._write(records, write, at))

    def put(self, record: Record, memory_id: str) -> None:
        """Write one record under an id that only one memory can have; the first one stays.

        Raises:
            MemoryStoreError: it cannot be written, which may mean that it is there.
        """
        label = {**_label(record, "", "", 0), "part": "0", "parts": "1", "data": record.data}
        self._run(self._create(record.place, record.fact, label, memory_id))

    def read(self, place: str, all_of_it: bool = False) -> list[Record]:
        """Records of a place in the order of writing.

        Args:
            all_of_it: also what is not whole, and what no whole write wrote.
        """
        return self._run(self._read(place, all_of_it))

    def delete(self, records: Iterable[Record]) -> None:
        """Remove all memories of records."""
        self._run(self._delete([name for record in records for name in record.names]))

    def close(self) -> None:
        with self._lock:
            loop, self._loop = self._loop, None
            if loop is not None:
                loop.call_soon_threadsafe(loop.stop)

    async def _write(self, records: list[Record], write: str, at: str) -> None:
        calls = []
        for number, record in enumerate(records):
            label = _label(record, write, at, number)
            chunks = [record.data[i : i + CHUNK_CHARACTERS] for i in range(0, len(record.data), CHUNK_CHARACTERS)]
            for part, chunk in enumerate(chunks or [""]):
                metadata = {**label, "part": f"{part}", "parts": f"{len(chunks) or 1}", "data": chunk}
                calls.append(self._create(record.place, record.fact if part == 0 else "", metadata))
        try:
            await _some_at_once(calls)
            whole = Record(WRITES, write, "")
            await self._create(WRITES, "", {**_label(whole, write, at, 0), "part": "0", "parts": "1", "data": ""})
        except BaseException:
            left = [r for place in {r.place for r in records} for r in await self._read(place, all_of_it=True)]
            await self._delete([name for record in left if record.order[1] == write for name in record.names])
            raise

    async def _create(self, place: str, fact: str, metadata: dict[str, str], memory_id: str | None = None) -> None:
        text = fact.strip()[:FACT_CHARACTERS] or f"assay keeps data here ({place})"
        await self._service.add_memory(
            app_name=place,
            user_id=self._user,
            memories=[MemoryEntry(id=memory_id, content=Content(parts=[Part(text=text)], role="user"))],
            # Revisions would keep what is deleted.
            custom_metadata={"metadata": metadata, "disable_memory_revisions": True, "wait_for_completion": True},
        )

    async def _read(self, place: str, all_of_it: bool) -> list[Record]:
        memories = [m for m in await self._memories(place) if m[1].get("assay") == FORMAT]
        records = _assembled(place, memories)
        if all_of_it:
            return sorted(records, key=lambda r: r.order)
        whole = {label["write"] for _, label, _, _ in await self._memories(WRITES) if "write" in label}
        return sorted((r for r in records if r.is_whole and r.order[1] in whole | {""}), key=lambda r: r.order)

    async def _memories(self, place: str) -> list[tuple[str, dict[str, str], str, datetime]]:
        """Name, label, fact and time of every memory of a place.

        The package's own pager puts the token of the next page where this call does not look for it.
        """
        found, token = [], None
        while True:
            page: dict[str, Any] = {"page_size": PAGE} | ({"page_token": token} if token else {})
            scope = {"app_name": place, "user_id": self._user}
            answer = await self._api().retrieve(name=self._engine, scope=scope, simple_retrieval_params=page)
            for memory in (retrieved.memory for retrieved in answer.page):
                label = {key: value.string_value or "" for key, value in (memory.metadata or {}).items()}
                made = memory.create_time or UNKNOWN
                found.append((memory.name, label, memory.fact or "", made))
            token = answer.config.get("page_token")
            if not token:
                return found

    async def _delete(self, names: list[str]) -> None:
        await _some_at_once([self._api().delete(name=name) for name in names])

    def _api(self) -> Any:
        client = self._service._get_api_client()
        banks = getattr(client, "memory_banks", None)
        return (banks if banks is not None else client.agent_engines).memories

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return asyncio.run_coroutine_threadsafe(work, self._running_loop()).result()
        except MemoryStoreError:
            raise
        except Exception as error:
            reason = " ".join(str(getattr(error, "message", None) or error).split())[:300] or type(error).__name__
            raise MemoryStoreError(
                f"the memory {self._address} cannot be used ({reason}): check its address, your credentials "
                "(gcloud auth application-default login) and that Agent Engine exists there"
            ) from error

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=_serve, args=(self._loop,), daemon=True, name="assay-memory").start()
            return self._loop


def digest(text: str) -> str:
    """A short name of any text: 32 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()


def _label(record: Record, write: str, at: str, number: int) -> dict[str, str]:
    return {"assay": FORMAT, "key": digest(record.key), "write": write, "at": at, "number": f"{number:09}"}


def _assembled(place: str, memories: list[tuple[str, dict[str, str], str, datetime]]) -> list[Record]:
    """Records of memories, whole or not."""
    groups: dict[tuple[str, str, str, str], list[tuple[str, dict[str, str], str, datetime]]] = {}
    for memory in memories:
        label = memory[1]
        group = (label.get("at", ""), label.get("write", ""), label.get("number", ""), label.get("key", ""))
        groups.setdefault(group, []).append(memory)
    records = []
    for (at, write, number, key), parts in groups.items():
        parts.sort(key=lambda memory: int(memory[1].get("part") or 0))
        is_whole = len(parts) == int(parts[0][1].get("parts") or 1)
        data = "".join(label.get("data", "") for _, label, _, _ in parts)
        names, created = tuple(name for name, *_ in parts), max(made for *_, made in parts)
        records.append(Record(place, key, data, parts[0][2], (at, write, number), names, created, is_whole))
    return records


async def _some_at_once(calls: list[Coroutine[Any, Any, Any]]) -> None:
    """Await calls, a few at a time; when one fails, all have ended before its error is raised."""
    gate = asyncio.Semaphore(CALLS_AT_ONCE)

    async def one(call: Coroutine[Any, Any, Any]) -> None:
        async with gate:
            await call

    for result in await asyncio.gather(*map(one, calls), return_exceptions=True):
        if isinstance(result, BaseException):
            raise result
