"""A deterministic sample of rows, as arrays: what hypotheses are proposed from. Small tables are pulled whole."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from assay.profile.arrays import Bools, Floats, Ints
from assay.profile.reading import Reading, read_text
from assay.source.base import Column, ColumnType
from assay.source.files.calendar_formats import compact_of

LOOKED_AT = 100  # values that tell whether all have to be looked at


@dataclass(frozen=True, eq=False)
class SampleColumn:
    """One column of the sample.

    Attributes:
        column: name and declared type.
        data: the values as the engine returned them.
    """

    column: Column
    data: pa.Array

    @property
    def name(self) -> str:
        return self.column.name

    @property
    def type(self) -> ColumnType:
        """The type its values have: the declared one, or what the text of the values reads as."""
        return self.reading.type if self.reading else self.column.type

    @property
    def value(self) -> exp.Expr:
        """SQL expression of the value in its :attr:`type`; use it in predicates instead of the bare column."""
        return self.reading.expression.copy() if self.reading else exp.column(self.name, quoted=True)

    @cached_property
    def reading(self) -> Reading | None:
        """How a text column's values are read as numbers or dates; None if they are text, or typed already.

        Whole numbers may be days as well: ``20250331``.
        """
        column: exp.Expr = exp.column(self.name, quoted=True)
        if self.column.type is ColumnType.TEXT:
            return read_text(column, self.values, self.counts)
        if self._eight_digits() and compact_of(self.values, self.counts.tolist()):
            return read_text(exp.cast(column, "text"), self.values, self.counts)
        return None

    def _eight_digits(self) -> bool:
        """Whether most values are whole numbers of eight digits, which a look at some of them tells."""
        if self.column.type is not ColumnType.INTEGER or not pa.types.is_integer(self.data.type):
            return False
        some = _floats(self.data[:: max(1, len(self.data) // LOOKED_AT)].drop_null())
        return bool(((some >= 19_000_000) & (some < 21_000_000)).sum() > 0.5 * len(some))

    def __len__(self) -> int:
        return len(self.data)

    @cached_property
    def nulls(self) -> Bools:
        """True where the value is null (NaN is not null here)."""
        return np.asarray(pc.is_null(self.data).to_numpy(zero_copy_only=False), dtype=np.bool_)

    @cached_property
    def numbers(self) -> Floats:
        """The values as floats: numbers as they are, dates and timestamps as days since 1970, booleans 0 and 1.

        NaN for nulls and for every other type.
        """
        data = self.data
        if self.reading is not None:
            return np.append(self.reading.numbers, np.nan)[self.codes]
        if self.type is ColumnType.DATE:
            data = pc.cast(pc.cast(data, pa.date32()), pa.int32())
        elif self.type is ColumnType.TIMESTAMP:
            micros = pc.cast(data, pa.timestamp("us"), safe=False)
            return _floats(pc.cast(micros, pa.int64())) / 86_400e6
        elif not (self.type.numeric or self.type is ColumnType.BOOLEAN):
            return np.full(len(data), np.nan)
        return _floats(data)

    @cached_property
    def _encoded(self) -> tuple[Ints, list[str], Ints]:
        texts = self.data if pa.types.is_string(self.data.type) else pc.cast(self.data, pa.string(), safe=False)
        encoded = pc.dictionary_encode(texts)
        codes = np.asarray(pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False), dtype=np.int64)
        values: list[str] = encoded.dictionary.to_pylist()
        counts = np.bincount(codes[codes >= 0], minlength=len(values)).astype(np.int64)
        order = np.lexsort((np.array(values, dtype=object).astype(str), -counts)) if values else np.empty(0, np.int64)
        rank = np.empty(len(values) + 1, dtype=np.int64)
        rank[order] = np.arange(len(values))
        rank[-1] = -1
        return rank[codes], [values[i] for i in order], counts[order]

    def taken(self, order: Ints) -> SampleColumn:
        """The column with its rows in another order."""
        column = SampleColumn(self.column, self.data.take(pa.array(order)))
        if "_encoded" in self.__dict__:
            codes, values, counts = self._encoded
            column.__dict__["_encoded"] = (codes[order], values, counts)
        return column

    @property
    def codes(self) -> Ints:
        """For each row the index of its value in :attr:`values`, -1 for null."""
        return self._encoded[0]

    @property
    def values(self) -> list[str]:
        """Distinct values as text, the most frequent first, ties in code-point order."""
        return self._encoded[1]

    @property
    def counts(self) -> Ints:
        """How often each of :attr:`values` occurs in the sample."""
        return self._encoded[2]


class Sample:
    """Rows of a table.

    Attributes:
        rows: rows in the sample.
        total: rows in the table.
        fraction: share of the table's rows that was drawn.
        skipped: columns that are not audited cell by cell, with the reason (nested and binary values).
        drawn: the rows as the engine returned them, in the order of their positions.
    """

    def __init__(
        self,
        columns: tuple[SampleColumn, ...],
        total: int,
        skipped: dict[str, str] | None = None,
        drawn: pa.Table | None = None,
    ) -> None:
        self.drawn = drawn
        self._columns = {c.name: c for c in columns}
        self.rows = len(columns[0]) if columns else 0
        self.total = total
        self.skipped = skipped or {}

    @property
    def fraction(self) -> float:
        return self.rows / self.total if self.total else 1.0

    @property
    def complete(self) -> bool:
        """Whether the sample is the whole table."""
        return self.rows == self.total

    @property
    def columns(self) -> tuple[SampleColumn, ...]:
        return tuple(self._columns.values())

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._columns)

    def __getitem__(self, name: str) -> SampleColumn:
        return self._columns[name]

    def __contains__(self, name: object) -> bool:
        return name in self._columns


def contiguous(chunked: pa.ChunkedArray) -> pa.Array:
    """The values of a chunked array as one array."""
    if chunked.num_chunks == 1:
        return chunked.chunk(0)
    return pa.concat_arrays(chunked.chunks) if chunked.num_chunks else pa.array([], type=chunked.type)


def _floats(data: pa.Array) -> Floats:
    if pa.types.is_decimal(data.type):
        data = pc.cast(data, pa.float64(), safe=False)
    numbers = pc.cast(data, pa.float64(), safe=False)
    return np.asarray(pc.fill_null(numbers, np.nan).to_numpy(zero_copy_only=False), dtype=np.float64)


def from_arrow(table: pa.Table, types: dict[str, ColumnType] | None = None, total: int | None = None) -> Sample:
    """A sample from an Arrow table, for tests and for data that is already in memory."""
    columns = []
    for name in table.column_names:
        data = contiguous(table.column(name))
        kind = (types or {}).get(name) or _arrow_type(data.type)
        columns.append(SampleColumn(Column(name, kind, str(data.type)), data))
    return Sample(tuple(columns), table.num_rows if total is None else total)


def _arrow_type(kind: pa.DataType) -> ColumnType:
    checks = (
        (pa.types.is_boolean, ColumnType.BOOLEAN),
        (pa.types.is_integer, ColumnType.INTEGER),
        (pa.types.is_decimal, ColumnType.DECIMAL),
        (pa.types.is_floating, ColumnType.FLOAT),
        (pa.types.is_date, ColumnType.DATE),
        (pa.types.is_timestamp, ColumnType.TIMESTAMP),
        (pa.types.is_string, ColumnType.TEXT),
        (pa.types.is_large_string, ColumnType.TEXT),
        (pa.types.is_nested, ColumnType.NESTED),
    )
    return next((result for check, result in checks if check(kind)), ColumnType.OTHER)
