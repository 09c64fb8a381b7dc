"""The changes of a store's tables, numbered; a file that was released is never edited, only followed by another."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class Migration:
    """One change.

    Attributes:
        number: its place in the order, from 1 without gaps.
        name: of its file.
        statements: each ends with a semicolon at the end of a line.
    """

    number: int
    name: str
    statements: tuple[str, ...]


def migrations(store: str) -> list[Migration]:
    """All changes of a store (``sqlite``, ``postgresql``) in order."""
    folder = files(__package__) / store
    scripts = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return [Migration(int(f.name[:4]), f.name, _statements(f.read_text(encoding="utf-8"))) for f in scripts]


def _statements(script: str) -> tuple[str, ...]:
    code = "\n".join(line for line in script.splitlines() if not line.lstrip().startswith("--"))
    return tuple(s.strip() for s in f"{code}\n".split(";\n") if s.strip())
