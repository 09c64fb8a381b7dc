"""The memory of the client that audits a BigQuery table: does it grow with the table?

    python benchmarks/bigquery_memory.py                        # 10,000, 100,000, 1,000,000 and 10,000,000 rows
    python benchmarks/bigquery_memory.py --rows 10000 1000000

Each audit is a process of its own with the official client, and reads its answers in pages over HTTP from the emulator
(a process apart, with the hash of its engine in place of FARM_FINGERPRINT, which it computes in Python); its peak
resident size is compared. A clean table and one with errors are audited, and their bad rows are written to a file,
since that is where a table could come through.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from assay.bench.advertising import batches
from benchmarks.logbook import header
from tests.engines.emulator import Emulator

PIECE = 200_000
EVERY = 50  # a row in so many is damaged
AUDIT = """
import json, sys
from pathlib import Path
from assay.pipeline import audit
result = audit(sys.argv[1], rows_out=Path(sys.argv[2]))
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
peak = int(status["VmHWM"].split()[0]) * 1024  # unlike ru_maxrss not that of the process that started this one
print(json.dumps({"rows": result.rows, "statements": len(result.statements), "findings": len(result.findings),
                  "failures": result.failures, "seconds": result.seconds, "peak_bytes": peak}))
"""


def pieces(size: int, seed: int) -> Iterator[pa.Table]:
    """The generator's table in pieces of about ``PIECE`` rows."""
    held: list[pa.RecordBatch] = []
    for batch in batches(size, seed):
        held.append(batch)
        if sum(b.num_rows for b in held) >= PIECE:
            yield pa.Table.from_batches(held)
            held = []
    if held:
        yield pa.Table.from_batches(held)


def damaged(table: pa.Table) -> pa.Table:
    """The table with more clicks than impressions, and no spend, in some rows."""
    hit = pa.array(np.arange(table.num_rows) % EVERY == 0)
    clicks = pc.if_else(hit, pc.add(table["impressions"], 100), table["clicks"])
    spend = pc.if_else(hit, pa.scalar(None, table["spend"].type), table["spend"])
    for name, values in (("clicks", clicks), ("spend", spend)):
        place = table.column_names.index(name)
        table = table.set_column(place, name, values.cast(table.schema.field(name).type))
    return table


def peak(address: str, out: Path, environment: dict[str, str]) -> dict[str, Any]:
    """Audit a table in a process of its own; what it found and the memory it took."""
    command = [sys.executable, "-c", AUDIT, address, str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result | {"written": pq.read_metadata(out).num_rows}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", nargs="+", type=int, default=[10_000, 100_000, 1_000_000, 10_000_000])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--log", type=Path, default=Path("out/bigquery_memory.jsonl"))
    chosen = parser.parse_args()
    chosen.log.parent.mkdir(parents=True, exist_ok=True)
    with Emulator(native=True) as emulator, tempfile.TemporaryDirectory() as folder, chosen.log.open("a") as log:
        log.write(json.dumps(header(chosen) | {"experiment": "bigquery_memory"}) + "\n")
        environment = {**os.environ, "BIGQUERY_EMULATOR_HOST": emulator.endpoint}
        for size in chosen.rows:
            for name, change in (("clean", None), ("damaged", damaged)):
                address = ""
                for piece in pieces(size, chosen.seed):
                    rows = change(piece) if change else piece
                    address = emulator.append("large", rows) if address else emulator.load("large", rows)
                result = {"table": name} | peak(address, Path(folder) / "rows.parquet", environment)
                log.write(json.dumps(result) + "\n")
                log.flush()
                print(json.dumps(result), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
