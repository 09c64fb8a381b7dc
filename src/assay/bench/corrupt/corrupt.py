"""Corrupt a table of any size: plan the hits, then stream the rows once, each beside the truth about it."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sqlglot import exp

from assay.atomic import atomic_path
from assay.bench.corrupt.error import Error, NotApplicable, NotApplicableError
from assay.bench.corrupt.plan import Hit, Plan, old_value, plan
from assay.bench.corrupt.scene import ROW, Scene
from assay.bench.corrupt.sql import column, differs, is_true, text
from assay.bench.corrupt.truth import CELLS, Injected, Truth, cells
from assay.config import Settings
from assay.domain.pack import load_packs
from assay.errors import ConfigurationError, SourceError
from assay.profile.arrays import Ints
from assay.source.base import Source
from assay.source.open import find_tables
from assay.source.scratch import scratch_path

TRUTH = "truth.json"
CELLS_FILE = "truth.parquet"
ROW_GROUP = 4  # batches of the stream


@dataclass(frozen=True)
class Corrupted:
    """A corrupted table on disk, with its truth.

    Attributes:
        table: the Parquet file that an audit is given.
        truth: what was done, as in ``truth.json``.
        cells: the exact truth: ``row_index`` (0-based, in the corrupted file), ``column``, ``error``, ``kind``.
        skipped: errors that the table could not carry.
    """

    table: Path
    truth: Truth
    cells: Path
    skipped: tuple[NotApplicable, ...]

    def bad_rows(self, error: int | None = None) -> Ints:
        """Positions of the bad rows, of one error or of all but the decoys."""
        held = pq.read_table(self.cells, columns=["row_index", "error"])
        decoys = [i.error for i in self.truth.injected if i.group == "decoy"]
        errors = held["error"].to_numpy()
        wanted = ~np.isin(errors, decoys) if error is None else errors == error
        rows = held["row_index"].to_numpy(zero_copy_only=False)[wanted]
        found: Ints = np.unique(rows[~np.isnan(rows.astype(float))]).astype(np.int64)
        return found


def corrupt(
    source: str | Path | pa.Table | Source,
    errors: Sequence[Error],
    seed: int,
    out: Path,
    *,
    name: str | None = None,
    packs: Sequence[Path] = (),
    settings: Settings = Settings(),
) -> Corrupted:
    """Put known errors into a table, and write it to a folder with the truth about it.

    The same table, errors and seed give the same files. Later errors take rows that earlier ones left clean, where
    there are such rows.

    Args:
        source: an address, an open source, or an Arrow table.
        errors: what to inject, in this order.
        seed: of everything that is drawn.
        out: a folder for the table (Parquet), ``truth.json`` and ``truth.parquet``; made if it is not there.
        name: of the written table; by default the source's.
        packs: further domain packs for the roles of columns.

    Raises:
        NotApplicableError: none of the errors can be put into this table; the text says why.
        ConfigurationError: no such kind, mechanism or column.
        SourceError: the table cannot be read.
    """
    if not errors:
        raise ConfigurationError("no error is named; write KIND:RATE, such as null_cells:0.05")
    with ExitStack() as held:
        opened = _opened(source, settings, held)
        if not opened.rows:
            raise NotApplicableError(f"{opened.name} has no rows")
        scene = Scene(opened, load_packs(packs), seed)
        made = plan(scene, errors)
        if not made.hits:
            raise NotApplicableError("; ".join(f"{s.error.kind}: {s.reason}" for s in made.skipped))
        return _write(made, out, name or _name(opened.name), seed)


def _opened(source: str | Path | pa.Table | Source, settings: Settings, held: ExitStack) -> Source:
    if isinstance(source, pa.Table):
        folder = scratch_path()
        folder.mkdir(parents=True)
        held.callback(shutil.rmtree, folder, ignore_errors=True)
        pq.write_table(source, folder / "table.parquet")
        source = folder / "table.parquet"
    if not isinstance(source, str | Path):
        return source
    tables = find_tables(str(source))
    if len(tables) != 1:
        raise SourceError(f"{source}: holds {len(tables)} tables; name one")
    opened = tables[0].open(settings)
    held.callback(opened.close)
    return opened


def _name(table: str) -> str:
    """A file name for a table: its own without suffixes and folders."""
    name = Path(table.replace("#", "_")).name.split(".")[0]
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in name) or "table"


def _write(made: Plan, out: Path, name: str, seed: int) -> Corrupted:
    out.mkdir(parents=True, exist_ok=True)
    table, truth_file, cells_file = out / f"{name}.parquet", out / TRUTH, out / CELLS_FILE
    rows: Counter[int] = Counter()
    with ExitStack() as whole:
        to_table, to_cells, to_truth = (whole.enter_context(atomic_path(p)) for p in (table, cells_file, truth_file))
        total = _Writer(made, rows).write(to_table, to_cells)
        truth = Truth(name, seed, made.scene.rows, total, _injected(made, rows), _skipped(made))
        to_truth.write_text(truth.to_json(), encoding="utf-8")
    return Corrupted(table, truth, cells_file, made.skipped)


def _skipped(made: Plan) -> tuple[tuple[str, str], ...]:
    return tuple((s.error.kind, s.reason) for s in made.skipped)


def _injected(made: Plan, rows: Counter[int]) -> tuple[Injected, ...]:
    """The hits in the order in which they were asked for, with the rows that were counted while writing."""
    found = []
    for number, hit in sorted(enumerate(made.hits), key=lambda pair: pair[1].index):
        damaged = () if hit.damage.adds else tuple(hit.damage.values) or hit.damage.drops
        found.append(
            Injected(
                hit.index, hit.error.kind, hit.kind.group, hit.kind.expected, hit.damage.columns, damaged,
                hit.mechanism, hit.place, hit.damage.variant, hit.error.rate,
                1.0 if hit.damage.drops else rows[number] / made.scene.rows, rows[number],
            )
        )  # fmt: skip
    return tuple(found)


class _Writer:
    """Streams a plan's rows into a table, and the truth about them into another."""

    def __init__(self, made: Plan, rows: Counter[int]) -> None:
        self._made = made
        self._counted = rows
        self._names = [c for c in made.scene.declared if c not in made.scene.gone]
        self._as_text = frozenset().union(*(h.damage.as_text for h in made.hits))
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
        yield from self._stream(self._changed(), None)
        for number, hit in enumerate(self._made.hits):
            if hit.damage.adds:
                yield from self._stream(self._added(hit), number)

    def _stream(self, query: exp.Select, added: int | None) -> Iterator[tuple[pa.RecordBatch, list[pa.RecordBatch]]]:
        source, width = self._made.scene.source, len(self._names)
        before = -1
        for batch in source.stream(query):
            if not batch.num_rows:
                continue
            places = batch.column(width).to_numpy()
            if places[0] <= before or (np.diff(places) <= 0).any():
                raise SourceError(f"{source.name}: the engine gave rows out of their order")
            before = int(places[-1])
            first, self._total = self._total, self._total + batch.num_rows
            rows = pa.RecordBatch.from_arrays(batch.columns[:width], names=self._names)
            yield rows, self._bad(batch, first) if added is None else [self._all_bad(batch.num_rows, first, added)]

    def _bad(self, batch: pa.RecordBatch, first: int) -> list[pa.RecordBatch]:
        """The truth about a batch whose first row is the table's ``first``."""
        found = []
        for number, hit in enumerate(self._made.hits):
            if hit.damage.adds or hit.damage.drops:
                continue
            self._counted[number] += int(np.count_nonzero(batch.column(hit.mask).to_numpy(zero_copy_only=False)))
            for place, name in enumerate(hit.damage.values):
                if name in self._names:
                    rows = np.flatnonzero(batch.column(_flag(hit, place)).to_numpy(zero_copy_only=False))
                    if rows.size:
                        found.append(cells(pa.array(rows + first), name, hit.index, hit.error.kind))
        return found

    def _all_bad(self, count: int, first: int, number: int) -> pa.RecordBatch:
        hit = self._made.hits[number]
        self._counted[number] += count
        return cells(pa.array(np.arange(first, first + count)), None, hit.index, hit.error.kind)

    def _changed(self) -> exp.Select:
        """All rows as the errors leave them, with the flags of the changed cells."""
        hits = [h for h in self._made.hits if not h.damage.adds and not h.damage.drops]
        fields = []
        for i, name in enumerate(self._names):
            case, written = exp.Case(), [h for h in hits if name in h.damage.values]
            for hit in written:
                case = case.when(column(hit.mask), self._kept(name, hit.damage.values[name]))
            value = case.else_(self._kept(name, column(name))) if written else self._kept(name, column(name))
            fields.append(exp.alias_(value, f"c{i}"))
        fields.append(exp.alias_(column(ROW), "assay_place"))
        for hit in hits:
            fields.append(exp.alias_(column(hit.mask), hit.mask))
            for place, (name, value) in enumerate(hit.damage.values.items()):
                changed = exp.and_(column(hit.mask), differs(old_value(hit.damage, name), value))
                fields.append(exp.alias_(is_true(changed), _flag(hit, place)))
        query = exp.select(*fields).from_(self._made.stages().subquery("hit"))
        # A join may give rows in another order; everything else keeps the order of the table.
        return query.order_by(column(ROW)) if any(h.damage.eve for h in hits) else query

    def _added(self, hit: Hit) -> exp.Select:
        """The rows that an error adds."""
        values = [self._kept(n, hit.damage.values.get(n, column(n))) for n in self._names]
        fields = [exp.alias_(value, f"c{i}") for i, value in enumerate(values)]
        query = exp.select(*fields, exp.alias_(column(ROW), "assay_place"))
        query = query.from_(self._made.stages().subquery("hit")).where(column(hit.mask))
        return query.order_by(column(ROW)) if any(h.damage.eve for h in self._made.hits) else query

    def _kept(self, name: str, value: exp.Expr) -> exp.Expr:
        return text(value) if name in self._as_text and not isinstance(value, exp.Null) else value.copy()


def _flag(hit: Hit, place: int) -> str:
    return f"{hit.mask}_{place}"
