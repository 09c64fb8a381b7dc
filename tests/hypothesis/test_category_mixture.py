"""How likely a borderline word is random, by what the other rare values of its column are."""

from __future__ import annotations

import numpy as np

from assay.hypothesis.categories.language import randomness

DEVICES = ["mobile", "desktop", "tablet"]
RANDOM = ["xqzkvw", "pjfgtb", "wvhqzc", "kdxnrj", "zbfqmt", "hgvkxq", "cjwpzd", "vqtrfg", "mzkxhj", "qwbvdn"]
BORDERLINE = "inoo"
BRANDS = ["kia", "zara", "dior", "oppo", "vivo", "asics", "nokia", "xiaomi", "hisense", "lenovo", "tizen", "philips"]


def judged(rare: list[str]) -> dict[str, float]:
    found = randomness(DEVICES, rare, np.ones(len(rare), np.int64))
    return dict(zip(rare, found.probability.tolist(), strict=True))


def test_a_borderline_word_is_random_where_all_other_rare_values_are() -> None:
    assert judged([*RANDOM, *(w[::-1] for w in RANDOM), BORDERLINE])[BORDERLINE] > 0.5


def test_a_borderline_word_alone_is_a_rare_value() -> None:
    assert judged([BORDERLINE])[BORDERLINE] < 0.5


def test_real_rare_names_beside_random_strings_are_safe() -> None:
    found = judged([*RANDOM, *BRANDS])
    assert min(found[w] for w in RANDOM) > 0.5
    assert max(found[w] for w in BRANDS) < 0.5
