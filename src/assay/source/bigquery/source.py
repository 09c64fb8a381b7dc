"""Tables in BigQuery, audited in place: the service computes, and only answers travel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property, partial

import pyarrow as pa
from google.cloud.bigquery import QueryJob
from sqlglot import exp

from assay.config import Settings
from assay.errors import BudgetError, SourceError
from assay.source import guard
from assay.source.base import Column, Cost
from assay.source.bigquery.address import BigQueryAddress, parse_address
from assay.source.bigquery.answers import apart, below_each_other, flatten, narrow
from assay.source.bigquery.bytes import column_bytes
from assay.source.bigquery.catalog import EXTERNAL, PLAIN, Described, describe
from assay.source.bigquery.client import Connection
from assay.source.bigquery.columns import leaves
from assay.source.bigquery.errors import needs_filter
from assay.source.bigquery.partitions import SUFFIX, Partitioning, partitioning
from assay.source.bigquery.statement import LARGEST_BLOCKS, POSITION, SAMPLE, VIEW, Draw, Writer
from assay.source.duckdb import within_bound
from assay.source.open import Address

SAMPLED_BY_BLOCKS = 256_000_000  # bytes of a table from which on reading a tenth of its blocks is worth it
FEW = 100  # rows beyond what was wanted that do not matter
ENOUGH = 0.5  # share of the wanted rows below which a sample is drawn anew in another way


class BigQuerySource:
    """One table, view or family of tables by day."""

    positions = False
    billed = True
    staged = 0
    parts: Mapping[str, tuple[Column, ...]] = {}

    def __init__(
        self, connection: Connection, described: Described, settings: Settings, where: exp.Expr | None = None
    ) -> None:
        if described.error is not None:
            raise described.error
        self._connection = connection
        self._described = described
        self._where = where
        self._max_bytes = settings.max_bytes
        self._bytes = 0
        self._draws: dict[str, Draw] = {}
        self._rows: int | None = None
        self._leaves = leaves(described.newest.schema)
        self._partitions = _partitions(described)
        self._writer = Writer(_relation(described), self._leaves, _limited(described, where))
        self.name = described.name
        self.columns = tuple(leaf.column for leaf in self._leaves)
        self.asked: list[str] = []
        self.audited = self._writer.audited

    @property
    def rows(self) -> int:
        """Number of audited rows, counted when it is first wanted; a plan sets a bound instead."""
        if self._rows is None:
            self._rows = self._stored_rows if self._where is None else None
        if self._rows is None:
            count = exp.alias_(exp.Count(this=exp.Star()), "n")
            self._rows = int(self.ask(exp.select(count).from_(self.relation())).column(0)[0].as_py())
        return self._rows

    @rows.setter
    def rows(self, rows: int) -> None:
        self._rows = rows

    @property
    def spent(self) -> Cost:
        return Cost(len(self.asked), self._bytes)

    def relation(self) -> exp.Expr:
        return exp.to_table(VIEW)

    def position(self) -> exp.Expr:
        """A hash of the row's values that the statement names: equal rows are at the same place."""
        return exp.column(POSITION)

    def fingerprint(self, columns: Sequence[str]) -> exp.Expr:
        return self._writer.fingerprint(columns)

    def sampled(self, fraction: float) -> exp.Expr:
        if fraction >= 1:
            return self.relation()
        name = f"{SAMPLE}_{round(fraction * 1e9)}"
        self._draws.setdefault(name, self._draw(fraction))
        return exp.to_table(name)

    def first_rows(self, fields: Sequence[exp.Expr], order: exp.Expr, limit: int) -> exp.Expr:
        row = exp.Anonymous(this="STRUCT", expressions=[exp.alias_(f, f.alias_or_name) for f in fields])
        ordered = exp.Order(this=row, expressions=[exp.Ordered(this=order, nulls_first=True)])
        return exp.ArrayAgg(this=exp.Limit(this=ordered, expression=exp.Literal.number(limit)))

    def since(self, day: date) -> exp.Expr | None:
        return self._partitions.since(day) if self._partitions is not None else None

    @property
    def coarse(self) -> bool:
        return self._partitions is not None and self._partitions.coarse

    @property
    def known_rows(self) -> int | None:
        return self._stored_rows if self._where is None else None

    def render(self, query: exp.Expr) -> str:
        if isinstance(query, exp.Query):
            return self._writer.statement(query, self._draws)
        return self._writer.expression(query)

    def proof(self, query: exp.Expr) -> str:
        return self.render(query)

    def ask(self, query: exp.Expr) -> pa.Table:
        answer = pa.Table.from_batches(self._connection.batches(self._job(query), self.name))
        if self._too_few(query, answer.num_rows):
            answer = pa.Table.from_batches(self._connection.batches(self._job(query), self.name))
        return narrow(answer)

    def ask_all(self, queries: Sequence[exp.Expr]) -> list[pa.Table]:
        if len(queries) < 2:
            return [self.ask(query) for query in queries]
        (together,) = self.combined(queries)
        answers = [narrow(rows) for rows in apart(self._connection.batches(self._job(together), self.name), queries)]
        pa.default_memory_pool().release_unused()  # what the batches took, before the answers are worked on
        return [
            self.ask(query) if self._too_few(query, rows.num_rows) else rows
            for query, rows in zip(queries, answers, strict=True)
        ]

    def preview(self, rows: int) -> pa.Table | None:
        if not self._described.stored:
            return None
        shown = self._connection.first_rows(self._described.newest, rows)
        try:
            return None if shown is None else flatten(shown, self._leaves)
        except (pa.ArrowException, KeyError):  # a type that Arrow does not turn into text, a column added since
            return None

    def combined(self, queries: Sequence[exp.Expr]) -> list[exp.Expr]:
        """One query with the rows of all of them below each other, each in columns of its own."""
        return list(queries) if len(queries) < 2 else [below_each_other([guard.check(q) for q in queries])]

    def stream(self, query: exp.Expr) -> pa.RecordBatchReader:
        batches = self._connection.batches(self._job(query), self.name)
        first = next(batches)

        def everything() -> Iterator[pa.RecordBatch]:
            yield first
            yield from batches

        return pa.RecordBatchReader.from_batches(first.schema, everything())

    def estimate(self, query: exp.Expr) -> Cost:
        sql = self._sql(query)
        told = self._connection.dry_run(sql, self.name)  # also where it tells nothing: the statement is checked
        if told == 0 and any(t.table_type == EXTERNAL for t in self._described.tables):
            told = None  # what lies outside is not counted beforehand
        return Cost(1, told if told is not None and self._connection.bills else self.counted(query))

    def interrupt(self) -> None:
        self._connection.interrupt()

    def close(self) -> None:
        self._connection.close()

    def counted(self, query: exp.Expr) -> int | None:
        """Bytes that a statement reads: the columns it names, in the partitions and blocks that it reads.

        None where their sizes are not known (views, external tables).
        """
        if self._sizes is None:
            return None
        read = {leaf.column.name for leaf in self._writer.named(query)}
        if self._where is not None:
            limiting = {c.name.lower() for c in self._where.find_all(exp.Column)}
            read |= {leaf.column.name for leaf in self._leaves if leaf.path[0].lower() in limiting}
        tables = {t.name for t in query.find_all(exp.Table)}
        blocks = [self._draws[t].percent for t in tables if t in self._draws]
        share = max((p or 100.0) / 100 for p in blocks) if blocks and VIEW not in tables else 1.0
        return round(sum(self._sizes[name] for name in read) * share * self._kept)

    @cached_property
    def _sizes(self) -> dict[str, int] | None:
        if not all(t.table_type == PLAIN and t.num_bytes is not None for t in self._described.tables):
            return None
        tables = self._described.tables
        return column_bytes(self._leaves, sum(t.num_rows or 0 for t in tables), sum(t.num_bytes or 0 for t in tables))

    @cached_property
    def _kept(self) -> float:
        """Share of the table's bytes in the partitions that the condition leaves."""
        if self._partitions is None or not self._partitions.limited_by(self._where):
            return 1.0
        try:
            sizes = self._partition_bytes()
        except SourceError:
            return 1.0  # no right to see them: the bound is what the whole table holds
        kept, total = self._partitions.kept(self._where, sizes), sum(sizes.values())
        return sum(sizes[name] for name in kept) / total if total else len(kept) / max(1, len(sizes))

    def _partition_bytes(self) -> dict[str, int]:
        if self._described.digits:
            return {t.table_id[-self._described.digits :]: t.num_bytes or 0 for t in self._described.tables}
        table = self._described.newest
        ids = exp.table_("INFORMATION_SCHEMA.PARTITIONS", table.dataset_id, table.project, quoted=False)
        source = f"`{table.project}`.`{table.dataset_id}`.{ids.name}"
        sql = (
            f"SELECT partition_id, IFNULL(NULLIF(total_logical_bytes, 0), total_rows) AS size FROM {source} "
            f"WHERE table_name = {self._writer.text(exp.Literal.string(table.table_id))}"
        )
        found = pa.Table.from_batches(self._connection.batches(self._connection.job(sql, self.name), self.name))
        names, sizes = found.column("partition_id").to_pylist(), found.column("size").to_pylist()
        return {str(name): int(size or 0) for name, size in zip(names, sizes, strict=True)}

    @property
    def _stored_rows(self) -> int | None:
        counts = [t.num_rows for t in self._described.tables]
        return sum(c or 0 for c in counts) if self._described.stored and None not in counts else None

    def _sql(self, query: exp.Expr) -> str:
        partitions = self._partitions
        if partitions is not None and partitions.required and not partitions.limited_by(self._where):
            raise needs_filter(self.name, partitions.column)
        return self.render(guard.check(query))

    def _job(self, query: exp.Expr) -> QueryJob:
        sql, left = self._sql(query), None
        if self._max_bytes is not None:
            wanted = self.estimate(query).bytes
            if wanted is None:
                raise BudgetError(f"{self.name}: its bytes cannot be told in advance; leave --max-bytes out")
            what, remedy = "the next statement would read", "audit less with --since or --where, or raise --max-bytes"
            within_bound(f"{self.name}: {what}", wanted, self._bytes, self._max_bytes, remedy)
            left = self._max_bytes - self._bytes
        self.asked.append(sql)
        job = self._connection.job(sql, self.name, max_bytes=left)
        told = [size for size in (job.total_bytes_billed, job.total_bytes_processed) if size is not None]
        self._bytes += max(told) if told and self._connection.bills else self.counted(query) or 0
        return job

    def _draw(self, fraction: float) -> Draw:
        table = self._described.newest
        stored = table.table_type == PLAIN and not self._described.digits and table.streaming_buffer is None
        audited = (table.num_bytes or 0) * min(1.0, self.rows / max(1, table.num_rows or 0))
        blocks = LARGEST_BLOCKS / 100
        if stored and fraction <= blocks and audited >= SAMPLED_BY_BLOCKS:
            return Draw(fraction / blocks, LARGEST_BLOCKS)
        return Draw(fraction)

    def _too_few(self, query: exp.Expr, rows: int) -> bool:
        """Whether a sample is far from the size that was wanted; then the next statement draws it in another way.

        Blocks may hold few of the rows; then all rows are drawn from. By their values equal rows are drawn together;
        then they are numbered.
        """
        if not isinstance(query, exp.Select) or query.args.get("group") or query.find(exp.AggFunc):
            return False
        for table in query.find_all(exp.Table):
            draw = self._draws.get(table.name)
            if draw is None or draw.numbered or not self.rows:
                continue
            fraction = draw.share * (draw.percent or 100) / 100
            wanted = fraction * self.rows
            if rows < ENOUGH * wanted or (draw.percent is None and rows > wanted / ENOUGH + FEW):
                self._draws[table.name] = Draw(fraction, numbered=draw.percent is None)
                return True
        return False


def tables_of(address: str, where: str | None = None) -> list[Address]:
    """The tables behind an address, those that were changed last first.

    Raises:
        SourceError: nothing is there, or it may not be read.
        UnsafeQueryError: ``where`` is not a condition.
    """
    parsed = parse_address(address)
    condition = guard.parse_predicate(where, "bigquery") if where else None
    connection = Connection(parsed)
    try:
        found = describe(connection)
    finally:
        connection.close()
    return [Address(one.name, partial(open_table, parsed, one), condition) for one in found]


def open_table(
    address: BigQueryAddress, described: Described, settings: Settings, where: exp.Expr | None = None
) -> BigQuerySource:
    """Open a table that was described, limited to the rows that meet a condition."""
    if described.error is not None:
        raise described.error
    return BigQuerySource(Connection(address), described, settings, where)


def _relation(described: Described) -> exp.Table:
    newest = described.newest
    name = newest.table_id
    if described.digits:
        name = name[: -described.digits] + "*"
        # A name with a star must be one quoted path.
        return exp.Table(this=exp.to_identifier(f"{newest.project}.{newest.dataset_id}.{name}", quoted=True))
    return exp.table_(name, newest.dataset_id, newest.project, quoted=True)


def _partitions(described: Described) -> Partitioning | None:
    if described.digits:
        return Partitioning(SUFFIX, digits=described.digits, span={4: "year", 6: "month"}.get(described.digits, "day"))
    return partitioning(described.newest)


def _limited(described: Described, where: exp.Expr | None) -> exp.Expr | None:
    """The condition, and for tables by day the one that keeps other tables with the same beginning out."""
    if not described.digits:
        return where
    suffixes = sorted(t.table_id[-described.digits :] for t in described.tables)
    suffix, first, last = exp.column(SUFFIX), suffixes[0], suffixes[-1]
    own: exp.Expr = exp.and_(
        suffix >= exp.Literal.string(first),
        suffix.copy() <= exp.Literal.string(last),
        exp.Length(this=suffix.copy()).eq(described.digits),
    )
    if described.among_others:
        own = exp.In(this=suffix.copy(), expressions=[exp.Literal.string(s) for s in suffixes])
    return exp.and_(own, where) if where is not None else own
