"""A series of days as one line of characters, the last day in brackets."""

from __future__ import annotations

import math
from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"
ASCII = "12345678"  # heights, where a console has no blocks
GAP, ASCII_GAP = "·", "."


def sparkline(values: Sequence[float | None], ascii_only: bool = False) -> str:
    """The series from its least to its greatest value in eight heights, such as ``▅▅·▆▅[█]``.

    A day without a value (None, or no finite number) is a dot. Where all are the same, they are of middle height.

    Args:
        values: one a day, the last one last.
        ascii_only: digits in place of blocks: 1 is the least, 8 the greatest.
    """
    marks, gap = (ASCII, ASCII_GAP) if ascii_only else (BLOCKS, GAP)
    known = finite(values)
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    drawn = [gap if v is None or not math.isfinite(v) else marks[_height(v, low, high)] for v in values]
    return "".join([*drawn[:-1], f"[{drawn[-1]}]"]) if drawn else ""


def finite(values: Sequence[float | None]) -> list[float]:
    """The values that are there."""
    return [v for v in values if v is not None and math.isfinite(v)]


def _height(value: float, low: float, high: float) -> int:
    """0 to 7; halves first, as the difference of two great numbers may be none."""
    span = high / 2 - low / 2
    return len(BLOCKS) // 2 if span <= 0 else min(round((value / 2 - low / 2) / span * 7), 7)
