"""What a run left whose processes were killed while they wrote to one SQLite memory, and how it is told and logged."""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import logbook


@dataclass
class Outcome:
    """What a run left.

    Attributes:
        noted: writes that their writers were told are kept.
        found: writes that are there.
        killed: writers that were killed.
        lost: noted writes that are not there.
        halves: writes of which only a part is there.
        errors: what writers that were not killed said when they failed.
    """

    noted: int = 0
    found: int = 0
    killed: int = 0
    lost: list[str] = field(default_factory=list)
    halves: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.halves or self.errors)

    def check(self, memory: Path) -> None:
        """Have SQLite check its file; a broken one is an error."""
        connection = sqlite3.connect(memory)
        [(verdict,)] = connection.execute("PRAGMA integrity_check").fetchall()
        connection.close()
        self.errors += [] if verdict == "ok" else [verdict]


def parser_of(about: str, name: str) -> argparse.ArgumentParser:
    """The arguments of such a run: processes, kills, seed, and the log that goes by the experiment's name."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--log", type=Path, default=Path(f"out/{name}.jsonl"))
    return parser


def conduct(name: str, options: argparse.Namespace, run: Callable[[Path, int, int, int], Outcome], counted: str) -> int:
    """Run in a folder of its own, log it and print what was found; status 1 if anything was lost.

    Args:
        run: takes the folder, the number of processes and of kills, and the seed.
        counted: what is noted and found, in words.
    """
    with tempfile.TemporaryDirectory() as folder:
        begin = time.monotonic()
        outcome = run(Path(folder), options.processes, options.kills, options.seed)
        seconds = time.monotonic() - begin
    told = {**vars(outcome), "processes": options.processes, "seed": options.seed, "seconds": seconds}
    logbook.write(options.log, name, options, [told])
    print(
        f"{options.processes} processes, {outcome.killed} killed: {outcome.noted} {counted}, {outcome.found} there, "
        f"{len(outcome.lost)} lost, {len(outcome.halves)} half-written, {len(outcome.errors)} errors"
    )
    for line in [*outcome.lost, *outcome.halves, *outcome.errors][:20]:
        print(f"  {line}")
    return 0 if outcome.is_clean else 1
