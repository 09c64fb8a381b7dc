"""Rows of several sources on the same things: the plurality is right, unless what they tell differs by nature."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from assay.hypothesis.sources import propose
from tests.builders import context_of, rows_where

SHOPS, ARTICLES = 12, 60


def told(rng: np.random.Generator, *, wrong: float = 0.0, left_out: float = 0.0) -> dict[str, list[object]]:
    """One row for each shop and article; the maker is the article's own, the price the shop's."""
    shop = np.repeat([f"shop-{i}" for i in range(SHOPS)], ARTICLES)
    article = np.tile(np.arange(ARTICLES), SHOPS)
    makers = rng.choice([f"maker {c}" for c in "ABCDEFGHIJKLMNOPQRST"], ARTICLES)
    maker = makers[article].astype(object)
    bad = rng.permutation(len(maker))
    some, others = bad[: int(wrong * len(maker))], bad[len(maker) - int(left_out * len(maker)) :]
    maker[some] = [f"maker {rng.choice(list('ABCDEFGHIJKLMNOPQRST'))}" for _ in some]
    maker[others] = None
    return {
        "source": shop.tolist(),
        "article": [f"art-{a}" for a in article],
        "maker": maker.tolist(),
        "price": np.round(rng.lognormal(3, 0.4, len(maker)), 2).tolist(),
        "truth": makers[article].tolist(),
    }


def damaged(data: dict[str, list[object]], missing: bool) -> set[int]:
    pairs = enumerate(zip(data["maker"], data["truth"], strict=True))
    return {i for i, (maker, truth) in pairs if (maker is None if missing else maker not in (None, truth))}


def table(data: dict[str, list[object]]) -> pa.Table:
    return pa.table({name: values for name, values in data.items() if name != "truth"})


def test_what_contradicts_most_sources_is_found() -> None:
    for wrong in (0.01, 0.3):
        data = told(np.random.default_rng(1), wrong=wrong)
        (found,) = propose(context_of(table(data)))
        assert found.kind == "conflicting_values"
        assert found.cells == ("maker",)
        assert set(rows_where(table(data), found)) == damaged(data, missing=False)


def test_what_some_sources_leave_out_is_missing() -> None:
    data = told(np.random.default_rng(2), left_out=0.4)
    (found,) = propose(context_of(table(data)))
    assert (found.kind, found.cells) == ("missing_values", ("maker",))
    assert set(rows_where(table(data), found)) == damaged(data, missing=True)


def test_sources_that_agree_bring_nothing() -> None:
    assert propose(context_of(table(told(np.random.default_rng(3))))) == []


def test_an_article_that_each_source_words_in_its_own_way_brings_nothing() -> None:
    data = told(np.random.default_rng(4))
    data["maker"] = [f"{maker} by {shop}" for maker, shop in zip(data["maker"], data["source"], strict=True)]
    assert propose(context_of(table(data))) == []


def test_a_column_that_is_no_source_crosses_nothing() -> None:
    data = told(np.random.default_rng(5), wrong=0.2)
    data["region"] = data.pop("source")
    assert propose(context_of(table(data))) == []


def test_a_table_of_several_days_is_not_one_row_a_source() -> None:
    first, second = (table(told(np.random.default_rng(6), wrong=0.1)) for _ in range(2))
    days = pa.array(["2026-01-01"] * len(first) + ["2026-01-02"] * len(second))
    assert propose(context_of(pa.concat_tables([first, second]).append_column("day", days))) == []
