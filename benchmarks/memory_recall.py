"""How long a memory takes to recall what an audit needs, with 100,000 entries.

    python benchmarks/memory_recall.py                              # SQLite, 100,000 entries
    python benchmarks/memory_recall.py --entries 10000 --address postgresql://USER@HOST/DATABASE

Two memories are measured: one of many tables, and one in which every entry is about the same table. A recall is all
that an audit of a table asks for: what people said of it, its last audits, the states of its last 90 days, and the
tallies. Times are wall time, in one process that has opened the memory, over seeded random tables.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from assay.memory.entry import Entry, EntryType, Tally
from assay.memory.open import open_store
from assay.memory.store import Store
from benchmarks import logbook

TABLES = 500
DAYS = 90
COLUMNS = 25
SAID = (EntryType.EXPLANATION, EntryType.REJECTION, EntryType.CONTEXT, EntryType.PREFERENCE)
# Of a hundred entries: most are records of audits.
MIX = [EntryType.AUDIT] * 90 + [EntryType.EXPLANATION] * 4 + [EntryType.REJECTION] * 3 + [EntryType.CONTEXT] * 2
MIX += [EntryType.PREFERENCE]
KINDS = [f"kind_{n}" for n in range(30)]
COMMON = "conversions clicks spend attribution sunday sale campaign restated late tracking platform currency"
WORDS = tuple(COMMON.split())
RARE_WORDS = 3_000


def fill(store: Store, entries: int, tables: int, seed: int) -> None:
    """Write entries, some of them about patterns of tables, and the states and tallies of a dozen tables."""
    chance = random.Random(seed)
    batch: list[Entry] = []
    for n in range(entries):
        kind = chance.choice(MIX)
        table = _table(chance.randrange(tables))
        if tables > 1 and kind in SAID and chance.random() < 0.02:
            table = chance.choice(["", "*", f"{table[:-1]}?", f"{table}*"])
        text = " ".join([*chance.choices(WORDS, k=12), *(_rare(chance) for _ in range(3))])
        created = f"2026-{1 + n % 12:02}-{1 + n % 28:02}T{n % 24:02}:00:00.{n % 1_000_000:06}+00:00"
        body = {"columns": chance.sample(WORDS, 3), "rate": chance.random(), "findings": [f"{n:012x}"] * 5}
        batch.append(Entry(f"{n:012x}", kind, table, text, body, "bench", created))
        if len(batch) == 5_000:
            store.write(batch)
            batch = []
    store.write(batch)
    for table in map(_table, range(min(tables, 12))):
        states = {(table, f"day-{day:03}"): _state(chance) for day in range(DAYS)}
        tallies = [Tally(table, kind, role, 9, 1) for kind in KINDS for role in ("spend", "clicks", "date")]
        store.write([], states, tallies)


def measure(store: Store, tables: int, runs: int, seed: int) -> dict[str, list[float]]:
    """Milliseconds of each question and of a whole recall, for random tables."""
    chance = random.Random(seed)
    times: dict[str, list[float]] = {}
    for _ in range(runs):
        table = _table(chance.randrange(min(tables, 12)))
        common, rare = " ".join(chance.sample(WORDS, 3)), f"{chance.choice(WORDS)} {_rare(chance)}"
        recall: dict[str, Callable[[], object]] = {
            "what people said": lambda table=table: store.entries(SAID, table=table, limit=1_000),
            "last 60 audits": lambda table=table: store.entries([EntryType.AUDIT], table=table, limit=60),
            "states of 90 days": lambda table=table: store.states(table),
            "tallies": store.tallies,
        }
        spent = {name: _milliseconds(ask) for name, ask in recall.items()}
        spent["recall"] = sum(spent.values())
        spent["search, a rare word"] = _milliseconds(lambda words=rare: store.search(words))
        spent["search, in a third"] = _milliseconds(lambda words=common: store.search(words))
        for name, value in spent.items():
            times.setdefault(name, []).append(value)
    return times


def _table(n: int) -> str:
    return f"ads_{n:04}"


def _rare(chance: random.Random) -> str:
    return f"name{chance.randrange(RARE_WORDS):04}"


def _state(chance: random.Random) -> dict[str, object]:
    columns = {f"c{n}": {"count": chance.randrange(10_000), "sum": chance.random()} for n in range(COLUMNS)}
    return {"rows": chance.randrange(10_000), "columns": columns}


def _milliseconds(ask: Callable[[], object]) -> float:
    begin = time.perf_counter()
    ask()
    return (time.perf_counter() - begin) * 1_000


def main() -> None:
    """Fill two memories, measure, print a table and a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--log", type=Path, default=Path("out/memory_recall.jsonl"))
    parser.add_argument("--address", help="of an empty memory; by default SQLite files that are removed afterwards")
    options = parser.parse_args()
    measured = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, tables in (("many tables", TABLES), ("one table", 1)):
            store = open_store(options.address or str(Path(folder) / f"{tables}.db"), f"recall-{tables}")
            fill(store, options.entries, tables, options.seed)
            store.close()  # opened anew, as by an audit
            measured[name] = measure(store, tables, options.runs, options.seed)
            store.close()
    print(f"{options.entries:,} entries, {options.runs} recalls; milliseconds\n")
    print(f"{'memory':<14}{'question':<20}{'median':>8}{'p95':>8}")
    for memory, times in measured.items():
        for question, values in times.items():
            p95 = statistics.quantiles(values, n=20)[-1]
            print(f"{memory:<14}{question:<20}{statistics.median(values):>8.1f}{p95:>8.1f}")
    told = [
        {"memory": m, "question": q, "median": statistics.median(v), "p95": statistics.quantiles(v, n=20)[-1]}
        for m, times in measured.items()
        for q, v in times.items()
    ]
    logbook.write(options.log, "memory_recall", options, told)


if __name__ == "__main__":
    main()
