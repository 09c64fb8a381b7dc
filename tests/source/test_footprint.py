"""What statements read is known before they run, and bounded."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlglot import exp, parse_one

from assay.config import Settings
from assay.errors import BudgetError
from assay.source.base import Source, amount
from assay.source.open import find_tables

ROWS = 40_000


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    """A narrow and a wide column, and days in order, in eight row groups."""
    path = tmp_path / "t.parquet"
    days = pa.array([20_000 + i // 1_000 for i in range(ROWS)], pa.int32()).cast(pa.date32())
    wide = [f"{i * 7919 % 100_003}-{i}" for i in range(ROWS)]
    pq.write_table(pa.table({"day": days, "n": list(range(ROWS)), "wide": wide}), path, row_group_size=5_000)
    return path


@pytest.fixture
def database(tmp_path: Path, parquet: Path) -> Path:
    path = tmp_path / "w.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"CREATE TABLE t AS SELECT * FROM '{parquet}'")
        connection.execute("CREATE VIEW v AS SELECT * FROM t")
        connection.execute(f"CREATE VIEW f AS SELECT * FROM '{parquet}'")
    return path


def opened(address: Path | str, where: exp.Expr | None = None, **settings: int) -> Source:
    return find_tables(str(address))[0].open(Settings(**settings), where)


def distinct(column: str) -> exp.Expr:
    """An aggregate that statistics cannot answer."""
    return exp.Count(this=exp.Distinct(expressions=[exp.column(column)]))


def reads(source: Source, *columns: str) -> int:
    query = exp.select(*[distinct(c) for c in columns]).from_(source.relation())
    size = source.estimate(query).bytes
    assert size is not None
    return size


def test_a_statement_reads_the_columns_it_names(parquet: Path) -> None:
    source = opened(parquet)
    stored = pq.read_metadata(parquet)
    wide = sum(stored.row_group(i).column(2).total_compressed_size for i in range(stored.num_row_groups))
    assert reads(source, "wide") == wide
    assert reads(source, "wide", "n") == reads(source, "wide") + reads(source, "n")
    assert source.asked == []


def test_every_scan_of_a_statement_counts(parquet: Path) -> None:
    source = opened(parquet)
    one = exp.select(distinct("n")).from_(source.relation())
    both = exp.union(one, exp.select(distinct("wide")).from_(source.relation()), distinct=False)
    assert source.estimate(both).bytes == reads(source, "n") + reads(source, "wide")


def test_since_reads_less_of_ordered_files(parquet: Path) -> None:
    late = parse_one("day >= CAST('2024-11-08' AS DATE)", dialect="duckdb")  # the last of eight row groups
    assert reads(opened(parquet, late), "wide") < reads(opened(parquet), "wide") / 4


def test_other_conditions_read_their_own_columns_as_well(parquet: Path) -> None:
    source = opened(parquet, parse_one("n % 2 = 0", dialect="duckdb"))
    assert reads(source, "wide") == reads(opened(parquet), "wide", "n")


def test_tables_and_views_of_a_database(database: Path) -> None:
    table, view = opened(f"duckdb://{database}#t"), opened(f"duckdb://{database}#v")
    assert 0 < reads(table, "n") <= reads(table, "wide") <= database.stat().st_size
    assert reads(view, "n") == reads(table, "n")
    outside = opened(f"duckdb://{database}#f")
    assert outside.estimate(exp.select(distinct("n")).from_(outside.relation())).bytes is None


def test_a_bound_stops_before_the_statement_that_breaks_it(parquet: Path) -> None:
    bound = reads(opened(parquet), "wide") + 10
    source = opened(parquet, max_bytes=bound)
    query = exp.select(distinct("wide")).from_(source.relation())
    source.ask(query)
    spent = source.spent
    with pytest.raises(BudgetError, match=r"would read .*--since .*--max-bytes") as caught:
        source.ask(query)
    assert "\n" not in str(caught.value)
    assert source.spent == spent
    assert spent.bytes == bound - 10


def test_a_view_of_unknown_size_is_refused_under_a_bound(database: Path) -> None:
    source = opened(f"duckdb://{database}#f", max_bytes=10**12)
    with pytest.raises(BudgetError, match="view"):
        source.ask(exp.select(distinct("n")).from_(source.relation()))


def test_text_is_read_once_and_counts_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "1,2\n" * 500)
    size = path.stat().st_size
    source = opened(path, max_bytes=size)
    source.ask(exp.select("a").from_(source.relation()))
    assert source.spent.bytes == size
    with pytest.raises(BudgetError, match="text is read whole"):
        opened(path, max_bytes=size - 1)


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1_000, "1.0 KB"), (3_249_000, "3.2 MB"), (25_600_000_000, "26 GB")],
)
def test_sizes_are_written_as_people_do(size: int, text: str) -> None:
    assert amount(size) == text
