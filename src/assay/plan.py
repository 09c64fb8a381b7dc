"""What an audit would send, without sending it: the statements of a dry run, and what they would read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlglot import exp

from assay.config import Settings
from assay.domain.grouping import group_plan
from assay.domain.pack import Pack, load_packs
from assay.domain.role import Roles
from assay.domain.roles import assign_roles
from assay.domain.since import since_condition, since_day
from assay.errors import AssayError, SourceError
from assay.profile.draw import sample_query, sample_size
from assay.profile.drawn import empty_sample
from assay.profile.groups import groups_query
from assay.profile.sample import Sample
from assay.scan.metrics import DistinctRows, Metric, RowCount
from assay.scan.planner import statements
from assay.source.base import Source
from assay.source.open import Address, find_tables

UNKNOWN_ROWS = 10_000_000  # a table of unknown size is planned like a large one: to count it would be a statement


@dataclass(frozen=True)
class Planned:
    """A statement that would be sent.

    Attributes:
        sql: the statement in the engine's SQL.
        bytes: what it would read at most; None where the engine does not tell.
    """

    sql: str
    bytes: int | None


@dataclass(frozen=True)
class Plan:
    """The first statements of the audit of one table.

    Attributes:
        relation: the SQL of the audited rows, with the conditions of ``--where`` and ``--since``.
        staged: bytes of text that were read to plan, and that an audit reads as well; 0 where nothing was read.
    """

    relation: str
    statements: tuple[Planned, ...]
    staged: int = 0

    @property
    def bytes(self) -> int | None:
        """What all of them would read at most; None where the engine does not tell."""
        known = [s.bytes for s in self.statements if s.bytes is not None]
        return sum(known) if len(known) == len(self.statements) else None


def plans(
    address: str,
    *,
    settings: Settings = Settings(),
    where: str | None = None,
    since: str | None = None,
    packs: Sequence[Path] = (),
) -> Iterator[tuple[str, Plan | AssayError]]:
    """For every table behind an address the statements that its audit would send; runs none of them.

    They are what names and types alone tell. What the values of the sample will suggest is not known yet: an audit
    tests more, in statements of the same shape. Text files are read once, since nothing else tells their columns.

    Yields:
        The table's name with its plan, or with the reason why it could not be audited.
    """
    pack, free = load_packs(packs), replace(settings, max_bytes=None)
    for table in find_tables(address, where):
        try:
            yield table.name, _plan(table, free, since, pack)
        except AssayError as error:
            yield table.name, error


def _plan(table: Address, settings: Settings, since: str | None, pack: Pack) -> Plan:
    # The size of the whole table is metadata; that of its audited rows is not, and serves as their bound.
    source = table.opener(settings, None)
    try:
        known, sample = source.known_rows, empty_sample(source)
        rows = known if known is not None else UNKNOWN_ROWS
        source.rows = rows
        roles = assign_roles(sample, pack)
        condition = None
        if since:
            day = since_day(since)
            condition = source.since(day)
            try:
                if condition is None or source.coarse:
                    own = since_condition(table.name, sample, roles, day)
                    condition = own if condition is None else exp.and_(condition, own)
            except SourceError:
                if condition is None:
                    raise
        if condition is None and table.condition is None:
            return _statements(source, sample, roles, settings)
    finally:
        source.close()
    source = table.open(settings, condition)
    try:
        source.rows = rows
        return _statements(source, empty_sample(source), roles, settings)
    finally:
        source.close()


def _statements(source: Source, sample: Sample, roles: Roles, settings: Settings) -> Plan:
    drawing = sample_query(source, sample_size(source, settings))
    queries = [] if drawing is None else [drawing]
    if not source.billed or source.rows > settings.pulled_rows:
        counting = groups_query(source, sample, group_plan(sample, roles))
        queries = source.combined([*queries, *([] if counting is None else [counting])])
        # Of the tests the one that needs no values to be suggested.
        metrics: list[Metric] = [RowCount(), DistinctRows(sample.names)]
        queries += statements(source, metrics)
    planned = tuple(Planned(source.render(q), source.estimate(q).bytes) for q in queries)
    return Plan(source.audited, planned, source.staged)
