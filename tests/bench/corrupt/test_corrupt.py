"""Corrupted tables differ from their clean ones exactly where the truth says."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.bench.advertising import generate
from assay.bench.corrupt import KINDS, MECHANISMS, Corrupted, Error, NotApplicableError, corrupt
from assay.bench.corrupt.truth import read_truth
from assay.errors import ConfigurationError

ROWS = 500


def clean_table(rows: int = ROWS) -> pa.Table:
    """A generated table whose advertisers also have names beyond ASCII."""
    table = generate(rows)
    place = table.schema.get_field_index("brand")
    named = pc.binary_join_element_wise(table.column(place).cast(pa.string()), pa.scalar("Müller"), " ")
    table = table.set_column(place, "brand", named)
    return pa.table({n: c.cast(pa.string()) if pa.types.is_dictionary(c.type) else c
                     for n, c in zip(table.column_names, table.columns, strict=True)})  # fmt: skip


NARROW = (
    "date", "brand", "platform", "campaign_id", "device", "impressions", "clicks", "spend", "conversions",
    "landing_page_views", "video_plays", "video_completions", "add_to_cart", "purchases", "revenue", "cpc",
)  # fmt: skip
CLEAN = clean_table().select(NARROW)


def as_text(value: object) -> str | None:
    """A value as the engine writes it, for columns that became text."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return str(value)


def same_number(a: str | None, b: str | None) -> bool:
    try:
        return a is not None and b is not None and float(a) == float(b) and ("." in a) is ("." in b)
    except ValueError:
        return False


def differing(clean: pa.Table, bad: pa.Table) -> set[tuple[int, str]]:
    """The cells in which two tables of equal length differ, by plain comparison of values."""
    found = set()
    for name in bad.column_names:
        old, new = clean[name].to_pylist(), bad[name].to_pylist()
        if clean[name].type != bad[name].type:
            old, new = list(map(as_text, old)), list(map(as_text, new))
            found |= {
                (i, name) for i, (a, b) in enumerate(zip(old, new, strict=True)) if a != b and not same_number(a, b)
            }
        else:
            found |= {(i, name) for i, (a, b) in enumerate(zip(old, new, strict=True)) if a != b}
    return found


def check(clean: pa.Table, done: Corrupted) -> None:
    """The exact truth, each kind by its rule."""
    bad, cells = pq.read_table(done.table), pq.read_table(done.cells).to_pylist()
    dropped = {c["column"] for c in cells if c["row_index"] is None}
    assert set(bad.column_names) == set(clean.column_names) - dropped
    assert done.truth.rows == bad.num_rows
    kept, added = bad.slice(0, clean.num_rows), bad.slice(clean.num_rows)
    told = {(c["row_index"], c["column"]) for c in cells if c["row_index"] is not None and c["column"] is not None}
    here = {(row, name) for row, name in told if row < clean.num_rows and name not in dropped}
    assert differing(clean, kept) == here
    whole = sorted(c["row_index"] for c in cells if c["row_index"] is not None and c["column"] is None)
    assert whole == list(range(clean.num_rows, bad.num_rows))
    exact = {c["row_index"] for c in cells if c["kind"] in ("row_copies", "reloaded_days")}
    originals = {tuple(map(str, r.values())) for r in kept.to_pylist()}
    for row, values in enumerate(added.to_pylist(), start=clean.num_rows):
        assert (tuple(map(str, values.values())) in originals) is (row in exact)
    for injected in done.truth.injected:
        rows = {c["row_index"] for c in cells if c["error"] == injected.error and c["kind"] == injected.kind}
        if injected.kind != "dropped_column" and len(done.truth.injected) == 1:
            assert len(rows) == injected.rows
            assert injected.rate == pytest.approx(injected.rows / clean.num_rows)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(sorted(KINDS)),
    mechanism=st.sampled_from(["", *MECHANISMS]),
    rate=st.sampled_from([0.001, 0.01, 0.05, 0.4]),
    seed=st.integers(0, 50),
)
def test_one_error_changes_the_cells_of_its_mask_and_no_other(
    tmp_path: Path, kind: str, mechanism: str, rate: float, seed: int
) -> None:
    try:
        done = corrupt(CLEAN, [Error(kind, rate, mechanism)], seed, tmp_path)
    except NotApplicableError:
        assert mechanism not in ("", "uniform") or ((kind, mechanism) != (kind, "") and KINDS[kind].only)
        return
    check(CLEAN, done)
    (injected,) = done.truth.injected
    if not KINDS[kind].whole and injected.mechanism != "dates" and kind != "dropped_column":
        assert injected.rows <= max(1, round(rate * ROWS))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_applies_to_an_advertising_table(tmp_path: Path, kind: str) -> None:
    done = corrupt(CLEAN, [Error(kind, 0.05)], 3, tmp_path)
    check(CLEAN, done)
    (injected,) = done.truth.injected
    assert injected.kind == kind
    assert injected.rows > 0


@pytest.mark.parametrize("rate", [0.002, 0.4])
def test_all_errors_of_the_article_fit_into_one_table(tmp_path: Path, rate: float) -> None:
    errors = [Error(k, rate) for k, kind in KINDS.items() if kind.group in ("structural", "logical")]
    done = corrupt(CLEAN, errors, 1, tmp_path)
    check(CLEAN, done)
    assert not done.skipped
    assert done.truth.article["number_of_injected_logical_errors"] == 7
    assert done.truth.article["number_of_injected_structural_errors"] == 4


def test_errors_of_very_different_kinds_stay_exact_together(tmp_path: Path) -> None:
    names = "stale_copies shifted_rows late_conversions restated_days reloaded_days row_copies typos"
    kinds = names.split()
    done = corrupt(CLEAN, [Error(k, 0.02) for k in kinds], 5, tmp_path)
    check(CLEAN, done)
    assert len(done.truth.injected) + len(done.skipped) == len(kinds)


def test_later_errors_take_rows_that_earlier_ones_left_clean(tmp_path: Path) -> None:
    errors = [Error("null_cells", 0.3, columns=("brand",)), Error("negative_metric", 0.3, columns=("clicks",))]
    done = corrupt(CLEAN, errors, 0, tmp_path)
    assert not set(done.bad_rows(0)) & set(done.bad_rows(1))


def test_the_same_seed_gives_the_same_files_and_another_one_others(tmp_path: Path) -> None:
    def files(seed: int, folder: str) -> list[bytes]:
        done = corrupt(CLEAN, errors, seed, tmp_path / folder)
        return [p.read_bytes() for p in (done.table, done.cells)]

    errors = [Error("typos", 0.05), Error("outliers_plain", 0.01), Error("row_copies", 0.02)]
    assert files(1, "a") == files(1, "b")
    assert files(1, "a") != files(2, "c")


def test_more_of_an_error_hits_the_rows_of_less_of_it_too(tmp_path: Path) -> None:
    hit = [set(corrupt(CLEAN, [Error("null_cells", r)], 1, tmp_path).bad_rows()) for r in (0.01, 0.1)]
    assert hit[0] < hit[1]


@pytest.mark.parametrize(("mechanism", "rule"), [
    ("block", lambda rows, _: rows.max() - rows.min() == rows.size - 1),
    ("dates", lambda rows, t: np.ptp(t["date"].to_numpy()[rows]).astype(int) < 40),
    ("since", lambda rows, t: t["date"].to_numpy()[rows].min() > np.delete(t["date"].to_numpy(), rows).min()),
    ("segment", lambda rows, t: any(
        len(set(t[c].take(pa.array(rows)).to_pylist())) == 1 < len(set(t[c].to_pylist())) for c in t.column_names)),
])  # fmt: skip
def test_mechanisms_say_where_an_error_strikes(tmp_path: Path, mechanism: str, rule: object) -> None:
    error = Error("null_cells", 0.05, mechanism, ("impressions",))
    rows = corrupt(CLEAN, [error], 2, tmp_path).bad_rows()
    assert rows.size == round(0.05 * ROWS)
    assert callable(rule) and rule(rows, CLEAN)


@pytest.mark.parametrize("mechanism", ["by_value", "by_column"])
def test_mechanisms_may_depend_on_values(tmp_path: Path, mechanism: str) -> None:
    error = Error("null_cells", 0.2, mechanism, ("impressions",))
    done = corrupt(CLEAN, [error], 2, tmp_path)
    by = done.truth.injected[0].place.removeprefix("by ")
    values = CLEAN[by].to_pylist()
    hit = [values[i] for i in done.bad_rows()]
    shares = {v: hit.count(v) / values.count(v) for v in set(values) if values.count(v) > 30}
    if shares:
        assert max(shares.values()) > 2 * min(shares.values())
    else:
        assert np.nanmedian(np.array(hit, float)) > 1.3 * np.nanmedian(np.array(values, float))


def test_what_a_table_cannot_carry_is_said_and_the_rest_is_done(tmp_path: Path) -> None:
    table = CLEAN.drop_columns(["clicks"])
    done = corrupt(table, [Error("clicks_exceed_impressions", 0.05), Error("null_cells", 0.05)], 0, tmp_path)
    assert [i.kind for i in done.truth.injected] == ["null_cells"]
    ((error, reason),) = [(s.error.kind, s.reason) for s in done.skipped]
    assert (error, reason) == ("clicks_exceed_impressions", "no column for clicks or link_clicks")
    with pytest.raises(NotApplicableError, match="no column for clicks"):
        corrupt(table, [Error("clicks_exceed_impressions", 0.05)], 0, tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_any_table_can_be_corrupted(tmp_path: Path) -> None:
    table = pa.table(
        {"Straße": ["Größe", "Maß", "Fuß"] * 40, "menge": list(range(120)), "preis": [i / 7 for i in range(120)]}
    )
    errors = [Error("mojibake", 0.1), Error("decimal_comma", 0.1), Error("shifted_rows", 0.1), Error("null_cells", 0.1)]
    done = corrupt(table, errors, 0, tmp_path)
    assert not done.skipped
    check(table, done)


def test_named_columns_are_damaged_one_by_one(tmp_path: Path) -> None:
    done = corrupt(CLEAN, [Error("null_cells", 0.1, columns=("brand", "device"))], 0, tmp_path)
    check(CLEAN, done)
    assert [(i.damaged, i.rows) for i in done.truth.injected] == [(("brand",), 50), (("device",), 50)]


def test_the_truth_is_written_and_read(tmp_path: Path) -> None:
    done = corrupt(CLEAN, [Error("negative_metric", 0.05), Error("mojibake", 0.05)], 0, tmp_path, name="ads")
    assert read_truth(tmp_path / "truth.json") == done.truth
    article = json.loads((tmp_path / "truth.json").read_text())
    assert list(article)[:5] == ["table_name", "number_of_injected_logical_errors", "type_of_logical_error",
                                 "number_of_injected_structural_errors", "type_of_structural_error"]  # fmt: skip
    assert article["table_name"] == "ads"
    assert article["type_of_logical_error"] == ["negative_metric"]


def test_nothing_is_written_when_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from assay.bench.corrupt import truth

    monkeypatch.setattr(truth.Truth, "to_json", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        corrupt(CLEAN, [Error("null_cells", 0.05)], 0, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("text", "error"), [
    ("null_cells:0.05", Error("null_cells", 0.05)),
    ("unit_change:5%:since", Error("unit_change", 0.05, "since")),
    ("typos:0.1::brand,device", Error("typos", 0.1, "", ("brand", "device"))),
])  # fmt: skip
def test_errors_are_read_from_text(text: str, error: Error) -> None:
    assert Error.parse(text) == error


@pytest.mark.parametrize("text", ["null_cells", "null_cells:much", "null_cells:0", "null_cells:1.5", "null_cells:nan"])
def test_what_is_no_error_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        Error.parse(text)


@pytest.mark.parametrize(
    "error", [Error("nonsense", 0.1), Error("typos", 0.1, "nowhere"), Error("typos", 0.1, "", ("x",))]
)
def test_unknown_names_are_refused(tmp_path: Path, error: Error) -> None:
    with pytest.raises(ConfigurationError):
        corrupt(CLEAN, [error], 0, tmp_path)
