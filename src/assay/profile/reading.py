"""Readings: text columns whose values are numbers or dates, and the SQL that reads them so.

Exports and connectors write everything as text. A column is read as what nearly all of its values are; cells that do
not read are left null by the expression, and are found by the tests on malformed and missing values.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlglot import exp

from assay.profile.arrays import Floats, Ints
from assay.source.base import ColumnType

READABLE = 0.55  # share of present values that must read; 40 % of the cells may be damaged
PLAIN = re.compile(r"\s*[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?\s*\Z")
ISO_DATE = re.compile(r"\s*\d{4}-\d{2}-\d{2}([ T].*)?\Z")


@dataclass(frozen=True)
class Reading:
    """How text is read.

    Attributes:
        type: what the values are.
        expression: SQL of the typed value; null where the text does not read.
        numbers: the parsed distinct values as floats (dates as days since 1970), NaN where they do not read.
    """

    type: ColumnType
    expression: exp.Expr
    numbers: Floats


def read_text(column: exp.Expr, values: Sequence[str], counts: Ints) -> Reading | None:
    """The reading of a text column from its distinct values and their counts; None if it is text indeed.

    Codes stay text: values with leading zeros (zip codes), and columns in which too few values read as anything.
    """
    if not values:
        return None
    present = int(np.sum(counts))
    numbers = np.array([_number(v) for v in values], dtype=np.float64)
    if _share(numbers, counts, present) >= READABLE and not _codes(values):
        whole = bool(np.all(np.mod(numbers[np.isfinite(numbers)], 1) == 0)) and not any("." in v for v in values[:1000])
        kind = ColumnType.INTEGER if whole else ColumnType.FLOAT
        return Reading(kind, exp.TryCast(this=_trim(column), to=exp.DataType.build("double")), numbers)
    days = np.array([_iso_day(v) for v in values], dtype=np.float64)
    if _share(days, counts, present) >= READABLE:
        head = exp.Substring(this=_trim(column), start=exp.Literal.number(1), length=exp.Literal.number(10))
        return Reading(ColumnType.DATE, exp.TryCast(this=head, to=exp.DataType.build("date")), days)
    return None


def _share(parsed: Floats, counts: Ints, present: int) -> float:
    return float(np.sum(counts[~np.isnan(parsed)])) / present


def _codes(values: Sequence[str]) -> bool:
    """Leading zeros or plus signs mean codes; so does an unchanging length of many digits that floats cannot hold."""
    return any(re.match(r"\s*(0\d|\+\d)", v) for v in values) or any(
        len(v.strip()) > 15 and v.strip().isdigit() for v in values
    )


def _number(text: str) -> float:
    return float(text) if PLAIN.match(text) else float("nan")


def _iso_day(text: str) -> float:
    if not ISO_DATE.match(text):
        return float("nan")
    try:
        return float(np.datetime64(text.strip()[:10], "D").astype(np.int64))
    except ValueError:
        return float("nan")


def _trim(column: exp.Expr) -> exp.Expr:
    return exp.Trim(this=column.copy())
