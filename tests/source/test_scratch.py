"""Nothing temporary stays: not after an audit, an unclosed source, an interrupt, or a killed process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.config import Settings
from assay.errors import SourceError
from assay.source import scratch
from assay.source.open import find_tables

ROOT = Path(__file__).parents[2]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for temporary files."""
    made = tmp_path / "temporary"
    made.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(made))
    monkeypatch.setattr(scratch, "_mine", {})
    return made


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"a": range(1_000)}), path)
    return path


def held(place: Path) -> list[str]:
    """What is in the folders for temporary files, but for their locks."""
    return sorted(p.name for p in place.glob("*/*") if p.name != scratch.LOCK)


def python(code: str, place: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "TMPDIR": str(place), "PYTHONPATH": str(ROOT / "src")}
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment)


def killed(place: Path) -> Path:
    """The folder that a killed process leaves."""
    code = (
        "import time\nfrom assay.source.scratch import scratch_path\npath = scratch_path()\npath.mkdir()\n"
        "(path / 'large').write_bytes(bytes(100))\nprint(path.parent, flush=True)\ntime.sleep(60)"
    )
    process = python(code, place)
    assert process.stdout is not None
    folder = Path(process.stdout.readline().strip())
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return folder


def aged(folder: Path) -> Path:
    os.utime(folder, (time.time() - 3_600,) * 2)
    return folder


def test_sources_share_one_private_folder_and_leave_nothing_in_it(place: Path, table: Path) -> None:
    for _ in range(3):
        find_tables(str(table))[0].open(Settings()).close()
    (folder,) = place.iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert held(place) == []


def test_what_was_spilled_goes_on_close(place: Path, table: Path) -> None:
    source = find_tables(str(table))[0].open(Settings(memory_limit="30MB", threads=1))
    connection = source._connection  # type: ignore[attr-defined]
    connection.execute("CREATE TABLE large AS SELECT range AS a, hash(range) AS b FROM range(4_000_000)")
    assert held(place)
    source.close()
    assert held(place) == []


def test_databases_spill_there_and_not_beside_themselves(place: Path, tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS a")
    source = find_tables(f"duckdb://{path}")[0].open(Settings())
    connection = source._connection  # type: ignore[attr-defined]
    (spills,) = connection.execute("SELECT current_setting('temp_directory')").fetchone()
    assert spills.startswith(str(place))
    source.close()


def test_a_file_that_cannot_be_read_leaves_nothing(place: Path, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(b"PAR1 not really")
    with pytest.raises(SourceError):
        find_tables(str(path))[0].open(Settings())
    assert held(place) == []


@pytest.mark.parametrize("end", ["pass", "raise KeyboardInterrupt", "raise SystemExit(3)", "import os; os.fork()"])
def test_the_folder_goes_at_the_end_of_the_process(place: Path, table: Path, end: str) -> None:
    code = (
        "import sys\nsys.stderr.close()\nfrom assay.config import Settings\nfrom assay.source.open import find_tables\n"
        f"source = find_tables({str(table)!r})[0].open(Settings())\n{end}"
    )
    python(code, place).communicate()
    assert list(place.iterdir()) == []


def test_what_a_killed_process_left_is_removed_by_the_next(place: Path) -> None:
    left = aged(killed(place))
    assert (left / "1" / "large").exists()
    scratch.scratch_path()
    assert not left.exists()


def test_folders_in_use_or_just_made_or_of_others_stay(place: Path) -> None:
    aged(scratch.scratch_path().parent)
    fresh = killed(place)
    foreign = place / "assay-of-somebody"
    (foreign / "1").mkdir(parents=True)
    linked = place / "assay-linked"
    linked.symlink_to(foreign)
    before = sorted(place.iterdir())
    scratch.sweep()
    assert aged(foreign).exists()
    scratch.sweep()
    assert sorted(place.iterdir()) == before
    assert fresh in before
