"""What only a memory without transactions can get wrong, against a fake of Memory Bank's HTTP interface."""

from __future__ import annotations

import pytest

from assay.errors import MemoryStoreError
from assay.memory.entry import Entry, EntryType, Tally
from assay.memory.open import open_store

pytest.importorskip("google.adk.memory")

from tests.memory.stores.vertex_fake import FakeBank


@pytest.fixture
def bank() -> FakeBank:
    return FakeBank()


def entry(identity: str = "a", text: str = "a cause") -> Entry:
    return Entry(identity, EntryType.CONTEXT, "ads", text, {"said": text}, created="2026-01-01")


STATES = {("ads", "p"): {"x": 1}, ("ads", "q"): {"x": 2}}
TALLIES = [Tally("ads", "k", "r", 1)]


@pytest.mark.parametrize("fail_after", range(5))
def test_a_write_that_fails_in_the_middle_leaves_nothing(bank: FakeBank, fail_after: int) -> None:
    store = bank.store("me")
    bank.fail_after = fail_after
    with pytest.raises(MemoryStoreError, match="quota exceeded for memory writes"):
        store.write([entry()], STATES, TALLIES)
    assert store.entries() == [] and store.states("ads") == {} and store.tallies() == [] and not bank.memories
    bank.fail_after = None
    store.write([entry()], STATES, TALLIES)
    assert store.entries() == [entry()] and store.tallies() == TALLIES
    store.close()


def test_a_writer_that_dies_before_its_last_memory_has_written_nothing(bank: FakeBank) -> None:
    store = bank.store("me")
    store.write([entry("a"), entry("b", "cause " * 5_000)], STATES, TALLIES)
    made = list(bank.memories.items())
    for written in range(len(made)):
        bank.memories = dict(made[:written])
        assert store.entries() == [] and store.states("ads") == {} and store.tallies() == []
    bank.memories = dict(made)
    assert len(store.entries()) == 2 and len(store.states("ads")) == 2 and store.tallies() == TALLIES
    store.close()


def test_an_entry_that_somebody_is_just_forgetting_is_not_there(bank: FakeBank) -> None:
    store = bank.store("me")
    store.write([entry("a"), entry("b", "long cause " * 5_000)])
    long = [name for name, memory in bank.memories.items() if "long" in str(memory)]
    assert len(long) > 2
    del bank.memories[long[1]]
    assert store.entries() == [entry("a")]
    assert not store.forget("b") and "long cause" not in str(bank.memories)
    store.close()


def test_forgetting_removes_every_version_and_leaves_no_revision(bank: FakeBank) -> None:
    store = bank.store("me")
    store.write([entry("a", "secret cause"), entry("b", "other")])
    store.write([entry("a", "secret cause, told again " * 1_000)])
    bank.fail_after = 1
    with pytest.raises(MemoryStoreError):
        store.write([entry("a", "secret third"), entry("c")])
    assert "secret" in str(bank.memories)
    assert store.forget("a")
    assert "secret" not in str(bank.memories) and bank.revisions == []
    assert store.entries() == [entry("b", "other")]
    store.close()


def test_agents_find_entries_by_their_text(bank: FakeBank) -> None:
    bank.store("team-7").write([entry("a", "Sundays count twice")])
    [memory] = [m for m in bank.memories.values() if m["scope"]["app_name"] == "assay-entries"]
    assert memory["fact"] == "Sundays count twice"
    assert memory["scope"] == {"app_name": "assay-entries", "user_id": "team-7"}


def test_replaced_states_are_removed(bank: FakeBank) -> None:
    store = bank.store("me")
    for n in range(5):
        store.write(states={("ads", "p"): {"x": n}, ("other", "p"): {"x": n}})
    assert len([m for m in bank.memories.values() if m["scope"]["app_name"].startswith("assay-states")]) == 2
    assert store.states("ads") == {"p": {"x": 4}}
    store.close()


def test_more_than_a_page_is_read(bank: FakeBank) -> None:
    store = bank.store("me")
    store.write([entry(f"e{n}") for n in range(250)])
    assert len(store.entries()) == 250
    store.close()


def test_memories_of_others_in_the_same_engine_are_left_alone(bank: FakeBank) -> None:
    store = bank.store("me")
    scope = {"app_name": "assay-entries", "user_id": "me"}
    bank.memories["foreign"] = {"name": "foreign", "fact": "an agent's", "scope": scope, "metadata": {}}
    store.write([entry()])
    assert store.entries() == [entry()] and store.forget("a") and store.forget_table("ads") == 0
    assert "foreign" in bank.memories
    store.close()


@pytest.mark.parametrize(
    "address", ["vertex://", "vertex://project", "vertex://p/l", "vertex://p/l/e/x", "vertex://p//e"]
)
def test_an_address_of_another_form_is_refused(address: str) -> None:
    with pytest.raises(MemoryStoreError, match="vertex://PROJECT/LOCATION/ENGINE"):
        open_store(address, "me")
