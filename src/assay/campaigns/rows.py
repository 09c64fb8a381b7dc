"""Small tables of the lab as lists: predictions and campaigns, from Parquet or CSV."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from assay.atomic import atomic_path
from assay.campaigns.knobs import CLASSES
from assay.errors import SourceError


def read_rows(path: Path, wanted: Sequence[str], optional: Sequence[str] = ()) -> dict[str, list[Any]]:
    """The wanted columns of a Parquet or CSV file; optional ones only where it has them. All CSV cells are text.

    Raises:
        SourceError: the file is not there, is of another kind, or lacks a column.
    """
    table = _table(path)
    missing = [name for name in wanted if name not in table.column_names]
    if missing:
        raise SourceError(f"{path}: no column {', '.join(missing)}; it has {', '.join(table.column_names)}")
    return {name: table[name].to_pylist() for name in (*wanted, *optional) if name in table.column_names}


def write_predictions(
    path: Path, names: Sequence[Any], probabilities: NDArray[np.floating], chosen: NDArray[np.integer]
) -> None:
    """Write ``campaign_id``, ``class`` and the probability of each class, as CSV or Parquet by the file's name."""
    table = pa.table(
        {
            "campaign_id": pa.array(names),
            "class": pa.array(CLASSES).take(pa.array(chosen.astype(np.int64))),
            **{f"p {name}": pa.array(probabilities[:, place].astype(np.float64)) for place, name in enumerate(CLASSES)},
        }
    )
    with atomic_path(path) as temporary:
        if path.suffix.lower() == ".csv":
            pc.write_csv(table, temporary)
        else:
            pq.write_table(table, temporary, compression="zstd")


def _table(path: Path) -> pa.Table:
    if not path.is_file():
        raise SourceError(f"{path}: no such file")
    try:
        return _text(path) if path.suffix.lower() in (".csv", ".tsv") else pq.read_table(path)
    except (pa.ArrowInvalid, csv.Error, UnicodeDecodeError, ValueError) as error:
        raise SourceError(f"{path}: is no Parquet or CSV table: {str(error).splitlines()[0]}") from None


def _text(path: Path) -> pa.Table:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ",", strict=True)
        header = next(rows, [])
        columns = list(zip(*rows, strict=True)) or [()] * len(header)
    return pa.table(dict(zip(header, (pa.array(c, pa.string()) for c in columns), strict=True)))
