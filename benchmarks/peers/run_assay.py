"""assay itself, by the same rules: new findings above ``low``; it needs no reference."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from protocol import Alert, Check, serve

import assay


def learn(_reference: Path) -> Check:
    return check


def check(table: Path) -> Iterator[Alert]:
    for finding in assay.audit(table).findings:
        if finding.status == "new" and finding.severity in ("critical", "high", "medium"):
            yield finding.kind, list(finding.columns)


serve(learn)
