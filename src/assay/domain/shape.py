"""The shape of a column's values: what they tell without a name, also where up to two fifths of them are corrupted."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assay.profile.sample import SampleColumn

_NUMBER = re.compile(r"^\s*[-+$€£]?\s*\d[\d.,' ]*\s*%?\s*$")
_DATE = re.compile(r"^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2}))([ T].*)?$")
_CODE = re.compile(r"^(?=.*\d)[^\s]{3,}$")
_LINK = re.compile(r"^(https?://|www\.)|^[^\s@]+@[^\s@]+\.[a-zA-Z]+$")
_HASH = re.compile(r"^[0-9a-fA-F]{16,}$|^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$")
PROBED = 2_000


@dataclass(frozen=True)
class NumberShape:
    """Finite numbers of a column.

    Attributes:
        n: how many there are.
        distinct: distinct values.
        whole: share of integers among the values that are not zero.
        negative: share below zero.
        unit: share strictly between 0 and 1 among the values that are not zero.
        low, mid, high: 2nd, 50th and 98th percentile.
        cents: share with exactly one or two decimals among those that are not whole.
        top: the most frequent values, and their counts.
    """

    n: int
    distinct: int
    whole: float
    negative: float
    unit: float
    low: float
    mid: float
    high: float
    cents: float
    values: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64]


@dataclass(frozen=True)
class TextShape:
    """Texts of a column.

    Attributes:
        n: cells with a text.
        distinct: distinct texts.
        heavy: number of texts that repeat too often to be free.
        heavy_mass: share of the cells that they cover.
        singles: share of the cells whose text occurs once.
        spaced, numeric, dated, coded, linked, hashed: share of the cells that look so.
        words: mean number of words.
    """

    n: int
    distinct: int
    heavy: int
    heavy_mass: float
    singles: float
    spaced: float
    numeric: float
    dated: float
    coded: float
    linked: float
    hashed: float
    words: float


def number_shape(column: SampleColumn) -> NumberShape | None:
    """The shape of the finite numbers, None where there are none."""
    numbers = column.numbers
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return None
    values, counts = np.unique(numbers, return_counts=True)
    low, mid, high = np.quantile(numbers, [0.02, 0.5, 0.98])
    broken = numbers[numbers != np.floor(numbers)]
    scaled = np.abs(broken * 100)
    in_cents = np.abs(scaled - np.round(scaled)) < 1e-6 * np.maximum(scaled, 1)
    cents = float(np.mean(in_cents)) if len(broken) else 0.0
    return NumberShape(
        len(numbers),
        len(values),
        1 - len(broken) / max(int(np.count_nonzero(numbers)), 1),
        float(np.mean(numbers < 0)),
        float(np.count_nonzero((numbers > 0) & (numbers < 1))) / max(int(np.count_nonzero(numbers)), 1),
        float(low),
        float(mid),
        float(high),
        cents,
        values,
        counts.astype(np.int64),
    )


def text_shape(column: SampleColumn) -> TextShape | None:
    """The shape of the texts, None where there are none; patterns are probed on the most and the least frequent."""
    counts = column.counts
    n = int(counts.sum())
    if not n:
        return None
    distinct = len(counts)
    # In n draws a text of a flat distribution over many repeats a few times by chance; a category repeats far more.
    floor = max(3.0, 0.0005 * n)
    heavy = int(np.searchsorted(-counts, -floor, side="right"))
    spread = np.linspace(0, distinct - 1, PROBED).astype(int)
    probed = np.unique(np.concatenate([np.arange(min(PROBED, distinct)), spread]))
    values = [column.values[i] for i in probed]
    weights = np.asarray(counts[probed], dtype=np.float64)
    weights /= weights.sum()

    def share(pattern: re.Pattern[str]) -> float:
        return float(weights @ np.array([bool(pattern.match(v)) for v in values], dtype=np.float64))

    spaces = np.array([v.strip().count(" ") for v in values], dtype=np.float64)
    return TextShape(
        n,
        distinct,
        heavy,
        float(counts[:heavy].sum() / n),
        float((counts == 1).sum() / n),
        float(weights @ (spaces > 0)),
        share(_NUMBER),
        share(_DATE),
        share(_CODE),
        share(_LINK),
        share(_HASH),
        float(weights @ spaces) + 1,
    )
