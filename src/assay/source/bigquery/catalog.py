"""Which tables an address names: one, those of a pattern, or all of a data set; tables by day are one table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from google.api_core import exceptions as api

from assay.errors import AssayError, SourceError
from assay.source.bigquery.address import BigQueryAddress
from assay.source.bigquery.columns import native_type
from assay.source.bigquery.errors import explain, explained

if TYPE_CHECKING:
    from google.cloud.bigquery import Table

    from assay.source.bigquery.client import Connection

_SHARD = re.compile(r"(.*\D)(\d{8}|\d{6}|\d{4})\Z", re.DOTALL)
_AT_ONCE = 8  # requests for schemas
PLAIN, EXTERNAL = "TABLE", "EXTERNAL"


@dataclass(frozen=True)
class Described:
    """One table to audit, as the service describes it.

    Attributes:
        name: ``DATASET.TABLE``; with a ``*`` where tables by day are read as one.
        tables: the newest first; several only for tables by day.
        digits: of the day that ends their names, 0 for a single table.
        error: why it cannot be audited.
        among_others: whether there are tables between them that are not meant, or may not be read.
    """

    name: str
    tables: tuple[Table, ...]
    digits: int = 0
    error: AssayError | None = None
    among_others: bool = False

    @property
    def newest(self) -> Table:
        return self.tables[0]

    @property
    def stored(self) -> bool:
        """Whether the service knows its rows and bytes without reading it."""
        return all(t.table_type in (PLAIN, "SNAPSHOT", "CLONE") and t.streaming_buffer is None for t in self.tables)


def describe(connection: Connection) -> list[Described]:
    """The tables of an address, those that were changed last first.

    Raises:
        SourceError: there is none, or they may not be seen.
    """
    address = connection.address
    name = f"{address.dataset}.{address.table}" if address.table else address.dataset
    with explained(name, address):
        if not address.pattern:
            return [Described(name, (connection.client.get_table(_reference(address, address.table)),))]
        listed = {
            t.table_id: t.table_type for t in connection.client.list_tables(f"{address.project}.{address.dataset}")
        }
        wanted = [name for name in listed if _matches(address.table or "*", name)]
    if not wanted:
        raise SourceError(f"{name}: {'no table matches' if address.table else 'the data set has no tables'}")
    with ThreadPoolExecutor(_AT_ONCE) as asking:
        described = list(asking.map(lambda table: _described(connection, table), wanted))
    found = [d for d in described if d is not None]
    return sorted(_with_shards(found, listed), key=_changed, reverse=True)


def _reference(address: BigQueryAddress, table: str) -> str:
    return f"{address.project}.{address.dataset}.{table}"


def _described(connection: Connection, table: str) -> Described | None:
    address = connection.address
    name = f"{address.dataset}.{table}"
    try:
        return Described(name, (connection.client.get_table(_reference(address, table)),))
    except api.NotFound:
        return None  # dropped since the tables were listed
    except (api.GoogleAPIError, OSError) as error:
        return Described(name, (), error=explain(error, name, address))


def _with_shards(found: Sequence[Described], listed: Mapping[str, str]) -> list[Described]:
    """Tables whose names differ only in a day at the end become one, if their schemas agree.

    The service reads no pattern that a view or an external table has as well.

    Args:
        listed: the type of every table of the data set, by name.
    """
    families: dict[tuple[str, int], list[Described]] = {}
    alone = []
    for one in found:
        match = _SHARD.match(one.name) if one.tables and one.newest.table_type == PLAIN else None
        if match and _is_day(match.group(2)):
            families.setdefault((match.group(1), len(match.group(2))), []).append(one)
        else:
            alone.append(one)
    for (prefix, digits), shards in families.items():
        shards.sort(key=lambda d: d.name, reverse=True)
        tables = tuple(d.newest for d in shards)
        start = tables[0].table_id[:-digits]
        alike = [name for name in listed if name.startswith(start)]
        if len(shards) > 1 and _agree(tables) and all(listed[name] == PLAIN for name in alike):
            days = {t.table_id[-digits:] for t in tables}
            between = {n[len(start) :] for n in alike if len(n) == len(start) + digits} - days
            others = any(min(days) < day < max(days) for day in between)
            alone.append(Described(f"{prefix}*", tables, digits, among_others=others))
        else:
            alone.extend(shards)
    return alone


def _agree(tables: Iterable[Table]) -> bool:
    """Whether no column has two types. A column that older tables lack is null there."""
    types: dict[str, tuple[str, str]] = {}
    for table in tables:
        for field in table.schema:
            kind = (native_type(field), "")
            if types.setdefault(field.name.lower(), kind) != kind:
                return False
    return True


def _is_day(digits: str) -> bool:
    month, day = digits[4:6] or "01", digits[6:8] or "01"
    return "1900" <= digits[:4] <= "2200" and "01" <= month <= "12" and "01" <= day <= "31"


def _matches(pattern: str, name: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name, re.DOTALL) is not None


def _changed(one: Described) -> tuple[float, str]:
    times: list[Any] = [t.modified or t.created for t in one.tables]
    return max((t.timestamp() for t in times if t is not None), default=0.0), one.name
