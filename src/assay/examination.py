"""The audit of one open table, from top to bottom: sample -> roles -> hypotheses -> tests -> judge -> record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import pyarrow as pa

import assay
from assay.atomic import atomic_path
from assay.config import Settings
from assay.domain.grouping import group_plan
from assay.domain.pack import Pack
from assay.domain.roles import assign_roles
from assay.errors import MemoryStoreError, QueryError
from assay.hypothesis.grain import infer_grain
from assay.hypothesis.hypothesis import Context
from assay.hypothesis.propose import COSTLY, QUICK, SEARCHING, Raised, propose
from assay.judge.checked import checked
from assay.judge.finding import AuditedColumn, Verdict
from assay.judge.findings import Ruling, Seen, confirm, confirm_and_look, keep_copies, rule
from assay.judge.quarantine import write_rows
from assay.judge.remembered import Remembered
from assay.judge.verdict import Judgement
from assay.profile.draw import sample_query, sample_size
from assay.profile.drawn import read_sample, take_sample
from assay.profile.groups import Groups, count_groups, groups_query, read_groups
from assay.profile.profile import Profile
from assay.profile.sample import Sample
from assay.report.mask import masked
from assay.report.record import Audit
from assay.source.base import Column, Source
from assay.source.local import local_copy
from assay.source.notes import notes_of

if TYPE_CHECKING:  # an audit without memory starts without it
    from assay.memory.session import Session

Progress = Callable[[str], None]
PREVIEW = 2_000  # rows that tell what to count
CELLS_TOGETHER = 2_000_000  # of a sample in one statement with the counts: of wide tables fewer rows are drawn
LEAST_TOGETHER = 2_000  # rows of such a sample; what is still wider takes a statement of its own


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
    if shown is None or not shown.num_rows or LEAST_TOGETHER * shown.num_columns > CELLS_TOGETHER:
        return take_sample(source, size), None
    size = min(size, CELLS_TOGETHER // shown.num_columns)
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
        costly = propose(context, proposers=COSTLY)
        keeping = background.submit(_kept, source, context, costly)
        search = background.submit(propose, context, proposers=SEARCHING)
        quick = propose(informed(), proposers=QUICK)
        first = refined(keeping.result() + quick)
        tested = confirm(source, first.hypotheses)
        second = refined(search.result())
    progress(f"testing {len(first.hypotheses) + len(second.hypotheses)} hypotheses")
    errors = [j for j in tested if j.verdict is Verdict.ERROR]
    judgements, seen = confirm_and_look(source, second.hypotheses, context.grain, settings.sample_values, errors)
    raised = first + second
    # In the order in which all of them would have been raised at once.
    return raised, sorted(tested + judgements, key=lambda j: -j.hypothesis.prior), seen


def _kept(source: Source, context: Context, costly: Raised) -> Raised:
    """The same hypotheses, of which the engine keeps what takes long to find; it counts before."""
    _ = context.profile.groups
    return replace(costly, hypotheses=tuple(keep_copies(source, costly.hypotheses)))


def audit_table(
    source: Source,
    address: str,
    settings: Settings,
    pack: Pack,
    siblings: Mapping[str, tuple[Column, ...]] = MappingProxyType({}),
    *,
    started: datetime,
    drawn: pa.Table | None = None,
    rows_out: Path | None = None,
    progress: Progress = lambda _: None,
    session: Session | None = None,
) -> Audit:
    """Audit one table.

    Args:
        siblings: the columns of each other table of the data set.
        started: when the audit began.
        drawn: the answer to the statement that draws the sample, if it was asked for before.
        rows_out: a Parquet file to write the bad rows to.
        session: what memory knows of the table.
    """
    with ExitStack() as held:
        background = held.enter_context(ThreadPoolExecutor(3))  # the engine's count, what it keeps, the search
        held.push(lambda kind, *_: source.interrupt() if kind else None)
        sample, groups = (read_sample(source, drawn), None) if drawn is not None else look(source, settings, pack)
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
                if _incomplete(context, raised):
                    unwritten = ("this audit is not remembered: it is not complete",)
                else:
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
        seconds=round((datetime.now(UTC) - started).total_seconds(), 3),
        cost=source.spent,
        statements=tuple(source.asked),
        failures=(*_failures(judgements, context, raised, ruling), *unwritten),
        seed=settings.seed,
        version=assay.__version__,
        memory=remembered,
        incomplete=_incomplete(context, raised),
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
    return (*_incomplete(context, raised), *failed, *ruling.failures)


def _incomplete(context: Context, raised: Raised) -> tuple[str, ...]:
    return (*context.profile.groups.failures, *raised.failures)
