"""Processes that write to one SQLite memory at once, killed at random moments: what is lost, half-written or refused?

    python benchmarks/memory_stress.py                              # 8 processes, 50 kills
    python benchmarks/memory_stress.py --processes 3 --kills 5

Every writer does what an audit does: it recalls, then writes an entry, a state and tallies as one write, and only then
notes in a file of its own that it was told they are kept. A writer that is killed (SIGKILL) is followed by a new one.
Afterwards every noted write must be there, and every write must be there as a whole.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import subprocess
import sys
import time
from pathlib import Path

from assay.memory.entry import Entry, EntryType, Tally, now
from assay.memory.sqlite import SQLiteStore
from benchmarks.memory_outcome import Outcome, conduct, parser_of

TABLE = "ads_daily"
SCOPE = "stress"
KINDS = ("missing_values", "outliers", "duplicate_rows")
BETWEEN_KILLS_SECONDS = (0.02, 0.3)
END_SECONDS = 120


def stress(folder: Path, processes: int, kills: int, seed: int) -> Outcome:
    """Run writers on ``folder/memory.db``, kill some, and look at what is left."""
    chance = random.Random(seed)
    numbers = itertools.count()
    outcome = Outcome()
    names = [next(numbers) for _ in range(processes)]
    writers = [_start(folder, number) for number in names]
    for _ in range(kills):
        time.sleep(chance.uniform(*BETWEEN_KILLS_SECONDS))
        place = chance.randrange(processes)
        writers[place].kill()
        _, said = writers[place].communicate()
        outcome.errors += [said] if said.strip() else []
        outcome.killed += 1
        names[place] = next(numbers)
        writers[place] = _start(folder, names[place])
    _wait_for_all(folder, names)
    (folder / "stop").touch()
    for writer in writers:
        _, said = writer.communicate(timeout=END_SECONDS)
        outcome.errors += [said or f"status {writer.returncode}"] if said.strip() or writer.returncode else []
    _examine(folder, outcome)
    return outcome


def write_until_stopped(folder: Path, number: int) -> None:
    """What one writer does."""
    store = SQLiteStore(str(folder / "memory.db"), SCOPE)
    with (folder / f"noted-{number}").open("ab", buffering=0) as notes:
        for n in itertools.count():
            name = f"{number:03}-{n:06}"
            store.entries(table=TABLE, limit=30)
            store.states(TABLE, since=f"{number:03}")
            store.tallies()
            entry = Entry(name, EntryType.AUDIT, TABLE, f"audit {name} found outliers", {"findings": [name] * 20})
            state = {"write": name, "columns": {f"c{i}": {"count": n, "sum": i * 0.5} for i in range(40)}}
            tallies = [Tally(TABLE, kind, f"writer-{number:03}", tested=1, true=1) for kind in KINDS]
            store.write([Entry(**{**vars(entry), "created": now()})], {(TABLE, name): state}, tallies)
            notes.write(f"{name}\n".encode())
            if (folder / "stop").exists():
                break
    store.close()


def _start(folder: Path, number: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.memory_stress", "--writer", str(number), "--folder", str(folder)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)


def _wait_for_all(folder: Path, numbers: list[int]) -> None:
    """Until every writer that lives has written."""
    deadline = time.monotonic() + END_SECONDS
    notes = [folder / f"noted-{number}" for number in numbers]
    while time.monotonic() < deadline and not all(p.exists() and p.stat().st_size for p in notes):
        time.sleep(0.02)


def _examine(folder: Path, outcome: Outcome) -> None:
    noted = {line for path in folder.glob("noted-*") for line in path.read_text(encoding="ascii").split()}
    store = SQLiteStore(str(folder / "memory.db"), SCOPE)
    entries = {entry.id: entry for entry in store.entries()}
    states = store.states(TABLE)
    tallies = {(tally.role, tally.kind): tally.tested for tally in store.tallies()}
    found = {entry.id for entry in store.search("outliers", limit=len(entries) + 1)}
    store.close()
    outcome.noted, outcome.found = len(noted), len(entries)
    outcome.lost = sorted(noted - entries.keys())
    outcome.halves = sorted(entries.keys() ^ states.keys()) + sorted(entries.keys() ^ found)
    outcome.halves += [name for name, state in states.items() if state["write"] != name]
    outcome.halves += [name for name, entry in entries.items() if entry.body["findings"] != [name] * 20]
    for number in {name.split("-")[0] for name in entries}:
        written = sum(name.startswith(f"{number}-") for name in entries)
        sums = [tallies.get((f"writer-{number}", kind), 0) for kind in KINDS]
        outcome.halves += [f"writer {number}: {written} writes, tallies {sums}"] if set(sums) != {written} else []
    outcome.check(folder / "memory.db")


def main() -> int:
    """Run and print what was found; status 1 if anything was lost."""
    parser = parser_of(__doc__, "memory_stress")
    parser.add_argument("--writer", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.writer is None:
        return conduct("memory_stress", options, stress, "writes noted")
    write_until_stopped(options.folder, options.writer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
