"""Builders of tables and contexts for tests."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from assay.config import Settings
from assay.domain.pack import load_packs
from assay.examination import examine
from assay.hypothesis.hypothesis import Context, Hypothesis
from assay.judge.verdict import Judgement, decide, metrics_of
from assay.pipeline import audit
from assay.report.record import Audit
from assay.scan.planner import measure
from assay.source.base import Column, ColumnType, Source
from assay.source.open import find_tables

Table = pa.Table | Mapping[str, Sequence[Any]]


def table_of(data: Table) -> pa.Table:
    """An Arrow table from a table or from columns."""
    return data if isinstance(data, pa.Table) else pa.table(dict(data))


def source_of(data: Table, settings: Settings = Settings()) -> Source:
    """The table as an open source, through a Parquet file of its own."""
    folder = tempfile.mkdtemp()
    path = Path(folder) / "table.parquet"
    pq.write_table(table_of(data), path)
    source = find_tables(str(path))[0].open(settings)
    weakref.finalize(source, shutil.rmtree, folder, ignore_errors=True)  # tests do not close their sources
    return source


def context_of(
    data: Table, siblings: Mapping[str, Sequence[str | Column]] | None = None, sample_rows: int = 60_000
) -> Context:
    """What proposers read of the table, by the real pipeline; siblings' columns may be given by name alone."""
    settings = Settings(sample_rows=sample_rows)
    others = {
        table: tuple(c if isinstance(c, Column) else Column(c, ColumnType.OTHER) for c in columns)
        for table, columns in (siblings or {}).items()
    }
    return examine(source_of(data, settings), settings, load_packs(), others)


def judge(data: Table, hypotheses: Sequence[Hypothesis]) -> list[Judgement]:
    """The hypotheses tested on the whole table."""
    source = source_of(data)
    measurements = measure(source, [m for h in hypotheses for m in metrics_of(h)])
    return [decide(h, measurements, source.rows) for h in hypotheses]


def audit_of(data: Table, **options: Any) -> Audit:
    """The whole audit of the table."""
    return audit(source_of(data), **options)


def rows_where(data: Table, hypothesis: Hypothesis) -> list[int]:
    """0-based positions of the rows that a hypothesis calls bad."""
    from assay.judge.finding import Verdict
    from assay.judge.findings import row_check
    from assay.scan.evidence import stream_rows

    judgement = Judgement(hypothesis, Verdict.ERROR, 0)
    reader = stream_rows(source_of(data), [row_check(judgement.hypothesis)], [])
    return [int(i) for batch in reader for i in batch.column("row_index").to_pylist()]
