"""How long audits of odd text files take, against ``DuckDB SUMMARIZE`` of the same file read by hand.

    python benchmarks/file_speed.py                    # 1,000,000 rows, 24 columns, 3 runs
    python benchmarks/file_speed.py --rows 100000 --runs 1 --kinds "torn rows" "utf-16"

By hand means that DuckDB is told all that an audit finds out: the encoding, the dialect, the types, the functions that
turn texts into numbers and days, and to leave out rows that it cannot read.

Every figure is a whole process, and the commands take turns, as the pace of a machine changes within minutes. ``ratio``
is that of the medians of seconds; ``cpu`` the same of processor time; ``regular`` is against SUMMARIZE of the plain CSV
of the same table. Memory is the peak resident size of the audit.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.audit_speed import Run, audit_command, timed, write_table
from benchmarks.engine_sections import files
from benchmarks.logbook import header, write

SUMMARIZE = """
import sys, duckdb, json
connection = duckdb.connect()
connection.execute(f"SET threads = {sys.argv[2]}")
connection.execute("SET enable_progress_bar = false")
print(json.dumps([[row[0], row[1]] for row in connection.sql("SUMMARIZE " + sys.argv[1]).fetchall()]))
"""
PLAIN = "plain"
CHUNK = 1 << 22
EVERY = 10_007  # rows from one that is made odd to the next


@dataclass(frozen=True)
class Kind:
    """An odd way to write a table.

    Attributes:
        fields: SQL of columns of some types, in place of the values.
        options: of ``COPY``.
        rewrite: what is done to the file afterwards.
        suffix: of the file's name.
        told: options of DuckDB's reader that this way of writing needs.
        typed: whether it has to be told the types as well.
        read: SQL of the value of a column's text, for the columns that are read as text.
    """

    fields: Callable[[str, str], str] | None = None
    options: str = ""
    rewrite: Callable[[Path, Path], None] | None = None
    suffix: str = ".csv"
    told: str = ""
    typed: bool = False
    read: Callable[[str, str], str | None] | None = None


def _commas(name: str, kind: str) -> str:
    return f"replace(printf('%.2f', {name}), '.', ',') AS {name}" if kind in ("DOUBLE", "FLOAT") else name


def _money(name: str, kind: str) -> str:
    if kind in ("DOUBLE", "FLOAT"):
        return f"'$' || printf('%.2f', {name}) AS {name}"
    return f"{name} || '%' AS {name}" if kind in ("INTEGER", "BIGINT") else name


def _grouped(name: str, kind: str) -> str:
    form = {"DOUBLE": "{:,.2f}", "FLOAT": "{:,.2f}", "INTEGER": "{:,}", "BIGINT": "{:,}"}.get(kind)
    return f"format('{form}', {name}) AS {name}" if form else name


def _days(name: str, kind: str) -> str:
    if kind != "DATE":
        return name
    mixed = f"CASE WHEN rowid % {EVERY} = 7 THEN strftime({name}, '%Y-%m-%d') ELSE strftime({name}, '%d.%m.%Y') END"
    return f"{mixed} AS {name}"


def _words(name: str, kind: str) -> str:
    return f"replace({name}, 'e', 'é') AS {name}" if kind == "VARCHAR" else name


def _lines(name: str, kind: str) -> str:
    broken = f"CASE WHEN rowid % {EVERY} = 7 THEN {name} || chr(10) || 'a \"line\" more' ELSE {name} END"
    return f"{broken} AS {name}" if kind == "VARCHAR" else name


def _many(name: str, kind: str) -> str:
    return {"DATE": _days, "VARCHAR": _words}.get(kind, _commas)(name, kind)


def _decoded(encoding: str, end: str = "\n") -> Callable[[Path, Path], None]:
    def rewrite(source: Path, target: Path) -> None:
        with (
            source.open(encoding="utf-8", newline="\n") as file,
            target.open("w", encoding=encoding, newline="") as out,
        ):
            while text := file.read(CHUNK):
                out.write(text.replace("\n", end))

    return rewrite


def _by_line(change: Callable[[Iterator[str]], Iterator[str]]) -> Callable[[Path, Path], None]:
    def rewrite(source: Path, target: Path) -> None:
        with source.open(encoding="utf-8") as file, target.open("w", encoding="utf-8") as out:
            out.writelines(change(file))

    return rewrite


def _day(name: str, kind: str) -> str | None:
    if kind != "DATE":
        return None
    return f"coalesce(try_strptime({name}, '%d.%m.%Y'), try_strptime({name}, '%Y-%m-%d'))::DATE"


def _without(mark: str, *kinds: str) -> Callable[[str, str], str | None]:
    return lambda name, kind: f"replace({name}, '{mark}', '')::{kind}" if kind in kinds else None


def _amount(name: str, kind: str) -> str | None:
    return _without("$", "DOUBLE", "FLOAT")(name, kind) or _without("%", "INTEGER", "BIGINT")(name, kind)


def _torn(lines: Iterator[str]) -> Iterator[str]:
    for place, line in enumerate(lines):
        delimiter = ";" if ";" in line else ","
        if place % EVERY == 7:
            yield f"{line.rstrip(chr(10))}{delimiter}x\n"
        elif place % EVERY == 77:
            yield line.partition(delimiter)[2]
        else:
            yield line


def _titled(lines: Iterator[str]) -> Iterator[str]:
    yield "Report\n\n"
    yield from lines
    yield "\nReport time:,2025\n"


def _unclosed(lines: Iterator[str]) -> Iterator[str]:
    for place, line in enumerate(lines):
        yield line.replace(",", ',"', 1) if place % EVERY == 7 else line


def _packed(how: str) -> Callable[[Path, Path], None]:
    def rewrite(source: Path, target: Path) -> None:
        with source.open("rb") as file, pa.CompressedOutputStream(str(target), how) as out:
            while chunk := file.read(CHUNK):
                out.write(chunk)

    return rewrite


LOSSY = "ignore_errors = true"
KINDS = {
    PLAIN: Kind(),
    "titles and footer": Kind(rewrite=_by_line(_titled), told=f"skip = 2, {LOSSY}"),
    "torn rows": Kind(rewrite=_by_line(_torn), told=LOSSY, typed=True),
    "quotes never closed": Kind(rewrite=_by_line(_unclosed), told="quote = ''", typed=True),
    "lines inside fields": Kind(_lines),
    "decimal commas": Kind(_commas, "DELIMITER ';'", told="decimal_separator = ','"),
    "thousands": Kind(_grouped, read=_without(",", "DOUBLE", "FLOAT", "INTEGER", "BIGINT")),
    "currencies and per cents": Kind(_money, read=_amount),
    "days with points, some not": Kind(_days, read=_day),
    "carriage returns": Kind(rewrite=_decoded("utf-8", "\r"), told=r"new_line = '\r'"),
    "cp1252": Kind(_words, rewrite=_decoded("cp1252"), told="encoding = 'latin-1'"),
    "utf-16": Kind(_words, rewrite=_decoded("utf-16"), told="encoding = 'utf-16'"),
    "gzip": Kind(rewrite=_packed("gzip"), suffix=".csv.gz"),
    "zstd": Kind(rewrite=_packed("zstd"), suffix=".csv.zst"),
    "many at once": Kind(
        _many,
        "DELIMITER ';'",
        lambda source, target: _decoded("cp1252", "\r\n")(_through(source, _torn), target),
        told=f"encoding = 'latin-1', delim = ';', decimal_separator = ',', {LOSSY}",
        typed=True,
        read=_day,
    ),
}


def by_hand(path: Path, kind: Kind, types: dict[str, str]) -> str:
    """The query that reads a file of a kind, whose columns are known."""
    values = {name: sql for name, of in types.items() if kind.read and (sql := kind.read(name, of))}
    options = [kind.told] if kind.told else []
    told = {name: "VARCHAR" if name in values else of for name, of in types.items() if kind.typed or name in values}
    if told:
        listed = ", ".join(f"'{name}': '{of}'" for name, of in told.items())
        options += [
            f"auto_detect = false, header = true, columns = {{{listed}}}" if kind.typed else f"types = {{{listed}}}"
        ]
    made = f" REPLACE ({', '.join(f'{sql} AS {name}' for name, sql in values.items())})" if values else ""
    return f"SELECT *{made} FROM read_csv({', '.join([repr(str(path)), *options])})"


def _through(source: Path, change: Callable[[Iterator[str]], Iterator[str]]) -> Path:
    between = source.with_suffix(".between")
    _by_line(change)(source, between)
    return between


def write_kind(folder: Path, table: Path, name: str) -> Path:
    """Write the table in one of its ways."""
    kind = KINDS[name]
    path = folder / f"{name}{kind.suffix}"
    if path.exists():
        return path
    raw = path.with_suffix(".raw")
    with duckdb.connect() as connection:
        read = connection.sql(f"SELECT * FROM '{table}'")
        fields = [kind.fields(c, str(t)) if kind.fields else c for c, t in zip(read.columns, read.types, strict=True)]
        rows = f"(SELECT *, file_row_number AS rowid FROM read_parquet('{table}', file_row_number = true))"
        options = ", ".join(o for o in ("FORMAT csv", "HEADER", kind.options) if o)
        connection.execute(f"COPY (SELECT {', '.join(fields)} FROM {rows}) TO '{raw}' ({options})")
    if kind.rewrite:
        partial = path.with_suffix(".partial")
        kind.rewrite(raw, partial)
        partial.rename(path)
        raw.unlink()
        raw.with_suffix(".between").unlink(missing_ok=True)
    else:
        raw.rename(path)
    return path


def measure(folder: Path, rows: int, names: list[str], runs: int, threads: int) -> dict[str, list[Run]]:
    """All runs of each command, in turns; SUMMARIZE of a kind by its name with ``/``, of the plain file with ``//``."""
    found: dict[str, list[Run]] = {}
    table = folder / "table.parquet"
    # A process that is started by a large one is told to have been as large.
    with ProcessPoolExecutor(1, get_context("spawn")) as apart:
        if not table.exists():
            apart.submit(write_table, table, rows, 0, broken=False).result()
        paths = {name: apart.submit(write_kind, folder, table, name).result() for name in (PLAIN, *names)}
        types = apart.submit(_types, paths[PLAIN]).result()

    def summarize(name: str) -> list[str]:
        return [sys.executable, "-c", SUMMARIZE, by_hand(paths[name], KINDS[name], types), str(threads)]

    timed(summarize(PLAIN), folder)
    for _ in range(runs):
        for name in names:
            found.setdefault(f"{name}//", []).append(timed(summarize(PLAIN), folder))
            found.setdefault(name, []).append(timed(audit_command(paths[name], threads), folder))
            found.setdefault(f"{name}/", []).append(timed(summarize(name), folder))
            read = dict(json.loads(found[f"{name}/"][-1].output))
            if read != types:
                raise SystemExit(f"{name}: by hand it is read with other columns: {read}")
            print(name, round(found[name][-1].seconds, 2), file=sys.stderr, flush=True)
    return found


def _types(path: Path) -> dict[str, str]:
    """The types that DuckDB reads the columns of the plain file with."""
    with duckdb.connect() as connection:
        read = connection.sql(f"SELECT * FROM read_csv('{path}')")
        return dict(zip(read.columns, map(str, read.types), strict=True))


def figures(found: dict[str, list[Run]], names: list[str]) -> list[dict[str, Any]]:
    """For each kind of file what its audit took, beside SUMMARIZE of it and of the regular file."""
    results = []
    for name in names:
        seconds, cpu = _median(found[name])
        own, own_cpu = _median(found[f"{name}/"])
        report = json.loads(found[name][-1].output)
        results.append(
            {
                "file": name,
                "seconds": seconds,
                "summarize_seconds": own,
                "cpu_ratio": cpu / own_cpu,
                "regular_seconds": _median(found[f"{name}//"])[0],
                "peak_bytes": max(r.peak_bytes for r in found[name]),
                "summarize_peak_bytes": max(r.peak_bytes for r in found[f"{name}/"]),
                "findings": sorted({f["kind"] for f in report["findings"] if f["severity"] not in ("low", "info")}),
            }
        )
    return results


def _median(runs: list[Run]) -> tuple[float, float]:
    return statistics.median(r.seconds for r in runs), statistics.median(r.cpu for r in runs)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--folder", type=Path, help="where files are kept between runs; by default they are not")
    parser.add_argument("--log", type=Path, default=Path("out/file_speed.jsonl"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = (arguments.folder or Path(name)) / str(arguments.rows)
        folder.mkdir(parents=True, exist_ok=True)
        rows, runs, threads = arguments.rows, arguments.runs, arguments.threads
        found = measure(folder, rows, arguments.kinds, runs, threads)
        results = figures(found, arguments.kinds)
    write(arguments.log, "file_speed", arguments, results)
    print(files(header(arguments), results))


if __name__ == "__main__":
    main()
