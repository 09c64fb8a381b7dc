"""What was done to a table: the article's table, and an exact one of rows and cells."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

CELLS = pa.schema(
    [
        ("row_index", pa.int64()),
        ("column", pa.dictionary(pa.int32(), pa.string())),
        ("error", pa.int32()),
        ("kind", pa.dictionary(pa.int32(), pa.string())),
    ]
)
"""One line a bad cell. Without a column the whole row is bad, without a row the whole column is gone."""


@dataclass(frozen=True)
class Injected:
    """One error as it was done.

    Attributes:
        error: its number among those that were asked for, as in the cells.
        group: ``structural``, ``logical``, ``realistic`` or ``decoy``.
        expected: finding kinds that name it rightly, the best first; none for a decoy.
        columns: what a finding should name.
        damaged: the columns whose cells were changed.
        mechanism: where it struck; ``place`` says where that was.
        variant: how it was done.
        rate_asked: share of the clean table's rows.
        rate: share that was hit.
        rows: number of hit (or added) rows.
    """

    error: int
    kind: str
    group: str
    expected: tuple[str, ...]
    columns: tuple[str, ...]
    damaged: tuple[str, ...]
    mechanism: str
    place: str
    variant: str
    rate_asked: float
    rate: float
    rows: int


@dataclass(frozen=True)
class Truth:
    """Everything that is wrong with a corrupted table.

    Attributes:
        table_name: the corrupted file's name without its suffix.
        seed: of all draws.
        clean_rows: rows before, ``rows`` rows after.
        injected: what was done.
        skipped: what could not be done, with the reason.
    """

    table_name: str
    seed: int
    clean_rows: int
    rows: int
    injected: tuple[Injected, ...]
    skipped: tuple[tuple[str, str], ...] = ()

    @property
    def article(self) -> dict[str, Any]:
        """The article's columns: how many types of logical and structural error the table has, and which."""
        groups = {g: sorted({i.kind for i in self.injected if i.group == g}) for g in ("logical", "structural")}
        return {
            "table_name": self.table_name,
            "number_of_injected_logical_errors": len(groups["logical"]),
            "type_of_logical_error": groups["logical"],
            "number_of_injected_structural_errors": len(groups["structural"]),
            "type_of_structural_error": groups["structural"],
        }

    def to_json(self) -> str:
        """The article's columns first, then the rest."""
        rest = {name: value for name, value in asdict(self).items() if name != "table_name"}
        return json.dumps({**self.article, **rest}, indent=1, ensure_ascii=False) + "\n"


def summary(truth: Truth) -> str:
    """The article's columns as one line of JSON."""
    return json.dumps(truth.article, ensure_ascii=False) + "\n"


def read_truth(path: Path) -> Truth:
    """The truth beside a corrupted table, from its ``truth.json``."""
    held = json.loads(path.read_text(encoding="utf-8"))
    lists = ("expected", "columns", "damaged")
    entries: list[dict[str, Any]] = held["injected"]
    injected = tuple(Injected(**{**e, **{name: tuple(e[name]) for name in lists}}) for e in entries)
    skipped = tuple((kind, reason) for kind, reason in held["skipped"])
    return Truth(held["table_name"], held["seed"], held["clean_rows"], held["rows"], injected, skipped)


def cells(rows: pa.Array | None, column: str | None, error: int, kind: str) -> pa.RecordBatch:
    """Lines of the exact truth: these rows of one column."""
    count = 1 if rows is None else len(rows)
    zeros = pa.array([0] * count, pa.int32())
    names = pa.nulls(count, pa.int32()) if column is None else zeros
    return pa.RecordBatch.from_arrays(
        [
            pa.nulls(1, pa.int64()) if rows is None else rows,
            pa.DictionaryArray.from_arrays(names, pa.array([column or ""])),
            pa.array([error] * count, pa.int32()),
            pa.DictionaryArray.from_arrays(zeros, pa.array([kind])),
        ],
        schema=CELLS,
    )
