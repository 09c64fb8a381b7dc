"""Files that are either whole or not there."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_path(path: Path, mode: int | None = None) -> Iterator[Path]:
    """A temporary file beside ``path`` that takes its place when the block ends well and is removed when it does not.

    A process that is killed inside the block leaves ``path`` as it was (and at worst a hidden ``.assay-*`` file).
    Readers see the old file or the new one, never a part.

    Args:
        mode: permissions of the file; by default those of the file that is replaced, or of any new one.

    Raises:
        OSError: the folder is missing or not writable, or the disk is full.
    """
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".assay-", suffix=path.suffix)
    except OSError as error:  # it names the temporary file, which nobody asked for
        raise OSError(error.errno, error.strerror, str(path)) from None
    os.close(descriptor)
    temporary = Path(name)
    try:
        yield temporary
        _sync(temporary)
        temporary.chmod(_mode(path) if mode is None else mode)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8, all of it or nothing."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _mode(path: Path) -> int:
    """The permissions of the file that is replaced, or those that a new file would get."""
    with contextlib.suppress(OSError):
        return path.stat().st_mode & 0o777
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask
