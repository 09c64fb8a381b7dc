"""Training code cannot reach the labels of a test: only the service knows how they are kept."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

LAB = Path(__file__).parents[3] / "src" / "assay" / "campaigns"
BLIND = LAB / "blind"
OUTSIDE = [path for path in sorted(LAB.rglob("*.py")) if BLIND not in path.parents]
GENERATING = {"datasets.py"}  # deposits labels, once, when a data set is made


def names_in(path: Path) -> set[str]:
    """Everything that a file imports, as dotted names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return found


@pytest.mark.parametrize("path", OUTSIDE, ids=lambda p: p.relative_to(LAB).as_posix())
def test_nothing_but_the_service_opens_labels(path: Path) -> None:
    used = {name for name in names_in(path) if name.startswith("assay.campaigns.blind")}
    allowed = "assay.campaigns.blind.client"
    if path.name not in GENERATING:
        assert not {name for name in used if not name.startswith(allowed)}
    text = path.read_text(encoding="utf-8")
    assert "labels.parquet" not in text
    assert ".labels(" not in text, "the vault is written to by who generates, and read by who scores"


@pytest.mark.parametrize("path", OUTSIDE, ids=lambda p: p.relative_to(LAB).as_posix())
def test_a_model_knows_nothing_of_the_hidden_world(path: Path) -> None:
    """A world and its labels follow from a seed, so what learns and predicts must not be able to build it."""
    if "models" in path.parts:
        generating = {"assay.campaigns.graph", "assay.campaigns.datasets", "assay.campaigns.wordings"}
        assert not {name for name in names_in(path) if any(name.startswith(g) for g in generating)}


def test_the_client_knows_no_folder() -> None:
    assert not {name for name in names_in(BLIND / "client.py") if "vault" in name or name == "pathlib"}
