"""Which encoding a text file has: byte order marks, zero bytes, validity, and what its letters look like.

UTF-8 is told by validity, since text of other encodings is almost never valid UTF-8 by chance. Between single-byte
encodings validity says little, so each candidate's text is scored: letters stand beside letters of their own script,
and symbols or capitals do not stand inside words.
"""

from __future__ import annotations

import codecs
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

SINGLE = (
    "cp1252",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "cp1257",
    "koi8_r",
    "cp866",
    "mac_roman",
    "cp1255",
    "cp1256",
)
DOUBLE = ("shift_jis", "gb18030", "euc_kr", "big5")
PRIOR = {"cp1252": 0.02, "cp1257": -0.03, "cp866": -0.05, "mac_roman": -0.1}
SCORED = 20_000  # characters beyond ASCII that are looked at
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_TURKISH, _BESIDE = frozenset("ğışĞİŞ"), frozenset("çöüâîûÇÖÜÂÎÛ")
_SYLLABLES = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL")
_IN_WORDS = frozenset("ªº'’-·")


@dataclass(frozen=True)
class Encoding:
    """An encoding's name as Python knows it, and the length of the byte order mark in front."""

    name: str
    mark: int = 0


UTF8 = Encoding("utf-8")


def detect_encoding(data: bytes, *, whole: bool = True) -> Encoding:
    """The encoding of a file from its bytes.

    Args:
        data: the bytes, or the first of them.
        whole: whether they are all; else the last character may be cut.
    """
    found = told_by_bytes(data)
    if found is not None:
        return found
    if is_utf8(data, whole=whole) or _mostly_utf8(data):
        return UTF8
    return Encoding(_by_letters(data))


def told_by_bytes(data: bytes) -> Encoding | None:
    """The encoding of a file whose first bytes leave no doubt: a byte order mark, or two or four bytes a letter."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return Encoding(name, len(mark))
    wide = _wide(data)
    return Encoding(wide) if wide else None


def is_utf8(data: bytes, *, whole: bool = True) -> bool:
    """Whether bytes are valid UTF-8."""
    try:
        codecs.utf_8_decode(data, "strict", whole)
    except UnicodeDecodeError:
        return False
    return True


def _wide(data: bytes) -> str | None:
    """UTF-16 and UTF-32 without a mark: text in them has a zero in nearly every other byte, or three of four."""
    head = data[:4_000]
    if len(head) < 8 or not head.count(0):
        return None
    zeros = [head[place::4].count(0) / max(len(head[place::4]), 1) for place in range(4)]
    high = [z > 0.4 for z in zeros]
    forms = {
        (False, True, True, True): "utf-32-le",
        (True, True, True, False): "utf-32-be",
        (False, True, False, True): "utf-16-le",
        (True, False, True, False): "utf-16-be",
    }
    return forms.get((high[0], high[1], high[2], high[3]))


def _mostly_utf8(data: bytes) -> bool:
    """Whether most characters beyond ASCII are valid UTF-8, so that the others are damage and no other encoding."""
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    valid = sum(c > "\x7f" for c in text) - broken
    return valid >= max(broken, 1)  # other encodings hardly ever have two such bytes in a row by chance


def _by_letters(data: bytes) -> str:
    sample = b"\n".join(line for line in data.splitlines() if not line.isascii())[: 4 * SCORED]
    turkish = {c for c in sample.decode("cp1254", "replace") if c > "\x7f"}
    if len(turkish) > 1 and turkish & _TURKISH and turkish <= _TURKISH | _BESIDE:
        return "cp1254"  # six letters are all that tells it from Western European, where these would be Icelandic
    best, best_score = "cp1252", float("-inf")
    for name in (*SINGLE, *DOUBLE):
        try:
            text = sample.decode(name, "replace" if name == "cp1252" else "strict")
        except UnicodeDecodeError as error:
            if name not in DOUBLE or error.start < len(sample) - 4:
                continue
            text = sample[: error.start].decode(name)
        score = _score(text) + PRIOR.get(name, 0.0)
        if score > best_score:
            best, best_score = name, score
    return best


def _score(text: str) -> float:
    """How much like words the letters beyond ASCII look, on average; 1 at best."""
    total, points = 0, 0.0
    for (before, here), (_, after) in zip(pairwise(" " + text), pairwise(text + " "), strict=True):
        if here <= "\x7f":
            continue
        total += 1
        points += _point(before, here, after)
        if total >= SCORED:
            break
    return points / total if total else 0.0


@lru_cache(100_000)
def _point(before: str, here: str, after: str) -> float:
    category = unicodedata.category(here)
    if category[0] == "C" or here == "\ufffd":
        return -3.0
    inside = before.isalpha() and after.isalpha()
    if category[0] != "L":
        return -1.0 if inside and here not in _IN_WORDS else 0.4
    script = _script(here)
    neighbours = [c for c in (before, after) if c.isalpha()]
    if script == "HALFWIDTH":
        return -0.5
    if script in _SYLLABLES:
        strange = any(_script(c) == "LATIN" or (script == "HANGUL") != (_script(c) == "HANGUL") for c in neighbours)
        return -0.5 if strange else 0.95 if script == "HANGUL" else 0.9
    if any(_script(c) != script for c in neighbours):
        return -1.0
    point = 0.6 if neighbours else 0.1
    if here.isupper() and before.islower():
        return -1.0
    if script == "LATIN":
        # Accents come alone: three letters in a row that all have one are another alphabet misread.
        return (
            point + (0.4 if neighbours and here.lower() in _COMMON else 0.0) - 0.5 * sum(c > "\x7f" for c in neighbours)
        )
    return point + (0.4 if len(neighbours) == 2 else 0.2)


_COMMON = frozenset("äöüßéèêàâçñãõåøæíóúáôîïëùûąćęłńóśźżčďěňřšťůýžőűășțţşğı")


def _script(letter: str) -> str:
    return unicodedata.name(letter, "?").split(" ")[0].split("-")[0]
