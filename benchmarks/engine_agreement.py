"""The cases of ``detection.py`` on BigQuery's emulator and on the embedded engine: are the findings the same?

    python benchmarks/engine_agreement.py                        # 5,000 rows, four styles, all kinds, three rates
    python benchmarks/engine_agreement.py --styles meta --rates 0.05

Both engines audit by statements in place. Findings are the same if kind, columns, segment, severity, rows and
consequences are. The
emulator is the one that the tests start; what it cannot tell of the real service stands in ``docs/bigquery.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import assay
from assay.bench.advertising import generate
from assay.bench.styles import STYLES
from assay.config import Settings
from assay.pipeline import audit
from benchmarks.detection import Case, cases
from benchmarks.injections import KINDS, NotApplicableError, inject
from benchmarks.logbook import header
from tests.engines.emulator import Emulator

IN_PLACE = Settings(pulled_rows=0)


def facts(result: assay.Audit) -> list[tuple[Any, ...]]:
    """What must not depend on the engine."""
    return sorted(
        (f.kind, f.columns, f.segment, str(f.severity), f.rows_affected, f.consequences) for f in result.findings
    )


def compare(emulator: Emulator, case: Case, folder: Path) -> dict[str, Any] | None:
    """Audit one case on both engines; None where its style cannot carry the error."""
    table = generate(case.size, case.seed, case.style)
    if case.kind is not None:
        try:
            table = inject(table, STYLES[case.style], case.kind, case.rate, case.turn).table
        except NotApplicableError:
            return None
    path = folder / "ads.parquet"
    pq.write_table(table, path)
    here = audit(path, settings=IN_PLACE)
    started = time.perf_counter()
    there = audit(emulator.load("ads", table), settings=IN_PLACE)
    seconds = round(time.perf_counter() - started, 2)
    one, other = facts(here), facts(there)
    return asdict(case) | {
        "same": one == other,
        "statements": len(there.statements),
        "seconds": seconds,
        "failures": there.failures,
        "here": [f for f in one if f not in other],
        "there": [f for f in other if f not in one],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--styles", nargs="+", default=list(STYLES), choices=list(STYLES))
    parser.add_argument("--size", type=int, default=5_000)
    parser.add_argument("--rates", nargs="+", type=float, default=[0.005, 0.05, 0.4])
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--log", type=Path, default=Path("out/engine_agreement.jsonl"))
    chosen = parser.parse_args()
    chosen.sizes, chosen.seeds, chosen.types = [chosen.size], [chosen.seed], ["clean", *chosen.kinds]
    results: list[dict[str, Any]] = []
    chosen.log.parent.mkdir(parents=True, exist_ok=True)
    with Emulator() as emulator, tempfile.TemporaryDirectory() as folder, chosen.log.open("a") as log:
        os.environ["BIGQUERY_EMULATOR_HOST"] = emulator.endpoint
        log.write(json.dumps(header(chosen) | {"experiment": "engine_agreement"}) + "\n")
        for case in cases(chosen):
            result = compare(emulator, case, Path(folder))
            if result is None:
                continue
            results.append(result)
            log.write(json.dumps(result, default=str) + "\n")
            log.flush()
            if not result["same"] or result["failures"]:
                what = f"{case.style} {case.kind or 'clean'} {case.rate:g}"
                print(f"{what}: here {result['here']}, there {result['there']} {result['failures']}", flush=True)
    same = sum(r["same"] for r in results)
    most = max((r["statements"] for r in results), default=0)
    print(f"{same} of {len(results)} tables bring the same findings on both engines; at most {most} statements each")
    return 0 if same == len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
