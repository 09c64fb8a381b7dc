"""The folder of test labels and of the log. Nobody but its owner can enter it, and only this package opens it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assay.atomic import atomic_path
from assay.errors import ConfigurationError, SourceError

PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600
OTHERS = 0o077
LABELS = ".labels.parquet"
LOG = "submissions.jsonl"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Labels:
    """The right answers of one test set.

    Attributes:
        row_of: each row's id with its place in ``codes``.
        codes: the class of each row, as an index into ``classes``.
        classes: the names of all classes, in their order.
    """

    row_of: Mapping[str, int]
    codes: pa.Array
    classes: tuple[str, ...]


@dataclass(frozen=True)
class Vault:
    """A folder of labels that was found to be private."""

    folder: Path

    @classmethod
    def open(cls, folder: Path) -> Vault:
        """The vault in a folder, which is made, for its owner alone, if it is not there.

        Raises:
            ConfigurationError: it is no folder, belongs to somebody else, or others can look into it.
        """
        if not folder.exists() and not folder.is_symlink():
            folder.mkdir(mode=PRIVATE_FOLDER, parents=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode):
            raise ConfigurationError(f"{folder}: labels are kept in a real folder; this is a file or a link")
        if hasattr(os, "getuid") and found.st_uid != os.getuid():
            raise ConfigurationError(f"{folder}: belongs to another user; labels are kept by the one who serves them")
        if found.st_mode & OTHERS:
            raise ConfigurationError(f"{folder}: others can look into it; run: chmod 700 {folder}")
        return cls(folder)

    def deposit(self, name: str, ids: Sequence[object], labels: Sequence[str], classes: Sequence[str]) -> None:
        """Keep the labels of a data set; an earlier deposit of that name is replaced.

        Raises:
            ConfigurationError: the name, an id or a label makes no sense.
        """
        keys = [str(key) for key in ids]
        if len(set(keys)) != len(keys) or len(keys) != len(labels) or not keys:
            raise ConfigurationError(f"{name}: each row needs one label and an id of its own")
        if set(labels) - set(classes):
            raise ConfigurationError(f"{name}: labels that are no class: {sorted(set(labels) - set(classes))[:3]}")
        coded = pa.DictionaryArray.from_arrays(pc.index_in(pa.array(labels), pa.array(classes)), pa.array(classes))
        with atomic_path(self._file(name), PRIVATE_FILE) as temporary:
            pq.write_table(pa.table({"id": keys, "label": coded}), temporary)

    def names(self) -> list[str]:
        """The data sets whose labels are here."""
        return sorted(path.name.removesuffix(LABELS) for path in self.folder.glob(f"*{LABELS}"))

    def labels(self, name: str) -> Labels:
        """The labels of a data set.

        Raises:
            SourceError: there are none of that name, or their file can be read by others.
        """
        if name not in self.names():
            raise SourceError(f"no labels of {name!r} are here; there are: {', '.join(self.names()) or 'none'}")
        path = self._file(name)
        if path.lstat().st_mode & OTHERS or path.is_symlink():
            raise SourceError(f"{path.name}: others can read these labels; they are blind no more")
        table = pq.read_table(path).combine_chunks()
        coded = table["label"].combine_chunks()
        rows = {key: place for place, key in enumerate(table["id"].to_pylist())}
        return Labels(rows, coded.indices, tuple(coded.dictionary.to_pylist()))

    def _file(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ConfigurationError(f"{name!r} is no name of a data set; use letters, digits and .-_")
        return self.folder / f"{name}{LABELS}"

    def log(self, entry: Mapping[str, Any]) -> None:
        """Append one line to the log; it carries the digest of the line before, so that a removed line shows."""
        path = self.folder / LOG
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        with os.fdopen(os.open(path, flags, PRIVATE_FILE), "r+b") as file:
            text = json.dumps({**entry, "before": _digest(_last_line(file))})
            file.write(f"{text}\n".encode())
            file.flush()
            os.fsync(file.fileno())

    def submissions(self) -> Iterator[dict[str, Any]]:
        """All lines of the log, the oldest first.

        Raises:
            SourceError: a line was changed or taken out.
        """
        path = self.folder / LOG
        if not path.exists():
            return
        before = b""
        for line in path.read_bytes().splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                raise SourceError(f"{path}: not every line is whole; repair it before the service starts") from None
            if entry.pop("before") != _digest(before):
                raise SourceError(f"{path}: a line before {entry.get('time')} was changed or removed")
            before = line
            yield entry


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()[:16]


def _last_line(file: Any) -> bytes:
    """The last line, without its end; the longest line that is written has far less than 64 KiB."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 65_536))
    lines = file.read().splitlines()
    return bytes(lines[-1]) if lines else b""
