"""What a memory holds: entries that people read, states that audits compare with, and tallies that set priors."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


class EntryType(StrEnum):
    """What an entry is."""

    EXPLANATION = "explanation"  # a finding has a known cause, up to a bound
    REJECTION = "rejection"  # a finding was no error
    CONTEXT = "context"  # what is normal: a sale, a delay, as somebody stated it
    PREFERENCE = "preference"  # how reports should be, what should always be looked at
    AUDIT = "audit"  # what one audit found


@dataclass(frozen=True)
class Entry:
    """One thing that is remembered.

    Attributes:
        id: 12 hexadecimal digits.
        type: what it is.
        table: the table it is about, or a pattern of tables (``*`` and ``?``); "" for all tables.
        text: what people read and search: one or more sentences.
        body: the same in structured form, JSON values only.
        author: who said so; "assay" for what an audit recorded.
        created: UTC time in ISO 8601.
        until: the last day (ISO) on which it counts; None without end.
    """

    id: str
    type: EntryType
    table: str
    text: str
    body: Mapping[str, Any] = field(default_factory=dict)
    author: str = "assay"
    created: str = ""
    until: str | None = None

    def counts_on(self, day: str) -> bool:
        """Whether it is valid on a day (ISO); the last day is one on which it is."""
        return self.until is None or day <= self.until


@dataclass(frozen=True)
class Tally:
    """How often hypotheses of one sort were tested and true, and what people said of the findings.

    As an increment it says what one audit or one decision adds.

    Attributes:
        table: the table that was audited.
        kind: of the hypotheses.
        role: what the columns mean, in their order (``clicks,impressions``).
    """

    table: str
    kind: str
    role: str
    tested: int = 0
    true: int = 0
    accepted: int = 0
    rejected: int = 0


def new_id() -> str:
    """A fresh id of an entry: 48 random bits."""
    return secrets.token_hex(6)


def now() -> str:
    """The time of an entry: UTC, to the microsecond, so that the order of writing can be told."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
