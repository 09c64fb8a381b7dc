"""One known error at a time, put into a clean advertising table: for measuring only, no detector may import this.

    bad = inject(generate(5_000, style="meta"), STYLES["meta"], "negative_metric", rate=0.02, seed=3)
    bad.table, bad.mask, bad.columns

``rate`` is a share of all rows. Where fewer rows than that can carry the error (purchases need a purchase), at most
four fifths of those are hit, so that the clean relation stays visible. The seed picks the variant and the column in
turn, so the first few seeds cover all variants. Rates that an export computed (ctr, cpc) keep their clean values.

It shares nothing with ``assay.bench.corrupt``, on purpose. That works in SQL, on any table, for users, and ``assay
bench`` scores with it; this works in arrays, on generated tables, and breaks them in ways of its own. Where the two
scoreboards agree, it is not because of one mistake that both make.
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

    from assay.bench.styles import Style

Mask = NDArray[np.bool_]

CONVERSIONS = ("conversions", "conversion_credit", "results")
DIMENSIONS = ("brand", "audience", "platform", "device", "country", "creative")
MOST_OF_ELIGIBLE = 0.8
PLACEHOLDERS = ("", "N/A", "null", "-", "unknown")


class NotApplicableError(Exception):
    """This export has no column that could carry the error."""


@dataclass(frozen=True)
class Injection:
    """A damaged table.

    Attributes:
        kind: the finding kind that an audit should report.
        variant: how it was done.
        columns: the damaged columns; of ``missing_columns``, the one that is gone.
        table: what an audit sees.
        mask: True on the bad rows of ``table``; of exact copies, all but the first.
        excused: True on other rows that break the relation as real exports do; reporting them is neither right
            nor wrong.
    """

    kind: str
    variant: str
    columns: tuple[str, ...]
    table: pa.Table
    mask: Mask
    excused: Mask


@dataclass
class Draft:
    """The table while it is being damaged: its columns by simulated metric, and which rows are bad so far."""

    table: pa.Table
    style: Style
    rng: np.random.Generator
    wanted: int
    variant: str
    mask: Mask

    def header(self, *sources: str) -> str:
        """The first of these metrics that the export has."""
        for source in sources:
            header = self.style.header(source)
            if header is not None:
                return header
        raise NotApplicableError(f"no column for {' or '.join(sources)}")

    def any_header(self, *sources: str) -> str:
        """One of the columns that the export has of these metrics, drawn."""
        headers = [h for h in map(self.style.header, sources) if h is not None]
        if not headers:
            raise NotApplicableError(f"no column for {' or '.join(sources)}")
        return str(self.rng.choice(headers))

    def numbers(self, header: str) -> NDArray[Any]:
        """Values, with 0 for a blank."""
        values: NDArray[Any] = self.table[header].combine_chunks().fill_null(0).to_numpy(zero_copy_only=False)
        return values

    def blank(self, header: str) -> Mask:
        """Where the column is null."""
        nulls: Mask = self.table[header].combine_chunks().is_null().to_numpy(zero_copy_only=False)
        return nulls

    def choose(self, eligible: Mask | None = None) -> NDArray[np.int64]:
        """Positions of the rows to damage, marked as bad."""
        rows = np.arange(self.mask.size) if eligible is None else np.flatnonzero(eligible)
        if not rows.size:
            raise NotApplicableError("no row can carry the error")
        most = rows.size if eligible is None else int(np.ceil(MOST_OF_ELIGIBLE * rows.size))
        rows = self.rng.permutation(rows)[: max(1, min(self.wanted, most))]
        self.mask[rows] = True
        return rows

    def write(self, header: str, rows: NDArray[np.int64], values: NDArray[Any] | None) -> None:
        """Put values (None: nulls) into some rows of a column, which keeps its type."""
        column = self.table[header].combine_chunks()
        blank = self.blank(header)
        blank[rows] = values is None
        if pa.types.is_dictionary(column.type) or pa.types.is_string(column.type):
            cells = np.array(column.to_pylist(), object)
            kind = pa.string()
        elif pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
            cells, kind = self.numbers(header).copy(), column.type
        else:
            raise NotApplicableError(f"{header} is {column.type}")
        if values is not None:
            whole = pa.types.is_integer(kind)
            cells[rows] = np.rint(values).astype(np.int64) if whole else values
        array = pa.array(cells, kind, mask=blank)
        self.table = self.table.set_column(self.table.schema.get_field_index(header), header, array)


def missing_values(d: Draft) -> tuple[str, ...]:
    """Null cells in a column that was dense: at random, on a run of dates, in one segment, or as placeholder words."""
    dense = [c for c in (*DIMENSIONS, "impressions", "clicks", "spend", *CONVERSIONS) if d.style.header(c)]
    dense = [c for c in dense if not d.blank(d.header(c)).any()]
    if d.variant == "words":
        dense = [c for c in dense if c in DIMENSIONS]
    header = d.any_header(*dense)
    if d.variant == "dates":
        dates = d.table[d.style.grain[0]].to_numpy().astype("datetime64[D]").astype(int)
        start = d.rng.integers(dates.min(), max(dates.max() - 1, dates.min() + 1))
        run = np.argsort((dates - start) % (dates.max() - dates.min() + 1), kind="stable")[: d.wanted]
        d.mask[run] = True
        d.write(header, run, None)
    elif d.variant == "segment":
        by = d.any_header(*(c for c in ("platform", "device", "country") if d.style.header(c) != header))
        segment = np.array(d.table[by].to_pylist(), object)
        values, counts = np.unique(segment.astype(str), return_counts=True)
        likely = values[counts * MOST_OF_ELIGIBLE >= min(d.wanted, counts.max() * MOST_OF_ELIGIBLE)]
        d.write(header, d.choose(segment == d.rng.choice(likely)), None)
    elif d.variant == "words":
        rows = d.choose()
        d.write(header, rows, np.full(rows.size, d.rng.choice(PLACEHOLDERS), object))
    else:
        d.write(header, d.choose(), None)
    return (header,)


def duplicate_rows(d: Draft) -> tuple[str, ...]:
    """Exact copies: at the end, below their originals, anywhere, or of whole days."""
    n = d.mask.size
    if d.variant == "days":
        dates = d.table[d.style.grain[0]].to_numpy()
        days = d.rng.permutation(np.unique(dates))
        sizes = np.cumsum([np.count_nonzero(dates == day) for day in days])
        copied = np.flatnonzero(np.isin(dates, days[: np.searchsorted(sizes, d.wanted) + 1]))
    else:
        copied = d.rng.integers(0, n, d.wanted)
    order = np.concatenate([np.arange(n), copied])
    if d.variant == "below":
        order = np.sort(order, kind="stable")
    elif d.variant == "anywhere":
        order = d.rng.permutation(order)
    first = np.unique(order, return_index=True)[1]
    d.mask = np.ones(order.size, bool)
    d.mask[first] = False
    d.table = d.table.take(pa.array(order))
    return tuple(d.table.column_names)


def missing_columns(d: Draft) -> tuple[str, ...]:
    """A core column is gone."""
    header = d.header(d.variant)
    d.table = d.table.drop_columns([header])
    return (header,)


def categorical_corruption(d: Draft) -> tuple[str, ...]:
    """Random strings of 4 to 10 characters in a category."""
    header = d.any_header("brand", "audience", "platform", "device")
    alphabet = {
        "mixed": string.ascii_letters + string.digits,
        "letters": string.ascii_lowercase,
        "codes": string.ascii_uppercase + string.digits,
    }[d.variant]
    rows = d.choose()
    words = np.array(["".join(d.rng.choice(list(alphabet), d.rng.integers(4, 11))) for _ in rows], object)
    d.write(header, rows, words)
    return (header,)


def _exceed(d: Draft, small: str, large: str, eligible: Mask | None = None, least: int = 1) -> tuple[str, ...]:
    """Make ``small`` larger than ``large``: by a few, by a factor, or by shrinking the larger one."""
    above, below = d.numbers(large), d.numbers(small)
    if d.variant == "shrink":
        eligible = (below > 2) & (above > 0) & (True if eligible is None else eligible)
        rows = d.choose(eligible)
        d.write(large, rows, np.floor(below[rows] / d.rng.uniform(1.5, 6, rows.size)))
    else:
        rows = d.choose(eligible)
        few = d.rng.integers(least, 40, rows.size)
        times = np.ceil(above[rows] * d.rng.uniform(1.1, 3, rows.size)) + least
        d.write(small, rows, above[rows] + few if d.variant == "few" else times)
    return (small, large)


def clicks_exceed_impressions(d: Draft) -> tuple[str, ...]:
    """More clicks than impressions."""
    return _exceed(d, d.header("clicks"), d.header("impressions"))


def conversions_exceed_clicks(d: Draft) -> tuple[str, ...]:
    """More conversions than clicks, by at least two: one more may be a view-through."""
    return _exceed(d, d.header(*CONVERSIONS), d.header("clicks"), least=2)


def landing_page_views_exceed_clicks(d: Draft) -> tuple[str, ...]:
    """More landing page views than clicks, by at least two: one more may be a page loaded again."""
    return _exceed(d, d.header("landing_page_views"), d.header("clicks"), least=2)


def video_completions_exceed_plays(d: Draft) -> tuple[str, ...]:
    """More completed than started videos, in rows of video ads."""
    plays = d.header("video_plays")
    return _exceed(d, d.header("video_completions"), plays, eligible=d.numbers(plays) > 0)


def spend_with_zero_impressions(d: Draft) -> tuple[str, ...]:
    """Impressions lost where money was spent; the clicks stay, or are lost too."""
    impressions, clicks, spend = d.header("impressions"), d.header("clicks"), d.header("spend")
    rows = d.choose(d.numbers(spend) > 0)
    d.write(impressions, rows, np.zeros(rows.size))
    if d.variant == "no_clicks":
        d.write(clicks, rows, np.zeros(rows.size))
    return (spend, impressions)


def purchases_without_add_to_cart(d: Draft) -> tuple[str, ...]:
    """The cart lost where there was a purchase, or purchases appear in any row while its cart is empty."""
    purchases, carts = d.header("purchases"), d.header("add_to_cart")
    empty = None if d.blank(carts).any() else 0
    if d.variant == "invented":
        rows = d.choose()
        d.write(purchases, rows, d.rng.integers(1, 20, rows.size))
    else:
        rows = d.choose(d.numbers(purchases) > 0)
    d.write(carts, rows, None if empty is None else np.zeros(rows.size))
    return (purchases, carts)


def negative_metric(d: Draft) -> tuple[str, ...]:
    """The sign of a count or an amount turned."""
    header = d.any_header("impressions", "clicks", "spend", "revenue", "purchases", *CONVERSIONS)
    values = d.numbers(header)
    rows = d.choose(values > 0)
    d.write(header, rows, -values[rows])
    return (header,)


def outliers(d: Draft) -> tuple[str, ...]:
    """A metric times 20 to 1,000 where it was at least usual, or far beyond the largest clean value."""
    header = d.any_header("impressions", "clicks", "spend", "revenue", *CONVERSIONS)
    values = d.numbers(header).astype(float)
    if not values.any():
        raise NotApplicableError(f"{header} is 0 throughout")
    if d.variant == "beyond":
        rows = d.choose(values > 0)
        d.write(header, rows, values.max() * d.rng.uniform(2, 20, rows.size))
    else:
        rows = d.choose(values >= np.median(values[values > 0]))
        d.write(header, rows, values[rows] * np.exp(d.rng.uniform(np.log(20), np.log(1000), rows.size)))
    return (header,)


KINDS: dict[str, tuple[Callable[[Draft], tuple[str, ...]], tuple[str, ...]]] = {
    "missing_values": (missing_values, ("uniform", "dates", "segment", "words")),
    "duplicate_rows": (duplicate_rows, ("end", "below", "anywhere", "days")),
    "missing_columns": (missing_columns, ("clicks", "impressions", "spend")),
    "categorical_corruption": (categorical_corruption, ("mixed", "letters", "codes")),
    "clicks_exceed_impressions": (clicks_exceed_impressions, ("few", "times", "shrink")),
    "conversions_exceed_clicks": (conversions_exceed_clicks, ("few", "times", "shrink")),
    "spend_with_zero_impressions": (spend_with_zero_impressions, ("clicks_stay", "no_clicks")),
    "video_completions_exceed_plays": (video_completions_exceed_plays, ("few", "times", "shrink")),
    "purchases_without_add_to_cart": (purchases_without_add_to_cart, ("lost", "invented")),
    "landing_page_views_exceed_clicks": (landing_page_views_exceed_clicks, ("few", "times", "shrink")),
    "negative_metric": (negative_metric, ("sign",)),
    "outliers": (outliers, ("times", "beyond")),
}


def inject(table: pa.Table, style: Style, kind: str, rate: float, seed: int) -> Injection:
    """Damage a share of the rows of a clean table.

    Raises:
        NotApplicableError: the export has no such column, or no row can carry the error.
    """
    damage, variants = KINDS[kind]
    draft = Draft(
        table=table,
        style=style,
        rng=np.random.default_rng([list(KINDS).index(kind), seed, round(rate * 1e6)]),
        wanted=max(1, round(rate * table.num_rows)),
        variant=variants[seed % len(variants)],
        mask=np.zeros(table.num_rows, bool),
    )
    excused = _excused(draft, kind)
    columns = damage(draft)
    if excused.size != draft.mask.size:
        excused = np.zeros(draft.mask.size, bool)
    return Injection(kind, draft.variant, columns, draft.table, draft.mask, excused & ~draft.mask)


def _excused(d: Draft, kind: str) -> Mask:
    """Rows of the clean table that break the relation as real exports do: after a view, a reload, a missed pixel."""
    if kind == "conversions_exceed_clicks":
        return d.numbers(d.header(*CONVERSIONS)) > d.numbers(d.header("clicks"))
    if kind == "landing_page_views_exceed_clicks":
        return d.numbers(d.header("landing_page_views")) > d.numbers(d.header("clicks"))
    if kind == "purchases_without_add_to_cart":
        return (d.numbers(d.header("purchases")) > 0) & (d.numbers(d.header("add_to_cart")) == 0)
    return np.zeros(d.mask.size, bool)
