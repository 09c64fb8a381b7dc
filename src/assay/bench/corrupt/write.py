"""Streams the rows of a plan into a table, each beside the truth about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sqlglot import exp

from assay.bench.corrupt.plan import Hit, Plan, as_kept
from assay.bench.corrupt.scene import ROW
from assay.bench.corrupt.sql import column, differs, is_true, named, select
from assay.bench.corrupt.truth import CELLS, cells
from assay.errors import SourceError

ROW_GROUP = 4  # batches of the stream


class Writer:
    """Streams a plan's rows into a table, and the truth about them into another."""

    def __init__(self, made: Plan, rows: Counter[int] | None = None) -> None:
        self._made = made
        self._counted: Counter[int] = Counter() if rows is None else rows
        self.names = [c for c in made.scene.declared if c not in made.scene.gone]
        self.cellwise = [h for h in made.hits if not h.damage.adds and not h.damage.drops]
        self._total = 0

    def write(self, table: Path, truth: Path) -> int:
        """Write both files and return the rows of the table."""
        with ExitStack() as open_files:
            rows_out: pq.ParquetWriter | None = None
            cells_out = open_files.enter_context(pq.ParquetWriter(truth, CELLS, compression="zstd"))
            for number, hit in enumerate(self._made.hits):
                if hit.damage.drops:
                    self._counted[number] = self._made.scene.rows
                    for name in hit.damage.drops:
                        cells_out.write_batch(cells(None, name, hit.index, hit.error.kind))
            pending: list[pa.RecordBatch] = []
            for batch, bad in self._pieces():
                if rows_out is None:
                    rows_out = open_files.enter_context(pq.ParquetWriter(table, batch.schema, compression="zstd"))
                pending.append(batch)
                if len(pending) == ROW_GROUP:
                    rows_out.write_table(pa.Table.from_batches(pending))
                    pending.clear()
                if bad:
                    cells_out.write_table(pa.Table.from_batches(bad).unify_dictionaries())
            if rows_out is not None and pending:
                rows_out.write_table(pa.Table.from_batches(pending))
        return self._total

    def _pieces(self) -> Iterator[tuple[pa.RecordBatch, list[pa.RecordBatch]]]:
        """The changed rows, then the added ones of each error."""
        yield from self._stream(self.changed(), None)
        for number, hit in enumerate(self._made.hits):
            if hit.damage.adds:
                yield from self._stream(self.added(hit), number)

    def _stream(self, query: exp.Select, added: int | None) -> Iterator[tuple[pa.RecordBatch, list[pa.RecordBatch]]]:
        source, width = self._made.scene.source, len(self.names)
        before = -1
        for batch in source.stream(query):
            if not batch.num_rows:
                continue
            places = batch.column(width).to_numpy()
            if places[0] <= before or (np.diff(places) <= 0).any():
                raise SourceError(f"{source.name}: the engine gave rows out of their order")
            before = int(places[-1])
            first, self._total = self._total, self._total + batch.num_rows
            rows = pa.RecordBatch.from_arrays(batch.columns[:width], names=self.names)
            bad = self._bad_cells(batch, first, count=added is None)
            yield rows, bad if added is None else [*bad, self._all_bad(batch.num_rows, first, added)]

    def _bad_cells(self, batch: pa.RecordBatch, first: int, count: bool) -> list[pa.RecordBatch]:
        """The truth about a batch whose first row is the table's ``first``; hits are counted once, not in copies."""
        found = []
        for number, hit in enumerate(self._made.hits):
            if hit not in self.cellwise:
                continue
            if count:
                self._counted[number] += int(np.count_nonzero(batch.column(hit.mask).to_numpy(zero_copy_only=False)))
            for place, name in enumerate(hit.damage.values):
                if name in self.names:
                    rows = np.flatnonzero(batch.column(flag(hit, place)).to_numpy(zero_copy_only=False))
                    if rows.size:
                        found.append(cells(pa.array(rows + first), name, hit.index, hit.error.kind))
        return found

    def _all_bad(self, count: int, first: int, number: int) -> pa.RecordBatch:
        hit = self._made.hits[number]
        self._counted[number] += count
        return cells(pa.array(np.arange(first, first + count)), None, hit.index, hit.error.kind)

    def changed(self) -> exp.Select:
        """All rows as the errors leave them, with the flags of the changed cells."""
        return self._ordered(self._final())

    def added(self, hit: Hit) -> exp.Select:
        """The rows that an error adds."""
        return self._ordered(self._final(self._of_clean(hit.damage.values)).where(column(hit.mask), copy=False))

    def _of_clean(self, values: Mapping[str, exp.Expr]) -> dict[str, exp.Expr]:
        """New values over the clean ones: no other error is in these rows, and columns may have become text."""
        clean = self._made.scene.clean
        known = self._made.scene.declared

        def as_clean(node: exp.Expr) -> exp.Expr:
            return clean(node.name) if isinstance(node, exp.Column) and node.name in known else node

        return {name: value.transform(as_clean) for name, value in values.items()}

    def _final(self, new: Mapping[str, exp.Expr] | None = None) -> exp.Select:
        made, new = self._made, new or {}
        values = [as_kept(new.get(n, column(n)), n in made.as_text) for n in self.names]
        fields = [named(value, f"c{i}") for i, value in enumerate(values)]
        fields.append(named(column(ROW), "assay_place"))
        for hit in self.cellwise:
            fields.append(named(column(hit.mask), hit.mask))
            for place, name in enumerate(hit.damage.values):
                is_text = name in made.as_text
                now, clean = as_kept(column(name), is_text), as_kept(made.scene.clean(name), is_text)
                changed = is_true(exp.and_(column(hit.mask), differs(clean, now)))
                fields.append(named(changed, flag(hit, place)))
        return select(fields, made.stages())

    def _ordered(self, query: exp.Select) -> exp.Select:
        """A join may give rows in another order; everything else keeps the order of the table."""
        return query.order_by(column(ROW), copy=False) if any(h.damage.eve for h in self._made.hits) else query


def flag(hit: Hit, place: int) -> str:
    """The hidden column that is true where a hit changed the cell of its column at a place."""
    return f"{hit.mask}_{place}"
