"""Files in object stores: listed through fsspec, copied to scratch within the bound, and read like local files.

Credentials are those of the environment, as each store's own library finds them.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from assay.config import Settings
from assay.errors import AssayError, MissingExtraError, SourceError
from assay.source.scratch import scratch_path

if TYPE_CHECKING:
    from sqlglot import exp

    from assay.source.duckdb import DuckDBSource


@dataclass(frozen=True)
class Store:
    """An object store: the library that speaks to it, the extra that brings it, and what reading needs.

    The file system is named in its own module: what ``gcsfs`` would choose by itself first asks another interface.
    """

    package: str
    module: str
    filesystem: str
    extra: str
    permission: str


STORES = {
    "gs": Store(
        "gcsfs",
        "gcsfs.core",
        "GCSFileSystem",
        "gcs",
        "the role Storage Object Viewer (roles/storage.objectViewer) on the bucket",
    ),
    "s3": Store(
        "s3fs",
        "s3fs.core",
        "S3FileSystem",
        "s3",
        "s3:GetObject and s3:ListBucket on the bucket, and credentials in the environment",
    ),
    "memory": Store("fsspec", "fsspec.implementations.memory", "MemoryFileSystem", "gcs", "nothing"),
}
_REFUSED = ("accessdenied", "forbidden", "401", "403", "credentials", "unauthorized", "signaturedoesnotmatch")
_MISSING = ("nosuchbucket", "nosuchkey", "404", "not found", "does not exist")


@dataclass(frozen=True)
class Found:
    """A table in a store: its name in reports, the objects that it is made of, and the sheet of a workbook."""

    name: str
    paths: tuple[str, ...]
    sheet: str | None = None


def find_objects(address: str) -> list[Found]:
    """The tables behind an address: one for an object or a glob, one an object for a folder.

    Raises:
        SourceError: nothing is there, or it may not be read.
        MissingExtraError: the store's library is not installed.
    """
    from assay.source.files.tables import file_format

    path, _, sheet = address.partition("#")
    files = _filesystem(path)
    with _as_source_error(address):
        if glob.has_magic(path):
            matches = sorted(p for p in files.glob(path) if files.isfile(p))
            if not matches:
                raise SourceError(f"{address}: no object matches")
            return [Found(address, tuple(matches))]
        if files.isfile(path):
            name = PurePosixPath(path).name
            return [Found(f"{name}#{sheet}" if sheet else name, (path,), sheet or None)]
        inside = sorted(p for p in files.ls(path, detail=False) if file_format(Path(p)) and files.isfile(p))
    if not inside:
        raise SourceError(f"{address}: the folder has no table files (CSV, TSV, JSON, Parquet, Excel)")
    return [Found(PurePosixPath(p).name, (p,)) for p in inside]


def open_objects(scheme: str, found: Found, settings: Settings, where: exp.Expr | None = None) -> DuckDBSource:
    """Copy the objects of a table to scratch and open them.

    Raises:
        SourceError: an object is gone or may not be read, or is no table.
        BudgetError: the objects are larger than the bound.
    """
    from assay.source.duckdb import within_bound
    from assay.source.files.tables import open_files

    files, folder = _filesystem(f"{scheme}://"), scratch_path()
    with _as_source_error(f"{scheme}://{found.paths[0].removeprefix(f'{scheme}://')}"):
        sizes = [int(files.info(p)["size"]) for p in found.paths]
        if settings.max_bytes is not None:
            remedy = "copy it yourself and audit the copy, or raise --max-bytes"
            within_bound(f"{found.name}: objects are copied whole, which is", sum(sizes), 0, settings.max_bytes, remedy)
        local = list(_copies(files, found.paths, folder))
    addresses = [f"{scheme}://{path.removeprefix(f'{scheme}://')}" for path in found.paths]
    return open_files(local, found.name, settings, where, sheet=found.sheet, scratch=folder, addresses=addresses)


def _copies(files: Any, paths: Sequence[str], folder: Path) -> Iterator[Path]:
    for place, path in enumerate(paths):
        # One folder each: objects of different folders may have the same name.
        target = folder / str(place) / PurePosixPath(path).name
        target.parent.mkdir(parents=True)
        files.get_file(path, str(target))
        yield target


def _filesystem(address: str) -> Any:
    scheme = address.partition("://")[0]
    store = STORES[scheme]
    try:
        filesystem = getattr(import_module(store.module), store.filesystem)
    except ImportError:
        raise MissingExtraError(store.package, store.extra) from None
    with _as_source_error(address):
        return filesystem()


@contextmanager
def _as_source_error(address: str) -> Iterator[None]:
    """Every failure of a store's library as one line."""
    store = STORES[address.partition("://")[0]]
    try:
        yield
    except AssayError:
        raise
    except FileNotFoundError:
        raise SourceError(f"{address}: no such bucket or object") from None
    except Exception as error:
        said = f"{type(error).__name__} {error}".lower()
        if isinstance(error, PermissionError) or any(word in said for word in _REFUSED):
            raise SourceError(f"{address}: no permission to read it; that needs {store.permission}") from None
        if any(word in said for word in _MISSING):
            raise SourceError(f"{address}: no such bucket or object") from None
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise SourceError(f"{address}: the store cannot be read: {first}") from None
