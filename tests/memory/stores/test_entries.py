"""Entries on every store: written whole, found by table and type, newest first."""

from __future__ import annotations

import math

import pytest

from assay.errors import MemoryStoreError
from assay.memory.entry import Entry, EntryType, Tally, new_id
from assay.memory.store import Store
from tests.memory.stores.conftest import Open


def entry(
    text: str = "a cause", table: str = "ads", kind: EntryType = EntryType.EXPLANATION, day: int = 1, identity: str = ""
) -> Entry:
    return Entry(identity or new_id(), kind, table, text, {"n": day}, "ann", f"2026-01-{day:02}T00:00:00.000000+00:00")


def texts(found: list[Entry]) -> list[str]:
    return [e.text for e in found]


def test_a_memory_that_nobody_wrote_to_is_empty(store: Store) -> None:
    assert store.entries() == [] and store.entries(table="ads", limit=3) == []
    assert store.entry("abc") is None
    assert store.states("ads") == {} and store.tallies() == [] and store.search("cause") == []
    assert not store.forget("abc") and store.forget_table("ads") == 0


def test_an_entry_comes_back_as_it_was_written(opener: Open) -> None:
    body = {"bound": 0.08, "columns": ["a", "b"], "deep": {"x": [None, True, 1, "ü"]}, "big": 2**60, "inf": math.inf}
    written = Entry(
        "0123456789ab", EntryType.CONTEXT, "ads.日本", "Früh\n\t'\"\\ 🙂 %s ?", body, "", "2026", "2026-12-31"
    )
    opener().write([written])
    assert opener().entries() == [written]
    assert opener().entry("0123456789ab") == written


def test_what_no_database_holds_is_replaced(store: Store) -> None:
    store.write([entry("a\0b\ud800c", table="t\0")], {("t\0", "p\ud800"): {"a\0": "\ud800"}})
    [there] = store.entries(table="t\0")
    assert "\0" not in there.text and there.text.startswith("a") and there.text.endswith("c")
    assert list(store.states("t\0").values()) == [{"a\0": "\ud800"}]


def test_entries_are_the_newest_first_also_those_written_at_the_same_time(store: Store) -> None:
    store.write([entry("second", day=2), entry("first", day=1), entry("third", day=3)])
    store.write([entry("also third", day=3)])
    assert texts(store.entries()) == ["also third", "third", "second", "first"]
    assert texts(store.entries(limit=2)) == ["also third", "third"]
    assert store.entries(limit=0) == []


def test_entries_of_some_types(store: Store) -> None:
    store.write([entry(kind.value, kind=kind, day=n + 1) for n, kind in enumerate(EntryType)])
    wanted = (EntryType.EXPLANATION, EntryType.AUDIT)
    assert texts(store.entries(wanted)) == ["audit", "explanation"]
    assert texts(store.entries([EntryType.AUDIT, EntryType.AUDIT])) == ["audit"]


def test_entries_of_a_table_are_its_own_those_of_patterns_and_those_of_all_tables(store: Store) -> None:
    tables = ["ads_daily", "ads_*", "ads_?????", "*", "", "ads", "ads_daily_eu", "ADS_*", "ads_[a-z]*", "ads_%", "_*"]
    store.write([entry(table, table=table, day=n + 1) for n, table in enumerate(tables)])
    assert texts(store.entries(table="ads_daily")) == ["", "*", "ads_?????", "ads_*", "ads_daily"]
    assert texts(store.entries(table="ads_daily", limit=2)) == ["", "*"]
    assert texts(store.entries([EntryType.REJECTION], table="ads_daily")) == []
    assert texts(store.entries(table="ads_%")) == ["ads_%", "", "*", "ads_*"]


def test_a_table_whose_name_has_wildcards_has_entries_of_its_own(store: Store) -> None:
    store.write([entry("own", table="data/*.parquet")])
    assert texts(store.entries(table="data/*.parquet")) == ["own"]
    assert store.forget_table("data/a.parquet") == 0
    assert store.forget_table("data/*.parquet") == 1


def test_an_entry_of_the_same_id_takes_the_place_of_the_first(store: Store) -> None:
    store.write([entry("old words", identity="aaaa"), entry("other", identity="bbbb", day=2)])
    store.write([entry("new", table="clicks", kind=EntryType.REJECTION, identity="aaaa", day=3)])
    assert texts(store.entries()) == ["new", "other"]
    assert texts(store.entries(table="ads")) == ["other"]
    assert store.search("old") == [] and texts(store.search("new")) == ["new"]
    store.write([entry("one", identity="cccc"), entry("two", identity="cccc")])
    assert store.entry("cccc") == entry("two", identity="cccc")


def test_an_entry_is_found_by_the_beginning_of_its_id_if_there_is_only_one(store: Store) -> None:
    store.write([entry("1", identity="abc123"), entry("2", identity="abd456"), entry("3", identity="abc")])
    assert (store.entry("abd") or entry()).text == "2"
    assert (store.entry("abc") or entry()).text == "3"
    assert store.entry("ab") is None and store.entry("") is None and store.entry("%") is None


def test_a_write_is_whole_or_not_at_all(store: Store) -> None:
    good, bad = entry("good"), Entry("bad", EntryType.AUDIT, "ads", "bad", {"x": object()})
    with pytest.raises(MemoryStoreError, match="the entry bad cannot be remembered"):
        store.write([good, bad], {("ads", "p"): {}}, [Tally("ads", "k", "r", 1)])
    with pytest.raises(MemoryStoreError, match="JSON"):
        store.write([good], {("ads", "p"): {"x": {1, 2}}})
    assert store.entries() == [] and store.states("ads") == {} and store.tallies() == []


def test_nothing_leaks_across_scopes(opener: Open) -> None:
    mine, theirs = opener("mine"), opener("theirs")
    mine.write([entry("shared words", identity="aaaa")], {("ads", "p"): {"x": 1}}, [Tally("ads", "k", "r", 1)])
    theirs.write([entry("their words", identity="aaaa")], {("ads", "p"): {"x": 2}}, [Tally("ads", "k", "r", 5)])
    assert texts(mine.entries()) == ["shared words"] and texts(theirs.entries(table="ads")) == ["their words"]
    assert texts(mine.search("words")) == ["shared words"] and mine.search("their") == []
    assert mine.states("ads") == {"p": {"x": 1}} and mine.tallies() == [Tally("ads", "k", "r", 1)]
    assert theirs.forget("aaaa") and theirs.entries() == [] and texts(mine.entries()) == ["shared words"]
    assert theirs.forget_table("ads") == 0 and theirs.states("ads") == {}
    assert mine.states("ads") == {"p": {"x": 1}} and mine.tallies() == [Tally("ads", "k", "r", 1)]
    assert mine.secret() != theirs.secret()
    for strange in ("' OR 1=1 --", "mine ", "MINE", "*", "%", "mine\0", ""):
        assert opener(strange).entries() == [] and opener(strange).search("words") == []


def test_the_secret_of_a_scope_is_made_once(opener: Open) -> None:
    first = opener().secret()
    assert len(first) == 32
    assert opener().secret() == first


def test_long_names_and_texts_are_kept(store: Store) -> None:
    table, text = "t" * 5_000, " ".join(f"word{n}" for n in range(30_000))
    store.write(
        [Entry("a", EntryType.AUDIT, table, text, {"x": "y" * 100_000}, created="2026")],
        {(table, "p" * 1_000): {"x": 1}},
        [Tally(table, "kind", "role," * 1_000, 1)],
    )
    assert store.entries(table=table)[0].text == text and texts(store.search("word29999")) == [text]
    assert list(store.states(table)) == ["p" * 1_000] and store.tallies()[0].tested == 1
    assert store.forget_table(table) == 1 and store.entries() == []
