"""The parts of reading a text file: encodings, dialects, records, where the table is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.source.files.dialect import Dialect, Reader, detect_dialect
from assay.source.files.encoding import detect_encoding
from assay.source.files.layout import footer_start, is_total, unique_names


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "Straße;München;Größe\nKöln;über"),
        ("cp1252", "été;déjà;montant dépensé"),
        ("cp1252", "impressões;adicionados;não"),
        ("cp1252", "5 €;10 €"),
        ("cp1250", "Łódź;Kraków;święto"),
        ("cp1251", "Дата;Показы;Клики"),
        ("koi8_r", "Дата;Показы;Клики"),
        ("cp1253", "Ημερομηνία;Εμφανίσεις"),
        ("shift_jis", "日付;キャンペーン;クリック"),
        ("euc_kr", "날짜;캠페인;노출수"),
        ("gb18030", "日期;广告系列;展示次数"),
        ("utf-16-le", "Datum;Kosten;ü"),
        ("utf-32-be", "Datum;Kosten;ü"),
        ("utf-8", "Größe;日付;Łódź"),
    ],
)
def test_an_encoding_is_told_by_its_letters(encoding: str, text: str) -> None:
    assert text.encode(encoding).decode(detect_encoding(text.encode(encoding)).name) == text


@given(st.text(max_size=200))
def test_utf8_is_never_mistaken(text: str) -> None:
    data = ("größe;日付;naïve;" + text.replace("\0", "")).encode("utf-8", "ignore")
    assert detect_encoding(data).name == "utf-8"


@pytest.mark.parametrize(
    ("lines", "delimiter"),
    [
        (["a,b", "1,x; y", "2,z"], ","),
        (["a;b", "1,5;2,5", "3,5;4,5"], ";"),
        (["a\tb", "1,5\t2", "x, y\t3"], "\t"),
        (["sep=|", "a|b"], "|"),
        (["only one column", "with, a comma"], ","),
    ],
)
def test_a_delimiter_divides_all_lines_alike(lines: list[str], delimiter: str) -> None:
    assert detect_dialect(lines).delimiter == delimiter


def read(*lines: str) -> list[tuple[int, list[str], bool]]:
    return [tuple(r) for r in Reader(Dialect()).read(lines)]  # type: ignore[misc]


def test_records_keep_the_line_they_start_on() -> None:
    assert read("a,b", "", '1,"x', 'y"', "2,z") == [
        (1, ["a", "b"], False),
        (3, ["1", "x\ny"], False),
        (5, ["2", "z"], False),
    ]


def test_a_quote_that_is_never_closed_costs_one_line() -> None:
    assert read('1,"x', "2,y") == [(1, ["1", '"x'], True), (2, ["2", "y"], False)]


def test_a_quote_inside_a_plain_field_is_a_letter() -> None:
    assert read('7" tablet,x', '8,"a ""b"""') == [(1, ['7" tablet', "x"], False), (2, ["8", 'a "b"'], False)]


def test_names_become_unique_and_stay_as_close_as_they_can() -> None:
    assert unique_names(["a", "A", "", " a_1 ", "x\ny"]) == (("a", "A_2", "column2", "a_1", "x y"), ("A_2", "column2"))


@pytest.mark.parametrize(
    "fields", [["Total", "", "5"], ["Gesamt", "--", "5"], ["", "Total: Account", "7"], ["合計", "", "3"]]
)
def test_rows_of_totals_are_told_by_their_word(fields: list[str]) -> None:
    assert is_total(fields)


@pytest.mark.parametrize("fields", [["TotalEnergies", "x", "5"], ["2025-01-01", "Total", "5"], ["Summer", "", "5"]])
def test_names_that_only_start_like_totals_are_rows(fields: list[str]) -> None:
    assert not is_total(fields)


def test_a_torn_last_row_is_no_footer() -> None:
    records = list(Reader(Dialect()).read(["1,2,3", "4,5,6", "7,8"]))
    assert footer_start(records, 3) == 3
