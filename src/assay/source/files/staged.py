"""A scratch table of texts, and what is known of how it was made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assay.source.files.casts import text
from assay.source.files.written import Writing
from assay.source.notes import Note
from assay.source.recipe import Recipe


@dataclass(frozen=True)
class Staged:
    """A scratch table of texts.

    Attributes:
        hidden: its columns that are not of the file.
        notes: what is odd about the file.
        recipe: SQL that reads the same from the file; None where none does.
        writings: how columns are written that have types already.
    """

    table: str
    hidden: tuple[str, ...]
    notes: tuple[Note, ...]
    recipe: Recipe | None = None
    writings: tuple[Writing, ...] = ()


def file_list(paths: Sequence[str | Path]) -> str:
    """Files as the SQL of a reader's first argument."""
    listed = [text(str(p)) for p in paths]
    return listed[0] if len(listed) == 1 else f"[{', '.join(listed)}]"
