"""What is sent: golden statements by dialect, and every one of BigQuery accepted by the GoogleSQL analyzer."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pytest
from google.cloud.bigquery import SchemaField
from sqlglot import exp

import assay.examination
from assay.errors import QueryError
from assay.pipeline import audit
from assay.profile.draw import sample_query
from assay.profile.drawn import empty_sample
from assay.profile.groups import GroupPlan, groups_query
from assay.profile.sample import from_arrow
from assay.scan.copies import Copies
from assay.scan.evidence import RowCheck, overlaps
from assay.scan.metrics import ColumnExtent, ColumnMoments, DistinctRows, NotNullCount, RowCount, RowsWhere
from assay.scan.planner import statements
from assay.source.base import Source
from tests.builders import source_of
from tests.engines import offline
from tests.engines.analyzer import refusal
from tests.engines.emulator import DATASET, PROJECT, Emulator, schema_of
from tests.engines.golden import matches
from tests.engines.tables import TABLES, hours

SCHEMA = [
    SchemaField("day", "DATE"),
    SchemaField("country", "STRING"),
    SchemaField("clicks", "INTEGER"),
    SchemaField("spend", "FLOAT"),
    SchemaField("seen", "TIMESTAMP"),
    SchemaField("paused", "BOOLEAN"),
]
NESTED = [
    *SCHEMA,
    SchemaField("price", "NUMERIC"),
    SchemaField("fee", "BIGNUMERIC"),
    SchemaField("at", "DATETIME"),
    SchemaField("hour", "TIME"),
    SchemaField("raw", "JSON"),
    SchemaField("geo", "RECORD", fields=[SchemaField("city", "STRING"), SchemaField("tags", "STRING", "REPEATED")]),
]
ARROW = pa.table(
    {
        "day": pa.array([], pa.date32()),
        "country": pa.array([], pa.string()),
        "clicks": pa.array([], pa.int64()),
        "spend": pa.array([], pa.float64()),
        "seen": pa.array([], pa.timestamp("us")),
        "paused": pa.array([], pa.bool_()),
    }
)


def column(name: str) -> exp.Column:
    return exp.column(name, quoted=True)


def day(text: str) -> exp.Expr:
    return exp.cast(exp.Literal.string(text), "date")


def predicates() -> list[exp.Expr]:
    """Forms that predicates take."""
    text = exp.cast(column("country"), "text")
    number = exp.TryCast(this=exp.Trim(this=column("country")), to=exp.DataType.build("double"))
    pair = exp.Tuple(expressions=[column("country"), column("clicks")])
    pairs = [exp.Tuple(expressions=[exp.Literal.string("DE"), exp.Literal.number(i)]) for i in range(3)]
    return [
        column("country").is_(exp.null()),
        exp.RegexpLike(this=text, expression=exp.Literal.string(r"^\d+'\"\\$")),
        exp.RegexpLike(this=column("clicks"), expression=exp.Literal.string("^9+$")),
        exp.Lower(this=exp.cast(column("spend"), "text")).eq("nan"),
        column("spend") / column("clicks") > 2,
        exp.GT(this=exp.Abs(this=exp.Ln(this=column("spend"))), expression=exp.Literal.number("1.5")),
        column("day") > exp.cast(column("seen"), "timestamp"),
        exp.Between(this=column("day"), low=day("2026-01-01"), high=day("2026-02-01")),
        exp.cast(column("paused"), "double").eq(1),
        exp.In(this=pair, expressions=pairs),
        exp.In(this=column("day"), expressions=[day("2026-01-01"), day("2026-01-02")]),
        number > 3,
        exp.GT(this=column("country"), expression=exp.Literal.number(3)),
        exp.GT(this=exp.Mod(this=column("spend"), expression=exp.Literal.number(1)), expression=exp.Literal.number(0)),
        (column("day") - day("2026-01-01")) > 3,
        column("clicks") > exp.Literal.number(10**20),
        column("paused").eq(1),
        exp.cast(column("spend"), "double").eq(exp.cast(exp.Literal.string("-Infinity"), "double")),
    ]


def planned(source: Source) -> Iterator[tuple[str, exp.Expr]]:
    """Every statement that the planner emits, by what it is for."""
    sample = empty_sample(source)
    plan = GroupPlan(("country", "clicks"), "day", ("clicks", "spend"), ("country",))
    sampled, grouped = sample_query(source, 1_000), groups_query(source, sample, plan)
    assert sampled is not None and grouped is not None
    yield "sample", sampled
    yield "groups", grouped
    hourly = groups_query(source, sample, GroupPlan((), "seen", ("clicks",), (), 3_600))
    assert hourly is not None
    yield "groups by hour", hourly
    metrics = [
        RowCount(),
        NotNullCount(column("country")),
        ColumnExtent(column("day")),
        ColumnMoments(column("clicks")),
    ]
    tests = [RowsWhere(p) for p in predicates()]
    for query in statements(source, [*metrics, DistinctRows(("day", "spend")), *tests]):
        yield "tests", query
    keys = [Copies(("day", "country"), ("day", "country", "spend")), Copies(("day", "country", "spend"))]
    yield "evidence", evidence(source, [*predicates()[:3], *keys])


def evidence(source: Source, checks: Sequence[RowCheck]) -> exp.Expr:
    """The statement that looks at bad rows."""
    asked: list[exp.Expr] = []

    def ask(query: exp.Expr) -> pa.Table:
        asked.append(query)
        raise QueryError("not asked")

    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(QueryError):
        patch.setattr(source, "ask", ask)
        overlaps(source, checks, ["day", "country"], 5)
    return asked[0]


def written(source: Source) -> str:
    parts = [f"-- {purpose}\n{source.render(query)};\n" for purpose, query in planned(source)]
    return "\n".join(parts)


def test_the_analyzer_refuses_what_bigquery_does_not_know() -> None:
    for wrong in ("CAST(`clicks` AS DOUBLE)", "`clicks` = 'a'", "`missing`", "MEDIAN(`clicks`)"):
        assert refusal(f"SELECT {wrong} FROM `t`", SCHEMA, "`t`") is not None


def test_golden_statements_of_bigquery() -> None:
    service = offline.Service(offline.table_resource(SCHEMA, rows=5_000_000, size=900_000_000))
    assert matches("bigquery.sql", written(offline.source(service)))


def test_golden_statements_of_duckdb() -> None:
    source = source_of(ARROW)
    source.rows = 5_000_000
    assert matches("duckdb.sql", written(source))


@pytest.mark.parametrize("schema", [SCHEMA, NESTED], ids=["plain", "nested"])
@pytest.mark.parametrize("rows", [900, 5_000_000])
def test_the_analyzer_accepts_every_form(schema: list[SchemaField], rows: int) -> None:
    service = offline.Service(offline.table_resource(schema, rows=rows, size=900_000_000))
    where = exp.and_(column("seen") >= day("2026-01-01"), column("day") >= day("2026-01-01"))
    for condition in (None, where):
        source = offline.source(service, where=condition)
        for purpose, query in planned(source):
            assert refusal(source.render(query), schema, "`proj-1`.`ads`.`daily`") is None, purpose


def test_the_analyzer_accepts_several_questions_in_one_statement() -> None:
    service = offline.Service(offline.table_resource(NESTED, rows=5_000_000, size=900_000_000))
    source = offline.source(service)
    (together,) = source.combined([query for _, query in planned(source)])
    sql = source.render(together)
    assert refusal(sql, NESTED, "`proj-1`.`ads`.`daily`") is None


def test_leaves_of_structs_are_columns_and_repeated_ones_are_listed() -> None:
    source = offline.source(offline.Service(offline.table_resource(NESTED)))
    names = {c.name: (str(c.type), c.native) for c in source.columns}
    assert names["geo.city"] == ("text", "STRING")
    assert names["geo.tags"] == ("nested", "ARRAY<STRING>")
    query = exp.select(exp.alias_(exp.Max(this=column("geo.city")), "m")).from_(source.relation())
    assert refusal(source.render(query), NESTED, "`proj-1`.`ads`.`daily`") is None
    assert source.render(column("geo.city").eq("Rome")) == "`geo`.`city` = 'Rome'"


@pytest.mark.parametrize("stored", ["TIMESTAMP", "DATETIME", "DATE", "STRING"])
def test_the_analyzer_accepts_counts_by_time_of_day(stored: str) -> None:
    schema = [*SCHEMA[1:], SchemaField("heard", stored)]
    source = offline.source(offline.Service(offline.table_resource(schema, rows=5_000_000, size=900_000_000)))
    texts = pa.table({f.name: ["2026-01-01 05:00:00", "2026-01-01 06:00:00"] for f in schema})
    sample = (
        from_arrow(texts) if stored == "STRING" else empty_sample(source)
    )  # texts are read as times by their values
    grouped = groups_query(source, sample, GroupPlan((), "heard", ("clicks",) if stored != "STRING" else (), (), 3_600))
    assert grouped is not None
    sql = source.render(grouped)
    assert "DATETIME_DIFF(" in sql and ", SECOND)" in sql and "TIMESTAMP_DIFF" not in sql
    assert refusal(sql, schema, "`proj-1`.`ads`.`daily`") is None


@pytest.mark.parametrize("utc", [None, "UTC"], ids=["DATETIME", "TIMESTAMP"])
def test_the_analyzer_accepts_what_an_audit_of_hours_sends(
    utc: str | None, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assay.examination, "local_copy", lambda source, *_: source)
    rows = hours()
    rows = rows.set_column(0, "heard", rows["heard"].cast(pa.timestamp("us", utc)))
    result = audit(emulator.load("hourly", rows))
    quoted = f"`{PROJECT}`.`{DATASET}`.`hourly`"
    assert any("SECOND" in sql for sql in result.statements)
    assert not result.failures
    assert "date_gap" in {f.kind for f in result.findings}
    for sql in [*result.statements, *(f.query for f in result.findings if f.query)]:
        assert refusal(sql, schema_of(rows), quoted) is None


@pytest.mark.parametrize("case", ["nulls", "copies", "categories", "magnitudes", "odd names"])
def test_the_analyzer_accepts_what_an_audit_sends(
    case: str, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assay.examination, "local_copy", lambda source, *_: source)
    rows = TABLES[case]()
    result = audit(emulator.load("audited", rows), since=dt.date(2026, 1, 2).isoformat())
    quoted = f"`{PROJECT}`.`{DATASET}`.`audited`"
    predicates = [f"SELECT {f.predicate} FROM {quoted}" for f in result.findings if f.predicate]
    proofs = [f.query for f in result.findings if f.query]
    assert proofs
    for sql in [*result.statements, *proofs, *predicates]:
        assert refusal(sql, schema_of(rows), quoted) is None
