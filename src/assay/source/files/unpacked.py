"""Text files as plain bytes: gzip, zstd, bzip2, xz and zip are told by their first bytes and unpacked to scratch."""

from __future__ import annotations

import bz2
import errno
import gzip
import lzma
import zipfile
import zlib
from contextlib import closing
from pathlib import Path
from typing import IO, Any, cast

from assay.errors import BudgetError, SourceError
from assay.source.base import amount

CHUNK = 1 << 20
_MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"PK\x03\x04": "zip"}
DAMAGED = (lzma.LZMAError, zlib.error, zipfile.BadZipFile)
LEGACY_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def packing(path: Path) -> str | None:
    """How a file is packed: ``gzip``, ``zstd``, ``bzip2``, ``xz`` or ``zip``; None if it is not."""
    with path.open("rb") as file:
        head = file.read(8)
    return next((name for magic, name in _MAGIC.items() if head.startswith(magic)), None)


def unpacked(path: Path, target: Path, bound: int | None = None) -> Path:
    """The file itself, or ``target`` with its unpacked content.

    Args:
        bound: bytes that the content may have (None: no bound).

    Raises:
        SourceError: the archive is damaged, or holds not exactly one file.
        BudgetError: the content is larger than the bound.
    """
    how = packing(path)
    if how is None:
        return path
    try:
        with closing(_opened(path, how)) as packed, target.open("wb") as plain:
            written = 0
            while chunk := packed.read(CHUNK):
                written += len(chunk)
                if bound is not None and written > bound:
                    raise BudgetError(
                        f"{path.name}: unpacked it is larger than the {amount(bound)} that are left; raise --max-bytes"
                    )
                plain.write(chunk)
    except (OSError, EOFError, ValueError, NotImplementedError, RuntimeError, *DAMAGED) as error:
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        raise SourceError(f"{path.name}: the {how} data is damaged or cut off; fetch the file again") from None
    return target


def _opened(path: Path, how: str) -> IO[bytes]:
    if how == "gzip":
        return cast(IO[bytes], gzip.open(path, "rb"))
    if how == "bzip2":
        return cast(IO[bytes], bz2.open(path, "rb"))
    if how == "xz":
        return cast(IO[bytes], lzma.open(path, "rb"))
    if how == "zip":
        return _member(path)
    import pyarrow as pa

    stream: Any = pa.CompressedInputStream(pa.OSFile(str(path)), "zstd")
    return cast(IO[bytes], stream)


def _member(path: Path) -> IO[bytes]:
    archive = zipfile.ZipFile(path)
    members = [m for m in archive.infolist() if not m.is_dir() and not m.filename.startswith("__MACOSX/")]
    if len(members) != 1:
        raise SourceError(f"{path.name}: the archive holds {len(members)} files; unpack it and audit the folder")
    return archive.open(members[0])
