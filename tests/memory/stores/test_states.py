"""States and tallies on every store."""

from __future__ import annotations

import random

from assay.memory.entry import Entry, EntryType, Tally
from assay.memory.store import Store
from tests.memory.stores.conftest import Open


def test_states_come_in_the_order_of_their_parts_from_one_on(store: Store) -> None:
    days = ["2026-01-03", "2026-01-01", "2026-01-02", "", "é", "Z", "a"]
    store.write(states={("ads", day): {"day": day} for day in days} | {("other", "2026-01-09"): {}})
    assert list(store.states("ads")) == ["", "2026-01-01", "2026-01-02", "2026-01-03", "Z", "a", "é"]
    assert store.states("ads", "2026-01-02")["2026-01-03"] == {"day": "2026-01-03"}
    assert list(store.states("ads", "2026-01-02")) == ["2026-01-02", "2026-01-03", "Z", "a", "é"]
    assert store.states("ad") == {} and list(store.states("other")) == ["2026-01-09"]


def test_a_state_is_replaced_and_removed(opener: Open) -> None:
    store = opener()
    store.write(states={("ads", "a"): {"n": 1}, ("ads", "b"): {"n": 1}})
    store.write(states={("ads", "a"): {"n": 2}, ("ads", "b"): None, ("ads", "never"): None})
    assert opener().states("ads") == {"a": {"n": 2}}
    store.write(states={("ads", "b"): {"n": 3}})
    assert opener().states("ads") == {"a": {"n": 2}, "b": {"n": 3}}


def test_a_state_of_five_megabytes_is_kept(opener: Open) -> None:
    noise = random.Random(7)
    state = {"values": [noise.random() for _ in range(265_000)]}
    opener().write(states={("ads", "2026-01-01"): state})
    assert opener().states("ads") == {"2026-01-01": state}


def test_tallies_add_up(opener: Open) -> None:
    store = opener()
    store.write(tallies=[Tally("ads", "outliers", "spend", 3, 1), Tally("ads", "outliers", "spend", 2, 0, 1)])
    opener().write(tallies=[Tally("ads", "outliers", "spend", rejected=4), Tally("ads", "outliers", "", 1)])
    store.write(tallies=[Tally("ads", "date_gap", "date", 1, 1), Tally("aaa", "z", "z", 1)])
    assert opener().tallies() == [
        Tally("aaa", "z", "z", 1),
        Tally("ads", "date_gap", "date", 1, 1),
        Tally("ads", "outliers", "", 1),
        Tally("ads", "outliers", "spend", 5, 1, 1, 4),
    ]


def test_a_table_is_forgotten_with_all_that_is_known_of_it(opener: Open) -> None:
    store = opener()
    store.write(
        [Entry("a", EntryType.AUDIT, "ads", "gone"), Entry("b", EntryType.AUDIT, "ads_*", "stays")],
        {("ads", "p"): {"x": 1}, ("ads2", "p"): {"x": 2}},
        [Tally("ads", "k", "r", 1), Tally("ads2", "k", "r", 1)],
    )
    assert store.forget_table("ads") == 1
    assert [e.text for e in opener().entries()] == ["stays"] and opener().search("gone") == []
    assert opener().states("ads") == {} and opener().states("ads2") == {"p": {"x": 2}}
    assert opener().tallies() == [Tally("ads2", "k", "r", 1)]
    assert store.forget_table("ads") == 0


def test_an_entry_is_forgotten_once(opener: Open) -> None:
    opener().write([Entry("abcd", EntryType.CONTEXT, "ads", "one"), Entry("abce", EntryType.CONTEXT, "ads", "two")])
    assert not opener().forget("abc") and not opener().forget("")
    assert opener().forget("abcd") and not opener().forget("abcd")
    assert [e.text for e in opener().entries()] == ["two"] and opener().search("one") == []


def test_writing_nothing_is_no_write(store: Store) -> None:
    store.write()
    assert store.entries() == []
