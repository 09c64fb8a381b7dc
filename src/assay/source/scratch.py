"""Temporary folders that never stay: one a process, removed at its end, or by the next process if it was killed."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import stat
import sys
import tempfile
import threading
import time
from pathlib import Path

if sys.platform != "win32":
    import fcntl

PREFIX = "assay-"
LOCK = "lock"
FRESH = 60.0  # seconds in which a folder may be made, but not locked yet

_guard = threading.Lock()
_mine: dict[int, Path] = {}
_numbers: dict[int, int] = {}


def scratch_path() -> Path:
    """A path for spilling and staging that only this user can enter and nobody has made yet.

    It lies in a folder of this process, which is made by the first call and removed at the interpreter's end. Who makes
    something at the path should remove it as soon as it is not needed.

    Raises:
        OSError: no folder can be made in the place for temporary files.
    """
    with _guard:
        owner = os.getpid()
        # A forked process gets a folder of its own, so that it cannot remove its parent's.
        if owner not in _mine or not _mine[owner].is_dir():
            sweep()
            _mine[owner] = _folder()
        _numbers[owner] = _numbers.get(owner, 0) + 1
        return _mine[owner] / str(_numbers[owner])


def sweep() -> None:
    """Remove the folders of this user's processes that were killed: nobody holds the lock inside.

    A lock says more than a process number, which another container or a later process may have as well. Windows has
    no such locks; nothing is swept there.
    """
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):
        for entry in os.scandir(tempfile.gettempdir()):
            if entry.name.startswith(PREFIX):
                with contextlib.suppress(OSError):
                    _sweep_one(Path(entry.path))


def _sweep_one(folder: Path) -> None:
    if sys.platform == "win32":
        return
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or time.time() - found.st_mtime < FRESH:
        return
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(descriptor)


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    if sys.platform != "win32":
        with contextlib.suppress(OSError):  # a file system without locks: nobody can sweep the folder either
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    atexit.register(_remove, folder, os.getpid(), descriptor)
    return folder


def _remove(folder: Path, owner: int, descriptor: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            os.close(descriptor)
