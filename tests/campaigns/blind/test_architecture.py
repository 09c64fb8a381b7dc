"""Training code cannot reach the labels of a test: only the service knows how they are kept."""

from __future__ import annotations

import ast
import stat
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from assay.campaigns.blind.vault import Vault
from assay.campaigns.datasets import generate
from assay.campaigns.knobs import ATTRIBUTES
from tests.campaigns.toys import SMALL

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


def test_a_data_set_holds_no_labels_of_its_test(tmp_path: Path) -> None:
    """Neither as a column nor anywhere in its bytes; they are in the vault, for its owner's eyes only."""
    folder, vault = tmp_path / "data", tmp_path / "vault"
    generate(SMALL, folder, vault, 300, 200)
    test = pq.read_table(folder / "test.parquet")
    assert set(test.column_names) == {"campaign_id", *ATTRIBUTES}
    hidden = set(test["campaign_id"].to_pylist())
    labelled = pq.read_table(folder / "train.parquet")
    assert not hidden & set(labelled["campaign_id"].to_pylist())
    for file in folder.glob("*.parquet"):
        if file.name != "train.parquet":
            assert not {name for name in pq.read_table(file).column_names if "label" in name}
    assert set(Vault.open(vault).labels(SMALL.version).row_of) == hidden
    assert stat.S_IMODE(vault.stat().st_mode) == 0o700
