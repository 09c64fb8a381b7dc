"""What a table is called in memory: the same name in every run, wherever assay is started from."""

from __future__ import annotations

import os
import re
from hashlib import blake2b
from pathlib import Path

_DATE = re.compile(r"(?<!\d)(?:19|20)\d{2}(?:[-_.]?(?:0[1-9]|1[0-2])(?:[-_.]?(?:0[1-9]|[12]\d|3[01]))?)(?!\d)")

WHERE = " where "
_PLAIN = re.compile(r"(\d{4}-\d{2}-\d{2}|restated|new values|empty|late|gone [0-9a-f]{4})?")


def concealed(segment: str) -> str:
    """What is kept of a finding's segment: days and words as they are, of data values a digest (64 bits)."""
    if _PLAIN.fullmatch(segment):
        return segment
    return blake2b(segment.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def table_key(address: str, table: str, where: str | None = None) -> str:
    """The lasting name of a table.

    Files go by their whole path. A date in a file's or table's own name says which delivery it is, not which table:
    ``ads_2026-11-22.parquet`` and the next day's file are one table. Rows that meet a condition are another table.
    The name is never a pattern that fits other tables: ``*`` and ``?`` are written as in a URL.

    Args:
        address: what was audited: a file, a folder, a pattern, a database.
        table: the table's name in the audit.
        where: the condition of the rows that were audited, None for all.
    """
    key = _whole(address, table) + (f"{WHERE}{where}" if where else "")
    return key.replace("*", "%2A").replace("?", "%3F")


def _whole(address: str, table: str) -> str:
    scheme, separator, rest = address.partition("://")
    if not separator:
        path = _absolute(address or table)
        if path.is_dir():
            path = path / table
        elif "#" in table and "#" not in path.name:
            path = path.with_name(f"{path.name}#{table.rpartition('#')[2]}")
        return f"{path.parent}/{_DATE.sub('{date}', path.name)}"
    if scheme == "duckdb":
        return f"duckdb://{_absolute(rest.partition('#')[0])}#{_DATE.sub('{date}', table)}"
    if scheme == "bigquery":
        head, _, last = table.replace(":", ".").rpartition(".")
        return f"bigquery://{head or rest.split('/')[0]}.{_DATE.sub('{date}', last)}"
    rest = rest.rpartition("@")[2]  # no name or password of a user
    head, _, last = rest.rpartition("/")
    return f"{scheme}://{head}/{_DATE.sub('{date}', last or table)}"


def _absolute(path: str) -> Path:
    """The whole path without ``..``; links stay links, since what they lead to may change from day to day."""
    return Path(os.path.normpath(Path(path).absolute()))


def lasting_name(table: str) -> str:
    """The lasting name of a table that somebody names: as a source of one table, or by that name already."""
    if "{date}" in table or "*" in table or "?" in table or not table.strip():
        return table
    scheme, separator, rest = table.partition("://")
    if not separator:
        return table_key(table, Path(table).name)
    last = rest.partition("#")[2] if scheme == "duckdb" else rest.replace("/", ".") if scheme == "bigquery" else rest
    return table_key(table, last)


def family_of(key: str) -> str:
    """Where a table's siblings are: its folder, database or data set."""
    key = key.partition(WHERE)[0]
    ends = [key.rfind(mark) for mark in ("/", "#")]
    if key.startswith("bigquery://"):
        ends = [key.rfind(".")]
    return key[: max(*ends, 0)] if len(ends) > 1 else key[: max(ends[0], 0)]
