"""What bad training data does to a model, and how much comes back when an audit has taken the bad rows out.

One case is: damage a clean training table, train on it; quarantine what the audit finds, train on what stays. Both
models are measured on campaigns that nobody damaged, next to one trained on the clean table. How tables are damaged and
how models are trained and measured is given from outside, so that this file is the experiment and nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy.stats import t as student

from assay.campaigns.audited import quarantine
from assay.campaigns.knobs import ATTRIBUTES, CLASSES
from assay.errors import AssayError

Damage = Callable[[pa.Table, float, int], pa.Table]
"""Damages a share of a table's rows: table, rate, seed -> table."""


@dataclass(frozen=True)
class Measured:
    """How good a model is on campaigns that nobody damaged.

    Attributes:
        f1: macro F1 of its predictions.
        regret: normalised regret of its recommendations of platform and creative: 0 is best, 1 is chance.
    """

    f1: float
    regret: float


Measure = Callable[[pa.Table], Measured]
"""Trains on a table and measures the model."""


@dataclass(frozen=True)
class Case:
    """One damaged table, and what was made of it.

    Attributes:
        rows: of the damaged table; ``usable`` have a label that is a class, ``out`` were taken out by the audit.
        passed: whether the audit passes what stayed.
    """

    damage: str
    rate: float
    seed: int
    rows: int
    usable: int
    out: int
    passed: bool
    clean: Measured
    damaged: Measured
    repaired: Measured

    def to_json(self) -> dict[str, Any]:
        """One line of a log."""
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Case:
        """The case of a log's line; the inverse of ``to_json``."""
        states = {name: Measured(**told[name]) for name in ("clean", "damaged", "repaired")}
        return cls(**{**told, **states})


def cases(
    table: pa.Table,
    damages: Mapping[str, Damage],
    rates: Sequence[float],
    seeds: Sequence[int],
    measure: Measure,
    folder: Path,
) -> Iterator[Case]:
    """Try every damage at every rate with every seed.

    Args:
        folder: where damaged tables are written for the audit.
    """
    clean = measure(usable(table))
    for name, damage in damages.items():
        for rate in rates:
            for seed in seeds:
                yield _case(table, name, damage, rate, seed, clean, measure, folder)


def _case(
    table: pa.Table, name: str, damage: Damage, rate: float, seed: int, clean: Measured, measure: Measure, folder: Path
) -> Case:
    bad, kept = folder / "damaged.parquet", folder / "kept.parquet"
    damaged = damage(table, rate, seed)
    pq.write_table(damaged, bad)
    before = usable(damaged)
    first = measure(before)
    try:
        done = quarantine(bad, kept)
    except AssayError:  # nothing stays, or nothing can be read: there is nothing to train on
        return Case(name, rate, seed, damaged.num_rows, before.num_rows, damaged.num_rows, False, clean, first, first)
    # The same rows give the same model.
    second = measure(usable(pq.read_table(kept))) if done.rows else first
    return Case(
        name, rate, seed, damaged.num_rows, before.num_rows, len(done.rows), done.record.passed, clean, first, second
    )


def usable(table: pa.Table) -> pa.Table:
    """The rows that any training can use: a label that is a class; a column that is gone has no value in any row."""
    for name in (*ATTRIBUTES, "label"):
        if name not in table.column_names:
            table = table.append_column(name, pa.nulls(table.num_rows, pa.string()))
        elif table.schema.field(name).type != pa.string():
            table = table.set_column(table.column_names.index(name), name, table[name].cast(pa.string()))
    return table.filter(pc.is_in(table["label"], pa.array(CLASSES)))


def contradict(table: pa.Table, rate: float, seed: int) -> pa.Table:
    """Add copies of a share of the campaigns, each with another outcome, in any order: nothing tells which is right."""
    rng = np.random.default_rng(seed)
    chosen = table.take(np.sort(rng.choice(table.num_rows, max(1, round(rate * table.num_rows)), replace=False)))
    codes = pc.index_in(chosen["label"], pa.array(CLASSES)).to_numpy(zero_copy_only=False)
    others = (codes + rng.integers(1, len(CLASSES), len(codes))) % len(CLASSES)
    labels = pa.array(CLASSES).take(pa.array(others.astype(np.int64)))
    both = pa.concat_tables([table, chosen.set_column(table.column_names.index("label"), "label", labels)])
    return both.take(rng.permutation(both.num_rows))


@dataclass(frozen=True)
class Point:
    """A mean over seeds with its 95 % interval (Student's t); the interval of a single seed is endless."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Point:
        """The mean of values."""
        mean = float(np.mean(values))
        if len(values) < 2:
            return cls(mean, -math.inf, math.inf)
        half = float(student.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / math.sqrt(len(values)))
        return cls(mean, mean - half, mean + half)


@dataclass(frozen=True)
class Curve:
    """One damage at one rate, over seeds: what is lost, and which share of it comes back.

    Attributes:
        lost: of F1, in points (0.05 is from 0.90 to 0.85); ``left`` is what is still lost after the quarantine.
        regret_added: to the regret; ``regret_left`` after the quarantine.
        out: share of the damaged table's rows that were taken out.
    """

    damage: str
    rate: float
    seeds: int
    lost: Point
    left: Point
    regret_added: Point
    regret_left: Point
    out: float

    @property
    def back(self) -> float:
        """Which share of the lost F1 comes back; not a number where nothing was lost."""
        return 1.0 - self.left.mean / self.lost.mean if self.lost.mean > 0 else math.nan


def curves(found: Iterable[Case]) -> list[Curve]:
    """All cases of one damage and rate together, in the order in which they came."""
    groups: dict[tuple[str, float], list[Case]] = {}
    for case in found:
        groups.setdefault((case.damage, case.rate), []).append(case)
    return [_curve(name, rate, group) for (name, rate), group in groups.items()]


def _curve(name: str, rate: float, group: Sequence[Case]) -> Curve:
    return Curve(
        name,
        rate,
        len(group),
        Point.of([c.clean.f1 - c.damaged.f1 for c in group]),
        Point.of([c.clean.f1 - c.repaired.f1 for c in group]),
        Point.of([c.damaged.regret - c.clean.regret for c in group]),
        Point.of([c.repaired.regret - c.clean.regret for c in group]),
        float(np.mean([c.out / c.rows for c in group])),
    )
