"""The contract for machines: an audit as strict JSON, ``schema`` ``assay/1``, described by ``schema/assay-1.json``.

Figures that assay computed are rounded to six significant digits. Data values in samples keep their digits: numbers
and truth values as they are, everything else as text (dates in ISO 8601, decimals as written, bytes in hexadecimal,
``NaN`` and ``Infinity`` as words), cut to 500 characters. The same audit gives the same bytes.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from assay.judge.finding import AuditedColumn, Checked, Finding
from assay.judge.remembered import Remembered
from assay.report.record import Audit
from assay.report.text import cut, value_text

SCHEMA = "assay/1"
SET_SCHEMA = "assay-set/1"
VALUE_LENGTH = 500
STATUSES = ("new", "known", "expected")

# Valid in JSON, but a terminal or an editor would obey them: C1 controls, direction overrides, line separators.
_UNSEEN = re.compile("[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")


def render(audit: Audit) -> str:
    """One audit as a JSON document that ends with a line break."""
    return _dump(document(audit))


def render_set(audits: Sequence[Audit], failures: Mapping[str, str]) -> str:
    """The audits of a folder or database as one JSON document.

    Args:
        failures: why a table could not be audited, by its name.
    """
    failed = [{"table": text(table), "error": text(error)} for table, error in failures.items()]
    return _dump({"schema": SET_SCHEMA, "audits": [document(a) for a in audits], "failures": failed})


def schema() -> dict[str, Any]:
    """The JSON Schema of ``assay/1``."""
    file = resources.files("assay.report").joinpath("schema/assay-1.json")
    loaded: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return loaded


def document(audit: Audit) -> dict[str, Any]:
    """The contract as plain Python values, its keys in the order of the contract."""
    return {
        "schema": SCHEMA,
        "assay": audit.version,
        "table": text(audit.table),
        "source": text(audit.source),
        "rows": audit.rows,
        "columns": [_column(c) for c in audit.columns],
        "started": audit.started,
        "seconds": figure(audit.seconds),
        "cost": {"statements": audit.cost.statements, "bytes": audit.cost.bytes},
        "findings": [_finding(f) for f in sorted(audit.findings, key=order)],
        "checked": [_checked(c) for c in sorted(audit.checked, key=lambda c: (c.kind, c.columns, c.verdict, str(c)))],
        "failures": [text(f) for f in audit.failures],
        "seed": audit.seed,
        "memory": None if audit.memory is None else _remembered(audit.memory),
    }


def order(finding: Finding) -> tuple[Any, ...]:
    """Sort key of findings: what is new first, then the worst, then the most rows."""
    return (
        STATUSES.index(finding.status) if finding.status in STATUSES else len(STATUSES),
        finding.severity.rank,
        -finding.rows_affected,
        finding.kind,
        finding.columns,
        finding.segment,
        finding.id,
    )


def figure(value: Any) -> Any:
    """A computed figure or a structure of them, JSON-safe: floats rounded, keys sorted, sets as sorted lists."""
    if isinstance(value, Mapping):
        return {text(str(k)): figure(v) for k, v in sorted(value.items(), key=lambda item: str(item[0]))}
    if isinstance(value, set | frozenset):
        return sorted((figure(v) for v in value), key=str)
    if isinstance(value, list | tuple):
        return [figure(v) for v in value]
    if isinstance(value, float) and math.isfinite(value):
        return float(f"{value:.6g}") + 0.0  # no negative zero
    return datum(value)


def datum(value: Any) -> str | int | float | bool | None:
    """A data value, JSON-safe."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else value_text(value)
    if isinstance(value, str):
        return text(cut(value, VALUE_LENGTH))
    item = getattr(value, "item", None)
    return datum(item()) if callable(item) else text(value_text(value, VALUE_LENGTH))


def text(value: str) -> str:
    """Text that UTF-8 can carry: halves of broken surrogate pairs are replaced."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _dump(content: Mapping[str, Any]) -> str:
    written = json.dumps(content, ensure_ascii=False, allow_nan=False, indent=2)
    return _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", written) + "\n"


def _column(audited: AuditedColumn) -> dict[str, Any]:
    return {
        "name": text(audited.column.name),
        "type": str(audited.column.type),
        "role": audited.role,
        "family": audited.family,
        "skipped": None if audited.skipped is None else text(audited.skipped),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "kind": finding.kind,
        "category": finding.category,
        "status": finding.status,
        "severity": str(finding.severity),
        "confidence": _share(finding.confidence),
        "columns": [text(c) for c in finding.columns],
        "rows_affected": finding.rows_affected,
        "rate": _share(finding.rate),
        "predicate": None if finding.predicate is None else text(finding.predicate),
        "reason": text(finding.reason),
        "evidence": figure(finding.evidence),
        "sample": [{text(str(k)): datum(v) for k, v in row.items()} for row in finding.sample],
        "first_seen": finding.first_seen,
        "memory": None if finding.memory is None else figure(finding.memory),
        "query": None if finding.query is None else text(finding.query),
        "action": text(finding.action),
        "segment": text(finding.segment),
        "consequences": [text(c) for c in finding.consequences],
    }


def _checked(checked: Checked) -> dict[str, Any]:
    return {
        "kind": checked.kind,
        "columns": [text(c) for c in checked.columns],
        "verdict": str(checked.verdict),
        "measured": figure(checked.measured),
    }


def _remembered(told: Remembered) -> dict[str, Any]:
    """What memory added. Without the number of audits: a table that is audited twice gives the same bytes."""
    return {
        "explanations": [text(line) for line in told.explanations],
        "gone": [text(line) for line in told.gone],
        "lapsed": [text(line) for line in told.lapsed],
        "unused": [text(line) for line in told.unused],
        "stated": [text(line) for line in told.stated],
        "moved": [{"name": text(m.name), "last": m.last, "values": [_number(v) for v in m.values]} for m in told.moved],
    }


def _number(value: float | None) -> float | None:
    return float(figure(value)) if value is not None and math.isfinite(value) else None


def _share(value: float) -> float:
    """A share or a probability; there is none where it is undefined."""
    return float(figure(min(max(value, 0.0), 1.0))) if math.isfinite(value) else 0.0
