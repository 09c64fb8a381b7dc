"""The BigQuery emulator as a process of its own, and tables in it through the official client."""

from __future__ import annotations

import io
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

PROJECT, DATASET = "proj-1", "ads"
STARTS_WITHIN = 60.0  # seconds
_TYPES = {
    pa.int64(): "INTEGER",
    pa.int32(): "INTEGER",
    pa.float64(): "FLOAT",
    pa.string(): "STRING",
    pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE",
    pa.timestamp("us"): "DATETIME",
    pa.timestamp("us", "UTC"): "TIMESTAMP",
    pa.time64("us"): "TIME",
    pa.binary(): "BYTES",
}


class Emulator:
    """A running emulator. Leaving the ``with`` block ends it.

    Args:
        native: hash rows by the emulator's engine: other fingerprints than BigQuery's, but millions of them in seconds.
    """

    def __init__(self, *, native: bool = False) -> None:
        rest, grpc = _free_port(), _free_port()
        starter = Path(__file__).with_name("emulator_main.py")
        command = [sys.executable, str(starter), str(rest), str(grpc), *["native"] * native]
        self.endpoint = f"http://127.0.0.1:{rest}"
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        try:
            self._wait()
            self.client = bigquery.Client(
                project=PROJECT, credentials=AnonymousCredentials(), client_options={"api_endpoint": self.endpoint}
            )
            self.client.create_dataset(DATASET)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Emulator:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self.close()

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def load(self, name: str, rows: pa.Table, schema: Sequence[bigquery.SchemaField] = (), **options: Any) -> str:
        """Put rows into a new table, and return its address.

        Args:
            schema: of the table, where the types of the rows do not tell.
            options: attributes of the table, such as ``time_partitioning``.
        """
        rows = plain(rows)
        fields = list(schema) or schema_of(rows)
        table = bigquery.Table(f"{PROJECT}.{DATASET}.{name}", schema=fields)
        for option, value in options.items():
            setattr(table, option, value)
        self.client.delete_table(table, not_found_ok=True)
        self.client.create_table(table)
        self._append(table, rows, fields)
        return f"bigquery://{PROJECT}/{DATASET}.{name}"

    def append(self, name: str, rows: pa.Table) -> str:
        """Put more rows into a table that was loaded, and return its address."""
        rows = plain(rows)
        fields = schema_of(rows)
        self._append(bigquery.Table(f"{PROJECT}.{DATASET}.{name}", schema=fields), rows, fields)
        return f"bigquery://{PROJECT}/{DATASET}.{name}"

    def _append(self, table: bigquery.Table, rows: pa.Table, fields: Sequence[bigquery.SchemaField]) -> None:
        written = io.BytesIO()
        pq.write_table(rows, written)
        config = bigquery.LoadJobConfig(
            source_format="PARQUET", schema=fields, write_disposition=bigquery.WriteDisposition.WRITE_APPEND
        )
        self.client.load_table_from_file(written, table, rewind=True, job_config=config).result()

    def _wait(self) -> None:
        deadline = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                reason = self._process.communicate()[1].decode(errors="replace").strip().splitlines()
                raise RuntimeError(f"the emulator did not start: {reason[-1] if reason else 'no reason given'}")
            try:
                requests.get(f"{self.endpoint}/bigquery/v2/projects/{PROJECT}/datasets", timeout=2)
                return
            except requests.ConnectionError:
                time.sleep(0.1)
        raise RuntimeError(f"the emulator did not answer within {STARTS_WITHIN:.0f} s")


def plain(rows: pa.Table) -> pa.Table:
    """The rows without dictionary encoding."""
    fields = [f.with_type(pa.string()) if pa.types.is_dictionary(f.type) else f for f in rows.schema]
    return rows.cast(pa.schema(fields))


def schema_of(rows: pa.Table) -> list[bigquery.SchemaField]:
    """The columns as BigQuery declares them."""
    return [_field(field) for field in rows.schema]


def _field(field: pa.Field) -> bigquery.SchemaField:
    if pa.types.is_list(field.type):
        inner = _field(field.type.value_field)
        return bigquery.SchemaField(field.name, inner.field_type, "REPEATED", fields=inner.fields)
    if pa.types.is_struct(field.type):
        return bigquery.SchemaField(field.name, "RECORD", fields=[_field(inner) for inner in field.type])
    kind = "NUMERIC" if pa.types.is_decimal(field.type) else _TYPES[field.type]
    return bigquery.SchemaField(field.name, kind)


def _free_port() -> int:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return int(chosen.getsockname()[1])
