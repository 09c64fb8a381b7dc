"""Experiments on tiny tables, with the audit and with others in its place."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from assay.bench.corrupt import KINDS
from assay.bench.experiments import Detection, Found, Tables, audit_detector, clean, consistency, severity, sweep
from assay.bench.experiments.detector import load_detector
from assay.bench.experiments.run import run
from assay.errors import ConfigurationError

SMALL = Tables(rows=(600,), seeds=(1,))


def silent(_: Path) -> Detection:
    """Finds nothing."""
    return Detection(())


def noisy(path: Path) -> Detection:
    """Calls every row bad, for a reason of its own."""
    rows = np.arange(pq.read_metadata(path).num_rows)
    return Detection((Found("date_gap", "critical", ("date",), rows),), {"tokens": 7})


def broken(_: Path) -> Detection:
    raise RuntimeError("out of order")


def test_the_sweep_has_eleven_tables_with_one_more_error_each() -> None:
    assert [KINDS[k].group for k in sweep.STACK] == ["logical"] * 7 + ["structural"] * 4
    assert [case.depth for case in sweep.cases(SMALL)] == list(range(1, 12))


def test_the_audit_finds_the_first_error_of_the_sweep() -> None:
    result = sweep.measure(audit_detector, sweep.cases(SMALL)[0])
    assert result["perfect"] and result["found"] == ("clicks_exceed_impressions",)
    assert result["row_recall"] == result["row_precision"] == 1.0
    assert result["cost"]["statements"] > 0


def test_who_is_silent_has_no_recall_and_who_is_noisy_no_precision() -> None:
    case = sweep.cases(SMALL)[1]
    missed, cried = sweep.measure(silent, case), sweep.measure(noisy, case)
    assert missed["missed"] == sweep.STACK[:2]
    assert (sweep.overall([missed]).recall, sweep.overall([missed]).precision) == (0.0, 1.0)
    assert cried["false"] == ("date_gap(date)",) and sweep.overall([cried]).precision == 0.0
    assert "0.864" in sweep.summary([missed, cried])


def test_severity_measures_each_kind_at_each_rate_and_a_lost_column_once() -> None:
    cases = severity.cases(SMALL, ["null_cells", "dropped_column"], (0.05, 0.2))
    assert [(c.error.kind, c.error.rate) for c in cases] == [
        ("null_cells", 0.05), ("null_cells", 0.2), ("dropped_column", 0.05),
    ]  # fmt: skip
    result = severity.measure(silent, cases[1])
    assert result is not None
    assert (result["bad_rows"], result["found"], result["row_recall"]) == (120, False, 0.0)


def test_a_mechanism_is_left_out_where_it_makes_no_sense() -> None:
    cases = severity.cases(SMALL, ["null_cells", "reloaded_days"], (0.05,), severity.mechanisms_of(["block", "dates"]))
    asked = [(c.error.kind, c.error.mechanism) for c in cases]
    assert asked == [("null_cells", "block"), ("null_cells", "dates"), ("reloaded_days", "dates")]
    with pytest.raises(ConfigurationError, match="no mechanism 'luck'"):
        severity.mechanisms_of(["luck"])


def test_a_decoy_is_reported_only_if_there_is_an_alarm() -> None:
    case = severity.cases(SMALL, ["late_conversions"], (0.05,))[0]
    quiet, alarmed = severity.measure(silent, case), severity.measure(noisy, case)
    assert quiet is not None and alarmed is not None
    assert (quiet["found"], alarmed["found"]) == (False, True)


def test_the_smallest_rate_is_the_one_from_which_on_an_error_is_always_found() -> None:
    shared = {"kind": "typos", "group": "realistic", "row_precision": 1.0, "row_recall": 1.0, "row_f1": 1.0}
    seen = {0.001: (True, True), 0.01: (True, False), 0.05: (True, True), 0.4: (True, True)}
    results = [{**shared, "rate": rate, "found": f} for rate, found in seen.items() for f in found]
    curve = next(severity.curves(results))
    assert curve.smallest == 0.05
    assert curve.detected[0.01] == 0.5


def test_kinds_are_named_by_themselves_or_by_their_group() -> None:
    assert severity.kinds_of(["decoy", "typos", "typos"]) == ["late_conversions", "typos"]
    with pytest.raises(ConfigurationError, match="no error kind 'nulls'"):
        severity.kinds_of(["nulls"])


def test_clean_tables_are_audited_once_each_size_style_and_seed() -> None:
    tables = Tables(rows=(300, 400), styles=("canonical", "meta"), seeds=(1, 2))
    assert len(clean.cases(tables)) == 8
    result = clean.measure(noisy, clean.cases(tables)[0])
    assert (result["alarms"], result["rows_called_bad"], result["cost"]) == (["date_gap(date)"], 300, {"tokens": 7})


def test_a_users_table_takes_the_place_of_generated_ones(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("day,clicks\n" + "".join(f"2026-01-{d:02},{d * 7}\n" for d in range(1, 29)))
    result = clean.measure(audit_detector, clean.cases(Tables(str(path), seeds=(1, 2)))[0])
    assert (result["source"], result["alarms"]) == (str(path), [])


def test_the_same_audit_says_the_same_every_time() -> None:
    result = consistency.measure(audit_detector, consistency.Case(next(iter(SMALL)), times=2, depth=2))
    assert result["findings"] > 1
    assert (result["same_findings"], result["same_figures"], result["same_explanations"]) == (True, True, True)


def test_other_words_other_rows_and_other_findings_are_each_told_apart() -> None:
    first = Found("outliers", "high", ("spend",), np.arange(3), words="far out")
    told = consistency.parts(Detection((first,)))
    for changed, name in (
        (dataclasses.replace(first, words="far away"), "same_explanations"),
        (dataclasses.replace(first, rows=np.arange(4)), "same_figures"),
        (dataclasses.replace(first, columns=("clicks",)), "same_findings"),
    ):
        other = consistency.parts(Detection((changed,)))
        assert {n for n in told if told[n] != other[n]} == {name}


def test_a_run_is_logged_with_what_is_needed_to_repeat_it_and_a_failing_detector_does_not_end_it(
    tmp_path: Path,
) -> None:
    log, cases = tmp_path / "new" / "log.jsonl", sweep.cases(SMALL)[:2]
    results = run("sweep", sweep.measure, cases, broken, {"seeds": [1]}, log=log)
    head, *lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert (head["experiment"], head["arguments"]) == ("sweep", {"seeds": [1]})
    assert head["revision"]
    assert [line["failure"] for line in lines] == ["RuntimeError: out of order"] * 2
    assert [r["missed"] for r in results] == [("clicks_exceed_impressions",), results[1]["missed"]]


def test_a_detector_is_named_by_module_and_function() -> None:
    assert load_detector("assay") is audit_detector
    with pytest.raises(ConfigurationError, match="module:function"):
        load_detector("nobody")
    with pytest.raises(ConfigurationError, match="no_such_module"):
        load_detector("no_such_module:look")


@pytest.mark.parametrize("wrong", [{"styles": ("fax",)}, {"seeds": ()}, {"seeds": (-1,)}, {"rows": (0,)}])
def test_tables_that_cannot_be_made_are_refused(wrong: dict[str, tuple[int, ...]]) -> None:
    with pytest.raises(ConfigurationError):
        Tables(**wrong)  # type: ignore[arg-type]
