"""Whole audits that share one SQLite memory, one of them killed at random moments: what is lost, half-written or shown?

    python benchmarks/memory_kills.py                              # 8 processes, 50 kills
    python benchmarks/memory_kills.py --processes 3 --kills 4

Each process is an ``assay audit`` of a delivery of one table, a file of its own that has one row more than the one
before. One that ends is followed by the next; one that is killed (SIGKILL) too. Afterwards every audit that ended must
be remembered once and as a whole: its record, its tallies and the state that the next audit is judged by, all from one
write. An audit that could not use the memory says so, which is an error here.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from assay.memory.entry import Entry, EntryType
from assay.memory.observation import TABLE
from assay.memory.sqlite import SQLiteStore
from benchmarks.memory_outcome import Outcome, conduct, parser_of

ROWS = 120  # of the first delivery
WAIT_SECONDS = (0.0, 1.0)
PAUSE_SECONDS = 0.02
END_SECONDS = 180
EVERY_AUDIT = "duplicate_rows"  # a kind that each of these audits tests once


@dataclass
class Run:
    """One audit: how many rows its delivery has, which no other one has, and its process."""

    rows: int
    process: subprocess.Popen[bytes]


class Audits:
    """Processes that audit one after the other, until they are stopped."""

    def __init__(self, folder: Path, processes: int) -> None:
        self._folder = folder
        self._next = ROWS
        self.outcome = Outcome()
        self.noted: set[int] = set()
        self.running = [self._start() for _ in range(processes)]

    def _start(self) -> Run:
        rows, self._next = self._next, self._next + 1
        # A date in a file's name says which delivery of one table it is.
        place = self._folder / f"ads_{date(2000, 1, 1) + timedelta(days=rows)}.csv"
        lines = [
            f"2026-01-{1 + i // 10 % 28:02},a{i % 10},{900 + i * 37 % 211},{20 + i * 13 % 17}" for i in range(rows)
        ]
        place.write_text("\n".join(["date,ad_id,impressions,clicks", *lines]) + "\n", encoding="utf-8")
        command = [sys.executable, "-m", "assay.cli.main", "audit", place.name, "--format", "json"]
        said, shown = (self._folder / f"{rows}.{ending}" for ending in ("json", "err"))
        with said.open("wb") as out, shown.open("wb") as err:
            process = subprocess.Popen(command, stdout=out, stderr=err, cwd=place.parent, env=self._environment(place))
        return Run(rows, process)

    def _environment(self, place: Path) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(str(Path(p).absolute()) for p in sys.path if p),
            "ASSAY_MEMORY": str(self._folder / "memory.db"),
            "TMPDIR": str(self._folder),
        }

    def watch(self, ended: int, seconds: float) -> None:
        """Follow each audit that ends by another, until so many have ended and some more time has passed."""
        known, end = len(self.noted), time.monotonic() + seconds
        while time.monotonic() < end or (len(self.noted) < known + ended and not self.outcome.errors):
            for place, run in enumerate(self.running):
                if run.process.poll() is not None:
                    self._note(run)
                    self.running[place] = self._start()
            time.sleep(PAUSE_SECONDS)

    def kill(self, place: int) -> None:
        """Kill an audit, and begin the next."""
        run = self.running[place]
        run.process.kill()
        if run.process.wait() >= 0:  # it was faster
            self._note(run)
        else:
            self.outcome.killed += 1
        self.running[place] = self._start()

    def finish(self) -> None:
        """Wait for the last audits."""
        for run in self.running:
            run.process.wait(timeout=END_SECONDS)
            self._note(run)

    def _note(self, run: Run) -> None:
        shown = (self._folder / f"{run.rows}.err").read_text(encoding="utf-8")
        told = (self._folder / f"{run.rows}.json").read_text(encoding="utf-8")
        if run.process.returncode not in (0, 1) or re.search(r"\block(ed)?\b", shown):
            self.outcome.errors.append(f"{run.rows} rows: status {run.process.returncode}: {shown.strip()}")
        elif failures := json.loads(told)["failures"]:
            self.outcome.errors.append(f"{run.rows} rows: {'; '.join(failures)}")
        else:
            self.noted.add(run.rows)


def kills(folder: Path, processes: int, times: int, seed: int) -> Outcome:
    """Run audits into ``folder/memory.db``, kill some, and look at what is left."""
    chance = random.Random(seed)
    audits = Audits(folder, processes)
    while audits.outcome.killed < times:
        audits.watch(processes // 2, chance.uniform(*WAIT_SECONDS))
        audits.kill(chance.randrange(processes))
    audits.finish()
    _examine(folder, audits)
    return audits.outcome


def _examine(folder: Path, audits: Audits) -> None:
    store, outcome = SQLiteStore(str(folder / "memory.db"), "default"), audits.outcome
    entries = store.entries((EntryType.AUDIT,))
    found = Counter(int(entry.body["rows"]) for entry in entries)
    outcome.noted, outcome.found = len(audits.noted), len(entries)
    outcome.lost = [f"{rows} rows" for rows in sorted(audits.noted - found.keys())]
    outcome.halves = [f"{rows} rows: {n} times" for rows, n in found.items() if n > 1]
    indexed = {entry.id for entry in store.search("Audit of ads", limit=len(entries) + 1)}
    outcome.halves += sorted({entry.id for entry in entries} ^ indexed)
    outcome.halves += _states(store, entries) + _tallies(store, entries)
    store.close()
    outcome.check(folder / "memory.db")


def _states(store: SQLiteStore, entries: list[Entry]) -> list[str]:
    """Tables whose columns are remembered from no audit of theirs, or not at all."""
    prints: dict[str, set[str]] = {}
    for entry in entries:
        prints.setdefault(entry.table, set()).add(entry.body["fingerprint"])
    return [t for t, known in prints.items() if store.states(t).get(TABLE, {}).get("v") not in known]


def _tallies(store: SQLiteStore, entries: list[Entry]) -> list[str]:
    """Tables of which more or fewer audits are counted than there are."""
    audits = Counter(entry.table for entry in entries)
    tested: Counter[str] = Counter()
    for tally in store.tallies():
        tested[tally.table] += tally.tested if tally.kind == EVERY_AUDIT else 0
    return [f"{t}: {audits[t]} audits, {tested[t]} counted" for t in audits | tested if audits[t] != tested[t]]


def main() -> int:
    """Run and print what was found; status 1 if anything was lost."""
    return conduct("memory_kills", parser_of(__doc__, "memory_kills").parse_args(), kills, "audits ended")


if __name__ == "__main__":
    sys.exit(main())
