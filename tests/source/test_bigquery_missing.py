"""Without its packages an address of BigQuery says what to install, and nothing else imports them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from assay.errors import MissingExtraError
from assay.source.open import find_tables


def test_a_missing_package_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.cloud.bigquery", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'assay\[bigquery\]'"):
        find_tables("bigquery://proj/ads.daily")


def test_other_addresses_import_nothing_of_it() -> None:
    code = "import sys, assay.pipeline, assay.plan; print([m for m in sys.modules if m.split('.')[0] == 'google'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
