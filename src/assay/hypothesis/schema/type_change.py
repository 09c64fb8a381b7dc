"""Columns whose type is not the one that the other tables, or the other files, of the same data set declare.

A number that became text still looks right to people and breaks every sum and join. Types that were only guessed from
the cells of a text file say less: a code may happen to be all digits in one file, and a single bad cell makes a column
text, which is a finding about that cell.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from assay.domain.header import normalise
from assay.hypothesis.hypothesis import Context, Fact, Hypothesis
from assay.hypothesis.schema.siblings import stem
from assay.profile.sample import SampleColumn
from assay.source.base import Column, ColumnType

SAME_KIND = 0.8  # of all columns of two tables that both must have
AGREED = 0.8  # of the tables that have a column
FEWEST_TABLES = 2
LISTED = 5

_WORDS = {
    **dict.fromkeys((ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.FLOAT), "a number"),
    **dict.fromkeys((ColumnType.DATE, ColumnType.TIMESTAMP), "a date"),
    ColumnType.TEXT: "text",
    ColumnType.BOOLEAN: "true or false",
}
"""Types that stand for each other; whole and decimal numbers, days and times of day change without harm."""

_WRITTEN = re.compile(r"[^\w]*\d[\d\s.,:/'-]*[^\w]*")
"""Numbers and dates as people write them: 1.234,56 or $ 12 or 31/12/2025."""


def type_changes(context: Context) -> list[Hypothesis]:
    """Raise columns that are of another type than in the siblings of the table, or in most of its files."""
    changed = _among_files(context)
    known = {h.columns[0] for h in changed}
    return changed + [h for h in _among_siblings(context) if h.columns[0] not in known]


def _among_siblings(context: Context) -> list[Hypothesis]:
    sample = context.profile.sample
    alike = _same_kind(context, [normalise(n) for n in (*sample.names, *sample.skipped)])
    found = []
    for column in sample.columns:
        there = {
            t: columns[normalise(column.name)] for t, columns in alike.items() if normalise(column.name) in columns
        }
        usual = _usual(list(there.values()))
        here = _WORDS.get(column.column.type)
        if usual is None or here is None or here == usual or _empty(column):
            continue
        twins = any(stem(t) == stem(context.profile.table) for t in there)
        if len(there) < FEWEST_TABLES and not twins:
            continue
        confidence = _confidence(column, list(there.values()))
        if confidence is None:
            continue
        others = f"the {len(there)} other tables of its kind" if len(there) > 1 else "the other table of its kind"
        found.append(
            _hypothesis(
                column.name,
                f"{column.name} is {here} here and {usual} in {others}",
                confidence if len(there) > 1 else min(confidence, 0.6),
                context.profile.rows,
                {"type": column.column.native, "usual_type": _native(there.values(), usual), "tables": len(there)},
            )
        )
    return found


def _confidence(column: SampleColumn, there: Sequence[Column]) -> float | None:
    """How sure a difference of types is a change of the data; None if it says nothing."""
    guessed = column.column.inferred or any(c.inferred for c in there)
    if column.column.type is not ColumnType.TEXT:
        return None if guessed else _certain(column.column, there)  # a code that is all digits by chance
    if column.type is not ColumnType.TEXT:
        return None if guessed else 0.85  # text only because of a few cells, which are reported as such
    if np.mean([bool(_WRITTEN.fullmatch(v)) for v in column.values[:200]]) > 0.5:
        return 0.8
    return 0.45 if guessed or any(c.type is ColumnType.FLOAT for c in there) else 0.85


def _certain(here: Column, there: Sequence[Column]) -> float:
    """Libraries write columns without any value as decimal numbers: beside text such a column says little."""
    empty = here.type is ColumnType.FLOAT or any(c.type is ColumnType.FLOAT for c in there)
    return 0.45 if empty and ColumnType.TEXT in {here.type, *(c.type for c in there)} else 0.85


def _empty(column: SampleColumn) -> bool:
    return bool((column.nulls | (np.isnan(column.numbers) & (column.type is ColumnType.FLOAT))).all())


def _among_files(context: Context) -> list[Hypothesis]:
    parts = context.profile.parts
    found = []
    for column in context.profile.sample.columns:
        there = {f: c for f, columns in parts.items() for c in columns if c.name == column.name}
        usual = _usual(list(there.values()), AGREED / 2)
        odd = [f for f, c in there.items() if _WORDS.get(c.type) not in (usual, None)]
        if usual is None or not odd:
            continue
        kinds = sorted({_WORDS[there[f].type] for f in odd})
        evidence = {
            "usual_type": _native(there.values(), usual),
            "types": sorted({there[f].native for f in odd}),
            "files": [f.replace("\\", "/").split("/")[-1] for f in odd[:LISTED]],
        }
        reason = f"{column.name} is {' or '.join(kinds)} in {len(odd)} of {len(there)} files and {usual} in the others"
        read = column.type.numeric and column.column.type is ColumnType.TEXT
        confidence = 0.85 if read else min(_certain(there[f], list(there.values())) for f in odd)
        found.append(_hypothesis(column.name, reason, confidence, context.profile.rows, evidence))
    return found


def _same_kind(context: Context, own: Sequence[str]) -> dict[str, dict[str, Column]]:
    """The siblings that have nearly the same columns, by their normalised names."""
    alike = {}
    for table, columns in context.profile.siblings.items():
        named = {normalise(c.name): c for c in columns}
        if len(named.keys() & set(own)) >= SAME_KIND * len(named.keys() | set(own)):
            alike[table] = named
    return alike


def _usual(columns: Sequence[Column], share: float = AGREED) -> str | None:
    """What most of some columns are."""
    words = Counter(_WORDS[c.type] for c in columns if c.type in _WORDS)
    if not words:
        return None
    word, count = max(words.items(), key=lambda item: (item[1], item[0]))
    return word if count >= share * words.total() else None


def _native(columns: Iterable[Column], usual: str) -> str:
    return Counter(c.native for c in columns if _WORDS.get(c.type) == usual).most_common(1)[0][0]


def _hypothesis(column: str, reason: str, confidence: float, rows: int, evidence: Mapping[str, object]) -> Hypothesis:
    return Hypothesis(
        "type_change",
        (column,),
        reason + ".",
        Fact(rows),
        origin="discovered",
        prior=confidence,
        strict=False,
        weight=0.7,
        confidence=confidence,
        action=f"Load {column} with one type everywhere, and find out which export or job changed it.",
        evidence=evidence,
    )
