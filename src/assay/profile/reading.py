"""Readings: text columns whose values are numbers or dates, and the SQL that reads them so.

Exports and connectors write everything as text. A column is read as what nearly all of its values are; cells that do
not read are left null by the expression, and are found by the tests on malformed and missing values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlglot import exp

from assay.profile.arrays import Floats, Ints
from assay.source.base import ColumnType
from assay.source.files.calendar_formats import CalendarFormat
from assay.source.files.mixed_calendars import MixedCalendar
from assay.source.files.numerals import Numerals
from assay.source.files.written import writing_of

LONGEST_NUMBER = 15  # digits that floats hold; longer ones are ids


@dataclass(frozen=True)
class Reading:
    """How text is read.

    Attributes:
        type: what the values are.
        expression: SQL of the typed value; null where the text does not read.
        numbers: the parsed distinct values as floats (dates as days since 1970), NaN where they do not read.
        form: how they are written; None for numbers as programs write them.
    """

    type: ColumnType
    expression: exp.Expr
    numbers: Floats
    form: Numerals | CalendarFormat | MixedCalendar | None = None


def read_text(column: exp.Expr, values: Sequence[str], counts: Ints) -> Reading | None:
    """The reading of a text column from its distinct values and their counts; None if it is text indeed.

    Codes stay text: values with leading zeros (zip codes), numbers with more digits than floats hold, and columns in
    which too few values read as anything.
    """
    writing = writing_of(values, counts.tolist())
    if writing is None:
        return None
    if writing.type.numeric and any(len(v.strip()) > LONGEST_NUMBER and v.strip().isdigit() for v in values):
        return None
    return Reading(writing.type, writing.expression(column), np.array(writing.numbers, dtype=np.float64), writing.form)
