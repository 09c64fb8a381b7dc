"""BigQuery sources without a BigQuery: what the service would answer is given."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from assay.config import Settings
from assay.source.bigquery.address import parse_address
from assay.source.bigquery.catalog import describe
from assay.source.bigquery.client import Connection
from assay.source.bigquery.source import BigQuerySource

Answer = Callable[[str, str, Mapping[str, Any]], tuple[int, Mapping[str, Any]]]
ADDRESS = "bigquery://proj-1/ads.daily"
JOB = {"projectId": "proj-1", "jobId": "job-1", "location": "EU"}


@dataclass
class Service:
    """Stands in for the HTTP session of the official client.

    Attributes:
        table: the resource of every table that is asked for.
        dry_bytes: what a statement reads, None where the service does not tell.
        answers: by the end of an address, what is answered instead of success.
        requests: what was sent: method, address, body.
        parameters: what addresses were asked with.
    """

    table: Mapping[str, Any]
    answers: dict[str, list[tuple[int, Mapping[str, Any]]]] = field(default_factory=dict)
    dry_bytes: int | None = None
    requests: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)
    parameters: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    is_mtls: bool = False

    def request(self, method: str, url: str, data: Any = None, **_: Any) -> requests.Response:
        body = json.loads(data) if data else {}
        path = url.split("?")[0].split("/bigquery/v2/")[-1]
        self.requests.append((method, path, body))
        self.parameters.append((path, dict(parse_qsl(urlsplit(url).query))))
        key = next((k for k in self.answers if path.endswith(k) and self.answers[k]), None)
        status, content = self.answers[key].pop(0) if key else (200, self._usual(method, path, body))
        response = requests.Response()
        response.status_code, response._content, response.url = status, json.dumps(content).encode(), url
        response.headers["content-type"] = "application/json"
        response.request = requests.Request(method, url).prepare()
        return response

    def close(self) -> None:
        """Nothing is open."""

    def jobs(self) -> list[Mapping[str, Any]]:
        """The configurations of the jobs that were started."""
        return [body["configuration"] for method, path, body in self.requests if path.endswith("/jobs") and body]

    def _usual(self, method: str, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        read = {} if self.dry_bytes is None else {"totalBytesProcessed": str(self.dry_bytes)}
        statistics = {"query": read, **read}
        if "/tables/" in path:
            return self.table
        if path.endswith("/jobs"):
            configuration = body["configuration"]
            state = {"state": "DONE" if configuration.get("dryRun") else "RUNNING"}
            return {"jobReference": JOB, "configuration": configuration, "status": state, "statistics": statistics}
        if "/queries/" in path:
            schema = {"fields": [{"name": "n", "type": "INTEGER"}]}
            rows = [{"f": [{"v": "7"}]}]
            return {"jobComplete": True, "jobReference": JOB, "schema": schema, "totalRows": "1", "rows": rows}
        query = {
            "query": {"query": "SELECT 1", "destinationTable": {"projectId": "p", "datasetId": "d", "tableId": "t"}}
        }
        return {"jobReference": JOB, "configuration": query, "status": {"state": "DONE"}, "statistics": statistics}


def table_resource(schema: Sequence[bigquery.SchemaField], rows: int = 1_000, size: int = 100_000, **more: Any) -> Any:
    """A table as the service describes it."""
    return {
        "tableReference": {"projectId": "proj-1", "datasetId": "ads", "tableId": "daily"},
        "schema": {"fields": [f.to_api_repr() for f in schema]},
        "numRows": str(rows),
        "numBytes": str(size),
        "type": "TABLE",
        "lastModifiedTime": "1767225600000",
        **more,
    }


def refused(status: int, reason: str, message: str) -> tuple[int, Mapping[str, Any]]:
    """An error as the service answers it."""
    return status, {"error": {"code": status, "message": message, "errors": [{"reason": reason, "message": message}]}}


def connection(service: Service, address: str = ADDRESS) -> Connection:
    """A connection of the official client to a stand-in of the service."""
    parsed = parse_address(address)
    client = bigquery.Client(project=parsed.payer, credentials=AnonymousCredentials(), _http=service)
    return Connection(parsed, client)


def source(
    service: Service, address: str = ADDRESS, settings: Settings = Settings(), where: Any = None
) -> BigQuerySource:
    """The first table behind an address."""
    linked = connection(service, address)
    return BigQuerySource(linked, describe(linked)[0], settings, where)
