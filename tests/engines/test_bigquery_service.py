"""What the emulator lacks, against the service's HTTP answers: cost, refusals, retries, cancelling, drawing blocks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from google.api_core import exceptions as api
from google.cloud import bigquery
from google.cloud.bigquery import SchemaField
from sqlglot import exp

from assay.config import Settings
from assay.errors import AssayError, BudgetError, ConfigurationError, QueryError, SourceError
from assay.source.bigquery.address import parse_address
from assay.source.bigquery.catalog import PLAIN, Described, _with_shards
from assay.source.bigquery.client import CELLS_OF_A_PAGE, Connection, page_size
from assay.source.bigquery.errors import explain
from assay.source.bigquery.partitions import Partitioning
from assay.source.bigquery.source import BigQuerySource, _limited
from tests.engines import offline
from tests.engines.offline import Service, refused, table_resource

SCHEMA = [SchemaField("day", "DATE"), SchemaField("clicks", "INTEGER"), SchemaField("country", "STRING")]
BY_DAY = {"timePartitioning": {"type": "DAY", "field": "day"}}


@pytest.fixture(autouse=True)
def no_emulator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BIGQUERY_EMULATOR_HOST", raising=False)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)


def service(**more: Any) -> Service:
    return Service(table_resource(SCHEMA, **more))


def total(source: BigQuerySource) -> exp.Select:
    total = exp.Sum(this=exp.column("clicks", quoted=True))
    return exp.select(exp.alias_(total, "n")).from_(source.relation())


def test_a_job_carries_labels_priority_time_limit_and_the_payer() -> None:
    cloud = service()
    source = offline.source(cloud, f"{offline.ADDRESS}?priority=batch&timeout=90&location=EU&billing=payer-1")
    assert source.ask(total(source)).to_pydict() == {"n": [7]}
    (job,) = cloud.jobs()
    assert job["labels"]["tool"] == "assay"
    assert job["labels"]["table"] == "ads-daily"
    assert job["query"]["priority"] == "BATCH"
    assert job["jobTimeoutMs"] == "90000"
    assert "maximumBytesBilled" not in job["query"]
    paths = [path for _, path, body in cloud.requests if body]
    assert paths == ["projects/payer-1/jobs"]
    assert next(body for _, _, body in cloud.requests if body)["jobReference"]["location"] == "EU"


def test_an_estimate_is_what_the_service_tells_in_a_dry_run() -> None:
    cloud = service()
    cloud.dry_bytes = 12_345
    source = offline.source(cloud)
    assert source.estimate(total(source)).bytes == 12_345
    assert [job["dryRun"] for job in cloud.jobs()] == [True]
    assert source.asked == []


def test_each_job_may_be_billed_what_is_left_of_the_bound() -> None:
    cloud = service()
    cloud.dry_bytes = 60_000
    source = offline.source(cloud, settings=Settings(max_bytes=100_000))
    source.ask(total(source))
    bounds = [job["query"].get("maximumBytesBilled") for job in cloud.jobs()]
    assert bounds == [None, "100000"]  # the dry run, and the job
    cloud.dry_bytes = 100_001 - (source.spent.bytes or 0)
    with pytest.raises(BudgetError, match="raise --max-bytes"):
        source.ask(total(source))
    assert len(source.asked) == 1


def test_without_an_answer_columns_are_counted_by_their_types() -> None:
    source = offline.source(service(rows=1_000, size=50_000))
    assert source.estimate(total(source)).bytes == 8_000
    texts = exp.select(exp.alias_(exp.Max(this=exp.column("country", quoted=True)), "n")).from_(source.relation())
    assert source.estimate(texts).bytes == 50_000 - 2 * 8_000
    count = exp.select(exp.alias_(exp.Count(this=exp.Star()), "n")).from_(source.relation())
    assert source.estimate(count).bytes == 0


def test_rows_come_from_metadata_unless_there_is_a_condition_or_a_buffer() -> None:
    assert offline.source(service(rows=1_000)).rows == 1_000
    buffered = service(rows=1_000, streamingBuffer={"estimatedRows": "5"})
    assert offline.source(buffered).rows == 7
    condition = exp.column("clicks", quoted=True) > 3
    assert offline.source(service(rows=1_000), where=condition).rows == 7
    assert offline.source(Service({**table_resource(SCHEMA), "type": "VIEW", "numRows": "0"})).rows == 7


def test_a_table_that_needs_a_filter_is_not_asked_without_one() -> None:
    cloud = service(**BY_DAY, requirePartitionFilter=True)
    source = offline.source(cloud)
    with pytest.raises(SourceError, match="partition column day; use --since DATE"):
        source.ask(total(source))
    with pytest.raises(SourceError, match="partition column day"):
        source.estimate(total(source))
    assert not cloud.jobs()
    cloud.dry_bytes = 500
    limited = offline.source(cloud, where=exp.column("day", quoted=True) >= exp.Literal.string("2026-01-01"))
    assert limited.ask(total(limited)).num_rows == 1
    old = service(timePartitioning={"type": "DAY", "field": "day", "requirePartitionFilter": True})
    with pytest.raises(SourceError, match="partition column day"):
        offline.source(old).ask(total(source))


REFUSALS = [
    (403, "accessDenied", "Access Denied: Project p: User does not have bigquery.jobs.create permission", "jobUser"),
    (403, "accessDenied", "Access Denied: Table p:d.t: User lacks permission bigquery.tables.getData", "dataViewer"),
    (403, "accessDenied", "Access Denied: policy tag on column p.d.t.email", "categoryFineGrainedReader"),
    (403, "quotaExceeded", "Quota exceeded: too many jobs", "quota of project"),
    (403, "billingNotEnabled", "Billing has not been enabled for this project", "billing=PROJECT"),
    (404, "notFound", "Not found: Dataset p:d was not found in location US", "location"),
    (404, "notFound", "Not found: Project nowhere", "project proj-1 is not there"),
    (404, "notFound", "Not found: Table my-project-7:raw.base was not found in location EU",
     "it reads my-project-7:raw.base"),
    (403, "accessDenied", "Access Denied: Table other:raw.base: User lacks permission bigquery.tables.getData",
     "dataViewer on other.raw"),
    (403, "accessDenied", "Access Denied: the account lacks storage.objects.get access", "storage.objectViewer"),
    (400, "invalidQuery", "Syntax error at [1:1]", "Syntax error"),
    (400, "invalidQuery", "Cannot query over table 'd.t' without a filter over column(s) 'day' that can be used for"
     " partition elimination", "--since DATE"),
    (400, "bytesBilledLimitExceeded", "Query exceeded limit for bytes billed: 1000. 20971520 or higher required.",
     "raise --max-bytes"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "reason", "message", "told"), REFUSALS)
def test_a_refusal_is_one_line_that_says_what_to_do(status: int, reason: str, message: str, told: str) -> None:
    cloud = service()
    cloud.answers["/jobs"] = [refused(status, reason, message)]
    source = offline.source(cloud)
    with pytest.raises(AssayError) as caught:
        source.ask(total(source))
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, QueryError) == (told == "Syntax error")
    assert isinstance(caught.value, BudgetError) == (reason == "bytesBilledLimitExceeded")
    assert len(cloud.jobs()) == 1  # what is refused is not asked again


def test_a_denied_column_is_named() -> None:
    error = api.Forbidden("Access Denied: User has no access to policy tag 'pii' on column p.d.t.email, request it.")
    assert "column p.d.t.email" in str(explain(error, "d.t", parse_address(offline.ADDRESS)))


def test_what_is_transient_is_asked_again() -> None:
    cloud = service()
    cloud.answers["/jobs"] = [refused(503, "backendError", "try again"), refused(500, "internalError", "try again")]
    source = offline.source(cloud)
    assert source.ask(total(source)).num_rows == 1
    assert len(cloud.jobs()) == 3


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit, TimeoutError])
def test_an_interrupt_cancels_the_running_job(interrupt: type[BaseException], monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = service()
    source = offline.source(cloud)

    def interrupted(*_: object, **__: object) -> None:
        raise interrupt

    monkeypatch.setattr(bigquery.QueryJob, "result", interrupted)
    with pytest.raises((interrupt, SourceError)):
        source.ask(total(source))
    assert any(path.endswith("/cancel") for _, path, _ in cloud.requests)


def test_an_interrupt_of_another_thread_cancels_too(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = service()
    source = offline.source(cloud)
    monkeypatch.setattr(bigquery.QueryJob, "result", lambda *_, **__: source.interrupt())
    monkeypatch.setattr(Connection, "batches", lambda *_: iter([pa.record_batch({"n": [1]})]))
    source.ask(total(source))
    assert any(path.endswith("/cancel") for _, path, _ in cloud.requests)
    source.interrupt()  # nothing runs any more
    assert sum(path.endswith("/cancel") for _, path, _ in cloud.requests) == 1


def test_a_large_table_is_sampled_by_blocks_and_by_hash_if_they_hold_too_little(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = offline.source(service(rows=1_000_000, size=1_000_000_000))
    sizes = iter([400, 9_900])
    monkeypatch.setattr(Connection, "batches", lambda *_: iter([pa.record_batch({"c": [1] * next(sizes)})]))
    query = exp.select(exp.alias_(exp.column("clicks", quoted=True), "c")).from_(source.sampled(0.01))
    assert source.ask(query).num_rows == 9_900
    assert [("TABLESAMPLE SYSTEM (10 PERCENT)" in sql) for sql in source.asked] == [True, False]
    assert source.spent.bytes == 8_000_000 // 10 + 8_000_000


@pytest.mark.parametrize(
    "resource",
    [
        table_resource(SCHEMA, rows=1_000_000, size=1_000),
        {**table_resource(SCHEMA, rows=1_000_000, size=10**10), "type": "VIEW"},
        table_resource(SCHEMA, rows=1_000_000, size=10**10, streamingBuffer={"estimatedRows": "5"}),
    ],
    ids=["small", "view", "buffered"],
)
def test_blocks_are_drawn_only_of_large_plain_tables(resource: dict[str, Any]) -> None:
    source = offline.source(Service(resource))
    source.rows = 1_000_000
    query = exp.select(exp.alias_(exp.column("clicks", quoted=True), "c")).from_(source.sampled(0.01))
    assert "TABLESAMPLE" not in source.render(query)
    assert "< 10737418" in source.render(query)


def test_a_sample_of_rows_that_repeat_is_drawn_by_their_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    source = offline.source(service(rows=100_000, size=1_000_000))
    sizes = iter([0, 990])
    monkeypatch.setattr(Connection, "batches", lambda *_: iter([pa.record_batch({"c": [1] * next(sizes)})]))
    query = exp.select(exp.alias_(exp.column("clicks", quoted=True), "c")).from_(source.sampled(0.01))
    assert source.ask(query).num_rows == 990
    assert ["ROW_NUMBER() OVER (PARTITION BY FARM_FINGERPRINT" in sql for sql in source.asked] == [False, True]


def test_a_preview_that_arrow_cannot_show_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    source = offline.source(service())
    odd = pa.table({"day": pa.array([], pa.month_day_nano_interval())})
    monkeypatch.setattr(Connection, "first_rows", lambda *_: odd)
    assert source.preview(10) is None


def shards(*names: str, **types: str) -> list[Described]:
    """What the tables of these names are taken for, in a data set that has those of ``types`` as well."""
    tables = {n: bigquery.Table(f"proj-1.ads.{n}", SCHEMA) for n in names}
    for table in tables.values():
        table._properties["type"] = PLAIN
    found = [Described(f"ads.{name}", (table,)) for name, table in tables.items()]
    return _with_shards(found, dict.fromkeys(names, PLAIN) | types)


def test_days_that_are_not_meant_are_left_out_of_a_pattern() -> None:
    days = ("d_20260101", "d_20260105")
    (whole,) = shards(*days)
    assert "BETWEEN" not in str(_limited(whole, None)) and not whole.among_others
    (some,) = shards(*days, d_20260103=PLAIN)
    limited = _limited(some, None)
    assert limited is not None and limited.sql() == "_TABLE_SUFFIX IN ('20260101', '20260105')"


def test_a_view_with_the_same_beginning_keeps_days_apart() -> None:
    assert [d.digits for d in shards("d_20260101", "d_20260102", d_latest="VIEW")] == [0, 0]


@pytest.mark.parametrize(
    ("partitions", "bound"),
    [
        (Partitioning("_TABLE_SUFFIX", digits=6, span="month"), "'202603'"),
        (Partitioning("_TABLE_SUFFIX", digits=8), "'20260315'"),
        (Partitioning("_PARTITIONDATE", span="month"), "'2026-03-01'"),
        (Partitioning("_PARTITIONDATE", span="year"), "'2026-01-01'"),
        (Partitioning("day", span="month"), "'2026-03-15'"),
    ],
)
def test_since_a_day_inside_a_partition_reads_the_whole_partition(partitions: Partitioning, bound: str) -> None:
    condition = partitions.since(date(2026, 3, 15))
    assert condition is not None and bound in condition.sql()
    assert partitions.coarse == (bound != "'20260315'" and bound != "'2026-03-15'")


def test_results_come_in_pages_where_read_sessions_are_denied(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = service()
    source = offline.source(cloud)
    connection = source._connection
    connection._by_storage, connection._storage = True, object()
    arrow = bigquery.table.RowIterator.to_arrow_iterable

    def denied(self: Any, storage: object = None, **options: Any) -> Iterator[pa.RecordBatch]:
        if storage is not None:
            raise api.Forbidden("bigquery.readsessions.create")
        yield from arrow(self, **options)

    monkeypatch.setattr(bigquery.table.RowIterator, "to_arrow_iterable", denied)
    assert source.ask(total(source)).to_pydict() == {"n": [7]}
    assert not connection._by_storage


def test_pages_have_a_bounded_number_of_cells_whatever_the_width() -> None:
    wide = 100
    fields = [{"name": f"c{i}", "type": "INTEGER"} for i in range(wide)]
    row = {"f": [{"v": "1"}] * wide}
    head = {"jobComplete": True, "jobReference": offline.JOB, "schema": {"fields": fields}, "totalRows": "2"}
    pages = [{"rows": [], "pageToken": "0"}, {"rows": [row], "pageToken": "1"}, {"rows": [row]}]
    cloud = service()
    cloud.answers["/queries/job-1"] = [(200, head | page) for page in pages]
    source = offline.source(cloud)
    query = exp.select(*[exp.alias_(exp.column("clicks", quoted=True), f["name"]) for f in fields])
    answer = source.ask(query.from_(source.relation()))
    assert (answer.num_rows, answer.num_columns) == (2, wide)
    asked = [int(params["maxResults"]) for path, params in cloud.parameters if path.endswith("/queries/job-1")]
    assert asked == [0, page_size(wide), page_size(wide)]
    assert page_size(wide) * wide <= CELLS_OF_A_PAGE
    assert page_size(3) > page_size(wide)


def test_a_statement_that_is_too_long_is_not_sent() -> None:
    cloud = service()
    source = offline.source(cloud)
    many = [exp.Literal.string("x" * 100) for _ in range(11_000)]
    with pytest.raises(QueryError, match="longer than BigQuery takes"):
        source.ask(total(source).where(exp.column("country", quoted=True).isin(*many)))
    assert not cloud.jobs()


@pytest.mark.parametrize(
    "address",
    [
        "bigquery://",
        "bigquery://proj",
        "bigquery://proj/",
        "bigquery://proj/ads.",
        "bigquery://proj/ads.x`y",
        "bigquery://proj/ads.t?priority=urgent",
        "bigquery://proj/ads.t?timeout=soon",
        "bigquery://proj/ads.t?colour=red",
    ],
)
def test_a_wrong_address_is_refused_with_a_reason(address: str) -> None:
    with pytest.raises((SourceError, ConfigurationError), match="bigquery://"):
        parse_address(address)


def test_an_address_may_name_an_old_project_and_options() -> None:
    parsed = parse_address("bigquery://example.com:proj/ads.daily?location=EU&billing=payer")
    assert (parsed.project, parsed.dataset, parsed.table) == ("example.com:proj", "ads", "daily")
    assert (parsed.location, parsed.payer, parsed.priority, parsed.timeout) == ("EU", "payer", "interactive", None)
    assert parse_address("bigquery://proj/ads").pattern
    assert parse_address("bigquery://proj/ads.events_*").pattern
