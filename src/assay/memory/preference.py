"""Preferences and facts in people's own words, and what of them can be acted on.

The words are kept as said. A few forms are also understood: how reports should be, what should always be looked at,
from which severity a gate fails, who signs, when a sale is, how long amounts keep arriving. What is not understood
stays text; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from assay.memory.entry import EntryType

_DAY = r"(\d{4}-\d{2}-\d{2})"
_WORDS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
_NUMBER = {word: number for number, word in enumerate(_WORDS.split())}
_EVENT = r"\b(sales?|holiday|black friday|cyber|promo\w*|campaign start|event|prime day|double 11)\b"
_KINDS = (
    (r"\b(nulls?|missing|empty|blank)\b", "missing_values"),
    (r"\b(duplicat\w+|copies|copied)\b", "duplicate_rows"),
    (r"\boutliers?\b", "outliers"),
    (r"\bnegatives?\b", "negative_metric"),
    (r"\b(categor\w+|spelling|typos?)\b", "categorical_corruption"),
    (r"\b(gaps?|missing days)\b", "date_gap"),
    (r"\b(stale|late data|freshness)\b", "stale_data"),
    (r"\bclicks?\b.*\bimpressions?\b", "clicks_exceed_impressions"),
    (r"\bconversions?\b.*\bclicks?\b", "conversions_exceed_clicks"),
)


def understand(text: str) -> tuple[EntryType, dict[str, Any]]:
    """What a sentence is (a preference or business context), and what of it can be acted on."""
    words = " ".join(text.split())
    acted: dict[str, Any] = {}
    for read in (_event, _delay):
        acted |= read(words)
    if acted:
        return EntryType.CONTEXT, acted
    for read in (_format, _summary, _gate, _always, _signed):
        acted |= read(words)
    return EntryType.PREFERENCE, acted


def _event(text: str) -> dict[str, Any]:
    """A named time in which numbers are unusual: ``sale from 2026-11-27 to 2026-11-30``."""
    if not re.search(_EVENT, text, re.IGNORECASE):
        return {}
    days = re.findall(_DAY, text)
    try:
        numbers = [date.fromisoformat(d).isoformat() for d in days[:2]]
    except ValueError:
        return {}
    if not numbers:
        return {}
    name = re.split(rf"\s*[:,(]?\s*(?:from|on|between|is)?\s*{_DAY}", text, maxsplit=1)[0].strip(" .,:;") or "event"
    return {"event": {"name": name[:80], "from": min(numbers), "to": max(numbers)}}


def _delay(text: str) -> dict[str, Any]:
    """``conversions lag three days on TikTok``."""
    found = re.search(r"\b(lag|delay\w*|late|arriv\w+|restate\w*|attribut\w+)\b", text, re.IGNORECASE)
    span = re.search(r"\b(\d{1,3}|" + "|".join(_NUMBER) + r")\s+days?\b", text, re.IGNORECASE)
    if not found or not span:
        return {}
    days = int(span[1]) if span[1].isdigit() else _NUMBER[span[1].lower()]
    return {"delay": days}


def _format(text: str) -> dict[str, Any]:
    if not re.search(r"\b(report\w*|format|output)\b", text, re.IGNORECASE):
        return {}
    for pattern, name in ((r"\bmarkdown\b|\bmd\b", "md"), (r"\bjson\b", "json"), (r"\b(plain )?text\b", "text")):
        if re.search(pattern, text, re.IGNORECASE):
            return {"format": name}
    return {}


def _summary(text: str) -> dict[str, Any]:
    return {"summary_first": True} if re.search(r"\b(executive )?summary first\b", text, re.IGNORECASE) else {}


def _gate(text: str) -> dict[str, Any]:
    found = re.search(r"\bfail\w*\b.*\b(critical|high|medium|low|info)\b", text, re.IGNORECASE)
    return {"fail_on": found[1].lower()} if found else {}


def _always(text: str) -> dict[str, Any]:
    if not re.search(r"\balways\b.*\b(check|look|test|audit)\b", text, re.IGNORECASE):
        return {}
    kinds = [kind for pattern, kind in _KINDS if re.search(pattern, text, re.IGNORECASE)]
    return {"always": kinds} if kinds else {}


def _signed(text: str) -> dict[str, Any]:
    found = re.search(r"\bsign(?:ed|s|ature)?\b\s*(?:by|as|with|:|is)\s+(.+)", text, re.IGNORECASE)
    return {"signed": found[1].strip(" .")[:120]} if found else {}


def said(acted: Mapping[str, Any]) -> str:
    """What was understood, in words; "" if nothing was."""
    words: dict[str, Callable[[Any], str]] = {
        "event": lambda v: f"unusual numbers are expected from {v['from']} to {v['to']} ({v['name']})",
        "delay": lambda v: f"amounts may change for {v} days",
        "format": lambda v: f"reports are written as {v}",
        "summary_first": lambda _: "reports begin with the summary",
        "fail_on": lambda v: f"the gate fails from {v}",
        "always": lambda v: f"always tested: {', '.join(v)}",
        "signed": lambda v: f"reports are signed by {v}",
    }
    return "; ".join(words[k](v) for k, v in acted.items() if k in words)
