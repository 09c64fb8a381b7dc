"""Runs as lines of JSON: a head with revision, arguments and machine, then one line a case."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import assay


def revision() -> str:
    """The commit of the code that is measured, marked where files were changed; the version where it is no checkout."""
    here = Path(assay.__file__)
    for question in (["ls-files", "--error-unmatch", here.name], ["describe", "--always", "--dirty"]):
        try:
            said = subprocess.run(
                ["git", "-C", str(here.parent), *question], capture_output=True, text=True, check=True
            )
        except (OSError, subprocess.CalledProcessError):
            return f"version {assay.__version__}"
    return said.stdout.strip()


def head(experiment: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The first line of a run."""
    return {
        "experiment": experiment,
        "revision": revision(),
        "version": assay.__version__,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "arguments": dict(arguments),
    }


def append(log: Path, line: Mapping[str, Any]) -> None:
    """Add one line to a log, which is made where there is none."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False, default=_plain) + "\n")


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else str(value)
