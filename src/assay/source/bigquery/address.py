"""Addresses of BigQuery tables: ``bigquery://PROJECT/DATASET.TABLE?location=EU``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from assay.errors import ConfigurationError, SourceError

FORM = "bigquery://PROJECT/DATASET.TABLE"
PRIORITIES = ("interactive", "batch")
OPTIONS = ("location", "billing", "priority", "timeout")


@dataclass(frozen=True)
class BigQueryAddress:
    """What an address names.

    Attributes:
        table: a table, a pattern such as ``events_*``, or "" for all tables of the data set.
        location: where the data set lies, such as ``EU``; "" lets the service find out.
        billing: the project that pays for the statements; by default the one that holds the table.
        priority: ``interactive`` or ``batch``.
        timeout: seconds that one statement may take (None: the service's own limit).
    """

    project: str
    dataset: str
    table: str = ""
    location: str = ""
    billing: str = ""
    priority: str = "interactive"
    timeout: float | None = None

    @property
    def pattern(self) -> bool:
        """Whether several tables may be meant."""
        return not self.table or "*" in self.table

    @property
    def payer(self) -> str:
        """The project that the statements run in."""
        return self.billing or self.project


def parse_address(address: str) -> BigQueryAddress:
    """Read an address.

    Raises:
        SourceError: a part is missing.
        ConfigurationError: an option is unknown or has no sensible value.
    """
    rest = address.removeprefix("bigquery://")
    path, _, query = rest.partition("?")
    project, _, named = unquote(path).strip("/").partition("/")
    dataset, _, table = named.partition(".")
    if not project or not dataset or (not table and named.endswith(".")):
        raise SourceError(f"{address}: write it as {FORM}, or without .TABLE for all tables of the data set")
    if not re.fullmatch(r"[\w$-]+", dataset) or any(c in table for c in "/`\\\"'\n"):
        raise SourceError(f"{address}: not a name of a data set and a table; write it as {FORM}")
    options = dict(parse_qsl(query, keep_blank_values=True))
    for option in options:
        if option not in OPTIONS:
            raise ConfigurationError(f"{address}: unknown option {option}; known are {', '.join(OPTIONS)}")
    priority = options.get("priority", "interactive").lower()
    if priority not in PRIORITIES:
        raise ConfigurationError(f"{address}: priority is {' or '.join(PRIORITIES)}, not {priority}")
    return BigQueryAddress(
        project,
        dataset,
        table,
        options.get("location", ""),
        options.get("billing", ""),
        priority,
        _seconds(address, options.get("timeout")),
    )


def _seconds(address: str, text: str | None) -> float | None:
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,6}(\.\d+)?", text) or float(text) <= 0:
        raise ConfigurationError(f"{address}: timeout is a number of seconds, not {text!r}")
    return float(text)
