"""Formats of texts: which texts are numbers, dates or times, in which way they are written, and the shapes of codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.profile.arrays import Bools
from assay.source.files.numerals import APOSTROPHES, MINUS, SPACE, Numerals


@dataclass(frozen=True)
class Format:
    """A way to write a kind of value. ``pattern`` matches the whole text, in the syntax that RE2 and POSIX share."""

    kind: str
    name: str
    pattern: str


_MONTH = "(jan|feb|m[aä]r|apr|ma[yi]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-z]*[.]?"
_SPACES = SPACE.replace("\t", "")
_SIGN = f"[{MINUS}+(]?"
_DIGITS = f"[0-9][0-9.,'{_SPACES}]*"
_MONEY = "([a-z]{0,2}[$€£₹¥₽₺₩₪₴₦฿]|usd|eur|gbp|chf|inr|brl|jpy|cad|aud|pln|sek|nok|dkk|czk|mxn|kr|zł|kč|ft)"
_DAY = "[0-9]{1,2}"
_DAYS = "(0?[1-9]|[12][0-9]|3[01])"
_MONTHS = "(0?[1-9]|1[0-2])"
_CLOCK = "[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?( ?[ap][.]?m[.]?)?"
_ZONE = "([ t]" + _CLOCK + " ?(z|utc|[+-][0-9]{2}:?[0-9]{2})?)?"

FORMATS = (
    Format("number", "plain", "[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)(e[+-]?[0-9]+)?"),
    Format("number", "per cent", f"([<>] ?)?[{MINUS}+]?{_DIGITS}[{_SPACES}]?%"),
    Format(
        "number",
        "currency",
        f"{_SIGN}{_MONEY}[{_SPACES}]?{_SIGN}{_DIGITS}[)]?|{_SIGN}{_DIGITS}[{_SPACES}]?{_MONEY}[)]?",
    ),
    Format("number", "grouped", "[+-]?[0-9]{1,3}(,[0-9]{3})+([.][0-9]+)?"),
    Format("number", "decimal comma", "[+-]?[0-9]{1,3}([. ][0-9]{3})*,[0-9]+|[+-]?[0-9]+,[0-9]+"),
    Format("number", "in brackets", "[(][0-9][0-9.,]*[)]"),
    Format("date", "year-month-day", "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}" + _ZONE),
    Format("date", "year/month/day", "[0-9]{4}[/.][0-9]{1,2}[/.][0-9]{1,2}" + _ZONE),
    Format("date", "day/month/year", f"{_DAYS}/{_MONTHS}/[0-9]{{2,4}}" + _ZONE),
    Format("date", "month/day/year", f"{_MONTHS}/{_DAYS}/[0-9]{{2,4}}" + _ZONE),
    Format("date", "day.month.year", f"{_DAYS}[.]{_MONTHS}[.][0-9]{{2,4}}" + _ZONE),
    Format("date", "month.day.year", f"{_MONTHS}[.]{_DAYS}[.][0-9]{{2,4}}" + _ZONE),
    Format("date", "day-month-year", f"{_DAYS}-{_MONTHS}-[0-9]{{2,4}}" + _ZONE),
    Format("date", "month-day-year", f"{_MONTHS}-{_DAYS}-[0-9]{{2,4}}" + _ZONE),
    Format("date", "with a month's name", f"{_DAY}[ .-]+{_MONTH}[ ,-]+[0-9]{{2,4}}|{_MONTH} {_DAY},? [0-9]{{4}}"),
    Format("time", "clock", _CLOCK),
)


def number_formats(numerals: Numerals, *, brackets: bool = False) -> tuple[Format, ...]:
    """The ways to write numbers in a column whose decimal mark is known. Small numbers are plain and grouped alike.

    Args:
        brackets: whether negative numbers stand in brackets, so that these are no other format.
    """
    point, mark = ("[.]", ",") if numerals.decimal == "." else (",", ".")
    fraction = f"({point}[0-9]*)?"
    plain = f"[0-9]+{fraction}(e[+-]?[0-9]+)?|{point}[0-9]+"
    grouped = "|".join(f"[0-9]{{1,3}}([{m}][0-9]{{3}})*{fraction}" for m in (mark, _SPACES, APOSTROPHES))
    other = f"([0-9]{{1,3}}({point}[0-9]{{3}})+|[0-9]*)[{mark}][0-9]+"
    signed = [(name, f"[{MINUS}+]?({body})") for name, body in (("plain", plain), ("grouped", grouped))]
    if brackets:
        signed = [
            (name, f"{pattern}|[(]({body})[)]") for (name, pattern), body in zip(signed, (plain, grouped), strict=True)
        ]
    else:
        signed.append(("in brackets", "[(][0-9][0-9.,]*[)]"))
    another = "decimal comma" if numerals.decimal == "." else "decimal point"
    fixed = [f for f in FORMATS if f.name in ("per cent", "currency")]
    return (*(Format("number", n, p) for n, p in signed), *fixed, Format("number", another, f"[{MINUS}+]?{other}"))


def matched(values: Sequence[str], formats: Sequence[Format] = FORMATS) -> dict[str, Bools]:
    """For each format's pattern, which texts have it; white space around them and case do not matter."""
    texts = pc.utf8_lower(pc.utf8_trim_whitespace(pa.array(values, pa.string())))
    return {
        f.pattern: np.asarray(pc.match_substring_regex(texts, f"^({f.pattern})$").to_numpy(zero_copy_only=False))
        for f in formats
    }


def coarse_shapes(values: Sequence[str]) -> list[str]:
    """Texts with every run of letters written as ``A`` and every run of digits as ``9``: ``AB-0042`` is ``A-9``."""
    shapes = pc.replace_substring_regex(pa.array(values, pa.string()), r"\p{L}+", "A")
    return list(pc.replace_substring_regex(shapes, r"\p{Nd}+", "9").to_pylist())


def shape_pattern(shape: str) -> str:
    """The regular expression of a coarse shape."""
    parts = {"A": "[^0-9 -/:-@{-~\\[-`]+", "9": "[0-9]+", "^": "\\^", "\\": "\\\\", "[": "\\[", "]": "\\]"}
    return "".join(parts.get(c, c if c.isalnum() or c == " " else f"[{c}]") for c in shape)
