"""Other people's errors: audit the dirty table of a dirty/clean pair, and compare reported cells with wrong ones.

    python benchmarks/pairs.py PAIRS/hospital PAIRS/flights PAIRS/beers

A folder holds ``dirty.csv`` and ``clean.csv``: the same rows in the same order, the same columns in the same order
(their names may differ). A cell is wrong where the two strings differ after white space is folded. A cell is
predicted if it stands in the audit's bad rows, so findings that are only notes predict nothing. Nothing is labelled,
trained or told. Pairs in this form, ``hospital``, ``flights`` and ``beers`` among them, are published in the
repository of Raha (BigDaMa/raha, folder ``datasets``). Each pair is appended to a log as one line of JSON.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import assay
from benchmarks.logbook import header

# Published F1 over the cells of the whole tables. Raha was given labels; ZeroED and dBoost, like assay here, none.
PUBLISHED = {
    "Raha, 20 labelled rows": {"hospital": 0.72, "flights": 0.80, "beers": 0.99},
    "ZeroED, a language model": {"hospital": 0.81, "flights": 0.72, "beers": 0.77},
    "dBoost": {"hospital": 0.49, "flights": 0.66, "beers": 0.55},
}

Cell = tuple[int, int]  # row and column, both from 0


def wrong_cells(folder: Path) -> tuple[list[str], set[Cell]]:
    """The dirty table's header, and the cells in which it differs from the clean one.

    Raises:
        ValueError: The two tables have not the same shape.
    """
    (names, dirty), (_, clean) = (_read(folder / name) for name in ("dirty.csv", "clean.csv"))
    if [len(row) for row in dirty] != [len(row) for row in clean]:
        raise ValueError(f"{folder}: dirty.csv and clean.csv differ in their number of rows or cells")
    wrong = {
        (i, j)
        for i, rows in enumerate(zip(dirty, clean, strict=True))
        for j, (was, should) in enumerate(zip(*rows, strict=True))
        if was.split() != should.split()
    }
    return names, wrong


def _read(path: Path) -> tuple[list[str], list[list[str]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        names, *rows = csv.reader(file)
    return names, rows


def predicted_cells(path: Path) -> tuple[assay.Audit, dict[str, set[Cell]]]:
    """The audit of a file, and the cells that each of its findings calls bad, by finding id."""
    with tempfile.TemporaryDirectory() as folder:
        rows_out = Path(folder) / "rows.parquet"
        audit = assay.audit(path, rows_out=rows_out)
        bad = pq.read_table(rows_out, columns=["finding_id", "row_index", "columns"]).to_pylist()
    position = {profile.column.name: j for j, profile in enumerate(audit.columns)}
    cells: dict[str, set[Cell]] = defaultdict(set)
    for row in bad:
        cells[row["finding_id"]] |= {(row["row_index"], position[c]) for c in row["columns"] if c in position}
    return audit, cells


def score(wrong: set[Cell], predicted: set[Cell]) -> dict[str, float]:
    """Precision, recall and F1 of the predicted cells; 0 where there is nothing to divide by."""
    hits = len(wrong & predicted)
    precision = hits / len(predicted) if predicted else 0.0
    recall = hits / len(wrong) if wrong else 0.0
    both = precision + recall
    return {"precision": precision, "recall": recall, "f1": 2 * precision * recall / both if both else 0.0}


def measure(folder: Path) -> dict[str, Any]:
    """One pair: its scores, what each finding hit, and by column what was missed and what was reported wrongly."""
    names, wrong = wrong_cells(folder)
    audit, cells = predicted_cells(folder / "dirty.csv")
    predicted: set[Cell] = set().union(*cells.values())
    return {
        "pair": folder.name,
        "rows": audit.rows,
        "columns": len(names),
        "wrong_cells": len(wrong),
        "predicted_cells": len(predicted),
        **{name: round(value, 4) for name, value in score(wrong, predicted).items()},
        "seconds": round(audit.seconds, 2),
        "findings": [
            {
                "kind": f.kind,
                "severity": f.severity,
                "columns": list(f.columns),
                "cells": len(cells[f.id]),
                "wrong": len(cells[f.id] & wrong),
            }
            for f in audit.findings
            if f.id in cells
        ],
        "missed": _by_column(wrong - predicted, names),
        "not_wrong": _by_column(predicted - wrong, names),
    }


def _by_column(cells: set[Cell], names: list[str]) -> dict[str, int]:
    return {names[j]: count for j, count in Counter(j for _, j in cells).most_common()}


def table_of(results: list[dict[str, Any]]) -> str:
    """One line a pair, with what others published for it."""
    lines = [f"{'pair':16}{'wrong cells':>12}{'precision':>11}{'recall':>8}{'F1':>7}   published F1"]
    for r in results:
        published = [f"{who} {by[r['pair']]:.2f}" for who, by in PUBLISHED.items() if r["pair"] in by]
        scores = f"{r['precision']:>11.3f}{r['recall']:>8.3f}{r['f1']:>7.3f}"
        lines.append(f"{r['pair']:16}{r['wrong_cells']:>12,}{scores}   {'; '.join(published) or '-'}")
    return "\n".join(lines)


def details_of(result: dict[str, Any]) -> str:
    """What each finding of one pair hit, and what was missed or wrongly reported by column."""
    lines = [f"\n{result['pair']}: {result['seconds']} s"]
    for f in result["findings"]:
        what = f"{f['severity']:8} {f['kind']} ({', '.join(f['columns'][:3])})"
        lines.append(f"  {f['wrong']:>6,} wrong of {f['cells']:>6,} cells  {what}")
    for name in ("missed", "not_wrong"):
        counts = ", ".join(f"{column} {count}" for column, count in result[name].items()) or "none"
        lines.append(f"  {name.replace('_', ' ')}: {counts}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--log", type=Path, default=Path("out/pairs.jsonl"))
    options = parser.parse_args()
    for folder in options.folders:
        if missing := [name for name in ("dirty.csv", "clean.csv") if not (folder / name).is_file()]:
            parser.error(f"{folder} has no {' and no '.join(missing)}")
    head = header(options)
    options.log.parent.mkdir(parents=True, exist_ok=True)
    results = []
    with options.log.open("a", encoding="utf-8") as log:
        print(json.dumps({**head, "published": PUBLISHED}), file=log)
        for folder in options.folders:
            results.append(measure(folder))
            print(json.dumps(results[-1]), file=log, flush=True)
    print(table_of(results))
    for result in results:
        print(details_of(result))
    print(f"\nrevision {head['revision']}; {options.log}")


if __name__ == "__main__":
    main()
