"""The table of engines: everything that is asserted of one is asserted of all. A new engine is one more entry.

An entry takes a name and rows, puts the rows where the engine reads them, and returns their address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.engines.emulator import Emulator, plain


@dataclass(frozen=True)
class Engine:
    """One way to audit a table.

    Attributes:
        place: puts rows where the engine reads them, and returns their address.
        in_place: audit small tables like large ones, by statements, and not by pulling them.
    """

    place: Callable[[pytest.FixtureRequest, str, pa.Table], str]
    in_place: bool = False


def _file(request: pytest.FixtureRequest, name: str, rows: pa.Table) -> str:
    path = _folder(request) / f"{name}.parquet"
    pq.write_table(rows, path)
    return str(path)


def _database(request: pytest.FixtureRequest, name: str, rows: pa.Table) -> str:
    path = _folder(request) / f"{name}.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.register("arriving", plain(rows))
        connection.execute(f'CREATE TABLE "{name}" AS SELECT * FROM arriving')
    return f"duckdb://{path}#{name}"


def _bigquery(request: pytest.FixtureRequest, name: str, rows: pa.Table) -> str:
    emulator: Emulator = request.getfixturevalue("emulator")
    return emulator.load(name, rows)


def _folder(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.getfixturevalue("tmp_path")
    return folder


REFERENCE = Engine(_file)
ENGINES: Mapping[str, Engine] = {
    "duckdb": Engine(_database),
    "bigquery": Engine(_bigquery, in_place=True),
    "bigquery, pulled": Engine(_bigquery),
}
