"""What audits keep and what they never keep: the same result twice, no data values, one table a name, no lost audit."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import assay
from assay.config import Settings
from assay.errors import AssayError, MemoryStoreError
from assay.memory.bank import Memory
from assay.memory.entry import EntryType
from assay.report.record import Audit
from tests.memory.replay import PLATFORMS, Columns, ads, audited, day, found, on, scaled, until, write

ALL = ads()
NOW = 31


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Memory]:
    with Memory(str(tmp_path / "m.db"), author="ann") as memory:
        yield memory


def told(audit: Audit) -> str:
    """The contract for machines without what a clock says."""
    document = json.loads(audit.to_json())
    return json.dumps({k: v for k, v in document.items() if k not in ("started", "seconds")})


def stored(path: Path) -> bytes:
    """All that a memory's files hold, also what is compressed in them."""
    files = [path, path.with_name(path.name + "-wal")]
    plain = b"".join(f.read_bytes() for f in files if f.exists())
    with sqlite3.connect(path) as connection:
        bodies = [zlib.decompress(body) for (body,) in connection.execute("SELECT body FROM state")]
    return plain + b"".join(bodies)


def faulty(days: int) -> Columns:
    """With errors of several kinds, one of them in a single platform."""
    columns = until(scaled(ALL, on(ALL, days - 1), 100, "impressions"), days)
    many = np.arange(len(columns["date"])) % 19 == 0
    columns["conversions"] = np.where(many, columns["clicks"] + 9, columns["conversions"])
    return columns


@pytest.mark.parametrize("wrong", [False, True], ids=["clean", "faulty"])
def test_the_same_table_gives_the_same_audit_however_often(table: Path, memory: Memory, wrong: bool) -> None:
    columns = faulty(NOW) if wrong else until(ALL, NOW)
    first = told(audited(columns, table, memory, NOW))
    assert told(audited(columns, table, memory, NOW)) == first
    audited(ads(days=9, seed=5), table.with_name("other.parquet"), memory, NOW)
    assert told(audited(columns, table, memory, NOW)) == first


def test_experience_goes_on_after_a_table_was_audited_twice(tmp_path: Path, bank: Memory) -> None:
    def tested() -> int:
        return sum(t.tested for t in bank.store.tallies())

    counts = []
    for days in (8, 8, 9, 10):
        audited(until(ALL, days), tmp_path / "t.parquet", bank, days)
        counts.append(tested())
    assert 0 < counts[0] == counts[1] < counts[2] < counts[3]


def test_no_data_value_is_kept(tmp_path: Path, bank: Memory) -> None:
    since = scaled(ALL, (ALL["platform"] == "Quombat") & (ALL["date"] >= day(20)), 10, "spend")
    audits = [audited(c, tmp_path / "t.parquet", bank, 30) for c in (until(since, 30), faulty(31))]
    told_by_name = [f for f in audits[0].findings if "Quombat" in f.segment]
    assert told_by_name
    kept = stored(tmp_path / "m.db")
    assert b"platform" in kept
    for value in (*PLATFORMS, "a001", "a017"):
        assert value.encode() not in kept, value


def test_data_values_are_kept_where_that_is_asked_for(tmp_path: Path) -> None:
    with Memory(str(tmp_path / "m.db"), keep_values=True) as memory:
        audited(until(ALL, 9), tmp_path / "t.parquet", memory, 9)
    assert b"Quombat" in stored(tmp_path / "m.db")


def test_forgetting_an_explanation_leaves_no_byte_of_it(tmp_path: Path, bank: Memory) -> None:
    place = tmp_path / "t.parquet"
    columns = until(ALL, 12)
    columns["clicks"] = np.where(
        np.arange(len(columns["date"])) % 9 == 0, columns["impressions"] + 50, columns["clicks"]
    )
    (news,) = [f for f in audited(columns, place, bank, 12).findings if f.kind == "clicks_exceed_impressions"]
    entry = bank.explain(news.id, "flumadiddle in the SDK", where="platform = 'Quombat'", up_to=1)
    audit = audited(columns, place, bank, 13)
    assert "known" in {f.status for f in audit.findings}
    bank.forget(entry.id)
    kept = stored(tmp_path / "m.db")
    for word in (b"flumadiddle", b"Quombat"):
        assert word not in kept, word
    assert "known" not in {f.status for f in audited(columns, place, bank, 14).findings}


def test_scopes_do_not_know_of_each_other(tmp_path: Path) -> None:
    place = tmp_path / "t.parquet"
    with Memory(str(tmp_path / "m.db"), scope="red") as red, Memory(str(tmp_path / "m.db"), scope="blue") as blue:
        audited(until(ALL, 9), place, red, 9)
        red.remember("the flumadiddle sale from 2024-03-10 to 2024-03-12")
        audit = audited(until(ALL, 9), place, blue, 9)
        assert audit.memory is not None
        assert (audit.memory.audits, audit.memory.stated) == (0, ())
        assert not blue.search("flumadiddle")
        assert len(blue.entries()) == 1


def test_the_deliveries_of_a_table_are_one_table_and_other_files_are_not(tmp_path: Path, bank: Memory) -> None:
    for days in (9, 10):
        audit = audited(until(ALL, days), tmp_path / f"ads_{day(days)}.parquet", bank, days)
    assert audit.memory is not None and audit.memory.audits == 1
    other = audited(until(ALL, 9), tmp_path / "shop.parquet", bank, 9)
    assert other.memory is not None and other.memory.audits == 0


def test_many_files_together_are_no_past_of_one_of_them(tmp_path: Path, bank: Memory) -> None:
    for name, days in (("a", 9), ("b", 8)):
        write(until(ads(seed=ord(name)), days), tmp_path / f"{name}.parquet")
    assay.audit(str(tmp_path / "*.parquet"), memory=bank)
    audit = assay.audit(tmp_path / "a.parquet", memory=bank)
    assert audit.memory is not None and audit.memory.audits == 0


def test_rows_that_meet_a_condition_are_a_table_of_their_own(tmp_path: Path, bank: Memory) -> None:
    place, condition = tmp_path / "t.parquet", "clicks * 2 / 2 > 40"
    audited(until(ALL, 9), place, bank, 9)
    part = audited(until(ALL, 9), place, bank, 9, where=condition)
    assert part.memory is not None and part.memory.audits == 0
    again = audited(until(ALL, 10), place, bank, 10, where=condition)
    assert again.memory is not None and again.memory.audits == 1


def test_a_budget_is_spent_on_what_was_true_before(tmp_path: Path, bank: Memory) -> None:
    columns = faulty(12)
    place = tmp_path / "t.parquet"
    for days in range(3):
        audited({**columns, "spend": columns["spend"] + days}, place, bank, 12 + days)
    write(columns, place)
    few = Settings(max_hypotheses=6, today=day(12))

    def hits(audit: Audit) -> int:
        return len([f for f in audit.findings if f.severity.rank <= 2])

    assert hits(assay.audit(place, settings=few, memory=bank)) >= hits(assay.audit(place, settings=few)) > 0


def test_what_is_wrong_with_a_table_is_suspected_in_its_siblings(tmp_path: Path, bank: Memory) -> None:
    columns = until(ALL, 12)
    wrong = {n: np.concatenate([v, v[:40]]) for n, v in columns.items()}
    audited(wrong, tmp_path / "a.parquet", bank, 12)
    kin = bank.recall(str(tmp_path / "b.parquet")).experience.kin
    strange = bank.recall("/elsewhere/b.parquet").experience.kin
    assert any(kind == "duplicate_rows" and record.true for (kind, _), record in kin.items())
    assert not strange


def test_only_days_that_may_have_changed_are_read_again(table: Path, memory: Memory) -> None:
    audit = audited(until(ALL, NOW), table, memory, NOW, since="last")
    assert audit.rows < len(until(ALL, NOW)["date"]) / 1.5
    assert audit.worst() is None or audit.worst().rank > 2  # type: ignore[union-attr]
    assert audit.memory is not None and not audit.memory.gone
    whole = audited(until(ALL, NOW + 1), table, memory, NOW + 1)
    assert whole.worst() is None or whole.worst().rank > 2  # type: ignore[union-attr]


def test_a_new_day_is_judged_by_the_whole_past_and_stays_in_sight(table: Path, memory: Memory) -> None:
    wrong = scaled(ALL, on(ALL, NOW - 1), 100, "spend")
    assert found(audited(until(wrong, NOW), table, memory, NOW, since="last"), "metric_anomaly")
    for days in (NOW + 1, NOW + 5):
        audit = audited(until(wrong, days), table, memory, days, since="last")
        assert [f.segment for f in found(audit, "metric_anomaly")] == [day(NOW - 1).isoformat()], days


def test_the_last_audit_is_not_known_without_a_memory_and_the_first_reads_all(tmp_path: Path, bank: Memory) -> None:
    place = tmp_path / "t.parquet"
    write(until(ALL, 9), place)
    with pytest.raises(AssayError, match="memory"):
        assay.audit(place, since="last")
    assert audited(until(ALL, 9), place, bank, 9, since="last").rows == len(until(ALL, 9)["date"])


@pytest.mark.parametrize(
    "content", [b"no database at all, but long enough" * 40, b"SQLite format 3\0" + b"\xff" * 4000]
)
def test_an_unreadable_memory_is_told_in_one_line(tmp_path: Path, content: bytes) -> None:
    place = tmp_path / "t.parquet"
    (tmp_path / "m.db").write_bytes(content)
    write(until(ALL, 9), place)
    with pytest.raises(MemoryStoreError) as told_error:
        assay.audit(place, memory=str(tmp_path / "m.db"))
    assert "\n" not in str(told_error.value)
    assert "m.db" in str(told_error.value)


@pytest.mark.parametrize("known", [False, True], ids=["a new memory", "an old memory"])
def test_a_memory_that_cannot_be_written_costs_no_audit(
    tmp_path: Path, bank: Memory, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "t.parquet"
    if known:
        audited(until(ALL, 9), place, bank, 9)

    def refuse(*_: object, **__: object) -> None:
        raise MemoryStoreError("it is read-only")

    monkeypatch.setattr(bank.store, "write", refuse)
    if not known:
        monkeypatch.setattr(bank.store, "secret", refuse)
    audit = audited(until(ALL, 10), place, bank, 10)
    assert audit.rows and any("read-only" in line for line in audit.failures)
    assert len(bank.entries((EntryType.AUDIT,))) == int(known)


def test_a_table_that_lost_all_rows_is_news_also_right_after_an_audit(tmp_path: Path, bank: Memory) -> None:
    path = tmp_path / "t.parquet"
    audited(until(ALL, NOW), path, bank, NOW)
    pq.write_table(pq.read_table(path).slice(0, 0), path)
    (lost,) = found(assay.audit(path, memory=bank, settings=Settings(today=day(NOW))), "volume_anomaly")
    assert lost.reason.startswith("The table is empty; in an earlier audit it had")
