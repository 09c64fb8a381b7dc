"""The clean tables of an experiment: made by the generator, or a user's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
from sqlglot import exp

from assay.bench.advertising import batches
from assay.bench.styles import STYLES
from assay.config import Settings
from assay.errors import ConfigurationError, SourceError
from assay.source.open import find_tables


@dataclass(frozen=True)
class Tables:
    """Which clean tables an experiment is about.

    Attributes:
        source: the address of a user's table, believed to be clean; None for generated ones.
        rows: numbers of rows of generated tables.
        styles: export styles of generated tables.
        seeds: of generated tables, and of everything that is drawn for a table.
    """

    source: str | None = None
    rows: tuple[int, ...] = (5_000,)
    styles: tuple[str, ...] = ("canonical",)
    seeds: tuple[int, ...] = (1,)

    def __post_init__(self) -> None:
        unknown = [s for s in self.styles if s not in STYLES]
        if unknown:
            raise ConfigurationError(f"no export style {unknown[0]!r}; there are: {', '.join(STYLES)}")
        if not self.seeds or min(self.seeds) < 0 or not self.rows or min(self.rows) < 1:
            raise ConfigurationError("an experiment needs at least one seed (0 or more) and at least one row")

    def __iter__(self) -> Iterator[Clean]:
        """One clean table for each size, style and seed; a user's table for each seed."""
        if self.source is not None:
            yield from (Clean(seed, self.source) for seed in self.seeds)
            return
        yield from (Clean(n, None, r, s) for r in self.rows for s in self.styles for n in self.seeds)


@dataclass(frozen=True)
class Clean:
    """One clean table; ``source`` is None for a generated one."""

    seed: int
    source: str | None
    rows: int = 0
    style: str = ""

    def address(self, folder: Path) -> str:
        """Where the table is; a generated one is written into the folder first."""
        if self.source is not None:
            return self.source
        path = folder / f"{self.style}_{self.seed}.parquet"
        pieces = batches(self.rows, self.seed, self.style)
        first = next(pieces)
        with pq.ParquetWriter(path, first.schema) as writer:
            writer.write_batch(first)
            for piece in pieces:
                writer.write_batch(piece)
        return str(path)

    def described(self) -> dict[str, object]:
        """For the log."""
        if self.source is not None:
            return {"source": self.source, "seed": self.seed}
        return {"rows": self.rows, "style": self.style, "seed": self.seed}


def as_file(table: Clean, folder: Path) -> Path:
    """The file of a table: its own where it is one, else a copy of its rows in the folder.

    Raises:
        SourceError: the address has not exactly one table, or it cannot be read.
    """
    address = table.address(folder)
    if Path(address).is_file():
        return Path(address)
    tables = find_tables(address)
    if len(tables) != 1:
        raise SourceError(f"{address}: holds {len(tables)} tables; name one")
    source, path = tables[0].open(Settings()), folder / "table.parquet"
    try:
        rows = source.stream(exp.select(exp.Star()).from_(source.relation()))
        with pq.ParquetWriter(path, rows.schema) as writer:
            for batch in rows:
                writer.write_batch(batch)
    finally:
        source.close()
    return path
