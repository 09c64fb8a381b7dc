"""What separates the fields of a text file: the delimiter and the quote, told by how evenly they divide its lines."""

from __future__ import annotations

import csv
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

DELIMITERS = (",", ";", "\t", "|", "\x1f", "\x01", "~", "^")
_SEP = re.compile(r'^"?sep=(.)"?\s*$', re.IGNORECASE)
QUOTE = '"'
LONGEST_FIELD = 200  # lines that a quoted field may span


@dataclass(frozen=True)
class Dialect:
    """How fields are separated. ``quote`` is "" where quotes are ordinary characters."""

    delimiter: str = ","
    quote: str = QUOTE


class Record(NamedTuple):
    """One row of a file: the number of its first line, from 1, and its fields.

    ``torn`` says that a quote was opened and never closed, so that it was read as an ordinary character.
    """

    line: int
    fields: list[str]
    torn: bool = False


def declared_delimiter(first_line: str) -> str | None:
    """The delimiter that a first line ``sep=;`` declares, as Excel reads and writes it."""
    found = _SEP.match(first_line)
    return found[1] if found else None


def detect_dialect(lines: Sequence[str]) -> Dialect:
    """The dialect of a file from its first lines, of which the last is whole."""
    if lines and (declared := declared_delimiter(lines[0])):
        return Dialect(declared)
    quote = QUOTE
    if not any(QUOTE in line for line in lines) and _quoted_by(lines, "'"):
        quote = "'"
    best, best_score = Dialect(DELIMITERS[0], quote), 0.0
    for place, delimiter in enumerate(DELIMITERS):
        dialect = Dialect(delimiter, quote)
        records = [r for r in records_of(lines, dialect) if any(f.strip() for f in r.fields)]
        widths = Counter(len(r.fields) for r in records)
        wide = [(n, width) for width, n in widths.items() if width > 1]
        if not wide:
            continue
        n, width = max(wide)
        # Text has commas as well: what separates fields does so in every line, and between more of them.
        score = n / len(records) * (1 + 0.02 * min(width, 20)) - 0.001 * place
        score -= 0.2 * _decimal_commas(records, delimiter, width)
        if score > best_score:
            best, best_score = dialect, score
    return best


def _quoted_by(lines: Sequence[str], quote: str) -> bool:
    edges = [line for line in lines if line.startswith(quote) and line.rstrip().endswith(quote)]
    return len(edges) > 0.8 * len(lines) > 0


def _decimal_commas(records: Sequence[Record], delimiter: str, width: int) -> float:
    """Share of fields that start inside a number, as those between decimal commas do: ``1;2,50;x`` cut at ``,``."""
    if delimiter != ",":
        return 0.0
    fields = [f for r in records[:50] for f in r.fields if len(r.fields) == width]
    inside = [f for f in fields if re.match(r"\d+;", f) or re.search(r";\d+$", f)]
    return len(inside) / len(fields) if fields else 0.0


def records_of(lines: Iterable[str], dialect: Dialect) -> list[Record]:
    """Lines (without their ends) as records; a quoted field may span lines."""
    return list(Reader(dialect).read(lines))


class Reader:
    """Splits lines into records, and goes on behind a quote that is never closed."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def read(self, lines: Iterable[str]) -> Iterator[Record]:
        """The records of ``lines`` (without their ends), empty lines left out."""
        delimiter, quote = self._dialect.delimiter, self._dialect.quote
        rest, held = iter(lines), deque[str]()
        number = 0
        while True:
            line = held.popleft() if held else next(rest, None)
            if line is None:
                return
            number += 1
            if not line:
                continue
            if not quote or quote not in line:
                yield Record(number, line.split(delimiter))
                continue
            parts, opened = [line], self._open_after(line, False)
            while opened and len(parts) < LONGEST_FIELD:
                more = held.popleft() if held else next(rest, None)
                if more is None:
                    break
                parts.append(more)
                opened = self._open_after(more, True)
            if opened:
                held.extendleft(reversed(parts[1:]))
                yield Record(number, line.split(delimiter), True)
            else:
                yield Record(number, self._fields("\n".join(parts)))
                number += len(parts) - 1

    def _open_after(self, line: str, opened: bool) -> bool:
        """Whether a quoted field is still open at a line's end. Inside a plain field a quote is a letter."""
        delimiter, quote = self._dialect.delimiter, self._dialect.quote
        at, size = 0, len(line)
        while at < size:
            if opened:
                closing = line.find(quote, at)
                if closing < 0:
                    return True
                if line.startswith(quote, closing + 1):
                    at = closing + 2
                    continue
                opened, at = False, closing + 1
            elif line.startswith(quote, at):
                opened, at = True, at + 1
                continue
            following = line.find(delimiter, at)
            if following < 0:
                return False
            at = following + len(delimiter)
        return opened

    def _fields(self, text: str) -> list[str]:
        lines = text.splitlines(keepends=True)
        fields = next(csv.reader(lines, delimiter=self._dialect.delimiter, quotechar=self._dialect.quote), None)
        return text.split(self._dialect.delimiter) if fields is None else fields
