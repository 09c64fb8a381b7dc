"""From an address to the tables behind it; an engine is imported only when an address asks for it."""

from __future__ import annotations

import glob
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from assay.config import Settings
from assay.errors import MissingExtraError, SourceError, UnsupportedError
from assay.source import guard

if TYPE_CHECKING:
    from sqlglot import exp

    from assay.source.base import Source

LOCK = "~$"  # what spreadsheets put beside a workbook that is open
BIGQUERY = "bigquery://PROJECT/DATASET.TABLE"


@dataclass(frozen=True)
class Address:
    """One table that can be opened.

    Attributes:
        name: how it is called in reports.
        opener: opens it, limited to the rows that meet a condition (None: all rows).
        condition: the condition that the user gave.
    """

    name: str
    opener: Callable[[Settings, exp.Expr | None], Source]
    condition: exp.Expr | None = None

    def open(self, settings: Settings, further: exp.Expr | None = None) -> Source:
        """Open the table, limited by the user's condition and by a ``further`` one."""
        from sqlglot import exp

        conditions = [c for c in (self.condition, further) if c is not None]
        return self.opener(settings, exp.and_(*conditions) if conditions else None)


def find_tables(address: str, where: str | None = None) -> list[Address]:
    """The tables behind an address: one for a file, a glob or a named table; all of them for a folder or a database.

    Args:
        address: a path, a glob, either of them in ``gs://`` or ``s3://``, ``duckdb://FILE#TABLE`` (or the path alone)
            or ``bigquery://PROJECT/DATASET.TABLE``.
        where: a row condition in the engine's SQL.

    Raises:
        SourceError: nothing is there, or the scheme is unknown.
        MissingExtraError: the engine's package is not installed.
        UnsafeQueryError: ``where`` is not a condition.
    """
    scheme, separator, rest = address.partition("://")
    if not separator:
        return _files(address, where)
    if scheme == "duckdb":
        return _database(rest, where)
    if scheme == "bigquery":
        return _warehouse(address, where)
    if scheme in ("gs", "s3", "memory"):
        return _objects(address, scheme, where)
    known = f"a path, gs://, s3://, duckdb://FILE#TABLE or {BIGQUERY}"
    raise SourceError(f"{address}: unknown scheme {scheme}://; use {known}")


def make_table(address: str, table: str, query: str) -> None:
    """Make a table of a warehouse from a query in its own SQL; one of that name is replaced.

    The only statement of assay that writes: the caller has to be told by the user which data set is for that.

    Args:
        address: a ``bigquery://`` address; its project pays.
        table: ``PROJECT.DATASET.TABLE``.

    Raises:
        UnsupportedError: the address is of another engine.
        SourceError: it may not be made.
    """
    if not address.startswith("bigquery://"):
        raise UnsupportedError(f"{address}: tables are made in BigQuery only")
    from assay.source.bigquery.address import parse_address
    from assay.source.bigquery.client import Connection

    connection = Connection(parse_address(address))
    try:
        connection.job(f"CREATE OR REPLACE TABLE `{table}` AS\n{query}", table)
    finally:
        connection.close()


def _objects(address: str, scheme: str, where: str | None) -> list[Address]:
    from assay.source.files.remote import find_objects, open_objects

    condition = _condition(where)
    return [Address(f.name, partial(open_objects, scheme, f), condition) for f in find_objects(address)]


def _warehouse(address: str, where: str | None) -> list[Address]:
    try:
        import google.cloud.bigquery  # noqa: F401 - whether it is there
    except ImportError:
        raise MissingExtraError("google-cloud-bigquery", "bigquery") from None
    from assay.source.bigquery.source import tables_of

    return tables_of(address, where)


def _database(rest: str, where: str | None) -> list[Address]:
    from assay.source.duckdb import database_tables, open_database

    file, _, table = rest.partition("#")
    path, condition = Path(file), _condition(where)
    if not path.is_file():
        raise SourceError(f"{file}: no such DuckDB database")
    names = [table] if table else database_tables(path, Settings())
    if not names:
        raise SourceError(f"{file}: the database has no tables")
    return [Address(name, partial(open_database, path, name), condition) for name in names]


def _files(address: str, where: str | None) -> list[Address]:
    from assay.source.files.tables import file_format, open_files

    condition = _condition(where)
    path = Path(address)
    if path.is_dir():
        files = sorted(p for p in path.iterdir() if p.is_file() and file_format(p) and not p.name.startswith(LOCK))
        if not files:
            raise SourceError(f"{address}: the folder has no table files (CSV, TSV, JSON, Parquet, Excel)")
        return [table for p in files for table in _tables_or_error(p, condition)]
    if path.exists():
        return _database(address, where) if _is_database(path) else _tables(path, condition)
    file, _, part = address.rpartition("#")
    if part and Path(file).is_file():
        return _database(address, where) if _is_database(Path(file)) else [_sheet(Path(file), part, condition)]
    if glob.has_magic(address):
        found = [Path(p) for p in sorted(glob.glob(address, recursive=True))]
        matches = [p for p in found if p.is_file() and not p.name.startswith(LOCK)]
        if not matches:
            raise SourceError(f"{address}: no file matches")
        return [Address(address, partial(open_files, matches, address), condition)]
    raise SourceError(f"{address}: no such file or folder")


def _is_database(path: Path) -> bool:
    """Whether a file is a DuckDB database, by its first bytes."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(12)[8:] == b"DUCK"


def _tables_or_error(path: Path, condition: exp.Expr | None) -> list[Address]:
    """The tables of a file; one that cannot be looked into says so when it is opened, and stops no other file."""
    try:
        return _tables(path, condition)
    except SourceError as error:
        return [Address(path.name, partial(_refused, error), condition)]


def _refused(error: SourceError, settings: Settings, where: exp.Expr | None) -> Source:  # noqa: ARG001 - an opener
    raise error


def _tables(path: Path, condition: exp.Expr | None) -> list[Address]:
    """The tables of a file: one, or those of the sheets of a workbook."""
    from assay.source.files.tables import file_format, open_files

    if file_format(path) == "excel":
        from assay.source.files.workbook import sheet_names

        sheets = sheet_names(path)
        if len(sheets) > 1:
            return [_sheet(path, sheet, condition) for sheet in sheets]
    return [Address(path.name, partial(open_files, [path], path.name), condition)]


def _sheet(path: Path, sheet: str, condition: exp.Expr | None) -> Address:
    from assay.source.files.tables import open_files

    name = f"{path.name}#{sheet}"
    return Address(name, partial(open_files, [path], name, sheet=sheet), condition)


def _condition(where: str | None) -> exp.Expr | None:
    return guard.parse_predicate(where, "duckdb") if where else None
