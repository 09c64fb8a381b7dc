"""BigQuery through the official client and the emulator: addresses, partitions, types, budgets, bytes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from google.cloud import bigquery
from google.cloud.bigquery import SchemaField
from sqlglot import exp

import assay.examination
from assay.bench.advertising import generate
from assay.config import Settings
from assay.errors import AssayError, BudgetError, SourceError
from assay.pipeline import audit, audits
from assay.plan import plans
from assay.source.base import Source
from assay.source.bigquery import source as engine
from assay.source.bigquery.client import Connection
from assay.source.bigquery.source import BigQuerySource
from assay.source.open import find_tables
from tests.engines.emulator import DATASET, PROJECT, Emulator
from tests.engines.tables import TABLES, clean

HERE = f"bigquery://{PROJECT}/{DATASET}"
BY_DAY = bigquery.TimePartitioning(field="date")


def opened(address: str, where: str | None = None) -> BigQuerySource:
    source = find_tables(address, where)[0].open(Settings())
    assert isinstance(source, BigQuerySource)
    return source


def column(name: str) -> exp.Column:
    return exp.column(name, quoted=True)


def total(source: Source, name: str) -> exp.Select:
    return exp.select(exp.alias_(exp.Sum(this=column(name)), "s")).from_(source.relation())


@pytest.fixture(scope="module")
def partitioned(emulator: Emulator) -> str:
    return emulator.load("by_day", clean(), time_partitioning=BY_DAY)


@pytest.fixture(scope="module")
def shards(emulator: Emulator) -> Iterator[str]:
    rows = clean()
    days = [dt.date(2026, 1, 1 + i) for i in range(3)]
    names = [f"events_{day:%Y%m%d}" for day in days]
    for name, day in zip(names, days, strict=True):
        emulator.load(name, rows.filter(pc.equal(rows.column("date"), day)))
    emulator.load("events_summary", clean())
    yield f"{HERE}.events_*"
    for name in [*names, "events_summary"]:
        emulator.client.delete_table(f"{PROJECT}.{DATASET}.{name}")


def test_since_reads_only_the_partitions_of_that_day_and_later(partitioned: str) -> None:
    result = audit(partitioned, since="2026-01-31")
    assert result.rows == 200
    assert all("WHERE `date` >= CAST('2026-01-31' AS DATE)" in s for s in result.statements)
    whole = opened(partitioned, "`date` >= '2026-01-01'")
    late = opened(partitioned, "`date` >= '2026-01-31'")
    query = total(whole, "clicks")
    assert whole.counted(query) == 800 * (8 + 8)  # the condition reads a column as well
    assert late.counted(query) == 200 * (8 + 8)


def test_where_prunes_partitions_and_is_enough_where_one_is_needed(partitioned: str) -> None:
    assert audit(partitioned, where="`date` BETWEEN '2026-01-05' AND '2026-01-24' AND clicks >= 0").rows == 400


def test_a_plan_tells_bytes_and_sends_nothing(partitioned: str) -> None:
    (_, planned), *_ = plans(partitioned, since="2026-01-31")
    assert not isinstance(planned, AssayError)
    assert planned.bytes
    assert "`date` >= CAST('2026-01-31' AS DATE)" in planned.relation


def test_tables_by_day_are_one_table(shards: str) -> None:
    names = [t.name for t in find_tables(shards)]
    assert sorted(names) == ["ads.events_*", "ads.events_summary"]
    table = next(t for t in find_tables(shards) if t.name == "ads.events_*").open(Settings())
    assert isinstance(table, BigQuerySource)
    assert table.rows == 60
    assert "`proj-1.ads.events_*`" in table.audited
    assert "_TABLE_SUFFIX >= '20260101'" in table.audited
    since = table.since(dt.date(2026, 1, 3))
    assert since is not None
    assert since.sql("bigquery") == "_TABLE_SUFFIX >= '20260103'"
    table.close()


def test_a_data_set_is_audited_the_table_changed_last_first(emulator: Emulator) -> None:
    emulator.client.create_dataset("several", exists_ok=True)
    for name in ("b", "a"):
        emulator.client.query(f"CREATE OR REPLACE TABLE several.{name} AS SELECT {len(name)} AS x").result()
    emulator.client.query("CREATE OR REPLACE VIEW several.v AS SELECT x + 1 AS y FROM several.a").result()
    results = dict(audits(f"bigquery://{PROJECT}/several"))
    assert set(results) == {"several.a", "several.b", "several.v"}
    assert all(not isinstance(r, AssayError) for r in results.values()), results


def test_every_type_is_read_and_what_is_nested_is_listed(emulator: Emulator) -> None:
    emulator.client.query(
        f"CREATE OR REPLACE TABLE {DATASET}.kinds AS SELECT i AS id, CAST(i AS NUMERIC) / 4 AS price, "
        "TIMESTAMP '2026-01-01 00:00:00+00' AS seen, DATETIME '2026-01-01 10:00:00' AS at, TIME '10:00:00' AS hour, "
        "JSON '{\"a\": 1}' AS raw, b'x' AS bytes, STRUCT('Rome' AS city, ['x'] AS tags) AS geo, i = 3 AS third, "
        "IF(i = 5, CAST('nan' AS FLOAT64), i * 1.5) AS score FROM UNNEST(GENERATE_ARRAY(1, 30)) AS i"
    ).result()
    result = audit(f"{HERE}.kinds")
    assert not result.failures
    listed = {c.column.name: (str(c.column.type), c.skipped) for c in result.columns}
    assert listed["geo.city"] == ("text", None)
    assert listed["geo.tags"] == ("nested", "ARRAY<STRING> values are not audited")
    assert listed["bytes"] == ("binary", "BYTES values are not audited")
    assert {listed[n][0] for n in ("seen", "at")} == {"timestamp"}
    assert listed["price"][0] == "decimal"
    assert result.rows == 30


def test_several_questions_are_one_statement(emulator: Emulator) -> None:
    source = opened(emulator.load("together", clean()))
    days = exp.select(exp.alias_(column("date"), "day"), exp.alias_(exp.Count(this=exp.Star()), "n"))
    days = days.from_(source.relation()).group_by(exp.Literal.number(1))
    nothing = total(source, "clicks").where(column("clicks") < 0).having(exp.Count(this=exp.Star()) > 0)
    clicks, by_day, empty = source.ask_all([total(source, "clicks"), days, nothing])
    assert len(source.asked) == 1
    assert clicks.column("s")[0].as_py() == sum(clean().column("clicks").to_pylist())
    assert by_day.num_rows == 40
    assert set(by_day.column("n").to_pylist()) == {20}
    assert (empty.num_rows, empty.column_names) == (0, ["s"])
    source.close()


def test_answers_stream_in_batches(emulator: Emulator) -> None:
    source = opened(emulator.load("streamed", clean()))
    query = exp.select(exp.alias_(column("ad_id"), "a")).from_(source.relation())
    reader = source.stream(query)
    assert sum(batch.num_rows for batch in reader) == 800
    none = source.stream(query.copy().where(exp.false()))
    assert [f.name for f in none.schema] == ["a"]
    assert none.read_all().num_rows == 0
    source.close()


def test_the_audit_stays_within_its_budget(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assay.examination, "local_copy", lambda source, *_: source)
    address = emulator.load("bounded", clean())
    spent = audit(address).cost.bytes
    assert spent
    assert audit(address, settings=Settings(max_bytes=spent)).cost.bytes == spent
    with pytest.raises(BudgetError, match="the next statement would read"):
        audit(address, settings=Settings(max_bytes=spent - 1))


@pytest.mark.parametrize("by_blocks", [True, False])
def test_a_wide_table_costs_at_most_two_scans_in_six_statements(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, by_blocks: bool
) -> None:
    """A large table's sample is drawn from a tenth of its blocks, a smaller one's by a hash of all rows."""
    monkeypatch.setattr(engine, "SAMPLED_BY_BLOCKS", 0 if by_blocks else 1 << 60)
    asked, counted, job = [], [], Connection.job

    def without_blocks(self: Connection, sql: str, name: str, **options: Any) -> bigquery.QueryJob:
        # The emulator has no blocks to draw from.
        asked.append(sql)
        return job(self, sql.replace(" TABLESAMPLE SYSTEM (10 PERCENT)", ""), name, **options)

    def noted(self: BigQuerySource, query: exp.Expr) -> int | None:
        counted.append(count(self, query))
        return counted[-1]

    count = BigQuerySource.counted
    monkeypatch.setattr(Connection, "job", without_blocks)
    monkeypatch.setattr(BigQuerySource, "counted", noted)
    rows = generate(3_000)
    result = audit(emulator.load("wide", rows), settings=Settings(pulled_rows=0, sample_rows=290))
    text = 20 * sum(pa.types.is_dictionary(f.type) for f in rows.schema)
    scan = rows.num_rows * (text + 8 * sum(not pa.types.is_dictionary(f.type) for f in rows.schema))
    assert rows.num_columns >= 24
    assert [("TABLESAMPLE" in sql) for sql in asked] == [by_blocks, False]
    assert all(size <= scan for size in counted)
    assert sum(counted) == result.cost.bytes <= 2 * scan
    assert len(asked) == result.cost.statements <= 6


@pytest.mark.usefixtures("emulator")
def test_a_table_that_is_not_there_is_one_line() -> None:
    for missing in (f"{HERE}.nothing", f"bigquery://{PROJECT}/nowhere", f"{HERE}.nothing_*"):
        with pytest.raises(SourceError) as caught:
            find_tables(missing)
        assert "\n" not in str(caught.value)
        assert "no" in str(caught.value).lower()


def test_names_of_columns_may_be_those_of_the_statement(emulator: Emulator) -> None:
    schema = [SchemaField("assay_position", "INTEGER"), SchemaField("row_index", "INTEGER"), SchemaField("n", "STRING")]
    rows = pa.table({"assay_position": [1, 2, 2], "row_index": [5, 6, 6], "n": ["a", "b", "b"]})
    result = audit(emulator.load("own_names", rows, schema))
    assert not result.failures


def test_bad_rows_are_written_without_positions(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assay.examination, "local_copy", lambda source, *_: source)
    out = tmp_path / "rows.parquet"
    result = audit(emulator.load("quarantined", TABLES["copies"]()), rows_out=out)
    rows = pq.read_table(out)
    assert rows.num_rows == sum(f.rows_affected for f in result.findings) == 40
    assert rows.column("row_index").null_count == 40
