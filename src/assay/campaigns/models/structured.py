"""The structured model: texts to latent values, values to signed relations, relations to a balance and a class.

Values come from texts without labels (``resolver``). Relations are learned twice: as free numbers (``pairs``), and as
signs sampled from their posterior together with what traits make of them (``ternary``). The two are averaged with a
weight that validation rows choose, as they choose the penalty of the one and the scale of the other. A campaign with
missing fields gets the mean over completions, weighted by how often they go with the fields that are given.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import ClassVar, Self, TypeAlias

import numpy as np
import pyarrow as pa
from joblib import Parallel, cpu_count, delayed, parallel_config
from numpy.typing import NDArray

from assay.campaigns.cooccurrence import Cooccurrence
from assay.campaigns.decision import one_hot, tune
from assay.campaigns.knobs import ATTRIBUTES
from assay.campaigns.models.base import Classifier, Evidence, Labels
from assay.campaigns.models.pairs import PairTable, fit_pairs
from assay.campaigns.models.resolver import Resolver, fit_resolver
from assay.campaigns.models.ternary import Length, Samples, Scale, sample
from assay.campaigns.tables import MISSING, Tables

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
PAIRS = tuple(combinations(range(len(ATTRIBUTES)), 2))

PENALTIES = (30.0, 3.0, 0.3, 0.1)
WARM, LONG = 60, 200  # steps of a fit on the path of penalties, and of the last one
SCALES = (Scale(-1.5, 1.5, 0.3), Scale(-2.5, 2.5, 0.3), Scale(-3.5, 3.5, 0.3), Scale(-5.5, 5.5, 3.5))
CHAINS = 6
TRIAL = Length(300, 100, 2.0)  # a chain that only tries a scale
WHOLE = Length(2400, 100, 2.0)
AGAIN = Length(300, 100)  # a chain that goes on with more rows
WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)
LARGE = 5_000  # rows from which on chains are worth processes of their own
FILLINGS = 64  # completions that a campaign with several missing fields is averaged over
BATCH = 2_000


Start: TypeAlias = tuple[Scale, Sequence[Floats], int]
"""Where a chain starts: its scale, its relations, and the number that its seed comes from."""


@dataclass(frozen=True)
class Chosen:
    """What validation rows chose: the penalty of the pair table, the scale of signs, and the weight of signs."""

    penalty: float = 0.1
    scale: Scale = SCALES[1]
    weight: float = 0.5


class Structured(Classifier):
    """Resolver, pair table and sampled signs."""

    name: ClassVar[str] = "structured"
    ids: ClassVar[bool] = False

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed)
        self.chosen = Chosen()
        self.resolvers: list[Resolver] = []
        self.profiles: list[Floats] = []
        self.table = PairTable((), 0.0, 0.0, np.zeros(0))
        self.samples: list[Samples] = []
        self.rows: Codes = np.zeros((0, len(ATTRIBUTES)), dtype=np.intp)

    def tune(self, table: pa.Table, labels: Labels, held: pa.Table, held_labels: Labels) -> Floats:
        """Choose penalty, scale and weight; the probabilities of the held rows under that choice."""
        codes = self._learn_values(table)
        whole = (codes != MISSING).all(axis=1)
        codes, labels = codes[whole], labels[whole]
        held_codes = self.codes(held)
        usable = (held_codes != MISSING).all(axis=1)
        asked, truth = held_codes[usable], one_hot(held_labels[usable])
        best = (-1.0, PENALTIES[-1])
        for penalty, fitted in self._path(codes, labels, PENALTIES):
            reached = tune(fitted.probabilities(asked), truth)[1].mean()
            if reached > best[0]:
                best = (float(reached), penalty)
                self.table = fitted
        self.rows = codes
        self.chosen = replace(self.chosen, penalty=best[1])
        tried = self._sampled(codes, labels, [(scale, self._signs_of_table(scale), 0) for scale in SCALES], TRIAL)
        likely = [_likelihood(s.probabilities(asked, scale), truth) for s, scale in zip(tried, SCALES, strict=True)]
        self.chosen = replace(self.chosen, scale=SCALES[int(np.argmax(likely))])
        self.samples = self._sampled(codes, labels, self._starts(), WHOLE)
        free, signs = self.table.probabilities(asked), self._signs(asked)
        gains = [tune(w * signs + (1 - w) * free, truth)[1].mean() for w in WEIGHTS]
        self.chosen = replace(self.chosen, weight=WEIGHTS[int(np.argmax(gains))])
        return self._completed(held_codes)

    def fit(self, table: pa.Table, labels: Labels) -> None:
        """Learn values from texts, and relations from the rows whose texts all tell a value.

        A model that was tuned keeps its values and goes on from its table and its chains.
        """
        codes = self.codes(table) if self.resolvers else self._learn_values(table)
        whole = (codes != MISSING).all(axis=1)
        self.rows = codes[whole]
        if len(self.table.state):
            state = self.table.state
            self.table = fit_pairs(self.rows, labels[whole], self.profiles, self.chosen.penalty, LONG, state)
        else:
            path = [p for p in PENALTIES if p >= self.chosen.penalty]
            self.table = self._path(self.rows, labels[whole], path)[-1][1]
        starts = self._starts() if self.chosen.weight else []
        self.samples = self._sampled(self.rows, labels[whole], starts, AGAIN if self.samples else WHOLE)
        self.__dict__.pop("_past", None)

    def predict_proba(self, table: pa.Table) -> Floats:
        """The probability of each class, ``(rows, 3)``; a field that is missing is averaged over."""
        return self._completed(self.codes(table))

    def codes(self, table: pa.Table) -> Codes:
        """The value that each text tells, ``(rows, fields)``; -1 where it tells none."""
        names = self._columns()
        return np.stack([r.resolve(table[n]) for r, n in zip(self.resolvers, names, strict=True)], axis=1)

    def resolve(self, attribute: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """How likely each text is each value of an attribute, ``(texts, values)``."""
        resolver = self.resolvers[ATTRIBUTES.index(attribute)]
        return np.asarray(resolver.posterior(pa.array(list(texts), pa.string())), dtype=np.float32)

    def tables(self) -> Tables:
        """The relations and thresholds in logits: the mean of both parts by their weight."""
        weight, unit = self.chosen.weight if self.samples else 0.0, 1 / self._per_logit(self.chosen.scale)
        scores = [(1 - weight) * t for t in self.table.tables]
        for chain in self.samples if weight else []:
            scores = [s + weight * unit * m / len(self.samples) for s, m in zip(scores, chain.mean(), strict=True)]
        low = (1 - weight) * self.table.low + weight * unit * self.chosen.scale.lower
        high = (1 - weight) * self.table.high + weight * unit * self.chosen.scale.upper
        named = {(ATTRIBUTES[i], ATTRIBUTES[j]): s.astype(np.float32) for (i, j), s in zip(PAIRS, scores, strict=True)}
        texts = {a: r.texts for a, r in zip(ATTRIBUTES, self.resolvers, strict=True)}
        return Tables(ATTRIBUTES, texts, named, self.rows.astype(np.int16), low, high)

    def explain(self, table: pa.Table) -> list[list[Evidence]]:
        """The pairs of values of each row, by how much they move its balance, in logits."""
        codes, scores = self.codes(table), list(self.tables().scores.values())
        told = []
        for row in codes.tolist():
            found = []
            for (i, j), score in zip(PAIRS, scores, strict=True):
                if MISSING not in (row[i], row[j]):
                    words = f"{self.resolvers[i].names[row[i]]} x {self.resolvers[j].names[row[j]]}"
                    found.append(Evidence((ATTRIBUTES[i], ATTRIBUTES[j]), float(score[row[i], row[j]]), words))
            told.append(sorted(found, key=lambda e: -abs(e.weight)))
        return told

    def save(self, folder: Path) -> None:
        """Write ``structured.json`` and ``structured.npz``."""
        arrays: dict[str, NDArray[np.generic]] = {"rows": self.rows.astype(np.int16), "state": self.table.state}
        for i, (resolver, profile) in enumerate(zip(self.resolvers, self.profiles, strict=True)):
            arrays |= {f"words{i}": resolver.log_words, f"share{i}": resolver.log_share, f"profile{i}": profile}
        for p, table in enumerate(self.table.tables):
            arrays[f"table{p}"] = table
            arrays |= {f"chain{c}_{p}": chain.tables[p] for c, chain in enumerate(self.samples)}
        np.savez_compressed(folder / "structured.npz", allow_pickle=False, **arrays)
        told = {
            "seed": self.seed,
            "chosen": asdict(self.chosen),
            "chains": len(self.samples),
            "thresholds": [self.table.low, self.table.high],
            "words": [r.words.to_pylist() for r in self.resolvers],
            "names": [r.names for r in self.resolvers],
            "texts": [r.texts for r in self.resolvers],
        }
        (folder / "structured.json").write_text(json.dumps(told), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The model that was saved."""
        told = json.loads((folder / "structured.json").read_text(encoding="utf-8"))
        model = cls(told["seed"])
        chosen = told["chosen"]
        model.chosen = Chosen(chosen["penalty"], Scale(**chosen["scale"]), chosen["weight"])
        with np.load(folder / "structured.npz") as held:
            model.rows = held["rows"].astype(np.intp)
            model.profiles = [held[f"profile{i}"] for i in range(len(ATTRIBUTES))]
            for i, (words, names, texts) in enumerate(zip(told["words"], told["names"], told["texts"], strict=True)):
                vocabulary = pa.array(words, pa.string())
                parts = (held[f"words{i}"], held[f"share{i}"], held[f"profile{i}"])
                model.resolvers.append(Resolver(vocabulary, *parts, tuple(names), tuple(texts)))
            tables = tuple(held[f"table{p}"] for p in range(len(PAIRS)))
            low, high = told["thresholds"]
            model.table = PairTable(tables, low, high, held["state"])
            model.samples = [
                Samples(tuple(held[f"chain{c}_{p}"] for p in range(len(PAIRS)))) for c in range(told["chains"])
            ]
        return model

    def _columns(self) -> tuple[str, ...]:
        return tuple(f"{a}_id" if self.ids else a for a in ATTRIBUTES)

    def _learn_values(self, table: pa.Table) -> Codes:
        """Fit the resolvers; their codes of the table's rows."""
        self.resolvers = [fit_resolver(table[name]) for name in self._columns()]
        self.profiles = [r.profile for r in self.resolvers]
        codes = self.codes(table)
        if self.ids:
            texts = [fit_resolver(table[a]) for a in ATTRIBUTES]
            told = [t.profile[t.resolve(table[a])] for t, a in zip(texts, ATTRIBUTES, strict=True)]
            self.profiles = [_means(told[i], codes[:, i], r.values) for i, r in enumerate(self.resolvers)]
        return codes

    def _path(self, codes: Codes, labels: Labels, penalties: Sequence[float]) -> list[tuple[float, PairTable]]:
        fitted: list[tuple[float, PairTable]] = []
        for penalty in penalties:
            rounds = LONG if penalty == penalties[-1] else WARM
            start = fitted[-1][1].state if fitted else None
            fitted.append((penalty, fit_pairs(codes, labels, self.profiles, penalty, rounds, start)))
        return fitted

    def _per_logit(self, scale: Scale) -> float:
        """How many whole relations a logit of the pair table is."""
        return (scale.upper - scale.lower) / max(self.table.high - self.table.low, 1e-9)

    def _signs_of_table(self, scale: Scale) -> list[Floats]:
        return [t * self._per_logit(scale) for t in self.table.tables]

    def _starts(self) -> list[Start]:
        """Where chains start: from where they ended before, or from the pair table."""
        scale = self.chosen.scale
        first = [s.last() for s in self.samples] or [self._signs_of_table(scale)] * CHAINS
        return [(scale, tables, number) for number, tables in enumerate(first)]

    def _sampled(self, codes: Codes, labels: Labels, starts: Sequence[Start], length: Length) -> list[Samples]:
        """A chain for each start. The same starts give the same chains, in however many processes."""
        if not starts:
            return []
        chains = [
            delayed(sample)(codes, labels, self.profiles, first, scale, length, 1000 * self.seed + number)
            for scale, first, number in starts
        ]
        with parallel_config("loky", inner_max_num_threads=1):
            return list(Parallel(n_jobs=min(len(chains), cpu_count()) if len(codes) >= LARGE else 1)(chains))

    def _signs(self, codes: Codes) -> Floats:
        return np.asarray(np.mean([s.probabilities(codes, self.chosen.scale) for s in self.samples], axis=0))

    def _whole(self, codes: Codes) -> Floats:
        """Probabilities of campaigns without a missing field."""
        weight = self.chosen.weight if self.samples else 0.0
        free = self.table.probabilities(codes)
        return (1 - weight) * free + weight * self._signs(codes) if weight else free

    @cached_property
    def _past(self) -> Cooccurrence:
        return Cooccurrence.fit(self.rows, tuple(len(p) for p in self.profiles))

    def _completed(self, codes: Codes) -> Floats:
        """Probabilities, those of rows with missing fields averaged over likely completions."""
        missing = codes == MISSING
        found = np.empty((len(codes), 3))
        whole = ~missing.any(axis=1)
        found[whole] = self._whole(codes[whole])
        for field in range(codes.shape[1]):
            rows = np.flatnonzero(missing[:, field] & (missing.sum(axis=1) == 1))
            for part in np.array_split(rows, max(1, -(-len(rows) // BATCH))) if len(rows) else []:
                found[part] = self._over(codes[part], field)
        several = np.flatnonzero(missing.sum(axis=1) > 1)
        if len(several):
            drawn = self._past.draw(codes[several], FILLINGS, np.random.default_rng(self.seed))
            each = self._whole(drawn.reshape(-1, codes.shape[1]).astype(np.intp))
            found[several] = each.reshape(len(several), FILLINGS, 3).mean(axis=1)
        return found

    def _over(self, codes: Codes, field: int) -> Floats:
        chances = self._past.values(codes, field)
        values = chances.shape[1]
        every = np.repeat(codes, values, axis=0)
        every[:, field] = np.tile(np.arange(values), len(codes))
        each = self._whole(every).reshape(len(codes), values, 3)
        return np.asarray((each * chances[:, :, None]).sum(axis=1))


class StructuredIds(Structured):
    """The structured model where values are given as ``audience_id`` and so on, and texts tell only their traits."""

    name: ClassVar[str] = "structured-ids"
    ids: ClassVar[bool] = True


def _likelihood(chances: Floats, truth: Floats) -> float:
    return float((truth * np.log(np.maximum(chances, 1e-6))).sum())


def _means(rows: Floats, codes: Codes, values: int) -> Floats:
    """The mean of the rows of each code, ``(values, columns)``; rows without a code are left out."""
    known = codes != MISSING
    total = np.zeros((values, rows.shape[1]))
    np.add.at(total, codes[known], rows[known])
    return total / np.maximum(np.bincount(codes[known], minlength=values), 1)[:, None]
