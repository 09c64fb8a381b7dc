"""What an audit finds: clean tables, then one injected error at a time, scored row by row.

    python benchmarks/detection.py                       # 5,000 rows, four styles, all kinds, three rates
    python benchmarks/detection.py --full --jobs 2       # up to 1,000,000 rows
    python benchmarks/detection.py --types outliers --styles meta --seeds 0 1 2 3

An *alarm* is a new finding above ``low``. A case passes when an alarm of the injected kind names one of the damaged
columns, its rows are at least 98 % of the bad ones and at most 2 % others, and every other alarm is a consequence
(its rows are bad rows too). A clean table passes without alarms. Each case is appended to a log as one line of JSON.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import assay
from assay.bench.advertising import generate
from assay.bench.styles import STYLES
from benchmarks.injections import KINDS, NotApplicableError, inject
from benchmarks.logbook import header

if TYPE_CHECKING:
    from collections.abc import Callable

ENOUGH = 0.98
NOWHERE: NDArray[np.int64] = np.empty(0, np.int64)
ALARMING = ("critical", "high", "medium")


@dataclass(frozen=True)
class Found:
    """One finding, with the positions of its bad rows (none for a claim about the whole table)."""

    kind: str
    severity: str
    columns: tuple[str, ...]
    rows: NDArray[np.int64]


@dataclass(frozen=True)
class Case:
    """What is audited: a table of this seed; ``kind`` is None for a clean one, ``turn`` picks the error's variant."""

    style: str
    size: int
    kind: str | None
    rate: float
    seed: int
    turn: int


def in_process(path: Path) -> list[Found]:
    """Audit a file with the library."""
    rows_out = path.with_suffix(".rows.parquet")
    findings = assay.audit(path, rows_out=rows_out).findings
    bad = _bad_rows(rows_out)
    return [Found(f.kind, f.severity, f.columns, bad.get(f.id, NOWHERE)) for f in findings if f.status == "new"]


def by_command(path: Path) -> list[Found]:
    """Audit a file with the command line, without memory."""
    rows_out = path.with_suffix(".rows.parquet")
    command = [sys.executable, "-c", "from assay.cli.main import main; main()", "audit", str(path)]
    command += ["--no-memory", "--format", "json", "--rows-out", str(rows_out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr.strip()[-600:] or f"exit status {done.returncode}")
    findings = [f for f in json.loads(done.stdout)["findings"] if f["status"] == "new"]
    bad = _bad_rows(rows_out)
    return [Found(f["kind"], f["severity"], tuple(f["columns"]), bad.get(f["id"], NOWHERE)) for f in findings]


def _bad_rows(rows_out: Path) -> dict[str, NDArray[np.int64]]:
    """Positions of the bad rows of each finding that has any."""
    if not rows_out.exists():
        return {}
    bad = pq.read_table(rows_out, columns=["finding_id", "row_index"]).drop_null()
    ids, index = np.array(bad["finding_id"].to_pylist(), str), bad["row_index"].to_numpy()
    return {str(found): np.unique(index[ids == found]) for found in np.unique(ids)}


def auditor(address: str) -> Callable[[Path], list[Found]]:
    """``library``, ``command``, or the function at ``module:function``."""
    if address in ("library", "command"):
        return in_process if address == "library" else by_command
    module, function = address.split(":")
    chosen: Callable[[Path], list[Found]] = getattr(importlib.import_module(module), function)
    return chosen


def run(case: Case, address: str) -> dict[str, Any] | None:
    """Audit one case; None where its style cannot carry the error."""
    table = generate(case.size, case.seed, case.style)
    result: dict[str, Any] = asdict(case)
    columns: tuple[str, ...] = ()
    mask = excused = np.zeros(case.size, bool)
    if case.kind is not None:
        try:
            bad = inject(table, STYLES[case.style], case.kind, case.rate, case.turn)
        except NotApplicableError:
            return None
        table, mask, excused, columns = bad.table, bad.mask, bad.excused, bad.columns
        result |= {"variant": bad.variant, "columns": columns[:3], "bad_rows": int(mask.sum())}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ads.parquet"
        pq.write_table(table, path)
        started = time.perf_counter()
        try:
            found = auditor(address)(path)
        except Exception as error:  # one case that cannot be audited is a failed case, not the end of the run
            return result | {"passed": False, "failure": f"{type(error).__name__}: {error}"}
    result["seconds"] = round(time.perf_counter() - started, 3)
    return result | score(found, case.kind, columns, mask, excused)


WHOLE = ("duplicate_rows", "missing_columns")  # kinds that name all columns, or one that is not there


def score(
    found: list[Found],
    kind: str | None,
    columns: tuple[str, ...],
    mask: NDArray[np.bool_],
    excused: NDArray[np.bool_],
) -> dict[str, Any]:
    """Whether the kind was found, how well its rows match the mask, and which other alarms there were."""
    alarms = [f for f in found if f.severity in ALARMING]
    right = [f for f in alarms if f.kind == kind and (set(f.columns) & set(columns) or kind in WHOLE)]
    other = [f for f in alarms if f not in right]
    within = [f for f in other if f.rows.size and (mask | excused)[f.rows].mean() >= ENOUGH]
    extra = [f for f in other if f not in within]
    out: dict[str, Any] = {
        "found": bool(right),
        "severity": right[0].severity if right else None,
        "consequences": sorted(_label(f) for f in within),
        "extra": sorted(_label(f) for f in extra),
        "notes": sorted(_label(f) for f in found if f.severity not in ALARMING),
    }
    out["recall"], out["precision"] = _match(alarms, mask, excused)
    out["kind_recall"], out["kind_precision"] = _match(right, mask, excused)
    exact = not mask.any() or min(out["recall"], out["precision"]) >= ENOUGH
    out["passed"] = not alarms if kind is None else bool(right) and exact and not extra
    return out


def _label(found: Found) -> str:
    return f"{found.kind}({', '.join(found.columns[:3])})"


def _match(found: list[Found], mask: NDArray[np.bool_], excused: NDArray[np.bool_]) -> tuple[float, float]:
    """Recall and precision of the findings' rows together."""
    reported = np.zeros(mask.size, bool)
    for finding in found:
        reported[finding.rows] = True
    hits = np.count_nonzero(reported & mask)
    wrong = np.count_nonzero(reported & ~mask & ~excused)
    bad = np.count_nonzero(mask)
    return round(hits / bad, 4) if bad else 1.0, round(hits / (hits + wrong), 4) if hits + wrong else 1.0


def table_of(results: list[dict[str, Any]]) -> str:
    """One line a kind: cases, cases found and passed, the worst row scores, and cases with extra alarms."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for result in results:
        groups[result["kind"] or "(clean)"].append(result)
    lines = [
        f"{'kind':34}{'cases':>6}{'found':>6}{'pass':>6}{'recall':>16}{'precision':>16}{'extra':>6}{'s':>7}",
        f"{'':52}{'worst   median':>16}{'worst   median':>16}",
    ]
    for kind, group in groups.items():
        scores = {key: [r.get(key, 0.0) for r in group] for key in ("recall", "precision")}
        rows = "".join(f"{min(v):>8.3f}{float(np.median(v)):>8.3f}" for v in scores.values())
        found = "" if kind == "(clean)" else sum(r.get("found", False) for r in group)
        extra = sum(bool(r.get("extra")) for r in group)
        seconds = float(np.median([r.get("seconds", 0.0) for r in group]))
        passed = sum(r["passed"] for r in group)
        lines.append(
            f"{kind:34}{len(group):>6}{found:>6}{passed:>6}{rows if found != '' else '':32}{extra:>6}{seconds:>7.2f}"
        )
    return "\n".join(lines)


def failure_of(result: dict[str, Any]) -> str:
    """Why a case did not pass, on one line."""
    what = f"{result['style']} {result['size']:,} {result['kind'] or 'clean'}"
    if result["kind"]:
        columns = ",".join(result.get("columns", ()))
        what += f"/{result.get('variant')} {result['rate']:g} {columns} seed {result['seed']} turn {result['turn']}"
    if "failure" in result:
        return f"{what}: {result['failure']}"
    reasons = [] if result["found"] or not result["kind"] else ["not found"]
    if result["found"]:
        reasons.append(f"recall {result['recall']:.3f} precision {result['precision']:.3f}")
    for key in ("extra", "consequences") if result["found"] else ("extra", "consequences", "notes"):
        if result[key]:
            reasons.append(f"{key}: {'; '.join(result[key])}")
    return f"{what}: {' | '.join(reasons)}"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--styles", nargs="+", choices=list(STYLES), default=list(STYLES))
    parser.add_argument("--sizes", nargs="+", type=int, default=[5_000])
    parser.add_argument("--types", nargs="+", choices=["clean", *KINDS], default=["clean", *KINDS])
    parser.add_argument("--rates", nargs="+", type=float, default=[0.005, 0.05, 0.4])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--full", action="store_true", help="5,000, 100,000 and 1,000,000 rows, seeds 0 to 3")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--auditor", default="library", help="library, command, or module:function")
    parser.add_argument("--log", type=Path, default=Path("out/detection.jsonl"))
    options = parser.parse_args()
    if options.full:
        options.sizes, options.seeds = [5_000, 100_000, 1_000_000], [0, 1, 2, 3]
    return options


def cases(options: argparse.Namespace) -> list[Case]:
    """Clean tables, then every error; each style and rate takes another variant, so that few cases see many."""
    out = []
    tables = list(product(options.sizes, options.styles, options.seeds))
    if "clean" in options.types:
        out += [Case(style, size, None, 0.0, seed, 0) for size, style, seed in tables]
    for kind, (size, style, seed) in product(KINDS, tables):
        if kind in options.types:
            rates = options.rates[:1] if kind == "missing_columns" else options.rates
            start = seed + list(STYLES).index(style)
            out += [Case(style, size, kind, rate, seed, start + turn) for turn, rate in enumerate(rates)]
    return out


def main() -> None:
    options = arguments()
    chosen = cases(options)
    options.log.parent.mkdir(parents=True, exist_ok=True)
    results: list[dict[str, Any]] = []
    with options.log.open("a") as log, ProcessPoolExecutor(options.jobs) as pool:
        head = header(options)
        print(json.dumps(head), file=log)
        for result in pool.map(run, chosen, [options.auditor] * len(chosen)):
            if result is None:
                continue
            print(json.dumps(result, default=lambda value: value.item()), file=log, flush=True)
            results.append(result)
            if not result["passed"]:
                print(failure_of(result), file=sys.stderr, flush=True)
    print(table_of(results))
    failed = sum(not r["passed"] for r in results)
    print(f"\n{len(results)} cases, {failed} not passed; revision {head['revision']}; {options.log}")


if __name__ == "__main__":
    main()
