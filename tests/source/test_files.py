"""Files and databases as sources."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlglot import exp

from assay.config import Settings
from assay.errors import AssayError, QueryError, SourceError
from assay.source.base import ColumnType, Source
from assay.source.open import find_tables

TABLE = pa.table({"a": list(range(10)), "b": ["x", None] * 5})


def opened(address: Path | str, where: str | None = None) -> Source:
    return find_tables(str(address), where)[0].open(Settings())


def positions(source: Source) -> list[int]:
    query = exp.select(exp.alias_(source.position(), "p")).from_(source.relation()).order_by(exp.column("p"))
    return [int(v) for v in source.ask(query).column("p").to_pylist()]


def test_parquet_is_read_in_place_with_positions(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "t.parquet")
    source = opened(tmp_path / "t.parquet")
    assert (source.rows, [c.name for c in source.columns]) == (10, ["a", "b"])
    assert positions(source) == list(range(10))


def test_a_glob_is_one_table_with_positions_across_files(tmp_path: Path) -> None:
    for part in range(3):
        pq.write_table(TABLE, tmp_path / f"{part}.parquet")
    assert positions(opened(tmp_path / "*.parquet")) == list(range(30))


def test_csv_types_are_read_from_all_rows(tmp_path: Path) -> None:
    rows = "\n".join(f"{i},2025-01-{i % 28 + 1:02d},name {i}" for i in range(30_000))
    (tmp_path / "t.csv").write_text(f"n,day,text\n{rows}\n")
    source = opened(tmp_path / "t.csv")
    assert [c.type for c in source.columns] == [ColumnType.INTEGER, ColumnType.DATE, ColumnType.TEXT]
    assert positions(source)[-1] == 29_999


def test_json_lines_are_read(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"a": 1}\n{"a": 2}\n')
    assert opened(tmp_path / "t.jsonl").rows == 2


def test_a_folder_holds_its_tables_in_order(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "b.parquet")
    (tmp_path / "a.csv").write_text("x\n1\n")
    (tmp_path / "notes.md").write_text("no table")
    assert [t.name for t in find_tables(str(tmp_path))] == ["a.csv", "b.parquet"]


def test_a_database_holds_its_tables_and_views(tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE ads AS SELECT range AS a FROM range(5)")
        connection.execute('CREATE VIEW "odd ""name" AS SELECT * FROM ads')
    assert [t.name for t in find_tables(f"duckdb://{path}")] == ["ads", 'odd "name']
    assert opened(f"duckdb://{path}#ads").rows == 5
    assert opened(f'duckdb://{path}#odd "name').rows == 5
    assert not opened(f"duckdb://{path}#ads").positions


def test_a_condition_limits_the_rows_and_keeps_positions(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "t.parquet")
    assert positions(opened(tmp_path / "t.parquet", "a >= 7")) == [7, 8, 9]


def test_columns_that_engines_use_themselves_do_not_disturb(tmp_path: Path) -> None:
    pq.write_table(pa.table({"file_row_number": [5, 6], "rowid": [1, 1]}), tmp_path / "t.parquet")
    source = opened(tmp_path / "t.parquet")
    assert positions(source) == [0, 1]
    assert [c.name for c in source.columns] == ["file_row_number", "rowid"]


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("{folder}/none.csv", "no such file"),
        ("{folder}", "no table files"),
        ("{folder}/*.parquet", "no file matches"),
        ("ftp://x/y", "unknown scheme"),
        ("duckdb://{folder}/none.db#t", "no such DuckDB database"),
    ],
)
def test_what_is_not_there_is_one_line(tmp_path: Path, address: str, says: str) -> None:
    with pytest.raises(SourceError, match=says) as caught:
        opened(address.format(folder=tmp_path))
    assert "\n" not in str(caught.value)


def test_broken_files_are_one_line(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "whole.parquet")
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "whole.parquet").read_bytes()[:-20])
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "text.parquet").write_text("not parquet")
    (tmp_path / "fake.duckdb").write_text("not a database")
    for address in ("cut.parquet", "empty.csv", "text.parquet"):
        with pytest.raises(AssayError) as caught:
            opened(tmp_path / address)
        assert "\n" not in str(caught.value)
    with pytest.raises(SourceError) as caught:
        opened(f"duckdb://{tmp_path / 'fake.duckdb'}#t")
    assert "\n" not in str(caught.value)


def test_a_failing_statement_names_itself(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "t.parquet")
    source = opened(tmp_path / "t.parquet")
    with pytest.raises(QueryError) as caught:
        source.ask(exp.select(exp.column("nothing")).from_(source.relation()))
    assert "nothing" in caught.value.sql
