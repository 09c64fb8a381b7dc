"""The rooms of the house: imports go one way, engines stay below, and starting stays cheap."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "assay"
MAX_LINES = 400

# What each room may import, in docs/design.md's order. A room may always import itself.
FOUNDATION = {"errors", "config", "atomic"}
BELOW = {
    "config": set(),
    "errors": set(),
    "atomic": set(),
    "source": FOUNDATION,
    "scan": FOUNDATION | {"source"},
    "profile": FOUNDATION | {"source", "scan"},
    "domain": FOUNDATION | {"source", "scan", "profile"},
    "hypothesis": FOUNDATION | {"source", "scan", "profile", "domain"},
    "judge": FOUNDATION | {"source", "scan", "profile", "domain", "hypothesis"},
    "memory": FOUNDATION | {"source", "scan", "profile", "domain", "hypothesis", "judge"},
    "report": FOUNDATION | {"source", "scan", "profile", "domain", "hypothesis", "judge"},
}
BELOW["examination"] = set(BELOW)
BELOW["pipeline"] = set(BELOW)
BELOW["plan"] = set(BELOW["pipeline"]) - {"examination"}
BELOW["bench"] = BELOW["campaigns"] = BELOW["agent"] = {*BELOW["pipeline"], "pipeline"}
BELOW["serve"] = {*BELOW["agent"], "agent"}
BELOW["cli"] = {*BELOW["serve"], "serve", "bench", "campaigns", "plan"}
BELOW["__main__"] = {"cli"}

ENGINES = {"duckdb", "bigquery", "psycopg", "psycopg2", "pyspark", "sqlalchemy", "adbc_driver_postgresql"}
HEAVY = {
    "duckdb", "pyarrow", "numpy", "sqlglot", "rapidfuzz", "ftfy", "yaml", "google", "pandas", "polars", "scipy",
    "sklearn", "lightgbm", "torch", "transformers", "matplotlib", "altair", "jinja2", "litellm", "pyspark", "psycopg",
}  # fmt: skip


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """``assay.source.base`` is in ``source``; ``assay`` itself in no room."""
    return ([*module.split("."), ""])[1]


def imports_of(path: Path, module: str) -> set[str]:
    """All modules that a file imports anywhere in it, also inside functions and by literal ``import_module``."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = module.split(".") if path.stem == "__init__" else module.split(".")[:-1]
                base = ".".join([*package[: len(package) - node.level + 1], *filter(None, [base])])
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("import_module", "__import__"):
            found |= set(_literal_head(node))
    return found


def _literal_head(call: ast.Call) -> list[str]:
    """The module that a call imports, as far as it is written out: ``assay.hypothesis`` of an f-string."""
    first = call.args[0] if call.args else None
    if isinstance(first, ast.JoinedStr) and first.values:
        first = first.values[0]
    return [first.value.rstrip(".")] if isinstance(first, ast.Constant) and isinstance(first.value, str) else []


def rooms_imported(path: Path) -> set[str]:
    module = name_of(path)
    inside = {i for i in imports_of(path, module) if i.split(".")[0] == "assay"}
    known = {p.stem if p.is_file() else p.name for p in SOURCE.iterdir()}
    return {room_of(i) for i in inside} & known - {room_of(module), "__init__"}


def test_every_room_has_its_place() -> None:
    rooms = {room_of(name_of(p)) for p in modules()} - {""}
    assert rooms <= set(BELOW), f"give {rooms - set(BELOW)} a place in docs/design.md and here"


@pytest.mark.parametrize("path", [p for p in modules() if room_of(name_of(p))], ids=name_of)
def test_imports_go_downwards_only(path: Path) -> None:
    upwards = rooms_imported(path) - BELOW[room_of(name_of(path))]
    assert not upwards, f"{name_of(path)} imports {', '.join(sorted(upwards))}"


AUDITING = set(BELOW["pipeline"]) | {"pipeline"}


@pytest.mark.parametrize("path", [p for p in modules() if room_of(name_of(p)) in AUDITING], ids=name_of)
def test_what_audits_never_reads_how_tables_are_generated_or_damaged(path: Path) -> None:
    """Also not by a name in a string or by the path of a file: a detector cannot know its examination."""
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\bassay[./]bench\b|\bbenchmarks\b", text), name_of(path)


def test_the_package_itself_imports_its_rooms_lazily() -> None:
    tree = ast.parse((SOURCE / "__init__.py").read_text(encoding="utf-8"))
    eager = [n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
    assert {getattr(n, "module", None) for n in eager} <= {"__future__", "typing", "importlib"}


def test_report_modules_are_data_and_text_only() -> None:
    """A report is made from an audit's record; it never asks a table."""
    for path in (SOURCE / "report").rglob("*.py"):
        asked = {i for i in imports_of(path, name_of(path)) if i.startswith(("assay.source.", "assay.scan."))}
        assert asked <= {i for i in asked if i.startswith("assay.source.base")}, name_of(path)


# A memory's own database, which no table is read from.
MEMORY_DATABASE = "assay.memory.postgresql_server"


@pytest.mark.parametrize("path", [p for p in modules() if room_of(name_of(p)) not in ("source", "scan")], ids=name_of)
def test_no_engine_is_named_above_source_and_scan(path: Path) -> None:
    if name_of(path) == MEMORY_DATABASE:
        return
    imported = imports_of(path, name_of(path))
    named = {i for i in imported if ENGINES & set(i.split("."))}
    assert not named, f"{name_of(path)} imports {', '.join(sorted(named))}"


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_file_is_one_idea(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MAX_LINES, f"{name_of(path)} has {lines} lines: which second idea moved in?"


@pytest.mark.parametrize("module", ["assay", "assay.cli.main"])
def test_starting_imports_no_heavy_package(module: str) -> None:
    code = f"import sys, {module}; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=_environment())
    assert done.returncode == 0, done.stderr
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert not loaded & HEAVY


def _environment() -> dict[str, str]:
    return {"PYTHONPATH": str(SOURCE.parent), "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
