"""The bad rows of an audit as a Parquet file: one line for each finding and row, streamed, so that any number fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from assay.judge.finding import Severity
from assay.judge.findings import Ruling
from assay.scan.evidence import BITS, stream_rows
from assay.source.base import Source


def write_rows(source: Source, ruling: Ruling, key: Sequence[str], path: Path) -> int:
    """Write ``finding_id``, ``row_index``, the key columns and ``columns`` (the bad cells) of every bad row.

    Rows of notes (``low`` and ``info``) are left out: what does not fail a gate is not taken from a model either.

    Returns:
        The number of lines. ``row_index`` is null where the source has no stable positions.
    """
    import pyarrow.parquet as pq  # here, as an audit that writes no rows starts sooner without its file systems

    names = [k for k in key if k not in ("finding_id", "row_index", "columns")]
    noted = {f.id for f in ruling.findings if f.severity.rank >= Severity.LOW.rank}
    checks = {finding: check for finding, check in ruling.checks.items() if finding not in noted}
    if not checks:
        pq.write_table(_schema([], []).empty_table(), path)
        return 0
    lines = 0
    writer: pq.ParquetWriter | None = None
    try:
        reader = stream_rows(source, list(checks.values()), names)
        schema = _schema(names, [reader.schema.field(f"f{i}").type for i in range(len(names))])
        writer = pq.ParquetWriter(path, schema)
        for batch in reader:
            table = _lines(batch, checks, ruling.cells, schema, positions=source.positions)
            writer.write_table(table)
            lines += table.num_rows
    finally:
        if writer is not None:
            writer.close()
    return lines


def _schema(names: Sequence[str], types: Sequence[pa.DataType]) -> pa.Schema:
    fields = [pa.field("finding_id", pa.string()), pa.field("row_index", pa.int64())]
    fields += [pa.field(n, t) for n, t in zip(names, types, strict=True)]
    return pa.schema([*fields, pa.field("columns", pa.list_(pa.string()))])


def _lines(
    batch: pa.RecordBatch,
    checks: Mapping[str, object],
    cells: Mapping[str, tuple[str, ...]],
    schema: pa.Schema,
    *,
    positions: bool,
) -> pa.Table:
    parts = []
    masks = [np.asarray(batch.column(f"m{i}")) for i in range((len(checks) + BITS - 1) // BITS)]
    for index, finding in enumerate(checks):
        places = np.flatnonzero((masks[index // BITS] >> (index % BITS)) & 1)
        if not len(places):
            continue
        rows = batch.take(pa.array(places))
        index_column = rows.column("row_index").cast(pa.int64()) if positions else pa.nulls(len(places), pa.int64())
        keys = [rows.column(f"f{i}") for i in range(len(schema) - 3)]
        bad = pa.array([list(cells[finding])] * len(places), type=pa.list_(pa.string()))
        parts.append(
            pa.Table.from_arrays(
                [pa.array([finding] * len(places), pa.string()), index_column, *keys, bad], schema=schema
            )
        )
    return pa.concat_tables(parts) if parts else schema.empty_table()
