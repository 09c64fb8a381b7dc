"""assay audits tables: it finds what is wrong with them and proves each finding with a query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assay.pipeline import audit as audit
    from assay.pipeline import audits as audits
    from assay.report.record import Audit as Audit

__version__ = "0.1.0"
__all__ = ["Audit", "__version__", "audit", "audits"]


def __getattr__(name: str) -> Any:
    """Import the pipeline on first use, so that ``import assay`` alone stays fast."""
    if name in ("audit", "audits"):
        from assay import pipeline

        return getattr(pipeline, name)
    if name == "Audit":
        from assay.report.record import Audit

        return Audit
    raise AttributeError(f"module 'assay' has no attribute {name!r}")
