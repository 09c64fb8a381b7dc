"""The few settings of an audit, with their defaults and what they bound."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Settings:
    """How an audit may spend.

    Attributes:
        sample_rows: rows pulled to propose hypotheses from; smaller tables are pulled whole.
        pulled_rows: rows up to which a table of an engine that bills every statement is pulled whole, and tested here.
        sample_values: bad rows shown with each finding.
        max_hypotheses: hypotheses tested, best prior first (None: all).
        max_bytes: bytes that all statements together may read (None: no bound).
        threads: engine threads (None: the engine's own choice).
        memory_limit: working memory of the embedded engine.
        mask_values: replace data values in samples by their shape.
        seed: of everything that draws; the same seed gives the same audit.
        today: the day of the audit, which lateness and explanations that end are told by (None: the clock's, UTC).
    """

    sample_rows: int = 15_000
    pulled_rows: int = 30_000
    sample_values: int = 5
    max_hypotheses: int | None = None
    max_bytes: int | None = None
    threads: int | None = None
    memory_limit: str = "700MB"
    mask_values: bool = False
    seed: int = 0
    today: date | None = None
