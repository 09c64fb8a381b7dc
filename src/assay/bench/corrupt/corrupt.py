"""Corrupt a table of any size: plan the hits, then stream the rows once, each beside the truth about it."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from assay.atomic import atomic_path
from assay.bench.corrupt.error import Error, NotApplicable, NotApplicableError
from assay.bench.corrupt.plan import Plan, plan
from assay.bench.corrupt.scene import Scene
from assay.bench.corrupt.truth import Injected, Truth
from assay.bench.corrupt.write import Writer
from assay.config import Settings
from assay.domain.pack import load_packs
from assay.errors import ConfigurationError, SourceError
from assay.profile.arrays import Ints
from assay.source.base import Source
from assay.source.open import find_tables
from assay.source.scratch import scratch_path

TRUTH = "truth.json"
CELLS_FILE = "truth.parquet"


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
        total = Writer(made, rows).write(to_table, to_cells)
        truth = Truth(name, seed, made.scene.rows, total, injected(made, rows), _skipped(made))
        to_truth.write_text(truth.to_json(), encoding="utf-8")
    return Corrupted(table, truth, cells_file, made.skipped)


def _skipped(made: Plan) -> tuple[tuple[str, str], ...]:
    return tuple((s.error.kind, s.reason) for s in made.skipped)


def injected(made: Plan, rows: Mapping[int, int]) -> tuple[Injected, ...]:
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
