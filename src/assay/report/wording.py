"""Words for the figures behind a finding, and numbers in running text, as an engineer reads them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from assay.report.text import count_text, listed, share_text, value_text, visible

WORDS = {
    "at_boundary_of": "lies at the bound set by",
    "broken_if_dealt_at_random": "would break if values were shuffled",
    "broken_if_unrelated": "rows that would break if unrelated",
    "broken_in_sample": "rows that break it, in the sample",
    "by_segment": "compared within",
    "cadence": "one reading every",
    "counted_in": "values counted in the",
    "damaged_values": "different bad values",
    "determinants": "agree on the right value",
    "dependents": "columns that it decides",
    "entities": "entities affected",
    "equal_pairs_in_sample": "pairs of equal rows in the sample",
    "expected_by_chance": "of these expected by chance",
    "expected_by_chance_in_sample": "of these expected by chance",
    "expected_from": "expected value computed from",
    "expected_without_boundary": "rows that would break it if there were no such order",
    "factor": "factor against the usual",
    "fields": "columns in the header",
    "files_in_all": "files affected",
    "forms": "written as",
    "frequent_values": "values that are common",
    "from": "first day",
    "groups": "groups compared",
    "half_unit_of_result": "rounding allowed",
    "holds_in_sample": "holds in",
    "implication": "rule",
    "key": "a row is identified by",
    "last_usual_day": "last plausible day",
    "legitimately_absent_by": "may be empty depending on",
    "lines_in_all": "lines affected",
    "magnitude": "at worst beyond by",
    "mechanism": "where it is missing",
    "median_factor": "typically off by a factor of",
    "missing": "missing in all",
    "near_misses": "of these misspellings of the right value",
    "order": "rule",
    "identity": "rule",
    "partner": "compared with",
    "rate": "rows that differ from their group",
    "rate_by_chance": "the same if the columns were unrelated",
    "rate_where_nothing_is_legitimate": "bad where no exception can apply",
    "reloaded_days": "days that were loaded twice",
    "rows_compared": "rows compared",
    "rows_counted_by_damage": "rows by what is wrong",
    "rows_in_sample": "rows looked at",
    "rows_that_can_tell": "rows on which the rule can be tested",
    "rows_that_could": "rows that could tell otherwise",
    "sampled_legitimate": "of these legitimate exceptions",
    "sampled_rows": "rows looked at",
    "sampled_violations": "of these bad",
    "scale": "times",
    "seen": "bad rows in the sample",
    "share_in_sample": "bad in the sample",
    "share_of_copies_on_them": "copies that lie on these days",
    "share_of_usual": "rows, of the usual number",
    "sides": "too",
    "since": "first day",
    "spellings": "ways of writing the unit",
    "suspect_in_sample": "suspicious rows in the sample",
    "to": "last day",
    "too_few": "rows with too few fields",
    "too_many": "rows with too many fields",
    "usual_rows": "rows on a usual day",
    "vanished_rows": "rows that are missing",
    "z": "standard errors from no change",
}
SHARES = ("broken_if_dealt_at_random", "holds_in_sample", "rate", "share_")  # what names of shares start with

# Not part of a name, a date, a decimal or a number that is grouped already.
_NUMBER = re.compile(r"(?<![\w.,:/#-])\d{4,}(?![\w/:-]|[.,]\d)")
_COUNTED = re.compile(r" (?:rows?|times|values?|days|cells|entities|lines|files|columns)\b")
_YEARS = range(1900, 2101)


def label(name: str) -> str:
    """What a figure of the evidence is called."""
    return WORDS.get(name) or name.replace("_", " ")


def figure_text(value: Any, name: str = "") -> str:
    """A figure of the evidence: counts grouped, shares (by ``name``) as percentages, long lists cut."""
    if name.startswith(SHARES):
        if isinstance(value, int | float) and not isinstance(value, bool):
            return share_text(float(value))
        if isinstance(value, Mapping):
            return visible(listed([f"{value_text(k, 30)}: {figure_text(v, name)}" for k, v in value.items()], 8), 200)
    if isinstance(value, float):
        rounded = float(f"{value:.4g}") if math.isfinite(value) else value
        return count_text(int(rounded)) if math.isfinite(value) and rounded.is_integer() else value_text(rounded)
    if isinstance(value, int) and not isinstance(value, bool):
        return count_text(value)
    if isinstance(value, Mapping):
        return visible(listed([f"{value_text(k, 30)}: {figure_text(v)}" for k, v in value.items()], 8), 200)
    if isinstance(value, list | tuple | set | frozenset):
        ordered = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return visible(listed([_example(v) if isinstance(v, Mapping) else value_text(v, 30) for v in ordered], 6), 200)
    return value_text(value, 200)


def grouped(text: str, names: Sequence[str] = ()) -> str:
    """Counts in running text with their thousands apart; years, and what belongs to a name, stay as they are.

    Args:
        names: columns that the text may name.
    """
    kept = [m.span() for n in names if n for m in re.finditer(re.escape(n), text)]

    def written(match: re.Match[str]) -> str:
        digits = match[0]
        year = len(digits) == 4 and int(digits) in _YEARS and not _COUNTED.match(text, match.end())
        named = any(start <= match.start() and match.end() <= end for start, end in kept)
        return digits if year or named or digits.startswith("0") else count_text(int(digits))

    return _NUMBER.sub(written, text)


def _example(record: Mapping[str, Any]) -> str:
    """A bad value with the right one, where that is known, or any other record of figures."""
    if "bad" not in record:
        return ", ".join(f"{k} {figure_text(v)}" for k, v in record.items())
    right = record.get("right")
    return value_text(record["bad"], 30) + (f" → {value_text(right, 30)}" if right is not None else "")
