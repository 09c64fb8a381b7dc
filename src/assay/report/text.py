"""Text from data and names, made safe to show: one line, nothing invisible, never longer than asked."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

CELL = 60  # characters of a value in a table
CUT = "…"

_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_JOINERS = {"\u200c", "\u200d"}
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def visible(text: str, limit: int | None = None) -> str:
    """``text`` on one line with everything that would not be seen, or would move other text, written as an escape.

    Control characters (so also terminal escape sequences), line breaks, text direction overrides, zero-width
    characters and spaces that are no plain space come out as ``\\n``, ``\\x1b``, ``\\u202e``.

    Args:
        limit: characters to keep at most; what is cut is marked with an ellipsis.
    """
    head = text if limit is None else text[: limit + 1]
    if not (head.isascii() and head.isprintable()):
        head = "".join(_escape(c, head[i - 1] if i else "") for i, c in enumerate(head))
    return cut(head, limit)


def cut(text: str, limit: int | None) -> str:
    """The first ``limit`` characters, the last of them an ellipsis if there were more."""
    if limit is None or len(text) <= limit:
        return text
    return text[: max(limit - 1, 0)] + CUT


def _escape(character: str, before: str) -> str:
    category = unicodedata.category(character)
    if category not in _HIDDEN and (category != "Zs" or character == " "):
        return character
    if character in _JOINERS and before and unicodedata.category(before) in ("So", "Sk", "Mn", "Mc", "Lo"):
        return character  # joins emoji, and letters of Persian and Indic scripts
    code = ord(character)
    if character in _NAMED:
        return _NAMED[character]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def value_text(value: Any, limit: int = CELL) -> str:
    """A data value as text that tells ``null``, the empty text and padded text apart.

    Numbers are written with the digits that they have, dates in ISO 8601, bytes in hexadecimal.
    """
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            shown = visible(value, limit)
            plain = value and value == value.strip() and value != "null"
            return shown if plain else f'"{shown}"'
        case float():
            return _float_text(value)
        case int() | Decimal():
            return cut(str(value), limit)
        case datetime():
            return value.isoformat(sep=" ")
        case date() | time():
            return value.isoformat()
        case bytes() | bytearray() | memoryview():
            raw = bytes(value[: limit + 1])
            return cut(f"0x{raw.hex()}", limit)
        case Mapping() | list() | tuple():
            return visible(json.dumps(value, default=str, ensure_ascii=False), limit)
        case _:
            item = getattr(value, "item", None)
            return value_text(item(), limit) if callable(item) else visible(str(value), limit)


def _float_text(value: float) -> str:
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.12g}"


def count_text(number: int) -> str:
    """``12345`` as ``12,345``."""
    return f"{number:,}"


def share_text(rate: float) -> str:
    """A share of one as a percentage that is never rounded to nothing or to all: ``1.2%``, ``<0.01%``, ``99.9%``."""
    if not math.isfinite(rate) or rate <= 0:
        return "0%"
    percent = rate * 100
    if percent < 0.01:
        return "<0.01%"
    if percent >= 100:
        return "100%"
    digits = 2 if percent < 1 else 1
    shown = f"{percent:.{digits}f}".rstrip("0").rstrip(".")
    return f"{shown if shown != '100' else '>99.9'}%"


def seconds_text(seconds: float) -> str:
    """``0.42 s``, ``12 s``, ``3 min 5 s``."""
    if seconds < 10:
        return f"{seconds:.2g} s" if seconds >= 0.1 else f"{seconds:.2f} s"
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"


def bytes_text(size: int) -> str:
    """``1.5 MB``, in powers of 1000."""
    amount, units = float(size), ["B", "kB", "MB", "GB", "TB", "PB"]
    while amount >= 999.5 and len(units) > 1:
        amount /= 1000
        units.pop(0)
    return f"{amount:.0f} {units[0]}" if units[0] == "B" or amount >= 100 else f"{amount:.3g} {units[0]}"


def plural(number: int, noun: str) -> str:
    """``1 row``, ``2,000 rows``, ``2 hypotheses``."""
    if number == 1:
        return f"1 {noun}"
    return f"{count_text(number)} {noun[:-2] + 'es' if noun.endswith('sis') else noun + 's'}"


def left_out_text(columns: int) -> str:
    """That a sample shows fewer columns than it has."""
    return f"{plural(columns, 'more column')} of these rows: see --format json"


def listed(names: list[str] | tuple[str, ...], limit: int = 6) -> str:
    """Names in a row; of many the first ``limit`` and how many more."""
    shown = ", ".join(names[:limit])
    return f"{shown} and {len(names) - limit} more" if len(names) > limit else shown


def kind_text(kind: str) -> str:
    """``clicks_exceed_impressions`` as ``Clicks exceed impressions``."""
    words = kind.replace("_", " ")
    return words[:1].upper() + words[1:]
