"""Object stores as sources, against emulators of Google Cloud Storage and S3 that the official clients talk to."""

from __future__ import annotations

import gzip
import io
import socket
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote
from urllib.request import Request, urlopen

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.config import Settings
from assay.errors import BudgetError, MissingExtraError, SourceError
from assay.source.files import remote
from assay.source.open import find_tables

CSV = b"day,clicks\n2025-03-01,5\n2025-03-02,6\n"
PARQUET = io.BytesIO()
pq.write_table(pa.table({"a": [1, 2, 3]}), PARQUET)
OBJECTS = {
    "one.csv": CSV,
    "months/1.csv": CSV,
    "months/2.csv.gz": gzip.compress(CSV),
    "deep/a/part.parquet": PARQUET.getvalue(),
    "deep/b/part.parquet": PARQUET.getvalue(),
    "deep/readme.md": b"no table",
}

pytestmark = pytest.mark.filterwarnings("ignore")  # the clients' own


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="module", params=["gs", "s3"])
def store(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a bucket that holds ``OBJECTS``."""
    with pytest.MonkeyPatch.context() as environment:
        yield from (google if request.param == "gs" else amazon)(environment)


def google(environment: pytest.MonkeyPatch) -> Iterator[str]:
    from gcp_storage_emulator.server import create_server
    from gcsfs.core import GCSFileSystem

    host = f"http://127.0.0.1:{(port := free_port())}"
    server = create_server("127.0.0.1", port, in_memory=True, default_bucket="tables")
    server.start()
    for name, data in OBJECTS.items():
        upload = f"{host}/upload/storage/v1/b/tables/o?uploadType=media&name={quote(name, safe='')}"
        urlopen(Request(upload, data=data, headers={"Content-Type": "application/octet-stream"})).close()
    environment.setenv("STORAGE_EMULATOR_HOST", host)
    yield "gs://tables"
    GCSFileSystem.clear_instance_cache()
    server.stop()


def amazon(environment: pytest.MonkeyPatch) -> Iterator[str]:
    from moto.server import ThreadedMotoServer
    from s3fs.core import S3FileSystem

    server = ThreadedMotoServer("127.0.0.1", port := free_port(), verbose=False)
    server.start()
    settings = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    for name, value in settings.items():
        environment.setenv(name, value)
    files = S3FileSystem()
    files.mkdir("tables")
    for name, data in OBJECTS.items():
        files.pipe_file(f"tables/{name}", data)
    yield "s3://tables"
    S3FileSystem.clear_instance_cache()
    server.stop()


def rows(address: str, settings: Settings = Settings()) -> dict[str, int]:
    found = {}
    for table in find_tables(address):
        source = table.open(settings)
        found[table.name] = source.rows
        source.close()
    return found


def test_an_object_is_a_table(store: str) -> None:
    assert rows(f"{store}/one.csv") == {"one.csv": 2}


def test_a_folder_holds_its_tables(store: str) -> None:
    assert rows(f"{store}/months") == {"1.csv": 2, "2.csv.gz": 2}


def test_a_glob_is_one_table(store: str) -> None:
    assert rows(f"{store}/deep/*/part.parquet") == {f"{store}/deep/*/part.parquet": 6}


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/none.csv", "no such bucket or object"),
        ("-of-nobody/one.csv", "no such bucket or object"),
        ("/none/*.csv", "no object matches"),
        ("/deep/readme.md", "not a table file"),
    ],
)
def test_what_is_not_there_is_one_line(store: str, path: str, says: str) -> None:
    with pytest.raises(SourceError, match=says) as caught:
        rows(store + path)
    assert "\n" not in str(caught.value)


def test_more_than_the_bound_is_not_copied(store: str) -> None:
    with pytest.raises(BudgetError, match="objects are copied whole"):
        rows(f"{store}/one.csv", Settings(max_bytes=10))


def test_a_missing_library_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(remote.STORES, "gs", replace(remote.STORES["gs"], module="no_such_library"))
    with pytest.raises(MissingExtraError, match=r"assay\[gcs\]"):
        find_tables("gs://tables/one.csv")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (PermissionError("Forbidden"), "roles/storage.objectViewer"),
        (OSError("Forbidden: 403, tables does not have storage.objects.get access"), "roles/storage.objectViewer"),
        (OSError("something\nelse"), "the store cannot be read: something"),
    ],
)
def test_failures_are_one_line_that_says_what_is_missing(error: Exception, says: str) -> None:
    with pytest.raises(SourceError) as caught, remote._as_source_error("gs://tables/one.csv"):
        raise error
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
