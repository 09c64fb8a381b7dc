"""Labelled campaigns: the label of each row, and which rows are for validation. Models learn from these and no more."""

from __future__ import annotations

import zlib

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assay.campaigns.knobs import CLASSES
from assay.errors import ConfigurationError

VALIDATION_SHARE = 0.15


def validation_rows(table: pa.Table) -> NDArray[np.bool_]:
    """Which rows are for validation. The rule reads only ``campaign_id``, so that no order or filter changes it."""
    ids = table["campaign_id"].to_pylist()
    return np.array([zlib.crc32(str(i).encode()) % 100 < 100 * VALIDATION_SHARE for i in ids], dtype=bool)


def labels_of(table: pa.Table) -> NDArray[np.int8]:
    """The label of each row as an index into ``CLASSES``.

    Raises:
        ConfigurationError: the table has no labels, or others.
    """
    if "label" not in table.column_names:
        raise ConfigurationError("the table has no column 'label'")
    told = pa.compute.index_in(table["label"].cast(pa.string()), value_set=pa.array(CLASSES))
    if told.null_count:
        raise ConfigurationError(f"a label must be one of {', '.join(CLASSES)}; {told.null_count} rows have another")
    return np.asarray(told.to_numpy(), dtype=np.int8)
