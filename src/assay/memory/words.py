"""Words to search by, taken from any text: nothing a user types is syntax."""

from __future__ import annotations

import re
import unicodedata

from assay.memory.encoding import clean

_WORD = re.compile(r"[^\W_]+")


def words_of(question: str) -> list[str]:
    """The words of a question in lower case, each once, in order; none if it is made of signs only."""
    return list(dict.fromkeys(_WORD.findall(fold(clean(question)))))


def parts_of(question: str) -> list[str]:
    """What stands between the spaces of a question, folded, signs and all: what :func:`holds` looks for."""
    return list(dict.fromkeys(fold(clean(question)).split()))


def holds(text: str, parts: list[str]) -> bool:
    """Whether a text holds all of the parts anywhere, also within words."""
    folded = fold(text)
    return bool(parts) and all(part in folded for part in parts)


def fold(text: str) -> str:
    """Text without case and accents, so that ``Café`` and ``CAFE`` are the same."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
