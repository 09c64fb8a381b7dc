"""What reports for people say."""

from __future__ import annotations

from assay.judge.finding import Checked, Severity, Verdict
from assay.report.view import view
from tests.report.example import audit_with, example, finding


def test_the_verdict_counts_problems_and_notes_apart() -> None:
    assert view(example()).verdict == "3 problems: 1 critical, 1 high, 1 medium (and 1 note, 1 known)"


def test_a_clean_table_is_said_to_be_clean() -> None:
    assert view(audit_with()).verdict == "No problems found"
    assert view(audit_with(finding(severity=Severity.LOW))).verdict == "No problems found, 1 note"


def test_an_empty_table_is_not_said_to_be_clean() -> None:
    assert view(audit_with(rows=0)).verdict == "The table has no rows: there is nothing to audit"


def test_findings_are_sorted_into_problems_notes_and_no_news() -> None:
    told = view(example())
    assert [i.severity for i in told.problems] == [Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM]
    assert [i.title for i in told.notes] == ["Stale data"]
    assert [i.known for i in told.explained] == ["known: the spring campaign"]


def test_the_summary_names_the_worst_and_what_to_do_first() -> None:
    summary = view(example()).summary
    assert summary[0] == "The worst is unit change in spend (campaign_id c_17): 14,210 rows, 14% of the table."
    assert summary[1] == "First: divide spend by 1,000,000 in these rows: the export switched to micros."


def test_the_summary_names_the_largest_where_it_is_not_the_worst() -> None:
    told = view(audit_with(finding(severity=Severity.HIGH, rows_affected=5), finding(id="b", severity=Severity.MEDIUM)))
    assert told.summary[1].startswith("The largest is clicks exceed impressions")


def test_a_claim_about_the_whole_table_has_no_row_count() -> None:
    (note,) = view(example()).notes
    assert (note.rows, note.rate) == ("–", "–")


def test_clean_checks_are_grouped_by_kind_with_columns_in_table_order() -> None:
    passed = {p.title: (p.checks, p.columns) for p in view(example()).passed}
    assert passed["Negative metric"] == (2, ("impressions", "clicks"))
    assert "Clicks exceed impressions" not in passed


def test_what_is_normal_is_told_with_its_figures() -> None:
    (line,) = view(example()).expected
    assert line.startswith("Conversions exceed clicks in conversions, clicks: 3 rows, no more than")
    assert "41 rows with the signature of a legitimate exception" in line


def test_failures_and_skipped_columns_are_told() -> None:
    told = view(example())
    assert told.untested == ("outliers in spend: value out of range",)
    assert told.skipped == ("raw: STRUCT values are not audited",)


def test_bad_cells_are_marked_and_a_position_that_rows_have_not_is_left_out() -> None:
    item = view(audit_with(finding(sample=({"row_index": None, "date": "x", "clicks": 3},)))).problems[0]
    assert item.sample is not None
    assert item.sample.header == ("date", "clicks")
    assert [c.bad for c in item.sample.rows[0]] == [False, True]


def test_wide_samples_keep_the_bad_cells() -> None:
    row = {"row_index": 1, **{f"k{i}": i for i in range(30)}, "clicks": 9}
    item = view(audit_with(finding(sample=(row,)))).problems[0]
    assert item.sample is not None
    assert item.sample.header[-1] == "clicks"
    assert item.sample.left_out == 22


def test_reasons_and_actions_are_sentences() -> None:
    item = view(audit_with(finding(reason="clicks is odd", action="load it again"))).problems[0]
    assert (item.reason, item.action) == ("clicks is odd.", "Load it again.")
    item = view(audit_with(finding(reason="rows repeat", action=""))).problems[0]
    assert (item.reason, item.action) == ("Rows repeat.", "")


def test_bad_values_are_shown_with_the_right_ones() -> None:
    values = [{"bad": "Acmee", "right": "Acme", "rows": 2}, {"bad": "x9", "right": None, "rows": 1}]
    item = view(audit_with(finding(evidence={"values": values, "days": {"2026-01-01": 1234}}))).problems[0]
    assert item.evidence == (("values", "Acmee → Acme, x9"), ("days", "2026-01-01: 1,234"))


def test_a_duplicate_finding_without_columns_is_about_the_whole_table() -> None:
    item = view(audit_with(finding(kind="duplicate_rows", category="structural", columns=()))).problems[0]
    assert item.subject == "whole table"


def test_confidence_is_never_shown_as_certainty() -> None:
    assert view(audit_with(finding(confidence=1.0))).problems[0].confidence == ">99%"


def test_hostile_names_do_not_reach_the_view() -> None:
    hostile = "a\nb\x1b[31m\u202e"
    told = view(
        audit_with(
            finding(columns=(hostile,), reason=hostile, segment=hostile, action=hostile, evidence={hostile: hostile}),
            table=hostile,
            failures=(hostile,),
            checked=(Checked("outliers", (hostile,), Verdict.CLEAN, {}),),
        )
    )
    assert "\n" not in repr(told).replace("\\n", "")
    assert "\x1b" not in str(told)


def test_what_a_query_on_a_copy_is_about_is_told_once() -> None:
    query = "/* assay_table is a.csv as assay reads it */ SELECT COUNT(*) FROM assay_table"
    told = view(audit_with(finding(query=query), finding(id="b", query=query)))
    assert {i.query for i in told.problems} == {"SELECT COUNT(*) FROM assay_table"}
    copied = ("assay_table is a.csv as assay reads it; its bad rows are in what --rows-out writes",)
    assert dict(told.remarks)["To run the queries"] == copied


def test_an_empty_table_is_told_with_what_is_known_of_it() -> None:
    assert view(audit_with(rows=0)).summary[0].startswith("Only its names are known (8 columns); if rows were expected")
