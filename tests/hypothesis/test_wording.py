"""Columns of prose: exchanged texts and garbage are found, other ways of writing are not."""

from __future__ import annotations

import random

import pytest

from assay.judge.finding import Severity
from tests.builders import audit_of

ROWS = 2_000
COLOURS = ["red", "blue", "green", "black", "white", "grey", "brown", "purple", "orange", "yellow"]
THINGS = ["shirt", "trousers", "dress", "jacket", "coat", "socks", "scarf", "belt", "shoes", "gloves"]
STUFFS = ["cotton", "linen", "wool", "silk", "denim", "leather", "velvet", "canvas", "fleece", "satin"]
MOODS = ["delighted", "angry", "patient", "curious", "worried", "grateful", "tired", "cheerful"]
ASKS = ["refund", "exchange", "invoice", "delivery", "discount", "repair", "voucher", "return"]
DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def product(rng: random.Random) -> str:
    return f"{rng.choice(COLOURS)} {rng.choice(THINGS)} of {rng.choice(STUFFS)}, size {rng.randrange(30, 60)}"


def request(rng: random.Random) -> str:
    return (
        f"{rng.choice(MOODS)} customer asks on {rng.choice(DAYS)} for {rng.choice(ASKS)} of case {rng.randrange(9999)}"
    )


def table(rows: int = ROWS) -> dict[str, list[str]]:
    rng = random.Random(4)
    return {
        "ticket": [f"T-{i:05d}" for i in range(rows)],
        "product": [product(rng) for _ in range(rows)],
        "request": [request(rng) for _ in range(rows)],
    }


def above_low(data: dict[str, list[str]]) -> dict[tuple[str, tuple[str, ...]], int | None]:
    found = audit_of(data).findings
    return {(f.kind, f.columns): f.rows_affected for f in found if f.severity.rank < Severity.LOW.rank}


def test_prose_is_clean() -> None:
    assert above_low(table()) == {}


@pytest.mark.parametrize("rate", [0.005, 0.1, 0.3])
def test_exchanged_texts_are_found_to_the_row(rate: float) -> None:
    data = table()
    for i in range(round(rate * ROWS)):
        data["product"][7 * i % ROWS], data["request"][7 * i % ROWS] = (
            data["request"][7 * i % ROWS],
            data["product"][7 * i % ROWS],
        )
    assert above_low(data) == {("column_shift", ("product", "request")): round(rate * ROWS)}


@pytest.mark.parametrize("rate", [0.005, 0.1, 0.3])
def test_random_strings_among_prose_are_found_to_the_row(rate: float) -> None:
    data, rng = table(), random.Random(1)
    for i in range(round(rate * ROWS)):
        letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        data["product"][7 * i % ROWS] = "".join(rng.choice(letters) for _ in range(14))
    assert above_low(data) == {("malformed_values", ("product",)): round(rate * ROWS)}


def test_new_names_are_no_garbage() -> None:
    data = table()
    names = ["Yves Saint Laurent", "Marc Jacobs", "Hugo Boss", "Stella McCartney", "Tommy Hilfiger", "Ralph Lauren"]
    for i, name in enumerate(names * 4):
        data["product"][11 * i] = name
    assert above_low(data) == {}


def test_what_goes_in_two_directions_may_be_exchanged() -> None:
    rng = random.Random(2)
    stores = [f"Store {rng.choice(COLOURS)} Street number {rng.randrange(200)}" for _ in range(ROWS)]
    halls = [f"Depot {rng.choice(DAYS)} Hall gate {rng.randrange(200)}" for _ in range(ROWS)]
    back = [rng.random() < 0.1 for _ in range(ROWS)]
    data = {
        "shipment": [f"S-{i:05d}" for i in range(ROWS)],
        "from_place": [s if b else h for s, h, b in zip(stores, halls, back, strict=True)],
        "to_place": [h if b else s for s, h, b in zip(stores, halls, back, strict=True)],
    }
    assert above_low(data) == {}


def test_texts_that_share_their_words_are_not_told_apart() -> None:
    rng = random.Random(3)
    titles = [product(rng) for _ in range(ROWS)]
    data = {
        "ticket": [f"T-{i:05d}" for i in range(ROWS)],
        "title": titles,
        "description": [f"{title}; made for {rng.choice(DAYS)} and {rng.choice(MOODS)} people" for title in titles],
    }
    assert above_low(data) == {}
