"""Values replaced by their shape, so that a report can be shown to people who may not see the data."""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Mapping
from typing import Any

from assay.judge.finding import Finding
from assay.report.text import cut, value_text

LENGTH = 24  # a longer shape would tell values apart by their length
KEPT = ("row_index",)


def mask(value: Any, length: int = LENGTH) -> str | bool | None:
    """The shape of a value: letters become ``x`` (capitals ``X``), digits ``9``, all else stays as it is.

    Null and truth values stay what they are: they are what is wrong with a row more often than they identify one.
    """
    if value is None or isinstance(value, bool):
        return value
    text = value if isinstance(value, str) else value_text(value, limit=length + 1)
    return cut("".join(map(_shape, text[: length + 1])), length)


def masked(finding: Finding) -> Finding:
    """The finding with the values of its sample, and those under ``values`` in its evidence, as their shapes."""
    sample = tuple({k: v if k in KEPT else mask(v) for k, v in row.items()} for row in finding.sample)
    evidence = {k: _deep(v) if k == "values" else v for k, v in finding.evidence.items()}
    return dataclasses.replace(finding, sample=sample, evidence=evidence)


def _shape(character: str) -> str:
    category = unicodedata.category(character)
    if category.startswith("N"):
        return "9"
    if category == "Lu":
        return "X"
    return "x" if category[0] in "LM" else character


def _deep(value: Any) -> Any:
    """Masked values in a structure: of a table of counts the keys, of a record the values."""
    if isinstance(value, Mapping):
        if all(isinstance(v, int | float) for v in value.values()):
            return _counts(value)
        return {k: v if isinstance(v, int | float) else _deep(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_deep(v) for v in value]
    return mask(value)


def _counts(counts: Mapping[Any, Any]) -> dict[str, Any]:
    shapes: dict[str, Any] = {}
    for key, count in counts.items():
        shape = str(mask(key))
        shapes[shape] = shapes.get(shape, 0) + count
    return shapes
