"""The scoring service as its own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from assay.campaigns.blind.vault import Vault
from tests.cli.conftest import Assay

TOKEN = "correct-horse-battery"


def test_a_service_in_its_own_process_scores_a_file(
    assay: Assay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = Vault.open(tmp_path / "vault")
    vault.deposit("V1", [1, 2], ["low", "high"], ["low", "high"])
    monkeypatch.setenv("ASSAY_BLIND_TOKEN", TOKEN)
    predictions = tmp_path / "predictions.csv"
    predictions.write_text("campaign_id,class\n2,high\n1,low\n", encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "assay",
        "campaigns",
        "blind",
        "serve",
        "--vault",
        str(vault.folder),
        "--port",
        "0",
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    ) as service:
        assert service.stdout is not None
        url = service.stdout.readline().strip()
        done = assay("campaigns", "blind", "submit", predictions, "--dataset", "V1", "--url", url)
        service.terminate()
    assert done.status == 0, done.err
    assert json.loads(done.out) == {"macro_f1": 1.0, "f1": {"low": 1.0, "high": 1.0}}
    (entry,) = vault.submissions()
    assert entry["model"] == "predictions.csv"


def test_a_service_without_a_token_does_not_start(
    assay: Assay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ASSAY_BLIND_TOKEN", raising=False)
    done = assay("campaigns", "blind", "serve", "--vault", tmp_path / "vault", "--port", "0")
    assert done.status == 2
    assert "ASSAY_BLIND_TOKEN" in done.err
