"""Reading headers: one spelling for all the ways in which a column name is written."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_CAMEL = re.compile(r"(?<=[a-zß-ÿа-яё0-9])(?=[A-ZÀ-ÞА-ЯЁ])|(?<=[A-ZÀ-ÞА-ЯЁ])(?=[A-ZÀ-ÞА-ЯЁ][a-zß-ÿа-яё])")
_BRACKETS = re.compile(r"[(\[{（［【]([^)\]}）］】]*)[)\]}）］】]")
_SYMBOLS = {"%": " percent ", "％": " percent ", "#": " number ", "№": " number "}
_DOTLESS = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe"})
_SEPARATORS = re.compile(r"[\W_]+")
# A unit or a mark that a connector has torn from its number: video_views_p_75, video_watched_2_s, purchases_30_d.
_TORN = re.compile(r"(?<![^_])(?:([pq])_(\d+)|(\d+)_([sdhwm]))(?![^_])")


@dataclass(frozen=True)
class Header:
    """A normalised column name.

    Attributes:
        key: lower case, without accents, words joined by ``_``, with the words that stood in brackets.
        bare: the same without what stood in brackets.
        unit: what stood in brackets, normalised.
    """

    key: str
    bare: str
    unit: str


@lru_cache(maxsize=8192)
def normalise(name: str) -> str:
    """One spelling for case, camelCase, separators, accents and symbols: ``adGroup Id`` is ``ad_group_id``."""
    for symbol, word in _SYMBOLS.items():
        if symbol in name:
            name = name.replace(symbol, word)
    folded = _CAMEL.sub("_", name).casefold()
    if not folded.isascii():
        decomposed = unicodedata.normalize("NFKD", folded)
        folded = "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_DOTLESS)
    key = _SEPARATORS.sub("_", folded).strip("_")
    return _TORN.sub(lambda m: "".join(g for g in m.groups() if g), key) if any(c.isdigit() for c in key) else key


def read_header(name: str) -> Header:
    """Split a header into its words and the unit that stands in brackets: ``Amount spent (CAD)``."""
    name = name.lstrip("\ufeff").strip()
    key = normalise(name)
    bare = normalise(_BRACKETS.sub(" ", name)) or key
    unit = normalise(" ".join(_BRACKETS.findall(name)))
    return Header(key, bare, unit)
