"""What separates the fields of a text file: the delimiter and the quote, told by how evenly they divide its lines."""

from __future__ import annotations

import csv
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

DELIMITERS = (",", ";", "\t", "|", "\x1f", "\x01", "~", "^")
_SEP = re.compile(r'^"?sep=(.)"?\s*$', re.IGNORECASE)
QUOTE = '"'
BACKSLASH = "\\"
LONGEST_FIELD = 200  # lines that a quoted field may span


@dataclass(frozen=True)
class Dialect:
    """How fields are separated.

    Attributes:
        quote: "" where quotes are ordinary characters.
        escape: what makes a letter of a quote inside a field, besides doubling it; "" where nothing does.
        spaced: whether spaces may stand between a delimiter and a quote.
    """

    delimiter: str = ","
    quote: str = QUOTE
    escape: str = ""
    spaced: bool = False

    @property
    def usual(self) -> bool:
        """Whether the engine's reader knows it."""
        return not self.escape and not self.spaced


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
    return _refined(best, lines)


def _refined(dialect: Dialect, lines: Sequence[str]) -> Dialect:
    """The dialect with spaces before quotes, or escaped quotes, where more lines then have the same fields."""
    mark, quote = dialect.delimiter, dialect.quote
    spaced = any(f"{mark} {quote}" in line for line in lines)
    escape = BACKSLASH if any(BACKSLASH + quote in line for line in lines) else ""
    if not quote or not (spaced or escape):
        return dialect
    other = replace(dialect, spaced=spaced, escape=escape)
    return other if _evenness(other, lines) > _evenness(dialect, lines) else dialect


def _evenness(dialect: Dialect, lines: Sequence[str]) -> float:
    """Share of the records that have as many fields as most."""
    records = records_of(lines, dialect)
    widths = Counter(len(r.fields) for r in records if not r.torn)
    return max(widths.values(), default=0) / max(len(records), 1)


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
        escape, spaced = self._dialect.escape, self._dialect.spaced
        at, size = 0, len(line)
        while at < size:
            if spaced and not opened:
                while line.startswith(" ", at):
                    at += 1
            if opened:
                closing = line.find(quote, at)
                while escape and closing > 0 and _escaped(line, closing, escape):
                    closing = line.find(quote, closing + 1)
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
        own = self._dialect
        options: dict[str, Any] = {"delimiter": own.delimiter, "quotechar": own.quote, "skipinitialspace": own.spaced}
        fields = next(csv.reader(lines, **options, escapechar=own.escape or None), None)
        return text.split(own.delimiter) if fields is None else fields


def _escaped(line: str, place: int, escape: str) -> bool:
    """Whether an odd number of escapes stands before a place."""
    before = line[:place]
    return (len(before) - len(before.rstrip(escape))) % 2 == 1
