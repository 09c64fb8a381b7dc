"""What every log of a benchmark begins with: revision, arguments, machine."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse


def revision() -> str:
    """The commit that is measured, with a mark where files were changed."""
    try:
        done = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()


def header(options: argparse.Namespace) -> dict[str, Any]:
    """The first line of a log, as data for JSON."""
    return {
        "revision": revision(),
        "started": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores" + (", real-time priority" if real_time() else ""),
        "python": platform.python_version(),
        "arguments": {name: _plain(value) for name, value in vars(options).items()},
    }


def real_time() -> bool:
    """Whether this process and those it starts come before all others, so that what else runs is not measured."""
    policies = (getattr(os, "SCHED_FIFO", None), getattr(os, "SCHED_RR", None))
    return hasattr(os, "sched_getscheduler") and os.sched_getscheduler(0) in policies


def write(log: Path, experiment: str, options: argparse.Namespace, results: Sequence[Mapping[str, Any]]) -> None:
    """Write the log of one run: its head, and a line for each result."""
    lines = [{"experiment": experiment, **header(options)}, *results]
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return str(value) if isinstance(value, Path) else value
