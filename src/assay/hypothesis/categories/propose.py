"""Categories with damaged values: random strings, misspellings, variants of case and encoding, misplaced values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from weakref import WeakKeyDictionary

from assay.domain.role import Family
from assay.hypothesis.categories.clusters import misspelt_clusters
from assay.hypothesis.categories.column import CategoryColumn, category_columns
from assay.hypothesis.categories.foreign import Foreign, foreign_values
from assay.hypothesis.categories.language import randomness
from assay.hypothesis.categories.predicate import damage_predicate, flood_shape
from assay.hypothesis.categories.variants import Variant, mojibake, near_misses, same_after_folding
from assay.hypothesis.hypothesis import Context, Hypothesis, RowTest
from assay.profile.arrays import Ints

_SHOWN = 20
_MANY = 10
_ENOUGH_EVIDENCE = 12.0  # nats: one odd string of five characters has as much, a rare real name has not
_COSMETIC = ("case", "space", "accent")
_NAMES = {
    "random": "random strings",
    "near miss": "misspellings",
    "case": "variants in case",
    "space": "variants in white space or separators",
    "accent": "variants in accents",
    "mojibake": "text decoded with the wrong encoding",
    "foreign": "values of another column",
}


@dataclass(frozen=True, eq=False)
class Damage:
    """What is wrong with the values of one column.

    Attributes:
        bad: how each damaged value is damaged, and the value that was meant ("" where that is unknown).
        confidence: that they are damage.
        home: the column whose values were misplaced here, if any were.
    """

    column: CategoryColumn
    bad: dict[str, Variant]
    confidence: float
    home: str = ""

    @cached_property
    def shape(self) -> str | None:
        """The regular expression of damaged values that were too rare to be counted."""
        return flood_shape(self.column, self.bad)

    def among(self, values: Sequence[str]) -> list[bool]:
        """Whether each of some values of the column is damaged, also values that were too rare to be counted."""
        pattern, known = re.compile(self.shape or r"(?!)"), set(self.column.values) | set(self.column.absent)
        return [v in self.bad or (v not in known and pattern.fullmatch(v) is not None) for v in values]


_found: WeakKeyDictionary[Context, tuple[Damage, ...]] = WeakKeyDictionary()


def propose(context: Context) -> list[Hypothesis]:
    """One hypothesis for each category column with damaged values."""
    return [_hypothesis(context, damage) for damage in damages(context)]


def damages(context: Context) -> tuple[Damage, ...]:
    """The damaged values of the category columns; computed once for a context."""
    known = _found.get(context)
    if known is None:
        columns = category_columns(context)
        foreign = foreign_values(context, columns)
        judged = (_judge(c, foreign.get(c.name)) for c in columns)
        known = _found[context] = tuple(d for d in judged if d is not None)
    return known


def _judge(column: CategoryColumn, foreign: Foreign | None) -> Damage | None:
    bad: dict[str, Variant] = {}
    doubtful: dict[str, Variant] = {}
    if foreign is not None:
        target = bad if foreign.sure else doubtful
        target |= {v: Variant("foreign", "", foreign.sure) for v in foreign.values}
    bad |= {v: d for v, d in mojibake(column.values).items() if v not in bad}
    for value, variant in _variants(column, bad).items():
        (bad if variant.sure else doubtful)[value] = variant
    near = _near(column, bad | doubtful)
    bad |= near
    frequent, weights, rare, counts = _split(column, bad | doubtful)
    strange = randomness(frequent, rare, counts)
    if strange.evidence >= _ENOUGH_EVIDENCE:
        odd = {v: Variant("random", "") for v, p in zip(rare, strange.probability, strict=True) if p > 0.5}
        beyond_doubt = len(odd) >= _MANY or strange.evidence >= _ENOUGH_EVIDENCE * len(odd)
        target = bad if beyond_doubt else doubtful
        target |= odd
        if not near:
            bad |= _near(column, bad | doubtful)
    frequent, weights, _, _ = _split(column, bad)
    bad |= misspelt_clusters(frequent, weights)
    home = foreign.home if foreign is not None else ""
    if bad:
        return Damage(column, bad, _confidence(column, bad, strange.evidence), home)
    return Damage(column, doubtful, 0.45, home) if doubtful else None


def _variants(column: CategoryColumn, bad: dict[str, Variant]) -> dict[str, Variant]:
    left = [i for i, v in enumerate(column.values) if v not in bad]
    return same_after_folding([column.values[i] for i in left], column.counts[left], column.family is Family.NAME)


def _near(column: CategoryColumn, without: dict[str, Variant]) -> dict[str, Variant]:
    left = [i for i, v in enumerate(column.values) if v not in without]
    core = sum(i < column.core for i in left)
    return near_misses([column.values[i] for i in left], column.counts[left], core)


def _split(column: CategoryColumn, without: dict[str, Variant]) -> tuple[list[str], Ints, list[str], Ints]:
    values, counts = column.values, column.counts
    frequent = [i for i in range(column.core) if values[i] not in without]
    rare = [i for i in range(column.core, len(values)) if values[i] not in without]
    return [values[i] for i in frequent], counts[frequent], [values[i] for i in rare], counts[rare]


def _confidence(column: CategoryColumn, bad: dict[str, Variant], evidence: float) -> float:
    kinds = Counter(v.damage for v in bad.values())
    best = 0.85
    if kinds["mojibake"] or kinds["near miss"] > 2:
        best = 0.92
    if kinds["random"]:
        best = max(best, 0.95 if evidence > 30 else 0.85)
    return best if column.family is not Family.TEXT else min(best, 0.85)


def _hypothesis(context: Context, damage: Damage) -> Hypothesis:
    column, bad = damage.column, damage.bad
    counts = dict(zip(column.values, column.counts.tolist(), strict=True))
    rows: Counter[str] = Counter()
    for value, variant in bad.items():
        rows[variant.damage] += counts[value]
    kinds = [kind for kind, _ in rows.most_common()]
    cosmetic = all(kind in _COSMETIC for kind in kinds)
    examples = sorted(bad, key=lambda v: (-counts[v], v))[:_SHOWN]
    return Hypothesis(
        kind="categorical_corruption",
        columns=(column.name,),
        reason=_reason(column, damage, kinds),
        test=RowTest(damage_predicate(context.profile.value(column.name), column, bad, damage.shape)),
        origin="discovered",
        prior=0.8 if damage.confidence >= 0.5 else 0.3,
        weight=0.5 if cosmetic else 0.7,
        confidence=damage.confidence,
        action=_action(kinds, damage.home),
        evidence={
            "damaged_values": len(bad),
            "rows_counted_by_damage": dict(rows),
            "counted_in": "table" if column.complete or column.name in context.profile.groups.values else "sample",
            "frequent_values": _sound(damage),
            "values": [{"bad": v, "right": bad[v].right or None, "rows": counts[v]} for v in examples],
        },
    )


def _sound(damage: Damage) -> int:
    """Frequent values that are not damaged themselves, as a spelling that many rows have may be."""
    return sum(value not in damage.bad for value in damage.column.values[: damage.column.core])


def _reason(column: CategoryColumn, damage: Damage, kinds: Sequence[str]) -> str:
    named = [_NAMES[k] + (f" ({damage.home})" if k == "foreign" else "") for k in kinds]
    listed = named[0] if len(named) == 1 else ", ".join(named[:-1]) + " and " + named[-1]
    sound, bad = _sound(damage), len(damage.bad)
    usual = (
        f", and {sound} of its frequent values are sound" if sound != 1 else ", and one of its frequent values is sound"
    )
    return f"{column.name} is a category{usual}; {f'{bad} values are' if bad != 1 else 'one value is'} {listed}."


def _action(kinds: Sequence[str], home: str) -> str:
    if "foreign" in kinds:
        return f"Find the step that writes {home} into this column; restore the cells from the source system."
    if "random" in kinds:
        return (
            "Restore the values from the source system, or by an id that determines them; else treat them as missing."
        )
    return "Map the variants to the right values (see the evidence) where the data are loaded."
