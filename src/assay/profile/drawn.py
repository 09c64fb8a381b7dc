"""A sample as it was drawn: the rows that hypotheses are proposed from, in an order that only their content decides."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from assay.profile.draw import audited, sample_query
from assay.profile.fingerprint import row_prints
from assay.profile.sample import Sample, SampleColumn, contiguous
from assay.source.base import ColumnType, Source


def take_sample(source: Source, rows: int) -> Sample:
    """Draw about ``rows`` rows by a hash of their position, or all rows of a table that is not much larger."""
    query = sample_query(source, rows)
    if query is None:
        return Sample((), source.rows, _skipped(source))
    return read_sample(source, source.ask(query))


def read_sample(source: Source, answer: pa.Table) -> Sample:
    """The sample in an answer to :func:`sample_query`, or in a preview."""
    table = answer.combine_chunks()
    columns = tuple(SampleColumn(c, contiguous(table.column(i))) for i, c in enumerate(audited(source)))
    drawn = table.rename_columns([c.name for c in columns])
    return _in_order_of_content(Sample(columns, source.rows, _skipped(source), drawn))


def empty_sample(source: Source) -> Sample:
    """A sample without rows: what is known of a table before anything is asked."""
    columns = tuple(SampleColumn(c, pa.array([], _ARROW.get(c.type, pa.string()))) for c in audited(source))
    return Sample(columns, source.rows, _skipped(source))


def _skipped(source: Source) -> dict[str, str]:
    kept = audited(source)
    return {c.name: f"{c.native} values are not audited" for c in source.columns if c not in kept}


_ARROW = {
    ColumnType.INTEGER: pa.int64(),
    ColumnType.DECIMAL: pa.float64(),
    ColumnType.FLOAT: pa.float64(),
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.DATE: pa.date32(),
    ColumnType.TIMESTAMP: pa.timestamp("us"),
}


def _in_order_of_content(sample: Sample) -> Sample:
    """The rows in the order of their fingerprints.

    What is drawn from them by their places then differs neither between engines, whose order of rows is their own, nor
    with a table's sorting.
    """
    if sample.rows < 2:
        return sample
    order = np.argsort(row_prints(sample, sample.names), kind="stable")
    return Sample(tuple(c.taken(order) for c in sample.columns), sample.total, sample.skipped, sample.drawn)
