"""One connection to BigQuery: credentials, jobs with their bounds and labels, results in batches."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from google.api_core import exceptions as api
from google.auth import exceptions as auth
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

import assay
from assay.errors import QueryError
from assay.source.bigquery.address import BigQueryAddress
from assay.source.bigquery.errors import explained

if TYPE_CHECKING:
    import pyarrow as pa

EMULATOR = "BIGQUERY_EMULATOR_HOST"
LONGEST = 1_000_000  # bytes of a statement that the service takes
CELLS_OF_A_PAGE = 20_000
_QUEUED = 4  # batches that wait in memory


class Connection:
    """A client of one project that pays. The official client retries what is transient, and nothing else."""

    def __init__(self, address: BigQueryAddress, client: bigquery.Client | None = None) -> None:
        self.address = address
        with explained(f"bigquery://{address.project}/{address.dataset}", address):
            self.client = client or _client(address)
        self._storage: Any = None
        self._running: set[bigquery.QueryJob] = set()
        self.bills = not os.environ.get(EMULATOR)  # whether the bytes that the service tells are those that it reads
        self._by_storage = client is None and self.bills

    def job(self, sql: str, name: str, *, max_bytes: int | None = None) -> bigquery.QueryJob:
        """Run a statement to its end.

        Args:
            name: the table, for the job's labels and for errors.
            max_bytes: what the statement may be billed.

        Raises:
            BudgetError: it would be billed more.
            QueryError: the engine could not compute it.
            SourceError: it may not be run, or not in time.
        """
        if len(sql.encode()) > LONGEST:
            raise QueryError(f"{name}: a statement of {len(sql):,} characters is longer than BigQuery takes", sql)
        config = self._config(name)
        if max_bytes is not None:
            config.maximum_bytes_billed = max_bytes
        if self.address.timeout:
            config.job_timeout_ms = max(1, int(self.address.timeout * 1000))
        with explained(name, self.address, sql):
            job = self.client.query(sql, job_config=config, location=self._location, project=self.address.payer)
            self._running.add(job)
            try:
                job.result(timeout=self.address.timeout, max_results=0)
            except (KeyboardInterrupt, SystemExit, TimeoutError, OSError):
                _cancel(job)
                raise
            finally:
                self._running.discard(job)
        return job

    def dry_run(self, sql: str, name: str) -> int | None:
        """Bytes that the service says a statement would read; None where it does not tell."""
        config = self._config(name)
        config.dry_run = True
        config.use_query_cache = False
        with explained(name, self.address, sql):
            job = self.client.query(sql, job_config=config, location=self._location, project=self.address.payer)
        return None if job.total_bytes_processed is None else int(job.total_bytes_processed)

    def batches(self, job: bigquery.QueryJob, name: str) -> Iterator[pa.RecordBatch]:
        """The rows of a finished job, a few batches in memory at a time; at least one batch, if only an empty one."""
        with explained(name, self.address, job.query):
            found = False
            for batch in self._pages(job):
                found = True
                yield batch
            if not found:
                empty = job.result().to_arrow(create_bqstorage_client=False)
                yield from empty.to_batches() or [_no_rows(empty.schema)]

    def first_rows(self, table: bigquery.Table, rows: int) -> pa.Table | None:
        """The first rows as they are listed, which is not billed; None where the table cannot be listed."""
        try:
            return self.client.list_rows(table, max_results=rows).to_arrow(create_bqstorage_client=False)
        except (api.GoogleAPICallError, ValueError, NotImplementedError, OSError):
            return None

    def interrupt(self) -> None:
        """Cancel the statements that other threads may be waiting for."""
        for job in tuple(self._running):
            _cancel(job)

    def close(self) -> None:
        """Release sockets."""
        if self._storage is not None:
            self._storage.transport.close()
        self.client.close()

    def _pages(self, job: bigquery.QueryJob) -> Iterator[pa.RecordBatch]:
        storage = self._storage_client()
        if storage is not None:
            rows = job.result().to_arrow_iterable(storage, max_queue_size=_QUEUED)
            try:
                first = next(rows, None)
            except (api.GoogleAPICallError, auth.GoogleAuthError, OSError):
                # No right to open read sessions, no such API, or no way through a proxy: pages are slower, and do.
                self._by_storage = False
            else:
                if first is not None:
                    yield first
                    yield from rows
                return
        schema = job.result(max_results=0).schema  # what the job itself tells has a schema only after a dry run
        yield from job.result(page_size=page_size(len(schema))).to_arrow_iterable()

    def _storage_client(self) -> Any:
        if self._by_storage and self._storage is None:
            try:
                from google.cloud import bigquery_storage
            except ImportError:
                self._by_storage = False
                return None
            self._storage = bigquery_storage.BigQueryReadClient(credentials=self.client._credentials)
        return self._storage if self._by_storage else None

    def _config(self, name: str) -> bigquery.QueryJobConfig:
        config = bigquery.QueryJobConfig(use_legacy_sql=False)
        config.priority = self.address.priority.upper()
        config.labels = {"tool": "assay", "version": _label(assay.__version__), "table": _label(name)}
        return config

    @property
    def _location(self) -> str | None:
        return self.address.location or None


def _client(address: BigQueryAddress) -> bigquery.Client:
    location = address.location or None
    emulator = os.environ.get(EMULATOR)
    if not emulator:
        return bigquery.Client(project=address.payer, location=location)
    endpoint = emulator if "://" in emulator else f"http://{emulator}"
    return bigquery.Client(
        project=address.payer,
        location=location,
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": endpoint},
    )


def _cancel(job: bigquery.QueryJob) -> None:
    """Cancel a statement whose answer nobody waits for any more, so that it is not paid for."""
    with contextlib.suppress(Exception):  # what led here is what the user has to see
        job.cancel(retry=None, timeout=5)


def page_size(columns: int) -> int:
    """Rows of a page, fewer where rows are wide: two pages at a time lie in memory, with an object for each cell."""
    return max(100, CELLS_OF_A_PAGE // max(1, columns))


def _label(text: str) -> str:
    return re.sub(r"[^a-z0-9_-]", "-", text.lower())[:63].strip("-")


def _no_rows(schema: pa.Schema) -> pa.RecordBatch:
    import pyarrow as pa

    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)
