"""Bad input: one line that says what to do, status 2, nothing on standard output, never a traceback."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import pyarrow.parquet as pq
import pytest

import assay.examination
from assay.cli.errors import explain
from tests.cli.conftest import Assay, rows

PROGRAM = [sys.executable, "-m", "assay.cli.main"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}


def one_line(error: str) -> str:
    assert error.startswith("assay: ")
    assert len(error.splitlines()) == 1
    assert "Traceback" not in error
    return error


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["audit"], "Missing argument 'SOURCE'; see assay audit --help"),
        (["audit", "nowhere.parquet"], "nowhere.parquet: no such file or folder"),
        (["audit", "nowhere-*.csv"], "no file matches"),
        (["audit", "oracle://x#t"], "unknown scheme"),
        (["audit", " "], "the source is empty"),
        (["audit", "x.csv", "--zzz"], "No such option: --zzz; see assay audit --help"),
        (["audit", "x.csv", "--format", "pdf"], "'text', 'json', 'md'"),
        (["audit", "x.csv", "--fail-on", "awful"], "'critical'"),
        (["audit", "x.csv", "--since", "yesterday"], "write it as 2026-01-31"),
        (["audit", "x.csv", "--max-bytes", "lots"], "write it as 500MB or 2GB"),
        (["audit", "x.csv", "--threads", "0"], "--threads"),
        (["audit", "x.csv", "--max-hypotheses", "-1"], "--max-hypotheses"),
        (["audti", "x.csv"], "'audit'"),
    ],
)
def test_wrong_arguments(assay: Assay, arguments: list[str], said: str) -> None:
    done = assay(*arguments)
    assert (done.status, done.out) == (2, "")
    assert said in one_line(done.err)


def test_files_that_are_no_tables(assay: Assay, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty.csv").touch()
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    (tmp_path / "junk.parquet").write_bytes(b"no parquet at all")
    pq.write_table(rows(2_000), tmp_path / "whole.parquet")
    (tmp_path / "truncated.parquet").write_bytes((tmp_path / "whole.parquet").read_bytes()[:-300])
    (tmp_path / "x.duckdb").write_bytes(b"no database" * 500)
    sources = ["empty", "empty.csv", "picture.png", "junk.parquet", "truncated.parquet"]
    for source in [*(tmp_path / s for s in sources), f"duckdb://{tmp_path}/x.duckdb", f"duckdb://{tmp_path}/no.duckdb"]:
        done = assay("audit", source)
        assert (done.status, done.out) == (2, ""), source
        one_line(done.err)


@pytest.mark.parametrize(
    "condition", ["clicks >", "no_such_column > 1", "1; DROP TABLE x", "(SELECT 1) UNION SELECT 2", "clicks + 'a'"]
)
def test_a_bad_condition(assay: Assay, clean: Path, condition: str) -> None:
    done = assay("audit", clean, "--where", condition)
    assert (done.status, done.out) == (2, "")
    one_line(done.err)


def test_a_folder_that_cannot_be_made(assay: Assay, clean: Path) -> None:
    done = assay("audit", clean, "--out", clean / "out")
    assert (done.status, done.out) == (2, "")
    assert "check the path" in one_line(done.err)


def test_a_file_that_cannot_be_written(assay: Assay, clean: Path, tmp_path: Path) -> None:
    done = assay("audit", clean, "--rows-out", tmp_path / "no" / "rows.parquet")
    assert done.status == 2
    assert "check the path" in one_line(done.err)


def test_a_pack_that_is_not_there(assay: Assay, clean: Path, tmp_path: Path) -> None:
    done = assay("audit", clean, "--pack", tmp_path / "no.yaml")
    assert done.status == 2
    one_line(done.err)


def test_names_in_messages_cannot_move_the_cursor(assay: Assay, tmp_path: Path) -> None:
    done = assay("audit", tmp_path / "a\n\x1b[2Jb.csv")
    assert "\\n\\x1b[2J" in one_line(done.err)


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/data/x"), 2, "/data/x: the disk is full"),
        (PermissionError(errno.EACCES, "Permission denied", "/data/x"), 2, "/data/x: no permission"),
        (OSError("odd"), 2, "odd"),
        (MemoryError(), 2, "not enough memory; try fewer --sample-rows"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (RuntimeError("Query interrupted"), 130, "interrupted"),
        (ZeroDivisionError("division by zero"), 2, "internal error (ZeroDivisionError: division by zero)"),
    ],
)
def test_whatever_happens_is_one_line(
    assay: Assay, clean: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, status: int, said: str
) -> None:
    def fails(*_: Any, **__: Any) -> NoReturn:
        raise error

    monkeypatch.setattr("assay.examination.examine", fails)
    done = assay("audit", clean)
    assert (done.status, done.out) == (status, "")
    assert said in one_line(done.err)


def test_debug_shows_the_traceback(assay: Assay, clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.examination.examine", lambda *_: 1 / 0)
    done = assay("audit", clean, "--debug")
    assert "ZeroDivisionError" in done.err.splitlines()[-2]
    assert done.err.splitlines()[-1].startswith("assay: internal error")


def test_a_disk_that_fills_while_rows_are_written_leaves_no_file(
    assay: Assay, broken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Any, __: Any, ___: Any, path: Path) -> int:
        path.write_bytes(b"PAR1 half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("assay.examination.write_rows", full)
    out = tmp_path / "out"
    done = assay("audit", broken, "--out", out)
    assert done.status == 2
    assert "the disk is full" in one_line(done.err)
    assert list(out.iterdir()) == []


def test_a_closed_pipe_is_quiet() -> None:
    assert explain(BrokenPipeError()) == (141, "")


def test_a_reader_that_goes_away_gets_no_complaint(broken: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*PROGRAM, "audit", broken], stdout=writing, stderr=subprocess.PIPE, env=ENVIRONMENT, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_report_that_cannot_be_written_is_an_error(clean: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PROGRAM, "audit", clean], stdout=full, stderr=subprocess.PIPE, env=ENVIRONMENT, check=False
        )
    assert done.returncode == 2
    assert "the disk is full" in one_line(done.stderr.decode())


def test_a_terminated_audit_leaves_no_temporary_file(broken: Path, tmp_path: Path) -> None:
    script = (
        "import os, signal, time, assay.examination as a; from assay.cli.main import main\n"
        "a.write_rows = lambda *_: (os.kill(os.getpid(), signal.SIGTERM), time.sleep(30))\n"
        "main()\n"
    )
    out = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, "-c", script, "audit", broken, "--out", out], capture_output=True, env=ENVIRONMENT, check=False
    )
    assert done.returncode == 128 + signal.SIGTERM
    assert list(out.iterdir()) == []


def test_an_interrupt_is_one_line_and_130(broken: Path) -> None:
    script = (
        "import os, signal, time, assay.examination as a; from assay.cli.main import main\n"
        # Python handles a signal between two instructions of the main thread, not before kill returns.
        "a.examine = lambda *_: (os.kill(os.getpid(), signal.SIGINT), time.sleep(30))\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "audit", broken], capture_output=True, env=ENVIRONMENT, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"assay: interrupted\n")


def test_the_examination_is_where_the_tests_patch_it() -> None:
    assert callable(assay.examination.examine)
    assert callable(assay.examination.write_rows)
