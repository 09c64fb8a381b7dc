"""What a user would pick instead of assay: which injected errors each tool notices by itself, and at what price.

    python benchmarks/peers.py                               # every tool, each in an environment of its own
    python benchmarks/peers.py --peers pandera assay --turns 0 1 2 --large 0

Every tool sees the same tables: a clean one of the canonical style, the same with one type of error at a time, a clean
one of another advertiser, and the second half of a longer clean one. No rule is written by hand. A tool that learns
from a good table learns from the very table that was damaged (the best case for it), for the second half from the first
half. It *notices* an error if it says something that it does not say of the clean table, and this names a damaged
column, or for copies of rows and a lost column the fact; *relation* if a relation is broken and one message names a
damaged column together with another. Seconds and memory are of a whole process that learns from the small clean table
and looks at the large one. How each tool is used stands in ``benchmarks/peers/run_*.py``; results go to a Markdown file
and to a log, a line of JSON a tool.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from assay.bench.advertising import batches, generate
from assay.bench.styles import STYLES
from benchmarks.environments import InstallError, environment, measured
from benchmarks.injections import KINDS, inject
from benchmarks.logbook import header

RUNNERS = Path(__file__).parent / "peers"
STYLE = "canonical"
MOST_BYTES = 10_000_000_000


@dataclass(frozen=True)
class Peer:
    """A tool: its exact packages (none: this Python, as it is), and what it does without rules written by hand."""

    packages: tuple[str, ...]
    does: str


PEERS = {
    "assay": Peer((), "findings above `low`; no reference"),
    "ydata": Peer(
        ("ydata-profiling==4.18.4", "pandas==2.3.3", "pyarrow==26.0.1"),
        "alerts of the full report, minimal on the large table; no reference",
    ),
    "great_expectations": Peer(
        ("great_expectations==0.18.22", "pandas==2.1.4", "numpy==1.26.4", "pyarrow==16.1.0"),
        "suite of the onboarding assistant, from the clean table (1.x has no assistant)",
    ),
    "pointblank": Peer(
        ("pointblank==1.1.1", "polars==2.1.0", "pyarrow==26.0.1"),
        "schema with constraints inferred from the clean table",
    ),
    "pandera": Peer(
        ("pandera[pandas]==0.35.0", "pandas==3.1.1", "pyarrow==26.0.1"), "`infer_schema` of the clean table"
    ),
    "evidently": Peer(
        ("evidently==0.7.23", "pandas==2.3.3", "pyarrow==26.0.1"),
        "tests of the summary and drift presets, clean table as reference",
    ),
    "dqx": Peer(
        ("databricks-labs-dqx==0.17.0", "pyspark==4.3.0"), "rules of its profiler from the clean table, on local Spark"
    ),
}
NOT_RUN = {
    "soda": "4.28.0 verifies contracts that are written by hand; suggestions and monitors need its cloud",
}


@dataclass(frozen=True)
class Damaged:
    """A table with one type of error."""

    path: Path
    kind: str
    columns: tuple[str, ...]


def plain(table: pa.Table) -> pa.Table:
    """The table with text in place of dictionaries, as a Parquet file usually has it."""
    types = [f.type.value_type if pa.types.is_dictionary(f.type) else f.type for f in table.schema]
    return table.cast(pa.schema(zip(table.column_names, types, strict=True)))


def write_tables(folder: Path, options: argparse.Namespace) -> list[Damaged]:
    """Write all tables of a run but the large one, and tell which are damaged how."""
    clean = generate(options.rows, options.seed, STYLE)
    longer = generate(2 * options.rows, options.seed, STYLE)
    middle = longer["date"][options.rows]
    tables = {
        "clean": clean,
        "other": generate(options.rows, options.seed + 1, STYLE),
        "before": longer.filter(pc.less(longer["date"], middle)),
        "after": longer.filter(pc.greater_equal(longer["date"], middle)),
    }
    for name, table in tables.items():
        pq.write_table(plain(table), folder / f"{name}.parquet")
    out = []
    for kind in KINDS:
        for turn in options.turns:
            bad = inject(clean, STYLES[STYLE], kind, options.rate, turn)
            path = folder / f"{kind}-{turn}.parquet"
            pq.write_table(plain(bad.table), path)
            out.append(Damaged(path, kind, bad.columns))
    return out


def write_large(path: Path, rows: int, seed: int) -> None:
    """Write a clean table in pieces."""
    pieces = (plain(pa.Table.from_batches([batch])) for batch in batches(rows, seed, STYLE))
    first = next(pieces)
    with pq.ParquetWriter(path, first.schema) as writer:
        writer.write_table(first)
        for piece in pieces:
            writer.write_table(piece)


Alert = tuple[str, tuple[str, ...]]


def ask(
    python: str, name: str, folder: Path, tables: list[Path], seconds: float
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a tool says of tables, the first of which it learns from: the answers by file name, and the price."""
    command = [python, "-W", "ignore", str(RUNNERS / f"run_{name}.py"), *map(str, tables)]
    run = measured(command, folder, seconds=seconds, most_bytes=MOST_BYTES)
    price = {"seconds": round(run.seconds, 1), "peak_bytes": run.peak_bytes, "failure": run.failure}
    answers = {} if run.failure else {Path(path).stem: answer for path, answer in json.loads(run.output).items()}
    return answers, price


def alerts_of(answer: dict[str, Any]) -> set[Alert]:
    return {(alert["name"], tuple(alert["columns"])) for alert in answer["alerts"]}


def noticed(bad: Damaged, new: set[Alert]) -> str:
    """``relation``, ``column``, ``table`` (copies, a lost column) or nothing: how the new messages name the damage."""
    if bad.kind == "duplicate_rows":
        return "table" if any("duplic" in name.lower() for name, _ in new) else ""
    named = [columns for _, columns in new if set(columns) & set(bad.columns)]
    if len(bad.columns) == 2 and any(len(columns) > 1 for columns in named):
        return "relation"
    if named:
        return "column"
    lost = bad.kind == "missing_columns" and any("column" in name.lower() and not columns for name, columns in new)
    return "table" if lost else ""


def measure(name: str, python: str, folder: Path, tables: list[Damaged], options: argparse.Namespace) -> dict[str, Any]:
    """One tool on all tables."""
    clean, other, before, after = (folder / f"{n}.parquet" for n in ("clean", "other", "before", "after"))
    answers, price = ask(python, name, folder, [clean, clean, other, *(t.path for t in tables)], options.patience)
    result: dict[str, Any] = {"small": price}
    if price["failure"]:
        return result
    known = alerts_of(answers["clean"])
    later, _ = ask(python, name, folder, [before, after], options.patience)
    answers |= later
    result["clean_alarms"] = {
        n: len(alerts_of(answers[n])) if n in answers else None for n in ("clean", "other", "after")
    }
    result["noticed"] = {kind: [] for kind in KINDS}
    for bad in tables:
        result["noticed"][bad.kind].append(noticed(bad, alerts_of(answers[bad.path.stem]) - known))
    result["answers"] = answers
    if options.large:
        result["large"] = ask(python, name, folder, [clean, folder / "large.parquet"], options.limit)[1]
    return result


def installed(python: str) -> list[str]:
    """All packages of an environment with their versions."""
    done = subprocess.run([python, "-m", "pip", "freeze"], capture_output=True, text=True, check=False)
    return done.stdout.split("\n")[:-1]


def page(head: dict[str, Any], results: list[dict[str, Any]]) -> str:
    """Two Markdown tables: what is noticed, and false alarms with the price."""
    arguments, ran = head["arguments"], [r for r in results if "noticed" in r]
    lines = [
        f"`python benchmarks/peers.py` at revision {head['revision']}: {arguments['rows']:,} rows,"
        f" seed {arguments['seed']}, {100 * arguments['rate']:g} % bad rows, variants {arguments['turns']}.\n",
        f"| error | {' | '.join(r['peer'] for r in ran)} |",
        f"|---|{'---|' * len(ran)}",
    ]
    for kind in KINDS:
        lines.append(f"| {kind} | {' | '.join(cell(r['noticed'][kind]) for r in ran)} |")
    size = f"{arguments['large']:,} rows" if arguments["large"] else "large table"
    lines += [
        "\n| tool | what it does by itself | alarms: same clean table | another advertiser | the days after |"
        f" {size}: seconds | peak memory |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for r in results:
        lines.append(f"| {r['peer']} | {r['does']} | {' | '.join(figures(r))} |")
    lines += [f"| {name} | not run: {why} | | | | | |" for name, why in NOT_RUN.items()]
    return "\n".join(lines) + "\n"


def cell(words: list[str]) -> str:
    """How one type of error was noticed over its variants."""
    if len(words) == 1:
        return words[0] or "-"
    counts = {word: words.count(word) for word in ("relation", "column", "table") if word in words}
    return ", ".join(f"{word} {n}" for word, n in counts.items()) + f" of {len(words)}" if counts else "-"


def figures(result: dict[str, Any]) -> list[str]:
    """Alarms on three clean tables, seconds and memory, or why not."""
    if "noticed" not in result:
        why = result.get("not_installed") or result["small"]["failure"]
        return [f"failed: {why}".replace("|", "/"), *[""] * 4]
    alarms = ["?" if n is None else str(n) for n in result["clean_alarms"].values()]
    large = result.get("large")
    if large is None:
        return [*alarms, "", ""]
    seconds = large["failure"].replace("|", "/") or f"{large['seconds']:.0f}"
    return [*alarms, seconds, f"{large['peak_bytes'] / 1e9:.1f} GB"]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", nargs="+", choices=list(PEERS), default=list(PEERS))
    parser.add_argument("--rows", type=int, default=5_000)
    parser.add_argument("--rate", type=float, default=0.05)
    parser.add_argument("--turns", nargs="+", type=int, default=[0], help="which variants of each error")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--large", type=int, default=1_000_000, help="rows of the large table; 0: leave it out")
    parser.add_argument("--limit", type=float, default=300, help="seconds for the large table")
    parser.add_argument("--patience", type=float, default=1_800, help="seconds for all small tables")
    parser.add_argument("--cache", type=Path, default=Path("out/peers"), help="where environments are made")
    parser.add_argument("--keep", action="store_true", help="keep the environments for the next run")
    parser.add_argument("--log", type=Path, default=Path("out/peers.jsonl"))
    parser.add_argument("--out", type=Path, default=Path("out/peers.md"))
    return parser.parse_args()


def main() -> None:
    options = arguments()
    head = header(options)
    for path in (options.log, options.out):
        path.parent.mkdir(parents=True, exist_ok=True)
    results = []
    with options.log.open("a", encoding="utf-8") as log, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(json.dumps(head), file=log, flush=True)
        tables = write_tables(folder, options)
        if options.large:
            write_large(folder / "large.parquet", options.large, options.seed)
        for chosen in options.peers:
            results.append({"peer": chosen, "does": PEERS[chosen].does, **one(chosen, folder, tables, options)})
            print(json.dumps(results[-1]), file=log, flush=True)
            options.out.write_text(page(head, results), encoding="utf-8")
            print(f"{chosen}: {' | '.join(figures(results[-1]))}", file=sys.stderr, flush=True)
    print(page(head, results))


def one(name: str, folder: Path, tables: list[Damaged], options: argparse.Namespace) -> dict[str, Any]:
    """One tool in its environment, or why it has none."""
    packages = PEERS[name].packages
    if not packages:
        return measure(name, sys.executable, folder, tables, options)
    try:
        with environment((options.cache / name).resolve(), packages, keep=options.keep) as python:
            return {"installed": installed(python), **measure(name, python, folder, tables, options)}
    except InstallError as error:
        return {"not_installed": str(error)}


if __name__ == "__main__":
    main()
