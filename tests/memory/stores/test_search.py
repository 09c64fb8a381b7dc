"""Search by words on every store: any text is a valid question."""

from __future__ import annotations

import pytest

from assay.memory.entry import Entry, EntryType
from assay.memory.store import Store

TEXTS = [
    "Conversions exceed clicks on TikTok: view-through attribution, up to 8 % of rows",
    "Clicks of the café campaign_7 are counted twice on Sundays 🙂",
    "売上は日曜日に二倍になります",
    "It's a 'quoted' \"text\" with 100% * of AND OR NOT NEAR( signs; DROP TABLE entry; --",
]


@pytest.fixture
def library(store: Store) -> Store:
    store.write([Entry(f"{n}", EntryType.CONTEXT, "t", text, created=f"2026-01-0{n}") for n, text in enumerate(TEXTS)])
    return store


def found(store: Store, words: str, limit: int = 20) -> list[int]:
    return sorted(TEXTS.index(entry.text) for entry in store.search(words, limit))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("clicks", [0, 1]),
        ("clicks tiktok", [0]),
        ("tiktok clicks", [0]),
        ("conversio", [0]),
        ("CAFE", [1]),
        ("café", [1]),
        ("campaign_7", [1]),
        ("view-through", [0]),
        ("clicks unheard", []),
        ("日曜日", [2]),
        ("🙂", [1]),
        ("quoted text", [3]),
        ("it's", [3]),
        ("", []),
        ("   ", []),
    ],
)
def test_entries_that_hold_all_words_or_words_that_begin_so(library: Store, words: str, expected: list[int]) -> None:
    assert found(library, words) == expected


@pytest.mark.parametrize(
    "words",
    [
        '"',
        "'",
        "' OR '1'='1",
        "clicks' --",
        "clicks; DROP TABLE entry",
        "text:clicks",
        "clicks AND",
        "NOT clicks",
        "clicks OR",
        "NEAR(clicks tiktok, 2)",
        "cl*",
        "^clicks",
        "(clicks",
        "clicks)",
        "{text}: clicks",
        "clicks & | ! <-> tiktok",
        "clicks:*",
        "\\",
        "%",
        "_",
        "\0",
        "\ud800",
        "- + ~",
        "a" * 10_000,
        " ".join(f"word{n}" for n in range(3_000)),
    ],
)
def test_no_text_is_syntax(library: Store, words: str) -> None:
    assert set(found(library, words)) <= {0, 1, 2, 3}
    assert len(library.entries()) == len(TEXTS)


def test_operators_are_words_that_must_be_there(library: Store) -> None:
    assert found(library, "clicks OR tiktok") == [] and found(library, "signs AND drop") == [3]


def test_at_most_so_many_entries_come_back(library: Store) -> None:
    assert len(library.search("clicks", limit=1)) == 1
    assert library.search("clicks", limit=0) == []


def test_the_text_with_more_of_the_words_or_the_newer_comes_first(store: Store) -> None:
    store.write([Entry(f"{n}", EntryType.CONTEXT, "t", "late conversions", created=f"2026-01-0{n}") for n in (1, 3, 2)])
    assert [entry.id for entry in store.search("conversions")] == ["3", "2", "1"]
