"""Columns that changed their type beside their siblings; guesses from text files and empty columns are no changes."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.hypothesis.hypothesis import Hypothesis
from assay.hypothesis.schema.type_change import type_changes
from assay.pipeline import audits
from assay.report.record import Audit
from tests.builders import context_of

DAYS = [dt.date(2025, 1, 1 + i % 28) for i in range(60)]
NUMBERS = [1.5 * i for i in range(60)]
CODES = [10_000 + i for i in range(60)]


def month(**changed: Sequence[Any]) -> dict[str, Any]:
    return {"tag": DAYS, "filiale": CODES, "umsatz": NUMBERS, "ort": ["Ulm", "Bonn"] * 30, **changed}


def siblings(*tables: dict[str, Any], folder: str = "parquet") -> Any:
    contexts = {f"2025_{i:02d}.{folder}": context_of(t) for i, t in enumerate(tables)}
    return {name: tuple(c.column for c in context.profile.columns) for name, context in contexts.items()}


def raised(table: dict[str, Any], *others: dict[str, Any]) -> list[Hypothesis]:
    return type_changes(context_of(table, siblings(*others)))


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("umsatz", [f"{n:.2f}" for n in NUMBERS]),
        ("umsatz", [f"{n:.2f}".replace(".", ",") + " €" for n in NUMBERS]),
        ("filiale", [f"F-{n}" for n in CODES]),
        ("tag", [d.strftime("%d.%m.%Y") for d in DAYS]),
        ("tag", CODES),
        ("ort", CODES),
    ],
)
def test_a_column_of_another_type_than_in_its_siblings(column: str, values: list[Any]) -> None:
    (change,) = raised(month(**{column: values}), month(), month(), month())
    assert (change.kind, change.columns) == ("type_change", (column,))
    assert change.confidence >= 0.5
    assert change.evidence["tables"] == 3


def test_the_same_types_are_silent_also_in_other_widths() -> None:
    wide = month(umsatz=list(range(60)), tag=[dt.datetime(2025, 1, 1)] * 60, filiale=[float(c) for c in CODES])
    assert raised(month(), month(), month()) == []
    assert raised(wide, month(), month()) == []


def test_most_siblings_decide_and_a_split_decides_nothing() -> None:
    text = month(umsatz=[str(n) for n in NUMBERS])
    assert [h.columns for h in raised(text, *[month()] * 5, text)] == [("umsatz",)]
    assert raised(month(), *[month()] * 5, text) == []
    assert raised(text, month(), month(), text, text) == []


def test_columns_without_values_have_no_type() -> None:
    for empty in ([None] * 60, [float("nan")] * 60):
        assert raised(month(ort=empty, tag=empty), month(), month()) == []
    others = [month(ort=[float("nan")] * 60)] * 3
    assert all(h.confidence < 0.5 for h in raised(month(), *others))


def test_tables_of_another_kind_are_not_compared() -> None:
    other = {"tag": DAYS, "umsatz": ["a"] * 60, "artikel": CODES, "menge": CODES}
    assert raised(month(), other, other) == []


def audited(folder: Path, address: str) -> dict[str, list[tuple[str, str]]]:
    found = {}
    for name, audit in audits(str(folder / address)):
        assert isinstance(audit, Audit), audit
        wrong = [f for f in audit.findings if f.severity.rank < 3]
        found[name] = [(f.kind, f.columns[0]) for f in wrong]
        json.loads(audit.to_json())
    return found


def test_a_folder_of_parquet_files_names_the_one_that_changed(tmp_path: Path) -> None:
    for number in range(4):
        text = {"umsatz": [f"{n:.2f}" for n in NUMBERS]} if number == 2 else {}
        pq.write_table(pa.table(month(**text)), tmp_path / f"{number}.parquet")
    found = audited(tmp_path, "")
    assert found.pop("2.parquet") == [("type_change", "umsatz")]
    assert found == {f"{n}.parquet": [] for n in (0, 1, 3)}


def test_a_glob_of_parquet_files_names_the_column_that_changed(tmp_path: Path) -> None:
    for number in range(4):
        text = {"umsatz": [f"{n:.2f}" for n in NUMBERS]} if number == 2 else {}
        shifted = [d + dt.timedelta(days=28 * number) for d in DAYS]
        pq.write_table(pa.table(month(tag=shifted, **text)), tmp_path / f"{number}.parquet")
    (found,) = audited(tmp_path, "*.parquet").values()
    assert ("type_change", "umsatz") in found
    (tmp_path / "2.parquet").unlink()
    (found,) = audited(tmp_path, "*.parquet").values()
    assert found == []


def test_codes_that_are_all_digits_in_one_text_file_are_no_change(tmp_path: Path) -> None:
    for number, code in enumerate(["A{}", "B{}", "1{}", "C{}"]):
        lines = [f"{code.format(c)},{n}" for c, n in zip(CODES, NUMBERS, strict=True)]
        (tmp_path / f"{number}.csv").write_text("\n".join(["code,wert", *lines]))
    assert all(not found for found in audited(tmp_path, "").values())


def test_numbers_in_another_notation_in_one_text_file(tmp_path: Path) -> None:
    for number in range(4):
        lines = [f"{c};≈{n:.2f}" if number == 3 else f"{c};{n:.2f}" for c, n in zip(CODES, NUMBERS, strict=True)]
        (tmp_path / f"{number}.csv").write_text("\n".join(["code;wert", *lines]))
    found = audited(tmp_path, "")
    assert ("type_change", "wert") in found.pop("3.csv")
    assert all(not f for f in found.values())
