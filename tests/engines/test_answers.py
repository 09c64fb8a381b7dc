"""Several answers in one: each row has the columns of all queries, and is taken apart as it arrives."""

from __future__ import annotations

import pyarrow as pa
from sqlglot import exp

from assay.source.bigquery.answers import apart

QUERIES = [exp.select("a", "b").from_("t"), exp.select("n").from_("t")]
SCHEMA = pa.schema([("q", pa.int64()), ("q0_0", pa.string()), ("q0_1", pa.int64()), ("q1_0", pa.float64())])


def batch(rows: list[tuple[object, ...]]) -> pa.RecordBatch:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(SCHEMA)
    arrays = [pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def test_batches_with_rows_of_any_query_give_the_answer_to_each() -> None:
    first = batch([(0, "x", 1, None), (1, None, None, 2.5), (0, "y", None, None)])
    second = batch([(1, None, None, None)])
    one, other = apart(iter([batch([]), first, second]), QUERIES)
    assert one.to_pydict() == {"a": ["x", "y"], "b": [1, None]}
    assert other.to_pydict() == {"n": [2.5, None]}


def test_a_query_without_rows_has_its_columns_and_types() -> None:
    one, other = apart([batch([(0, "x", 1, None)])], QUERIES)
    assert one.num_rows == 1
    assert other.schema == pa.schema([("n", pa.float64())])
    assert other.num_rows == 0


def test_one_batch_of_all_answers_is_not_kept() -> None:
    many = batch([(0, "x", i, None) for i in range(1_000)] + [(1, None, None, 1.0) for _ in range(1_000)])
    one, other = apart([many], QUERIES)
    assert one.nbytes + other.nbytes < many.nbytes / 1.5
