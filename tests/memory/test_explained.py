"""Explanations and rejections in whole audits: scope, bound, expiry, and what they never hide."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assay.errors import AssayError, ConfigurationError, UnsafeQueryError
from assay.judge.finding import Finding
from assay.memory.bank import Memory
from assay.report.record import Audit
from tests.memory.replay import Columns, ads, audited, day, until

KIND = "clicks_exceed_impressions"
DAYS = 12
BASE = until(ads(), DAYS)
ROWS = len(BASE["date"])


def broken(rate: float, seed: int = 0, platform: str | None = None) -> Columns:
    """With more clicks than impressions in a share of the rows (of a platform)."""
    where = np.random.default_rng(seed).permutation(ROWS) < round(rate * ROWS)
    if platform is not None:
        where &= BASE["platform"] == platform
    return {**BASE, "clicks": np.where(where, BASE["impressions"] + 50, BASE["clicks"])}


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Memory]:
    with Memory(str(tmp_path / "m.db"), author="ann") as memory:
        yield memory


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "ads.parquet"


def of(audit: Audit, kind: str = KIND) -> list[Finding]:
    return [f for f in audit.findings if f.kind == kind]


def one(audit: Audit) -> Finding:
    (finding,) = of(audit)
    return finding


def test_a_known_finding_is_told_with_cause_author_and_date_and_does_not_fail_the_gate(
    place: Path, bank: Memory
) -> None:
    news = one(audited(broken(0.05), place, bank, DAYS))
    assert news.status == "new"
    bank.explain(news.id, "auto-clicks of the SDK", up_to=0.08)
    audit = audited(broken(0.06, 1), place, bank, DAYS + 1)
    known = one(audit)
    assert (known.status, known.id, known.first_seen) == ("known", news.id, day(DAYS).isoformat())
    assert known.memory is not None
    assert (known.memory["by"], known.memory["reason"]) == ("ann", "auto-clicks of the SDK")
    assert not [f for f in audit.findings if f.status == "new" and f.severity.rank <= 2]
    assert audit.worst() is None or audit.worst().rank > 2  # type: ignore[union-attr]


def test_beyond_its_bound_it_is_news_and_says_so(place: Path, bank: Memory) -> None:
    bank.explain(one(audited(broken(0.05), place, bank, DAYS)).id, "auto-clicks", up_to=0.08)
    finding = one(audited(broken(0.21), place, bank, DAYS + 1))
    assert finding.status == "new"
    assert "known up to 8 %, now 21" in finding.reason


def test_its_recurrence_never_widens_it(place: Path, bank: Memory) -> None:
    news = one(audited(broken(0.05), place, bank, DAYS))
    entry = bank.explain(news.id, "auto-clicks")
    rates = [0.06, 0.07, 0.074, 0.08, 0.1]
    told = [one(audited(broken(r, i), place, bank, DAYS + i)).status for i, r in enumerate(rates)]
    assert told == ["known"] * 3 + ["new"] * 2
    assert bank.entry(entry.id).body["up_to"] == pytest.approx(1.5 * news.rate)


def test_it_counts_on_its_last_day_and_not_on_the_next(place: Path, bank: Memory) -> None:
    bank.explain(one(audited(broken(0.05), place, bank, DAYS)).id, "auto-clicks", until=day(DAYS + 3))
    assert one(audited(broken(0.05), place, bank, DAYS + 3)).status == "known"
    lapsed = audited(broken(0.05), place, bank, DAYS + 4)
    assert one(lapsed).status == "new"
    assert lapsed.memory is not None
    assert "auto-clicks" in lapsed.memory.lapsed[0]


def test_an_end_before_the_audit_is_refused(place: Path, bank: Memory) -> None:
    news = one(audited(broken(0.05), place, bank, DAYS))
    with pytest.raises(ConfigurationError, match="before the audit"):
        bank.explain(news.id, "auto-clicks", until=day(DAYS - 1))
    assert bank.explain(news.id, "auto-clicks", until=day(DAYS)).until == day(DAYS).isoformat()


def test_it_hides_no_other_kind_on_the_same_rows(place: Path, bank: Memory) -> None:
    bank.explain(one(audited(broken(0.05), place, bank, DAYS)).id, "auto-clicks", up_to=0.5)
    both = broken(0.05)
    bad = both["clicks"] > both["impressions"]
    both["spend"] = np.where(bad, -both["spend"], both["spend"])
    audit = audited(both, place, bank, DAYS + 1)
    assert one(audit).status == "known"
    assert {f.status for f in of(audit, "negative_metric")} == {"new"}
    assert audit.worst() is not None


def test_what_its_rows_did_not_break_before_is_news_though_one_finding_tells_of_both(place: Path, bank: Memory) -> None:
    columns = broken(0.05)
    far = {**columns, "clicks": np.where(columns["clicks"] > columns["impressions"], 10**6, columns["clicks"])}
    news = one(audited(far, place, bank, DAYS))
    assert not news.consequences
    bank.explain(news.id, "auto-clicks", up_to=0.5)
    finding = one(audited(columns, place, bank, DAYS + 1))
    assert [c.partition(" (")[0] for c in finding.consequences] == ["outliers in clicks"]
    assert finding.status == "new"
    assert "known but not with outliers in clicks" in finding.reason
    bank.explain(finding.id, "auto-clicks, which stand out", up_to=0.5)
    assert one(audited(columns, place, bank, DAYS + 1)).status == "known"


def test_a_claim_that_is_known_is_checked_as_known(place: Path, bank: Memory) -> None:
    news = audited(broken(0.05), place, bank, DAYS)
    assert {str(c.verdict) for c in news.checked if c.kind == KIND} == {"error"}
    bank.explain(one(news).id, "auto-clicks", up_to=0.5)
    known = audited(broken(0.05), place, bank, DAYS + 1)
    assert {str(c.verdict) for c in known.checked if c.kind == KIND} == {"known"}
    assert "1 known" in known.to_markdown()


def test_rows_outside_its_condition_are_news(place: Path, bank: Memory) -> None:
    news = one(audited(broken(0.2, platform="Quombat"), place, bank, DAYS))
    bank.explain(news.id, "auto-clicks", where="platform = 'Quombat'", up_to=0.4)
    inside = of(audited(broken(0.2, platform="Quombat"), place, bank, DAYS + 1))
    assert [f.status for f in inside] == ["known"]
    audit = audited(broken(0.2), place, bank, DAYS + 2)
    rows = {f.status: f.rows_affected for f in of(audit)}
    bad = broken(0.2)
    wrong = bad["clicks"] > bad["impressions"]
    assert rows["known"] == int((wrong & (bad["platform"] == "Quombat")).sum())
    assert rows["new"] == int((wrong & (bad["platform"] != "Quombat")).sum())


def test_rows_for_which_its_condition_is_unknown_are_news(place: Path, bank: Memory) -> None:
    bank.explain(one(audited(broken(0.2), place, bank, DAYS)).id, "auto-clicks", where="platform = 'Quombat'", up_to=1)
    columns = broken(0.2)
    columns["platform"] = np.where(columns["clicks"] > columns["impressions"], None, columns["platform"])
    assert [f.status for f in of(audited(columns, place, bank, DAYS + 1))] == ["new"]


def test_the_bound_counts_among_the_rows_of_its_condition(place: Path, bank: Memory) -> None:
    columns = broken(0.2, platform="Quombat")
    bank.explain(one(audited(columns, place, bank, DAYS)).id, "auto-clicks", where="platform = 'Quombat'", up_to=0.1)
    finding = one(audited(columns, place, bank, DAYS + 1))
    assert finding.status == "new"
    assert "known up to 10 %" in finding.reason
    # What is said of these rows again is about these rows.
    bank.explain(finding.id, "more auto-clicks", up_to=0.4)
    assert one(audited(columns, place, bank, DAYS + 2)).status == "known"
    assert {f.status for f in of(audited(broken(0.2), place, bank, DAYS + 3))} == {"known", "new"}


@pytest.mark.parametrize("where", ["platform = 'Quombat'", "CAST(platform AS INTEGER) > 3"])
def test_a_condition_that_the_table_cannot_answer_covers_nothing(place: Path, bank: Memory, where: str) -> None:
    bank.explain(one(audited(broken(0.2), place, bank, DAYS)).id, "auto-clicks", where=where, up_to=1)
    columns = broken(0.2)
    if where.startswith("platform"):
        columns = {("channel" if n == "platform" else n): v for n, v in columns.items()}
    audit = audited(columns, place, bank, DAYS + 1)
    assert [f.status for f in of(audit)] == ["new"]
    assert any("covers nothing" in line for line in audit.failures)


@pytest.mark.parametrize(
    "where",
    [
        "platform IN (SELECT platform FROM t)", "1 = 1; DROP TABLE t", "clicks > 0) OR (1 = 1", "DROP TABLE t", "", " ",
        "clicks > 0 --", "sum(clicks) > 3", "random() < 0.5", "row_number() OVER () = 1", "nothing > 3", "1 = 1",
        "getenv('HOME') = platform", "clicks > 0 UNION SELECT 1",
    ],
)  # fmt: skip
def test_what_is_no_condition_of_rows_is_refused(place: Path, bank: Memory, where: str) -> None:
    news = one(audited(broken(0.05), place, bank, DAYS))
    if where == "clicks > 0 --":  # a comment at the end harms nothing
        bank.explain(news.id, "why", where=where)
        return
    with pytest.raises((UnsafeQueryError, ConfigurationError)):
        bank.explain(news.id, "why", where=where)
    assert one(audited(broken(0.05), place, bank, DAYS)).status == "new"


def test_names_with_quotes_and_pictures(place: Path, bank: Memory) -> None:
    name = 'the "clicks" of Ann\'s 🚀'
    columns = {(name if n == "clicks" else n): v for n, v in broken(0.1).items()}
    news = [f for f in audited(columns, place, bank, DAYS).findings if name in f.columns and f.predicate]
    quoted = '"' + name.replace('"', '""') + '"'
    assert news
    bank.explain(news[0].id, 'it\'s "known" 🚀', where=f"{quoted} > 0 OR {quoted} <= 0", up_to=1)
    again = [f for f in audited(columns, place, bank, DAYS + 1).findings if f.kind == news[0].kind]
    assert "known" in {f.status for f in again}


def test_a_pattern_covers_the_tables_that_fit_it(place: Path, bank: Memory) -> None:
    news = one(audited(broken(0.05), place, bank, DAYS))
    bank.explain(news.id, "auto-clicks", up_to=0.5, table=f"{place.parent}/ads*")
    assert one(audited(broken(0.05), place.with_name("ads_b.parquet"), bank, DAYS)).status == "known"
    assert one(audited(broken(0.05), place.with_name("shop.parquet"), bank, DAYS)).status == "new"


@pytest.mark.parametrize("up_to", [0.0, -1.0, 8.0, float("nan")])
def test_a_bound_is_a_share(place: Path, bank: Memory, up_to: float) -> None:
    news = one(audited(broken(0.05), place, bank, DAYS))
    with pytest.raises(ConfigurationError):
        bank.explain(news.id, "why", up_to=up_to)


def test_a_reason_is_needed_and_a_finding_that_was_reported(place: Path, bank: Memory) -> None:
    news = one(audited(broken(0.05), place, bank, DAYS))
    with pytest.raises(ConfigurationError, match="reason"):
        bank.explain(news.id, "  ")
    for wrong in ("", "zzz", "000000000000"):
        with pytest.raises(AssayError):
            bank.explain(wrong, "why")


def test_a_rejected_finding_is_expected_and_news_when_it_grows(place: Path, bank: Memory) -> None:
    news = one(audited(broken(0.05), place, bank, DAYS))
    bank.reject(news.id, "these are likes")
    expected = one(audited(broken(0.055, 1), place, bank, DAYS + 1))
    assert expected.status == "expected"
    assert expected.confidence < news.confidence
    grown = one(audited(broken(0.2), place, bank, DAYS + 2))
    assert grown.status == "new"
    assert "said to be no error up to" in grown.reason


def test_an_explanation_that_nothing_needs_is_pointed_out(place: Path, bank: Memory) -> None:
    bank.explain(one(audited(broken(0.05), place, bank, DAYS)).id, "auto-clicks", up_to=0.2)
    later = (dt.datetime.now(dt.UTC).date() - day(0)).days + 100
    audit = audited(BASE, place, bank, later)
    assert audit.memory is not None
    assert "auto-clicks" in audit.memory.unused[0]


def test_what_is_gone_is_told_once(place: Path, bank: Memory) -> None:
    audited(broken(0.05), place, bank, DAYS)
    mended = audited(BASE, place, bank, DAYS + 1)
    assert mended.memory is not None
    assert any(KIND in line for line in mended.memory.gone)
