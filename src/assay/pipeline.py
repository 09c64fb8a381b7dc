"""From an address to the audits of its tables.

What an audit needs once its table is open is imported while the engine opens and samples it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from assay.config import Settings
from assay.errors import AssayError, ConfigurationError, SourceError
from assay.profile.draw import sample_query, sample_size
from assay.source.busy import told_when_busy
from assay.source.open import Address, find_tables

if TYPE_CHECKING:  # an audit without memory starts without it
    import pyarrow as pa
    from sqlglot import exp

    from assay.domain.pack import Pack
    from assay.memory.bank import Memory
    from assay.memory.session import Session
    from assay.report.record import Audit
    from assay.source.base import Column, Source

log = logging.getLogger(__name__)
Progress = Callable[[str], None]
LAST = "last"  # of --since: since the last audit
SINCE_SAMPLE = 5_000


def audit(
    source: str | Path | Source,
    *,
    settings: Settings = Settings(),
    where: str | None = None,
    since: str | None = None,
    packs: Sequence[Path] = (),
    rows_out: str | Path | None = None,
    progress: Progress | None = None,
    memory: Memory | str | None = None,
) -> Audit:
    """Audit one table and return everything that was seen and decided.

    Args:
        source: an address (path, glob, ``duckdb://FILE#TABLE``) or an open source.
        where: a row condition in the engine's SQL; only rows that meet it are audited.
        since: a date (ISO); only rows of that day and later are audited. ``last``: what is new, or may have been
            restated, since the last audit that ``memory`` knows.
        packs: further domain packs.
        rows_out: a Parquet file to write the bad rows to.
        progress: called with a few words at each step.
        memory: what earlier audits learned, and where this one is kept; or the address of a memory. Unlike the command
            line, this function has none unless it is given one.

    Raises:
        AssayError: the table cannot be audited; the message says what to do.
    """
    rows_out = Path(rows_out) if rows_out is not None else None
    with _opened(memory) as bank:
        if not isinstance(source, str | Path):
            session = None if bank is None else _session_of(bank, source.name, settings)
            with _preparing(packs) as prepared:
                return _audited(source, "", settings, prepared, {}, rows_out, progress or (lambda _: None), session)
        addresses = find_tables(str(source), where)
        if len(addresses) > 1:
            raise SourceError(f"{source}: holds {len(addresses)} tables; use assay.audits() or name one")
        results = audits(
            str(source),
            settings=settings,
            where=where,
            since=since,
            packs=packs,
            rows_out=rows_out,
            progress=progress,
            memory=bank,
        )
        with closing(results):
            for _, result in results:
                if isinstance(result, AssayError):
                    raise result
                return result
        raise SourceError(f"{source}: no table")


def audits(
    address: str,
    *,
    settings: Settings = Settings(),
    where: str | None = None,
    since: str | None = None,
    packs: Sequence[Path] = (),
    rows_out: Path | Callable[[str], Path] | None = None,
    progress: Progress | None = None,
    memory: Memory | None = None,
) -> Generator[tuple[str, Audit | AssayError]]:
    """Audit every table behind an address, one after the other; a table that fails does not stop the others.

    Args:
        rows_out: a Parquet file for the bad rows of a single table, or the file for a table of that name.
        memory: what earlier audits learned, and where these are kept.

    Yields:
        The table's name with its audit, or with the reason why it could not be done.
    """
    tables = find_tables(address, where)
    with _preparing(packs) as prepared:
        if packs:
            prepared.pack()  # a pack that cannot be read is told before a table is
        siblings, settings = _siblings(tables, settings)
        for table in tables:
            try:
                others = {name: columns for name, columns in siblings.items() if name != table.name}
                session = _session(memory, address, table.name, where, settings, since)
                first = session.since() if session is not None and since == LAST else since
                if session is not None:
                    session.partial = first is not None
                before: list[Source] = []  # what is opened to find the date column
                try:
                    condition = _since(table, settings, first, prepared, before)
                finally:
                    for looked in before:
                        settings = _less(settings, looked)
                with told_when_busy(prepared.begin):
                    opened = table.open(settings, condition)
                try:
                    rows = rows_out(table.name) if callable(rows_out) else rows_out
                    told = progress or (lambda _: None)
                    result = _audited(opened, address, settings, prepared, others, rows, told, session)
                finally:
                    settings = _less(settings, opened)
                    opened.close()
                yield table.name, _with_look(result, before)
            except AssayError as error:
                yield table.name, error
            except Exception as error:
                if len(tables) == 1:
                    raise
                log.debug("the audit of %s failed", table.name, exc_info=True)
                what = f"{type(error).__name__}: {error}".splitlines()[0]
                yield table.name, AssayError(f"{table.name}: internal error ({what}); please report it")


class _Ahead:
    """What is made ready in the background, from ``begin`` on; nothing waits there before."""

    def __init__(self, worker: Executor, packs: Sequence[Path]) -> None:
        self._worker, self._paths = worker, packs
        self._packs: Future[Pack] | None = None

    def begin(self) -> Future[Pack]:
        if self._packs is None:
            self._packs = self._worker.submit(_prepare, self._paths)
            self._worker.submit(_preload)
        return self._packs

    def pack(self) -> Pack:
        return self.begin().result()


@contextmanager
def _preparing(packs: Sequence[Path]) -> Iterator[_Ahead]:
    """Import what an audit needs, and read the packs, in the background."""
    with ThreadPoolExecutor(1) as worker:
        yield _Ahead(worker, packs)


def _prepare(packs: Sequence[Path]) -> Pack:
    import_module("assay.examination")
    from assay.domain.pack import load_packs

    return load_packs(packs)


def _preload() -> None:
    from assay.hypothesis.propose import preload

    preload()


def _audited(
    source: Source,
    address: str,
    settings: Settings,
    prepared: _Ahead,
    siblings: Mapping[str, tuple[Column, ...]],
    rows_out: Path | None,
    progress: Progress,
    session: Session | None,
) -> Audit:
    """Audit an open table, from its sample on, which is drawn while the rest of the program is imported."""
    started = datetime.now(UTC)
    progress("looking at the table")
    prepared.begin()
    if session is not None:
        settings = replace(settings, sample_rows=session.depth(settings.sample_rows))
    drawn = None if source.billed else _drawn(source, settings)
    pack = prepared.pack()
    from assay.examination import audit_table

    return audit_table(
        source,
        address,
        settings,
        pack,
        siblings,
        started=started,
        drawn=drawn,
        rows_out=rows_out,
        progress=progress,
        session=session,
    )


def _drawn(source: Source, settings: Settings) -> pa.Table | None:
    """The answer to the statement that draws the sample; None if no column can be audited."""
    query = sample_query(source, sample_size(source, settings))
    return None if query is None else source.ask(query)


def _siblings(tables: Sequence[Address], settings: Settings) -> tuple[Mapping[str, tuple[Column, ...]], Settings]:
    """Columns of each table of a data set, and what is left to spend after that.

    Tables that cannot be opened are left out: their audit will say why.
    """
    found: dict[str, tuple[Column, ...]] = {}
    for table in tables if len(tables) > 1 else ():
        try:
            source = table.open(settings)
        except AssayError:
            continue
        found[table.name] = source.columns
        settings = _less(settings, source)
        source.close()
    return found, settings


def _session(
    memory: Memory | None, address: str, table: str, where: str | None, settings: Settings, since: str | None
) -> Session | None:
    """The memory of a table; rows that meet a condition are a table of their own."""
    if memory is None:
        if since == LAST:
            raise ConfigurationError("--since last needs the memory of an earlier audit; give a date, or use memory")
        return None
    from assay.memory.naming import table_key

    return _session_of(memory, table_key(address, table, where), settings)


def _session_of(memory: Memory, table: str, settings: Settings) -> Session:
    from assay.memory.session import Session

    return Session(memory, table, settings.today)


def _opened(memory: Memory | str | None) -> AbstractContextManager[Memory | None]:
    """The memory at an address, closed at the end; one that was opened before stays open."""
    if not isinstance(memory, str):
        return nullcontext(memory)
    from assay.memory.bank import Memory

    return Memory(memory)


def _since(
    table: Address, settings: Settings, since: str | None, prepared: _Ahead, opened: list[Source]
) -> exp.Expr | None:
    """The condition that a row's day is ``since`` or later.

    Args:
        opened: takes the tables that are opened for a look at the dates; they are closed.
    """
    if since is None:
        return None
    from sqlglot import exp

    from assay.domain.roles import assign_roles
    from assay.domain.since import since_condition, since_day
    from assay.profile.drawn import take_sample

    day, source = since_day(since), table.open(settings)
    opened.append(source)
    try:
        stored = source.since(day)
        if stored is not None and not source.coarse:
            return stored
        if stored is not None:
            source.close()
            source = table.open(_less(settings, source), stored)
            opened.append(source)
        sample = take_sample(source, SINCE_SAMPLE)
    finally:
        source.close()
    try:
        own = since_condition(table.name, sample, assign_roles(sample, prepared.pack()), day)
    except SourceError:
        if stored is None:
            raise
        return stored
    return own if stored is None else exp.and_(stored, own)


def _with_look(audit: Audit, before: Sequence[Source]) -> Audit:
    """An audit with the statements that found its date column, and what they cost."""
    asked = [sql for source in before for sql in source.asked]
    if not asked:
        return audit
    read = [cost.bytes for cost in (audit.cost, *(source.spent for source in before))]
    size = None if None in read else sum(b for b in read if b is not None)
    cost = replace(audit.cost, statements=audit.cost.statements + len(asked), bytes=size)
    return replace(audit, cost=cost, statements=(*asked, *audit.statements))


def _less(settings: Settings, source: Source) -> Settings:
    """What may still be read, of the bound for all tables together."""
    if settings.max_bytes is None:
        return settings
    return replace(settings, max_bytes=max(0, settings.max_bytes - (source.spent.bytes or 0)))
