"""What can go wrong, as one tree of exceptions. Every message says what, where, and what to do.

AssayError
|-- ConfigurationError    an option or a pack that makes no sense
|-- SourceError           a table that is not there, not readable or not a table
|   `-- QueryError        the engine refused or failed a statement
|-- UnsafeQueryError      a statement that is not one read-only query
|-- UnsupportedError      the engine or the type cannot do this
|-- BudgetError           the audit would cost more than allowed
|-- MemoryStoreError      the memory cannot be opened, read or written
`-- MissingExtraError     an optional package is not installed
"""

from __future__ import annotations


class AssayError(Exception):
    """Base of all errors that a user can act on; its text is one line."""


class ConfigurationError(AssayError):
    """An option, a pack or a setting is wrong."""


class SourceError(AssayError):
    """A source cannot be opened or read."""


class QueryError(SourceError):
    """The engine refused or failed one statement.

    Attributes:
        sql: the statement.
    """

    def __init__(self, message: str, sql: str = "") -> None:
        super().__init__(message)
        self.sql = sql


class UnsafeQueryError(AssayError):
    """A statement is not exactly one read-only query."""


class UnsupportedError(AssayError):
    """The engine or the column type cannot do what was asked."""


class BudgetError(AssayError):
    """The audit would read more than the budget allows."""


class MemoryStoreError(AssayError):
    """The memory cannot be opened, read or written."""


class MissingExtraError(AssayError):
    """An optional package is needed and not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is needed for this; install it with: pip install 'assay[{extra}]'")
