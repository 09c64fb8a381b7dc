"""Bad input gets a one-line error or a correct audit; never a traceback or a half-written file."""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.cli import main

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str | Path) -> Done:
    """Run the command line in this process, as a user would see it."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main.run([str(a) for a in arguments])
    return Done(code, out.getvalue(), err.getvalue())


def started(*arguments: str | Path, **options: Any) -> subprocess.Popen[str]:
    """Start the command line as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "assay", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        **options,
    )


def audited(path: Path, *options: str) -> dict[str, Any]:
    """The JSON of an audit that has to succeed."""
    done = run("audit", path, "--format", "json", "--no-memory", *options)
    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def refused(*arguments: str | Path) -> str:
    """The one line of an audit that has to be refused."""
    done = run(*arguments)
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("assay: ")
    return lines[0]


def write(path: Path, **columns: object) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_missing_file(tmp_path: Path) -> None:
    assert "no such file" in refused("audit", tmp_path / "none.parquet")


def test_wrong_type(tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    (tmp_path / "text.parquet").write_text("a,b\n1,2\n")
    refused("audit", tmp_path / "picture.png")
    refused("audit", tmp_path / "text.parquet")


def test_truncated_parquet(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.parquet", a=list(range(10_000)))
    data = whole.read_bytes()
    for keep in (10, len(data) // 2, len(data) - 4):
        (tmp_path / "cut.parquet").write_bytes(data[:keep])
        refused("audit", tmp_path / "cut.parquet")


def test_damaged_inside_parquet(tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet", a=np.random.default_rng(0).integers(0, 10**9, 20_000))
    data = bytearray(path.read_bytes())
    data[200:5000] = b"\xff" * 4800
    path.write_bytes(bytes(data))
    done = run("audit", path, "--format", "json", "--no-memory")
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 1, 2)


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_hardly_any_rows(tmp_path: Path, rows: int) -> None:
    path = write(
        tmp_path / "t.parquet",
        day=pa.array([date(2025, 1, 1)] * rows, pa.date32()),
        clicks=pa.array([3] * rows, pa.int64()),
        brand=pa.array(["x"] * rows, pa.string()),
    )
    answer = audited(path)
    assert answer["rows"] == rows


def test_header_only_csv(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("date,clicks,impressions\n")
    assert audited(tmp_path / "t.csv")["rows"] == 0


def test_one_column(tmp_path: Path) -> None:
    assert audited(write(tmp_path / "t.parquet", a=list(range(500))))["findings"] == []


def test_all_null_and_constant_columns(tmp_path: Path) -> None:
    path = write(
        tmp_path / "t.parquet",
        nothing=pa.nulls(1000),
        typed=pa.nulls(1000, pa.float64()),
        same=["x"] * 1000,
        zero=[0] * 1000,
        n=list(range(1000)),
    )
    answer = audited(path)
    assert answer["rows"] == 1000
    assert [f for f in answer["findings"] if f["severity"] not in ("low", "info")] == []


def test_two_thousand_columns(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    columns = {f"c{i}": rng.normal(size=100) if i % 2 else rng.integers(0, 50, 100) for i in range(2_000)}
    answer = audited(write(tmp_path / "t.parquet", **columns))
    assert len(answer["columns"]) == 2_000


def test_ten_megabyte_cells(tmp_path: Path) -> None:
    cells = ["x" * 10_000_000, "short", None, "y" * 10_000_000] + ["z"] * 50
    answer = audited(write(tmp_path / "t.parquet", blob=cells, n=list(range(54))))
    assert answer["rows"] == 54
    assert len(json.dumps(answer)) < 1_000_000


def test_nan_and_infinity(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(10, 1, 1_000)
    values[:20], values[20:25], values[25:30] = np.nan, np.inf, -np.inf
    answer = audited(write(tmp_path / "t.parquet", v=values, n=list(range(1_000))))
    assert answer["rows"] == 1_000


def test_dates_before_1900_and_far_ahead(tmp_path: Path) -> None:
    days = [date(1, 1, 1), date(1066, 10, 14), date(1899, 12, 31), date(9999, 12, 31)]
    days += [date(2025, 1, 1) + timedelta(days=i % 60) for i in range(996)]
    answer = audited(write(tmp_path / "t.parquet", day=days, n=list(range(1_000))))
    assert answer["rows"] == 1_000


def test_decimals_of_38_digits(tmp_path: Path) -> None:
    values = [Decimal("9" * 38), Decimal("-" + "9" * 38)] + [Decimal(i) for i in range(500)]
    answer = audited(write(tmp_path / "t.parquet", v=pa.array(values, pa.decimal128(38, 0)), n=list(range(502))))
    assert answer["rows"] == 502


def test_integers_at_the_ends_of_their_range(tmp_path: Path) -> None:
    values = np.array([2**63 - 1, -(2**63)] * 250, dtype=np.int64)
    big = np.array([2**64 - 1, 0] * 250, dtype=np.uint64)
    assert audited(write(tmp_path / "t.parquet", v=values, u=big, n=list(range(500))))["rows"] == 500


@pytest.mark.parametrize(
    "name",
    [
        'quo"te',
        "single'quote",
        "`tick`",
        "x; DROP TABLE t; --",
        "новый столбец",
        "😀 emoji",
        "new\nline",
        "tab\tname",
        " ",
        "select",
        "[red]markup[/red]",
        "%s {0}",
        "a.b",
        "assay_position",
        "row_index",
        "finding_id",
        "\u202eright to left",
    ],
)
def test_names_that_hurt(tmp_path: Path, name: str) -> None:
    values = np.random.default_rng(0).integers(1, 1000, 1000)
    values[:50] = -values[:50]
    brand = ["Nike", "Puma", "Fila", "zX9pQ"] * 250
    path = write(tmp_path / "t.parquet", **{name: values, f"{name}2": brand, "date": [date(2025, 1, 1)] * 1000})
    answer = audited(path, "--rows-out", str(tmp_path / "rows.parquet"))
    assert [c["name"] for c in answer["columns"]][:2] == [name, f"{name}2"]
    for style in ("text", "md"):
        done = run("audit", path, "--format", style, "--no-memory")
        assert done.returncode in (0, 1), done.stderr
        assert "\x1b" not in done.stdout


def test_table_names_that_hurt(tmp_path: Path) -> None:
    for name in ("it's", 'a "b"', "x; DROP TABLE t", "ö 😀", "a*b", "[x]"):
        path = write(tmp_path / f"{name}.parquet", n=list(range(100)))
        assert audited(path)["rows"] == 100


def test_no_permission(tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet", n=[1, 2])
    path.chmod(0)
    if os.access(path, os.R_OK):
        # The superuser may read everything; what the check says to others is seen through the function itself.
        path.chmod(0o600)
        assert audited(path)["rows"] == 2
    else:
        assert "permission" in refused("audit", path)


def test_a_folder_without_tables(tmp_path: Path) -> None:
    assert "no table files" in refused("audit", tmp_path)


def test_one_bad_table_does_not_stop_a_folder(tmp_path: Path) -> None:
    write(tmp_path / "good.parquet", n=list(range(100)))
    (tmp_path / "bad.parquet").write_text("no")
    done = run("audit", tmp_path, "--format", "json", "--no-memory")
    assert done.returncode == 2
    assert "bad.parquet" in done.stderr
    assert '"good.parquet"' in done.stdout


def test_output_that_cannot_be_written(tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet", n=list(range(100)))
    (tmp_path / "file").write_text("in the way")
    refused("audit", path, "--no-memory", "--out", tmp_path / "file" / "sub")
    refused("audit", path, "--no-memory", "--rows-out", tmp_path / "none" / "rows.parquet")


def _small_files() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))


def test_disk_full_while_writing(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(1, 1000, 40_000)
    values[::10] = -values[::10]
    path = write(tmp_path / "t.parquet", clicks=values, n=np.arange(40_000))
    target = tmp_path / "out"
    target.mkdir()
    process = started(
        "audit", path, "--no-memory", "--format", "md", "--out", target, "--rows-out", target / "rows.parquet",
        preexec_fn=_small_files,
    )  # fmt: skip
    _, complaint = process.communicate(timeout=120)
    assert process.returncode == 2, complaint
    assert "Traceback" not in complaint
    assert list(target.iterdir()) == []


def test_killed_half_way_leaves_nothing_half_written(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(-1000, 1000, 300_000)
    path = write(tmp_path / "t.parquet", clicks=values, n=np.arange(300_000))
    target = tmp_path / "out"
    target.mkdir()
    for delay in (0.5, 1.0, 1.5, 2.0):
        process = started(
            "audit", path, "--no-memory", "--format", "json", "--out", target, "--rows-out", target / "rows.parquet"
        )
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=delay)
        process.kill()
        process.communicate()
        for left in target.iterdir():
            if left.suffix == ".json":
                json.loads(left.read_text())
            if left.name == "rows.parquet":
                pq.read_table(left)


def test_the_same_file_twice_gives_the_same_bytes_on_one_thread_or_two(tmp_path: Path) -> None:
    from assay.bench.advertising import generate
    from assay.bench.demo import demo_errors

    table, _ = demo_errors(generate(60_000, seed=3), seed=3)
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=20_000)
    answers = [audited(tmp_path / "t.parquet", "--threads", threads) for threads in ("1", "2", "2")]
    for answer in answers:
        answer.pop("started")
        answer.pop("seconds")
    assert answers[0] == answers[1] == answers[2]
