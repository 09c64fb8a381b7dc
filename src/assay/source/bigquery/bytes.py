"""How many bytes columns of a BigQuery table hold, by their types, where the service does not tell.

Sizes of types: https://cloud.google.com/bigquery/pricing#data (nulls are free, which this upper bound does not use).
"""

from __future__ import annotations

from collections.abc import Sequence

from assay.source.bigquery.columns import Leaf

_FIXED = {
    "INT64": 8,
    "FLOAT64": 8,
    "NUMERIC": 16,
    "BIGNUMERIC": 32,
    "BOOL": 1,
    "DATE": 8,
    "DATETIME": 8,
    "TIME": 8,
    "TIMESTAMP": 8,
    "INTERVAL": 16,
}
_GUESS = 20  # bytes of a text, where the table's size is not known


def column_bytes(leaves: Sequence[Leaf], rows: int, total: int | None) -> dict[str, int]:
    """Bytes of each column by name: of fixed types exactly, of texts an equal share of what is left of ``total``."""
    fixed = {leaf.column.name: _FIXED[leaf.column.native] * rows for leaf in leaves if leaf.column.native in _FIXED}
    texts = [leaf for leaf in leaves if leaf.column.name not in fixed]
    if not texts:
        return fixed
    left = total - sum(fixed.values()) if total else _GUESS * rows * len(texts)
    least = 2 * rows  # an empty text has two bytes
    # What is nested takes what it takes; it is not read, and its share must not be counted as another column's.
    share = max(least, left // len(texts))
    return fixed | {leaf.column.name: share for leaf in texts}
