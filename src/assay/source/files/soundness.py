"""Which lines of a delimited file are whole rows, told for millions of them at once.

A line is sound if quotes in it are opened and closed where fields start and end, and its delimiters outside of them are
as many as those of the header. Only the others need to be read by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assay.source.files.dialect import Dialect

NEWLINE = 10


@dataclass(frozen=True)
class Lines:
    """The lines of a block of bytes.

    Attributes:
        starts: where each line starts.
        ends: where its line feed is.
        odd: indexes of the lines that are not sound.
    """

    starts: np.ndarray
    ends: np.ndarray
    odd: np.ndarray


def lines_of(block: bytes, dialect: Dialect, width: int) -> Lines:
    """The lines of a block that ends with a line feed.

    Args:
        width: fields of a row.
    """
    found = np.frombuffer(block, dtype=np.uint8)
    ends = np.flatnonzero(found == NEWLINE)
    starts = np.concatenate([[0], ends[:-1] + 1]).astype(ends.dtype)[: len(ends)]
    delimiter = dialect.delimiter.encode()
    if len(delimiter) > 1:
        return Lines(starts, ends, np.arange(len(ends)))
    places = np.flatnonzero(found == delimiter[0])
    counts = _between(places, starts, ends)
    unsound = ends == starts
    if dialect.quote and dialect.quote.encode() in block:
        quotes = np.flatnonzero(found == ord(dialect.quote))
        unsound |= _badly_quoted(found, quotes, starts, ends, delimiter[0])
        inside = np.bitwise_xor.accumulate((found == ord(dialect.quote)).view(np.uint8))
        outer = _between(places[inside[places] == 0], starts, ends)
        # A quote that is left open turns inside and outside for the lines below it.
        turned = (starts > 0) & (inside[starts - 1] == 1)
        counts = np.where(turned, counts - outer, outer)
    return Lines(starts, ends, np.flatnonzero(unsound | (counts != width - 1)))


def _between(places: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """How many places lie in each line."""
    counted: np.ndarray = np.searchsorted(places, ends) - np.searchsorted(places, starts)
    return counted


def _badly_quoted(
    found: np.ndarray, quotes: np.ndarray, starts: np.ndarray, ends: np.ndarray, delimiter: int
) -> np.ndarray:
    """Lines with an odd number of quotes, or with one that neither starts nor ends a field nor doubles another."""
    line = np.searchsorted(ends, quotes)
    first = np.searchsorted(quotes, starts)
    closing = (np.arange(len(quotes)) - first[line]) % 2 == 1
    beside = np.where(closing, quotes + 1, quotes - 1)
    mark = np.where(beside < 0, NEWLINE, found[beside])
    wrong = (mark != delimiter) & (mark != NEWLINE) & (mark != found[quotes])
    bad: np.ndarray = _between(quotes, starts, ends) % 2 == 1
    bad[line[wrong]] = True
    return bad
