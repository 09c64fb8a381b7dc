"""Training needs a table that an audit has passed."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import assay.campaigns.audited as audited
from assay.campaigns.audited import quarantine, require_audited
from assay.errors import ConfigurationError, SourceError

WORDS = ("bold", "calm", "bright", "quiet", "quick", "proud", "plain", "rare")
COPIES = 40


def table(rows: int = 800, copies: int = 0) -> pa.Table:
    """Campaigns in words with an outcome; the last ``copies`` rows repeat the first ones."""
    texts = [f"{WORDS[i % 8]} brand of {WORDS[i // 8 % 8]} things, no {i}" for i in range(rows)]
    made = pa.table(
        {"campaign_id": list(range(rows)), "brand": texts, "label": ["good" if i % 3 else "bad" for i in range(rows)]}
    )
    return pa.concat_tables([made, made.slice(0, copies)])


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    path = tmp_path / "train.parquet"
    pq.write_table(table(), path)
    return path


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.parquet"
    pq.write_table(table(copies=COPIES), path)
    return path


def test_a_clean_table_passes_and_is_audited_once(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = require_audited(clean)
    assert record is not None
    assert record.passed
    monkeypatch.setattr(audited.assay, "audit", lambda *_: pytest.fail("audited again"), raising=False)
    assert require_audited(clean) == record


def test_a_changed_table_is_audited_again(clean: Path) -> None:
    assert require_audited(clean) is not None
    pq.write_table(table(copies=COPIES), clean)
    with pytest.raises(ConfigurationError, match="duplicate"):
        require_audited(clean)


def test_a_table_that_fails_is_refused_with_what_to_do(broken: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"duplicate.*quarantine.*--unaudited"):
        require_audited(broken)
    assert require_audited(broken, unaudited=True) is None


@pytest.mark.parametrize("forged", ["", "{}", "[]", '{"sha256": "0", "version": "0", "concerns": []}'])
def test_a_record_of_something_else_counts_for_nothing(broken: Path, forged: str) -> None:
    broken.with_name("broken.parquet.audit.json").write_text(forged, encoding="utf-8")
    with pytest.raises(ConfigurationError):
        require_audited(broken)


def test_quarantine_takes_the_bad_rows_out_and_what_stays_passes(broken: Path, tmp_path: Path) -> None:
    out = tmp_path / "good.parquet"
    done = quarantine(broken, out)
    assert done.rows == tuple(range(800, 800 + COPIES))
    assert pq.read_table(out).equals(table())
    assert done.record.passed
    assert json.loads((tmp_path / "good.parquet.audit.json").read_text(encoding="utf-8"))["concerns"] == []
    assert require_audited(out) == done.record


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        require_audited(tmp_path / "none.parquet")
    with pytest.raises(SourceError, match="no Parquet"):
        quarantine(tmp_path / "none.parquet", tmp_path / "out.parquet")
