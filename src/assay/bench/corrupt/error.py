"""What is asked for: an error of a kind, how much of it, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from assay.errors import AssayError, ConfigurationError

if TYPE_CHECKING:
    from assay.bench.corrupt.eve import Eve

RATE_OF_ALL = 1.0


class NotApplicableError(AssayError):
    """The table has nothing that could carry the error; the text says what is missing."""


@dataclass(frozen=True)
class Error:
    """One error to inject.

    Attributes:
        kind: one of ``KINDS``.
        rate: share of all rows, above 0 and at most 1.
        mechanism: one of ``MECHANISMS``; empty for the usual one of the kind.
        columns: the columns to damage; by default they are found by their roles.
    """

    kind: str
    rate: float
    mechanism: str = ""
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < self.rate <= RATE_OF_ALL:
            raise ConfigurationError(f"{self.kind}: a rate is above 0 and at most 1, not {self.rate:g}")

    @classmethod
    def parse(cls, text: str) -> Error:
        """Read ``KIND:RATE[:MECHANISM[:COLUMN,...]]``; the rate may be a percentage such as ``5%``.

        Raises:
            ConfigurationError: the text is not of this form.
        """
        kind, *rest = text.split(":", 3)
        if not rest:
            raise ConfigurationError(f"{text!r} is no error; write KIND:RATE[:MECHANISM], such as null_cells:0.05")
        share, mechanism, columns = (*rest, "", "")[:3]
        try:
            rate = float(share.removesuffix("%")) / (100 if share.endswith("%") else 1)
        except ValueError:
            raise ConfigurationError(f"{text!r}: {share!r} is no rate; write 0.05 or 5%") from None
        return cls(kind, rate, mechanism, tuple(columns.split(",")) if columns else ())


@dataclass(frozen=True)
class NotApplicable:
    """An error that was not injected, and why."""

    error: Error
    reason: str


@dataclass(frozen=True)
class Damage:
    """What an error does to a row that it hits, as SQL over the clean row.

    Attributes:
        values: the new value of each column that is written.
        eligible: which rows can carry it.
        columns: what a finding should name; by default the written ones.
        as_text: columns that become text, because the new values fit no other type.
        adds: whether hit rows stay as they are, and rows with the new values are added to the table.
        drops: columns that are gone.
        eve: the day before's values that the new ones are taken from.
        variant: how it is done, for the record.
    """

    values: Mapping[str, exp.Expr]
    eligible: exp.Expr | None = None
    columns: tuple[str, ...] = ()
    as_text: frozenset[str] = frozenset()
    adds: bool = False
    drops: tuple[str, ...] = ()
    eve: Eve | None = None
    variant: str = ""
