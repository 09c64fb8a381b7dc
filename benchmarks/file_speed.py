"""How long text files take to be read, regular and odd, against DuckDB's own reader of the regular one in the same run.

    python benchmarks/file_speed.py                    # 1,000,000 rows, 24 columns, 3 runs
    python benchmarks/file_speed.py --rows 100000

Every figure is a whole process that opens the table. Ratios are medians against ``read_csv`` into a table.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

import duckdb

from benchmarks.audit_speed import timed, write_table

BASELINE = """
import sys, duckdb
duckdb.sql(f"CREATE TABLE t AS SELECT * FROM read_csv('{sys.argv[1]}', sample_size = -1)")
"""
OPEN = """
import sys
from assay.config import Settings
from assay.source.open import find_tables
source = find_tables(sys.argv[1])[0].open(Settings())
source.rows
source.close()
"""


def write_variants(folder: Path, rows: int) -> dict[str, Path]:
    """The same table as a regular file and in several odd ways."""
    table = folder / "table.parquet"
    write_table(table, rows, 0, broken=False)
    regular = folder / "regular.csv"
    read = duckdb.sql(f"SELECT * FROM '{table}'")
    duckdb.sql(f"COPY (SELECT * FROM '{table}') TO '{regular}'")
    text = regular.read_text(encoding="utf-8")
    titled = folder / "titles and footer.csv"
    titled.write_text(f"Report\n\n{text}\nReport time:,2025\n", encoding="utf-8")
    torn = folder / "a torn row.csv"
    torn.write_text(f"{text}1,2,3\n", encoding="utf-8")
    wide = folder / "utf-16.csv"
    wide.write_text(text, encoding="utf-16")
    commas = folder / "decimal commas.csv"
    fields = [
        f"replace(printf('%.2f', {name}), '.', ',') AS {name}" if str(kind) in ("DOUBLE", "FLOAT") else name
        for name, kind in zip(read.columns, read.types, strict=True)
    ]
    duckdb.sql(f"COPY (SELECT {', '.join(fields)} FROM '{table}') TO '{commas}' (DELIMITER ';')")
    return {path.stem: path for path in (regular, titled, torn, wide, commas)}


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = write_variants(folder, arguments.rows)
        commands = {"DuckDB, regular": [sys.executable, "-c", BASELINE, str(files["regular"])]}
        commands |= {label: [sys.executable, "-c", OPEN, str(path)] for label, path in files.items()}
        runs: dict[str, list[float]] = {label: [] for label in commands}
        for _ in range(arguments.runs):
            for label, command in commands.items():
                runs[label].append(timed(command, folder).seconds)
        baseline = statistics.median(runs["DuckDB, regular"])
        print(f"{arguments.rows:,} rows, {arguments.runs} runs\n\n| file | seconds | ratio |\n|---|--:|--:|")
        for label, seconds in runs.items():
            median = statistics.median(seconds)
            print(f"| {label} | {median:.2f} | {median / baseline:.2f} |")


if __name__ == "__main__":
    main()
