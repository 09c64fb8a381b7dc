"""The program as a whole."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import get_args

import assay as package
from assay.cli import options
from assay.judge.finding import Severity
from tests.cli.conftest import Assay

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
HEAVY = ("duckdb", "pyarrow", "numpy", "sqlglot", "rich", "yaml")


def test_version(assay: Assay) -> None:
    done = assay("--version")
    assert (done.status, done.out) == (0, f"assay {package.__version__}\n")


def test_no_arguments_show_the_help(assay: Assay) -> None:
    done = assay()
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("Usage: assay")


def test_help_of_every_command(assay: Assay) -> None:
    for command in ("audit", "demo"):
        assert assay(command, "--help").out.startswith(f"Usage: assay {command}")


def test_severities_of_the_command_line_are_those_of_the_judge() -> None:
    assert get_args(options.Severity) == tuple(Severity)


def loaded(code: str) -> list[str]:
    script = f"{code}\nimport sys; print(*(m for m in {HEAVY!r} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=ENVIRONMENT, check=True)
    return done.stdout.split("\n")[-2].split()


def test_importing_the_package_or_the_program_imports_nothing_heavy() -> None:
    assert loaded("import assay") == []
    assert loaded("import assay.cli.main") == []


def least_seconds(*arguments: str) -> float:
    """Processor seconds of a run: on an idle machine the time it takes, on a busy one not what others take."""
    seconds = []
    for _ in range(4):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], capture_output=True, env=ENVIRONMENT, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(seconds)


def test_help_and_import_take_less_than_a_third_of_a_second_more_than_bare_python() -> None:
    bare = least_seconds("-c", "pass")
    assert least_seconds("-m", "assay.cli.main", "--help") - bare < 0.3
    assert least_seconds("-c", "import assay") - bare < 0.3
