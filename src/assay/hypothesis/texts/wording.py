"""Texts in the words of another column, and texts in no words that the column knows: exchanged fields, and garbage.

A category has values that come back; descriptions, titles and names of audiences do not, but their words do. Columns of
prose that hold different things use different words. The null model is prose itself: words of all kinds are mixed in
one text, so that in a column whose texts share few words with the others nothing is claimed. Only where a text has
either the column's own words or foreign ones, and hardly ever both, is a text without any own word an exception.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlglot import exp

from assay.domain.header import read_header
from assay.hypothesis.categories.language import randomness
from assay.hypothesis.hypothesis import Context, Hypothesis, RowTest
from assay.profile.arrays import Bools, Ints
from assay.profile.sample import SampleColumn
from assay.source.base import ColumnType

FEWEST_ROWS = 200
LOOKED_AT = 10_000  # rows of the sample, evenly spread
DISTINCT = 0.3  # of the rows, from which texts are prose and no category
WORDS_IN_TEXT = 3.0  # on average
SEEN = 5  # rows in which a word is known
SHARE_SEEN = 0.0005
OWN = (30.0, 10.0, 4.0, 2.0)  # times as often as in another column; the more is exchanged, the lower
COVERED = 0.6  # of the texts have a word of the column's own
MIXED = 0.02  # of the texts that have one also have a foreign one, or none of the words before or after it is known
LISTED = 1_500  # words that a predicate names
BEYOND_CHANCE = 5.0
FEWEST = 3
RANDOM = 0.5  # of the unknown words, from which they are garbage and no names
_WORD = re.compile(r"[^\W\d_][^\W_]+")
_ANY_WORD = re.compile(r"\S+")
_DIRECTION_WORDS = """
from to origin destination source target sender receiver recipient home away guest host pickup dropoff departure
arrival start end first second left right old new before after buyer seller question answer von nach de para a b
"""
_DIRECTIONS = frozenset(_DIRECTION_WORDS.split())


@dataclass(frozen=True, eq=False)
class Prose:
    """A column of texts, seen as sets of words.

    Attributes:
        codes: for each of the rows that are looked at the place of its text, -1 for a null.
        values: the distinct texts in them; ``texts`` are their words.
        rows: how many of the rows have each word.
        known: words that enough texts have.
    """

    column: SampleColumn
    codes: Ints
    values: tuple[str, ...]
    texts: tuple[frozenset[str], ...]
    rows: Counter[str]
    known: frozenset[str]

    @property
    def name(self) -> str:
        return self.column.name


def propose(context: Context) -> list[Hypothesis]:
    """Raise rows in which two columns hold each other's texts, and texts that are no words of their column."""
    sample = context.profile.sample
    if sample.rows < FEWEST_ROWS:
        return []
    columns = [prose for c in sample.names if (prose := _prose(sample[c])) is not None]
    raised = [found for prose in columns if (found := _garbage(prose)) is not None]
    for i, first in enumerate(columns):
        for second in columns[i + 1 :]:
            tried = (_exchanged(first, second, times) for times in OWN)
            raised += [found for found in tried if found is not None][:1]
    return raised


def _prose(column: SampleColumn) -> Prose | None:
    """The column's words, if it is one of prose."""
    if column.type is not ColumnType.TEXT or len(column.values) < DISTINCT * max((~column.nulls).sum(), 1):
        return None
    seen = column.codes[:: -(-len(column.codes) // LOOKED_AT)]
    places, counts = np.unique(seen[seen >= 0], return_counts=True)
    values = tuple(column.values[i] for i in places.tolist())
    texts = tuple(frozenset(w.casefold() for w in _WORD.findall(value)) for value in values)
    if not texts or float(np.average([len(t) for t in texts], weights=counts)) < WORDS_IN_TEXT:
        return None
    counted: Counter[str] = Counter()
    for words, times in zip(texts, counts.tolist(), strict=True):
        for word in words:
            counted[word] += times
    least = max(SEEN, SHARE_SEEN * len(seen))
    codes = np.where(seen >= 0, np.searchsorted(places, seen), -1)
    return Prose(column, codes, values, texts, counted, frozenset(w for w, n in counted.items() if n >= least))


def _own(here: Prose, there: Prose, times: float) -> frozenset[str]:
    """The known words of a column that the other one has far more seldom."""
    return frozenset(w for w in here.known if here.rows[w] >= times * there.rows.get(w, 0))


def _exchanged(first: Prose, second: Prose, times: float) -> Hypothesis | None:
    """Rows in which either column has words of the other and none of its own, beyond what chance brings together."""
    own = {first.name: _own(first, second, times), second.name: _own(second, first, times)}
    if not own[first.name] or not own[second.name]:
        return None
    strays: list[Bools] = []
    for here, there in ((first, second), (second, first)):
        has = _with(here, own[here.name])
        foreign = _with(here, own[there.name])
        if has.mean() < COVERED or (has & foreign).sum() > MIXED * has.sum():
            return None
        strays.append(foreign & ~has)
    both = strays[0] & strays[1]
    rates = [float((s & ~both).mean()) for s in strays]
    by_chance = len(both) * rates[0] * rates[1]
    if both.sum() < FEWEST or both.sum() < by_chance + BEYOND_CHANCE * np.sqrt(by_chance + 1):
        return None
    conditions = [
        exp.and_(_any_of(here.name, _most(there, own)), exp.not_(_any_of(here.name, _most(here, own))))
        for here, there in ((first, second), (second, first))
    ]
    return Hypothesis(
        "column_shift",
        (first.name, second.name),
        f"in some rows {first.name} has only words of {second.name}, and {second.name} only words of {first.name}",
        RowTest(exp.and_(*conditions)),
        origin="discovered",
        prior=0.7,
        weight=0.8,
        confidence=0.4 if _direction(first.name) or _direction(second.name) else 0.85,
        action="put the two fields back into their columns, and fix the mapping of fields for these rows",
        evidence={"rows_in_sample": int(both.sum()), "expected_by_chance": round(by_chance, 2)},
    )


def _garbage(prose: Prose) -> Hypothesis | None:
    """Texts of which no word is known, in a column whose other texts hardly have an unknown word."""
    known = _with(prose, prose.known)
    unknown = _flags(prose, [bool(t - prose.known) for t in prose.texts])
    bad = unknown & ~known
    if known.mean() < COVERED or bad.sum() < FEWEST or (known & unknown).sum() > MIXED * known.sum():
        return None
    words = sorted(prose.known, key=lambda w: (-prose.rows[w], w))[:LISTED]
    covered = _with(prose, frozenset(words))
    if (known & ~covered).any():
        return None
    random = _random_share(prose, bad)
    letters = exp.RegexpLike(this=_lower(prose.name), expression=exp.Literal.string(r"\p{L}"))
    return Hypothesis(
        "malformed_values",
        (prose.name,),
        f"nearly all texts of {prose.name} are made of words that come again and again; some have none of them",
        RowTest(exp.and_(letters, exp.not_(_any_of(prose.name, words)))),
        origin="discovered",
        prior=0.6,
        weight=0.7,
        confidence=0.8 if random > RANDOM else 0.4,
        action="look at what wrote these texts, and load them again",
        evidence={"rows_in_sample": int(bad.sum()), "words_known": len(prose.known), "random_share": round(random, 3)},
    )


def _random_share(prose: Prose, bad: Bools) -> float:
    """Which share of the unknown texts' words look drawn from an alphabet; new names and other languages do not."""
    values = [prose.values[i] for i in np.unique(prose.codes[bad]).tolist()]
    rare = Counter(word for value in values[:LISTED] for word in _ANY_WORD.findall(value))
    usual = {word for value in prose.values[:LISTED] for word in _ANY_WORD.findall(value)}
    frequent = sorted(word for word in usual if word.casefold() in prose.known)
    words = sorted(rare)
    judged = randomness(frequent, words, np.array([rare[w] for w in words], dtype=np.int64)).probability
    return float((judged > 0.5).mean()) if words else 0.0


def _direction(name: str) -> bool:
    """Whether a header says which way something goes, or which of two equals it is: such fields may be exchanged."""
    return bool(set(read_header(name).bare.split("_")) & _DIRECTIONS)


def _with(prose: Prose, words: frozenset[str]) -> Bools:
    """The rows whose text has one of the words; a null has none."""
    return _flags(prose, [bool(t & words) for t in prose.texts])


def _flags(prose: Prose, texts: list[bool]) -> Bools:
    """The rows of texts that are flagged."""
    return np.array([*texts, False], dtype=np.bool_)[prose.codes]


def _most(prose: Prose, own: Mapping[str, frozenset[str]]) -> list[str]:
    return sorted(own[prose.name], key=lambda w: (-prose.rows[w], w))[:LISTED]


def _any_of(name: str, words: Sequence[str]) -> exp.Expr:
    """Whether a text has one of the words, as SQL; never null."""
    listed = "|".join(re.escape(word) for word in sorted(words))
    pattern = rf"(^|[^\p{{L}}\p{{N}}])({listed})([^\p{{L}}\p{{N}}]|$)"
    like = exp.RegexpLike(this=_lower(name), expression=exp.Literal.string(pattern))
    return exp.Coalesce(this=exp.paren(like), expressions=[exp.false()])


def _lower(name: str) -> exp.Expr:
    return exp.Lower(this=exp.column(name, quoted=True))
