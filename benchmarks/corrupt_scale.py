"""What it costs to put errors into large tables: time, and the peak memory of the process.

    python benchmarks/corrupt_scale.py                                   # 1,000,000 rows: 18 errors, each and stacked
    python benchmarks/corrupt_scale.py --rows 10000000 --few             # 10,000,000 rows: three errors together

Each run is a process of its own. A stack should cost no more than its errors one by one, and memory should not grow
with the table.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from assay.bench.advertising import batches
from benchmarks.logbook import header

RATE = 0.05
STACK = (
    "null_cells", "random_strings", "clicks_exceed_impressions", "conversions_exceed_clicks",
    "spend_with_zero_impressions", "video_completions_exceed_plays", "purchases_without_add_to_cart",
    "landing_page_views_exceed_clicks", "negative_metric", "outliers_plain", "outliers_plausible", "disguised_nulls",
    "typos", "wrong_category", "swapped_columns", "unit_change", "row_copies", "dropped_column",
)  # fmt: skip
FEW = ("null_cells", "clicks_exceed_impressions", "row_copies")
RUN = """
import json, sys, time
from pathlib import Path
from assay.bench.corrupt import Error, corrupt
started = time.perf_counter()
errors = [Error(kind, float(sys.argv[3])) for kind in sys.argv[4:]]
done = corrupt(sys.argv[1], errors, 1, Path(sys.argv[2]))
seconds = time.perf_counter() - started
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
peak = int(status["VmHWM"].split()[0]) * 1024  # unlike ru_maxrss not that of the process that started this one
print(json.dumps({"seconds": round(seconds, 2), "peak_bytes": peak, "rows_out": done.truth.rows,
                  "injected": len(done.truth.injected), "bad_rows": sum(i.rows for i in done.truth.injected)}))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--few", action="store_true", help="three errors together only")
    parser.add_argument("--log", type=Path, default=Path("out/corrupt_scale.jsonl"))
    chosen = parser.parse_args()
    chosen.log.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, chosen.log.open("a") as log:
        log.write(json.dumps(header(chosen) | {"experiment": "corrupt_scale"}) + "\n")
        table = Path(folder) / "ads.parquet"
        write(table, chosen.rows)
        for kinds in [FEW] if chosen.few else [STACK, *((kind,) for kind in STACK)]:
            result = {"rows": chosen.rows, "errors": kinds, **run(table, Path(folder) / "out", kinds)}
            log.write(json.dumps(result) + "\n")
            log.flush()
            print(json.dumps(result), flush=True)
    return 0


def write(path: Path, rows: int) -> None:
    """A generated table, batch by batch."""
    pieces = batches(rows, 1)
    first = next(pieces)
    with pq.ParquetWriter(path, first.schema) as writer:
        writer.write_batch(first)
        for piece in pieces:
            writer.write_batch(piece)


def run(table: Path, out: Path, kinds: tuple[str, ...]) -> dict[str, Any]:
    """Corrupt a table in a process of its own; what it cost."""
    command = [sys.executable, "-c", RUN, str(table), str(out), str(RATE), *kinds]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


if __name__ == "__main__":
    sys.exit(main())
