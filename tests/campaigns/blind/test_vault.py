"""The folder of test labels is its owner's alone, and its log shows what was taken out."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from assay.campaigns.blind.vault import Vault
from assay.errors import ConfigurationError, SourceError

CLASSES = ("low", "middle", "high")


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault.open(tmp_path / "vault")


def test_a_new_folder_is_its_owners_alone(vault: Vault) -> None:
    vault.deposit("V1", [1, 2], ["low", "high"], CLASSES)
    vault.log({"time": "now"})
    assert stat.S_IMODE(vault.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in vault.folder.iterdir()} == {0o600}


@pytest.mark.parametrize("mode", [0o750, 0o701, 0o777])
def test_a_folder_that_others_can_look_into_is_refused(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(ConfigurationError, match="chmod 700"):
        Vault.open(folder)


def test_a_link_to_a_folder_is_refused(tmp_path: Path, vault: Vault) -> None:
    link = tmp_path / "link"
    link.symlink_to(vault.folder)
    with pytest.raises(ConfigurationError, match="real folder"):
        Vault.open(link)


def test_labels_come_back_with_their_ids_and_the_order_of_classes(vault: Vault) -> None:
    vault.deposit("V1", [7, 5], ["high", "low"], CLASSES)
    labels = vault.labels("V1")
    assert labels.classes == CLASSES
    assert labels.row_of == {"7": 0, "5": 1}
    assert labels.codes.to_pylist() == [2, 0]


def test_labels_that_others_can_read_are_not_served(vault: Vault) -> None:
    vault.deposit("V1", [1], ["low"], CLASSES)
    (vault.folder / "V1.labels.parquet").chmod(0o644)
    with pytest.raises(SourceError, match="blind no more"):
        vault.labels("V1")


@pytest.mark.parametrize("name", ["../V1", "", "a/b", ".hidden"])
def test_a_name_leads_nowhere_else(vault: Vault, name: str) -> None:
    with pytest.raises(ConfigurationError, match="no name of a data set"):
        vault.deposit(name, [1], ["low"], CLASSES)


@pytest.mark.parametrize(
    ("ids", "labels"), [([1, 1], ["low", "low"]), ([1], ["other"]), ([], []), ([1], ["low", "low"])]
)
def test_labels_that_do_not_fit_their_rows_are_refused(vault: Vault, ids: list[int], labels: list[str]) -> None:
    with pytest.raises(ConfigurationError):
        vault.deposit("V1", ids, labels, CLASSES)


@pytest.mark.parametrize("lost", [0, 1])
def test_a_line_taken_out_of_the_log_shows(vault: Vault, lost: int) -> None:
    for number in range(3):
        vault.log({"time": str(number)})
    assert [entry["time"] for entry in vault.submissions()] == ["0", "1", "2"]
    file = vault.folder / "submissions.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines()
    del lines[lost]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(SourceError, match="removed"):
        list(vault.submissions())
