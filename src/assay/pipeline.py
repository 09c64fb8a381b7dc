"""The whole audit, from top to bottom: source -> sample -> roles -> hypotheses -> tests -> judge -> record."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pyarrow as pa
from sqlglot import exp

import assay
from assay.atomic import atomic_path
from assay.config import Settings
from assay.domain.grouping import group_plan
from assay.domain.pack import Pack, load_packs
from assay.domain.roles import assign_roles
from assay.domain.since import since_condition, since_day
from assay.errors import AssayError, ConfigurationError, MemoryStoreError, QueryError, SourceError
from assay.hypothesis.grain import infer_grain
from assay.hypothesis.hypothesis import Context
from assay.hypothesis.propose import QUICK, SEARCHING, Raised, preload, propose
from assay.judge.checked import checked
from assay.judge.finding import AuditedColumn, Verdict
from assay.judge.findings import Ruling, Seen, confirm, confirm_and_look, keep_copies, rule
from assay.judge.quarantine import write_rows
from assay.judge.remembered import Remembered
from assay.judge.verdict import Judgement
from assay.profile.draw import read_sample, sample_query, sample_size, take_sample
from assay.profile.groups import Groups, count_groups, groups_query, read_groups
from assay.profile.profile import Profile
from assay.profile.sample import Sample
from assay.report.mask import masked
from assay.report.record import Audit
from assay.source.base import Column, Source
from assay.source.local import local_copy
from assay.source.notes import notes_of
from assay.source.open import Address, find_tables

if TYPE_CHECKING:  # an audit without memory starts without it
    from assay.memory.bank import Memory
    from assay.memory.session import Session

Progress = Callable[[str], None]
LAST = "last"  # of --since: since the last audit
SINCE_SAMPLE = 5_000
PREVIEW = 2_000  # rows that tell what to count
CELLS_TOGETHER = 2_000_000  # of a sample, beyond which it takes a statement of its own


def audit(
    source: str | Path | Source,
    *,
    settings: Settings = Settings(),
    where: str | None = None,
    since: str | None = None,
    packs: Sequence[Path] = (),
    rows_out: Path | None = None,
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
        memory: what earlier audits learned, and where this one is kept; or the address of a memory.

    Raises:
        AssayError: the table cannot be audited; the message says what to do.
    """
    with _opened(memory) as bank:
        if not isinstance(source, str | Path):
            session = None if bank is None else _session_of(bank, source.name, settings)
            return _audit(source, "", settings, load_packs(packs), {}, rows_out, progress or (lambda _: None), session)
        addresses = find_tables(str(source), where)
        if len(addresses) > 1:
            raise SourceError(f"{source}: holds {len(addresses)} tables; use assay.audits() or name one")
        for _, result in audits(
            str(source),
            settings=settings,
            where=where,
            since=since,
            packs=packs,
            rows_out=rows_out,
            progress=progress,
            memory=bank,
        ):
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
) -> Iterator[tuple[str, Audit | AssayError]]:
    """Audit every table behind an address, one after the other; a table that fails does not stop the others.

    Args:
        rows_out: a Parquet file for the bad rows of a single table, or the file for a table of that name.
        memory: what earlier audits learned, and where these are kept.

    Yields:
        The table's name with its audit, or with the reason why it could not be done.
    """
    pack = load_packs(packs)
    tables = find_tables(address, where)
    siblings, settings = _siblings(tables, settings)
    for table in tables:
        try:
            others = {name: columns for name, columns in siblings.items() if name != table.name}
            session = _session(memory, address, table.name, where, settings, since)
            first = session.since() if session is not None and since == LAST else since
            if session is not None:
                session.partial = first is not None
            condition, settings = _since(table, settings, first, pack)
            opened = table.open(settings, condition)
            try:
                rows = rows_out(table.name) if callable(rows_out) else rows_out
                result = _audit(opened, address, settings, pack, others, rows, progress or (lambda _: None), session)
            finally:
                settings = _less(settings, opened)
                opened.close()
            yield table.name, result
        except AssayError as error:
            yield table.name, error


def examine(
    source: Source,
    settings: Settings,
    pack: Pack,
    siblings: Mapping[str, tuple[Column, ...]],
    sample: Sample | None = None,
    groups: Groups | None = None,
    background: ThreadPoolExecutor | None = None,
) -> Context:
    """Look at a table: sample, roles, counts by value and day, grain.

    Args:
        sample: its sample, if it was taken before.
        groups: its counts, if they were taken before.
        background: where the engine counts, while what needs no counts goes on.
    """
    if sample is None:
        sample = take_sample(source, sample_size(source, settings))
    roles = assign_roles(sample, pack)
    with ThreadPoolExecutor(1) if background is None else nullcontext(background) as counter:
        if groups is None:
            counting = counter.submit(count_groups, source, sample, group_plan(sample, roles))
        else:
            counting = counter.submit(lambda: groups)
    profile = Profile(source.name, source.rows, sample, counting, siblings, source.parts, notes_of(source))
    return Context(profile, roles, infer_grain(sample, roles), settings.seed, pack.relations, pack)


def look(source: Source, settings: Settings, pack: Pack) -> tuple[Sample, Groups | None]:
    """Draw the sample; where statements are billed and a preview is not, with the counts in the same statement."""
    size = sample_size(source, settings)
    shown = source.preview(PREVIEW) if source.billed and source.rows > settings.pulled_rows else None
    if shown is None or not shown.num_rows or size * shown.num_columns > CELLS_TOGETHER:
        return take_sample(source, size), None
    glimpse = read_sample(source, shown)
    plan = group_plan(glimpse, assign_roles(glimpse, pack))
    drawing, counting = sample_query(source, size), groups_query(source, glimpse, plan)
    if drawing is None or counting is None:
        return take_sample(source, size), None
    try:
        drawn, counted = source.ask_all([drawing, counting])
    except QueryError:
        return take_sample(source, size), None
    return read_sample(source, drawn), read_groups(counted, plan)


def hypothesise(
    source: Source,
    context: Context,
    settings: Settings,
    background: ThreadPoolExecutor,
    progress: Progress,
    session: Session | None = None,
) -> tuple[Raised, list[Judgement], Seen | None]:
    """Raise hypotheses and test them on the whole table, the last of them with the look at the bad rows.

    What memory knows goes to the proposers that need it, and is heard before anything is tested. The engine tests what
    is raised at once while the slower proposers still search the sample, unless statements are billed or only the most
    probable of all may be tested.
    """
    progress("raising hypotheses")

    def refined(raised: Raised) -> Raised:
        if session is None:
            return raised
        return replace(raised, hypotheses=tuple(session.refine(source, raised.hypotheses, context)))

    def informed() -> Context:
        _ = context.profile.groups  # an error of the engine is the audit's, not a proposer's
        return context if session is None else session.inform(context)

    if not source.rows:
        raised = Raised(()) if session is None else propose(informed(), proposers=("history.propose",))
        return raised, confirm(source, raised.hypotheses), None
    if source.billed or settings.max_hypotheses is not None:
        first, tested = Raised(()), list[Judgement]()
        second = refined(propose(informed(), settings.max_hypotheses))
    else:
        search = background.submit(propose, context, proposers=SEARCHING)
        first = refined(propose(informed(), proposers=QUICK))
        first = replace(first, hypotheses=tuple(keep_copies(source, first.hypotheses)))
        tested = confirm(source, first.hypotheses)
        second = refined(search.result())
    progress(f"testing {len(first.hypotheses) + len(second.hypotheses)} hypotheses")
    errors = [j for j in tested if j.verdict is Verdict.ERROR]
    judgements, seen = confirm_and_look(source, second.hypotheses, context.grain, settings.sample_values, errors)
    raised = Raised(first.hypotheses + second.hypotheses, first.failures + second.failures)
    # In the order in which all of them would have been raised at once.
    return raised, sorted(tested + judgements, key=lambda j: -j.hypothesis.prior), seen


def _audit(
    source: Source,
    address: str,
    settings: Settings,
    pack: Pack,
    siblings: Mapping[str, tuple[Column, ...]],
    rows_out: Path | None,
    progress: Progress,
    session: Session | None = None,
) -> Audit:
    begun, started = time.perf_counter(), datetime.now(UTC)
    Thread(target=preload, daemon=True).start()
    with ExitStack() as held:
        background = held.enter_context(ThreadPoolExecutor(2))
        held.push(lambda kind, *_: source.interrupt() if kind else None)
        progress("looking at the table")
        if session is not None:
            settings = replace(settings, sample_rows=session.depth(settings.sample_rows))
        sample, groups = look(source, settings, pack)
        near = source
        whole = 0 < source.rows <= settings.pulled_rows and not sample.skipped
        drawn, sample.drawn = sample.drawn, None  # memory: the sample has the same rows in another order
        if source.billed and whole and drawn is not None:
            near = local_copy(source, drawn, settings)
            held.callback(near.close)
        del drawn
        context = examine(near, settings, pack, siblings, sample, groups, None if near.billed else background)
        if source.billed:
            pa.default_memory_pool().release_unused()  # copies of the sample, before the search takes what it needs
        raised, judgements, seen = hypothesise(near, context, settings, background, progress, session)
        progress("looking at bad rows")
        ruling = rule(near, judgements, context.grain, settings.sample_values, seen, proved_on=source)
        if session is not None:
            ruling = session.settle(near, ruling, context)
        if rows_out is not None:
            progress("writing bad rows")
            with atomic_path(rows_out) as temporary:
                write_rows(near, ruling, context.grain, temporary)
        remembered: Remembered | None = None
        unwritten: tuple[str, ...] = ()
        if session is not None:
            progress("remembering")
            from assay.memory.telling import told

            remembered = told(session, ruling.findings)
            try:
                session.record(near, ruling, judgements, context)
            except MemoryStoreError as error:  # what was found is not lost with it
                unwritten = (f"this audit is not remembered: {error}",)
    if settings.mask_values:
        ruling = replace(ruling, findings=tuple(map(masked, ruling.findings)))
    return Audit(
        table=source.name,
        source=address or source.name,
        rows=source.rows,
        columns=_columns(source, context),
        findings=ruling.findings,
        checked=checked(judgements, ruling.findings),
        started=started.isoformat(timespec="seconds"),
        seconds=round(time.perf_counter() - begun, 3),
        cost=source.spent,
        statements=tuple(source.asked),
        failures=(*_failures(judgements, context, raised, ruling), *unwritten),
        seed=settings.seed,
        version=assay.__version__,
        memory=remembered,
    )


def _columns(source: Source, context: Context) -> tuple[AuditedColumn, ...]:
    skipped = context.profile.sample.skipped
    columns = []
    for column in source.columns:
        role = context.roles.get(column.name)
        columns.append(
            AuditedColumn(column, role.name if role else "", str(role.family) if role else "", skipped.get(column.name))
        )
    return tuple(columns)


def _failures(judgements: Sequence[Judgement], context: Context, raised: Raised, ruling: Ruling) -> tuple[str, ...]:
    failed = [
        f"{j.hypothesis.kind} in {', '.join(j.hypothesis.columns)}: {j.measured.get('failure')}"
        for j in judgements
        if j.verdict is Verdict.UNTESTABLE
    ]
    return (*context.profile.groups.failures, *raised.failures, *failed, *ruling.failures)


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


def _since(table: Address, settings: Settings, since: str | None, pack: Pack) -> tuple[exp.Expr | None, Settings]:
    """The condition that a row's day is ``since`` or later, and what is left to spend after a look for the date."""
    if since is None:
        return None, settings
    day, source = since_day(since), table.open(settings)
    try:
        stored = source.since(day)
        if stored is not None:
            return stored, settings
        sample = take_sample(source, SINCE_SAMPLE)
    finally:
        settings = _less(settings, source)
        source.close()
    return since_condition(table.name, sample, assign_roles(sample, pack), day), settings


def _less(settings: Settings, source: Source) -> Settings:
    """What may still be read, of the bound for all tables together."""
    if settings.max_bytes is None:
        return settings
    return replace(settings, max_bytes=max(0, settings.max_bytes - (source.spent.bytes or 0)))
