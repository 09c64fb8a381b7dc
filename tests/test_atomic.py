"""Files that are whole or not there."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from assay.atomic import atomic_path, write_text


def test_the_file_takes_its_place_when_the_block_ends(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "ä\n")
    assert (tmp_path / "a.txt").read_bytes() == "ä\n".encode()
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_new_file_has_the_usual_permissions_and_a_replaced_one_keeps_its_own(tmp_path: Path) -> None:
    umask = os.umask(0o022)
    try:
        write_text(tmp_path / "new", "x")
        (tmp_path / "old").touch(mode=0o600)
        write_text(tmp_path / "old", "x")
    finally:
        os.umask(umask)
    assert [(tmp_path / n).stat().st_mode & 0o777 for n in ("new", "old")] == [0o644, 0o600]


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt(), MemoryError()]
)
def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def write() -> None:
        with atomic_path(path) as temporary:
            temporary.write_text("half of it")
            raise error

    with pytest.raises(type(error)):
        write()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_that_is_full_at_the_last_moment_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_text(tmp_path / "a.txt", "text")
    assert list(tmp_path.iterdir()) == []


def test_a_process_killed_half_way_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    script = (
        "import os, signal, sys; from pathlib import Path; from assay.atomic import atomic_path\n"
        "with atomic_path(Path(sys.argv[1])) as p:\n"
        "    p.write_text('half'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    source = Path(__file__).parents[1] / "src"
    done = subprocess.run(
        [sys.executable, "-c", script, path], env={**os.environ, "PYTHONPATH": str(source)}, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert path.read_text() == "old"


def test_a_missing_folder_is_an_error_of_the_system_that_names_the_file_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "a.txt"
    with pytest.raises(FileNotFoundError) as caught:
        write_text(path, "x")
    assert caught.value.filename == str(path)
