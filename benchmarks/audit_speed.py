"""How long a whole audit takes, against ``DuckDB SUMMARIZE`` of the same file in the same run.

    python benchmarks/audit_speed.py                              # 100,000, 1,000,000 and 10,000,000 rows
    python benchmarks/audit_speed.py --rows 1000000 --runs 5

Every figure is a whole process: start of Python, imports, reading the Parquet file (24 columns), and the report. The
two commands take turns (A B A B), medians are compared, and memory is the peak resident size of each process. The clean
table comes from ``assay.bench.advertising``; the broken one is the same with 5 % of its rows damaged in five ways and
5 % copied. The figures go to a JSON file with the revision, the machine and the arguments.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from assay.bench.advertising import batches
from benchmarks.logbook import header, real_time

DROPPED = ("leads", "installs")  # the canonical style has 26 columns; published timings are for 24
SUMMARIZE = """
import sys, duckdb
connection = duckdb.connect()
connection.execute(f"SET threads = {sys.argv[2]}")
connection.execute("SET enable_progress_bar = false")
print(connection.sql(f"SUMMARIZE SELECT * FROM read_parquet('{sys.argv[1]}')").fetchall())
"""
TARGETS = {1_000_000: 1.5, 10_000_000: 1.0}
MEMORY_TARGET = 1e9
START_TARGET = 0.3


@dataclass(frozen=True)
class Run:
    """One process: wall time, processor time, peak resident size, and what it wrote."""

    seconds: float
    cpu: float
    peak_bytes: int
    status: int
    output: str


def timed(command: Sequence[str], folder: Path) -> Run:
    """Run a command to its end, with its output in a file and its own resource usage."""
    out = folder / "output.txt"
    with out.open("wb") as file, (folder / "errors.txt").open("wb") as errors:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=file, stderr=errors, env=_environment())
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    scale = 1 if sys.platform == "darwin" else 1024
    text = out.read_text(encoding="utf-8", errors="replace")
    if process.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command[:6])}: {(folder / 'errors.txt').read_text()[-800:]}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * scale, process.returncode, text)


def _environment() -> dict[str, str]:
    source = Path(__file__).parents[1] / "src"
    return {**os.environ, "PYTHONPATH": str(source)}


def write_table(path: Path, rows: int, seed: int, *, broken: bool) -> None:
    """Write the table in pieces, so that its size is bounded by the disk only."""
    rng = np.random.default_rng([seed, 7])
    partial = path.with_suffix(".partial")
    writer: pq.ParquetWriter | None = None
    for table in _pieces(rows, seed):
        piece = damaged(table, rng) if broken else table
        writer = writer or pq.ParquetWriter(partial, piece.schema)
        writer.write_table(piece)
    if writer is not None:
        writer.close()
    partial.rename(path)


def _pieces(rows: int, seed: int) -> Iterator[pa.Table]:
    for batch in batches(rows, seed, "canonical"):
        table = pa.Table.from_batches([batch]).drop_columns(list(DROPPED))
        fields = [(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type) for f in table.schema]
        yield table.cast(pa.schema(fields))


def damaged(table: pa.Table, rng: np.random.Generator) -> pa.Table:
    """About 5 % of the rows made wrong: five errors at 1 % each, and 5 % of exact copies."""
    n = table.num_rows
    data = {c: table[c].to_numpy().copy() for c in ("impressions", "clicks", "spend")}
    brand = np.array(table["brand"].to_pylist(), dtype=object)
    parts = np.array_split(rng.permutation(n)[: n // 20], 5)
    data["clicks"][parts[0]] = data["impressions"][parts[0]] + rng.integers(5, 500, parts[0].size)
    data["spend"][parts[1]] = -data["spend"][parts[1]] - 1
    data["impressions"][parts[2]] = np.where(data["spend"][parts[2]] > 0, 0, data["impressions"][parts[2]])
    brand[parts[3]] = [bytes(rng.integers(97, 123, 7).astype(np.uint8)).decode() for _ in parts[3]]
    missing = np.zeros(n, dtype=bool)
    missing[parts[4]] = True
    columns = {
        **{name: pa.array(values, table[name].type) for name, values in data.items()},
        "brand": pa.array(brand, pa.string()),
        "conversions": pa.array(
            table["conversions"].to_numpy(zero_copy_only=False), table["conversions"].type, missing
        ),
    }
    for name, values in columns.items():
        table = table.set_column(table.schema.get_field_index(name), table.schema.field(name), values)
    copies = table.take(pa.array(rng.permutation(n)[: n // 20]))
    return pa.concat_tables([table, copies])


def audit_command(path: Path, threads: int) -> list[str]:
    """The command line as a user runs it, for the interpreter that runs this script."""
    return [
        *(sys.executable, "-c", "from assay.cli.main import main; main()", "audit", str(path)),
        *("--format", "json", "--no-memory", "--threads", str(threads)),
    ]


def compare(path: Path, threads: int, runs: int) -> dict[str, Any]:
    """Audit and SUMMARIZE in turns: medians, peaks, and what the audit said of itself."""
    summarize = [sys.executable, "-c", SUMMARIZE, str(path), str(threads)]
    audits, summaries = [], []
    timed(summarize, path.parent)  # both then find the file in the page cache
    for _ in range(runs):
        audits.append(timed(audit_command(path, threads), path.parent))
        summaries.append(timed(summarize, path.parent))
    report = json.loads(audits[-1].output)
    audit_seconds = statistics.median(r.seconds for r in audits)
    summarize_seconds = statistics.median(r.seconds for r in summaries)
    return {
        "audit_seconds": round(audit_seconds, 3),
        "summarize_seconds": round(summarize_seconds, 3),
        "ratio": round(audit_seconds / summarize_seconds, 3),
        "audit_runs": [round(r.seconds, 3) for r in audits],
        "summarize_runs": [round(r.seconds, 3) for r in summaries],
        "audit_cpu_seconds": round(statistics.median(r.cpu for r in audits), 3),
        "summarize_cpu_seconds": round(statistics.median(r.cpu for r in summaries), 3),
        "audit_peak_bytes": max(r.peak_bytes for r in audits),
        "summarize_peak_bytes": max(r.peak_bytes for r in summaries),
        "statements": report["cost"]["statements"],
        "hypotheses": len(report["checked"]),
        "findings": len(report["findings"]),
        "alarms": sum(f["severity"] in ("critical", "high", "medium") for f in report["findings"]),
        "failures": report["failures"],
    }


def start_up(folder: Path, runs: int) -> dict[str, float]:
    """Seconds that starting takes more than bare Python does, least of several runs in turns."""
    commands = {
        "python": [sys.executable, "-c", "pass"],
        "import assay": [sys.executable, "-c", "import assay"],
        "assay --help": [sys.executable, "-c", "from assay.cli.main import main; main()", "--help"],
    }
    best = {name: float("inf") for name in commands}
    for _ in range(max(5, runs)):
        for name, command in commands.items():
            best[name] = min(best[name], timed(command, folder).seconds)
    return {name: round(seconds - best["python"], 3) for name, seconds in best.items() if name != "python"}


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        model = names[0] if names else model
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "load": round(os.getloadavg()[0], 2),
        "real_time": real_time(),
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
    }


def table_of(results: Sequence[dict[str, Any]]) -> str:
    """The results as Markdown, ready for the README."""
    lines = [
        "| table | rows | audit | SUMMARIZE | ratio | target | audit peak | SUMMARIZE peak | statements | growth |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    before: dict[str, dict[str, Any]] = {}
    for r in results:
        last = before.get(r["table"])
        growth = (
            f"x{r['audit_seconds'] / last['audit_seconds']:.1f} for x{r['rows'] / last['rows']:.0f}" if last else ""
        )
        before[r["table"]] = r
        target = f"<= {TARGETS[r['size']]:g}" if r["size"] in TARGETS else ""
        lines.append(
            f"| {r['table']} | {r['rows']:,} | {r['audit_seconds']:.2f} s | {r['summarize_seconds']:.2f} s "
            f"| {r['ratio']:.2f} | {target} | {r['audit_peak_bytes'] / 1e6:,.0f} MB "
            f"| {r['summarize_peak_bytes'] / 1e6:,.0f} MB | {r['statements']} | {growth} |"
        )
    return "\n".join(lines)


def missed(results: Sequence[dict[str, Any]], start: dict[str, float]) -> list[str]:
    """The targets that were not met, in words."""
    out = [
        f"{r['table']} {r['rows']:,}: {r['ratio']:.2f} times SUMMARIZE, target {TARGETS[r['size']]:g}"
        for r in results
        if r["ratio"] > TARGETS.get(r["size"], float("inf"))
    ]
    out += [
        f"{r['table']} {r['rows']:,}: peak memory {r['audit_peak_bytes'] / 1e6:,.0f} MB"
        for r in results
        if r["audit_peak_bytes"] > MEMORY_TARGET
    ]
    return out + [f"{name}: {s:.2f} s more than bare Python" for name, s in start.items() if s > START_TARGET]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="100000,1000000,10000000", help="sizes, with commas between them")
    parser.add_argument("--tables", nargs="+", choices=["clean", "broken"], default=["clean", "broken"])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=Path("out/speed"), help="where tables are kept between runs")
    parser.add_argument("--log", type=Path, default=Path("out/audit_speed.json"))
    return parser.parse_args()


def main() -> None:
    options = arguments()
    options.folder.mkdir(parents=True, exist_ok=True)
    head = {**header(options), "machine": machine()}
    start = start_up(options.folder, options.runs)
    results: list[dict[str, Any]] = []
    for size in sorted(int(n.replace("_", "")) for n in options.rows.split(",")):
        for kind in options.tables:
            path = options.folder / f"{kind}-{size}-{options.seed}.parquet"
            if not path.exists():
                write_table(path, size, options.seed, broken=kind == "broken")
            facts = {"table": kind, "size": size, "rows": pq.read_metadata(path).num_rows}
            results.append({**facts, **compare(path, options.threads, options.runs)})
            print(json.dumps(results[-1]), file=sys.stderr, flush=True)
            options.log.parent.mkdir(parents=True, exist_ok=True)
            options.log.write_text(json.dumps({**head, "start": start, "results": results}, indent=1) + "\n")
    print(table_of(results))
    print("\n" + ", ".join(f"{name}: {seconds:.2f} s more than bare Python" for name, seconds in start.items()))
    for line in missed(results, start):
        print(f"target missed: {line}")
    print(f"{options.threads} threads, median of {options.runs}; revision {head['revision']}; {options.log}")


if __name__ == "__main__":
    main()
