"""Other people's tools: an environment for each, and a run of it with its time and memory."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

POLL = 0.1  # seconds between two looks at the memory
TAIL = 300  # characters of a tool's last words
QUIET = {  # nothing that is measured calls home
    "DO_NOT_TRACK": "1",
    "GE_USAGE_STATS": "False",
    "GX_ANALYTICS_ENABLED": "false",
    "WHYLOGS_NO_ANALYTICS": "True",
    "YDATA_PROFILING_NO_ANALYTICS": "True",
}


class InstallError(Exception):
    """An environment could not be made; the message is the last words of the installer."""


@dataclass(frozen=True)
class Run:
    """One process with all that it started.

    Attributes:
        output: what it wrote to standard output.
        seconds: from its start to its end.
        peak_bytes: the largest sum of its processes' resident memory that was seen.
        failure: why there is no output; empty if it succeeded.
    """

    output: str
    seconds: float
    peak_bytes: int
    failure: str


@contextlib.contextmanager
def environment(folder: Path, packages: Sequence[str], *, keep: bool) -> Iterator[str]:
    """The Python of a new virtual environment with these packages, deleted afterwards unless it is to be kept.

    Raises:
        InstallError: The packages cannot be installed here.
    """
    python = folder / "bin" / "python"
    done = folder / "installed.txt"  # written last: a half-made environment is made again
    wanted = "\n".join(packages)
    try:
        if not done.exists() or done.read_text(encoding="utf-8") != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            _finish([sys.executable, "-m", "venv", str(folder)])
            _finish([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages])
            done.write_text(wanted, encoding="utf-8")
        yield str(python)
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def _finish(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise InstallError(last_words(done.stderr or done.stdout))


def last_words(text: str) -> str:
    """The last line with something in it, shortened."""
    lines = [line.strip() for line in text.replace("\r", "\n").splitlines() if line.strip()]
    return lines[-1][:TAIL] if lines else "it said nothing"


def measured(command: Sequence[str], folder: Path, *, seconds: float, most_bytes: int) -> Run:
    """Run a command, and stop it with all that it started when it takes too long or too much memory."""
    out, errors = folder / "output.txt", folder / "errors.txt"
    failure, peak = "", 0
    with out.open("wb") as stdout, errors.open("wb") as stderr:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=stdout, stderr=stderr, env={**os.environ, **QUIET}, start_new_session=True
        )
        while process.poll() is None:
            peak = max(peak, _resident(process.pid))
            if time.perf_counter() - started > seconds:
                failure = f"stopped after {seconds:g} s"
            elif peak > most_bytes:
                failure = f"stopped at {most_bytes / 1e9:g} GB"
            if failure:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                break
            time.sleep(POLL)
        took = time.perf_counter() - started
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # what it left behind
    if not failure and process.returncode:
        failure = last_words(errors.read_text(encoding="utf-8", errors="replace"))
    return Run(out.read_text(encoding="utf-8", errors="replace"), took, peak, failure)


def _resident(session: int) -> int:
    """Bytes of memory that the processes of a session hold now; 0 where the system does not tell (not Linux)."""
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (process / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            if int(fields[3]) == session:
                total += int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    return total
