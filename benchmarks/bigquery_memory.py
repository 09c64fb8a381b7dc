"""The memory of the client that audits a BigQuery table: does it grow with the table?

    python benchmarks/bigquery_memory.py                        # 10,000 and 1,000,000 rows
    python benchmarks/bigquery_memory.py --rows 10000 10000000

Each audit is a process of its own against the emulator that the tests start (a process apart); its peak resident size
is compared. The findings' rows are streamed to a file as well, since that is where a table could come through.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from assay.bench.advertising import batches
from benchmarks.detection import revision
from tests.engines.emulator import Emulator

PIECE = 200_000
AUDIT = """
import json, resource, sys
from pathlib import Path
from assay.pipeline import audit
result = audit(sys.argv[1], rows_out=Path(sys.argv[2]))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"rows": result.rows, "statements": len(result.statements), "findings": len(result.findings),
                  "failures": result.failures, "peak_bytes": peak}))
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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", nargs="+", type=int, default=[10_000, 1_000_000])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--log", type=Path, default=Path("out/bigquery_memory.json"))
    chosen = parser.parse_args()
    results = []
    with Emulator() as emulator, tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "BIGQUERY_EMULATOR_HOST": emulator.endpoint}
        for size in chosen.rows:
            address = ""
            for piece in pieces(size, chosen.seed):
                address = emulator.append("large", piece) if address else emulator.load("large", piece)
            out = Path(folder) / "rows.parquet"
            command = [sys.executable, "-c", AUDIT, address, str(out)]
            done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
            results.append(json.loads(done.stdout.splitlines()[-1]))
            print(json.dumps(results[-1]), flush=True)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    chosen.log.parent.mkdir(parents=True, exist_ok=True)
    chosen.log.write_text(json.dumps({"revision": revision(), "seed": chosen.seed, "loader": own, "audits": results}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
