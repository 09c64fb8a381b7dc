"""Rare values as a mixture of natural names and strings drawn from an alphabet, by expectation-maximisation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assay.profile.arrays import Bools, Floats, Ints

SHORTEST, LONGEST = 3, 24
_PRIOR_RANDOM = (0.5, 25.0)  # of the share of random strings among rare values: a few per cent, and easily moved
_PRIOR_DAMAGED = (1.0, 1.0)  # of the same share in a column whose rare values are nearly all held for random
_NEARLY_ALL = 0.9
_ENOUGH_TO_LEARN = 6


@dataclass(eq=False)
class Mixture:
    """Rare values as natural ones and random ones. Row ``i`` of every array is a value."""

    natural: Floats
    per_alphabet: Floats
    lengths: Ints
    counts: Ints
    possible: Bools

    def solve(self, start: Floats | None) -> tuple[Floats, float]:
        """Posterior probability of randomness by value, and the likelihood gain of having random values, in nats.

        From ``start``, or else from no knowledge of the generator: then, with few sure cases, nothing can be learned of
        it, and all alphabets and lengths stay equally likely.
        """
        top = max(int(self.counts.max(initial=1)), 2)
        # Real counts are spread evenly on a log scale; random strings repeat by accident.
        natural = self.natural - np.log(self.counts) - np.log(np.log(top) + 0.58)
        slots = np.clip(self.lengths, SHORTEST, LONGEST) - SHORTEST
        kinds, places = self.per_alphabet.shape[1], LONGEST - SHORTEST + 1
        alphabets, of_length = np.full(kinds, 1.0 / kinds), np.full(places, 1.0 / places)
        share, repeat = _PRIOR_RANDOM[0] / sum(_PRIOR_RANDOM), 0.1
        posterior = np.zeros(len(natural))
        gain = 0.0
        for step in range(60):
            if start is not None and step == 0:
                posterior = start
                joint = self.per_alphabet + np.log(alphabets)
                safe = np.maximum(joint.max(axis=1), -1e300)
                parts = np.exp(joint - safe[:, None])
                share, alphabets, of_length, repeat = self._learn(posterior, parts, slots)
            with np.errstate(divide="ignore", under="ignore"):
                joint = self.per_alphabet + np.log(alphabets)
                peak = joint.max(axis=1)
                safe = np.where(np.isfinite(peak), peak, 0.0)
                parts = np.exp(joint - safe[:, None])
                random = np.log(parts.sum(axis=1)) + safe + np.log(of_length[slots])
            random += (self.counts - 1) * np.log(repeat) + np.log1p(-repeat)
            random = np.where(self.possible, random, -np.inf)
            odds = np.clip(random - natural + np.log(share) - np.log1p(-share), -500, 500)
            gain = float(np.logaddexp(0.0, odds).sum() + len(natural) * np.log1p(-share))
            fresh = 1.0 / (1.0 + np.exp(-odds))
            moved = float(np.abs(fresh - posterior).max())
            posterior = fresh
            if moved < 1e-4 or (start is None and step == 0 and int((posterior > 0.9).sum()) < _ENOUGH_TO_LEARN):
                break
            share, alphabets, of_length, repeat = self._learn(posterior, parts, slots)
        return posterior, gain

    def _learn(self, posterior: Floats, parts: Floats, slots: Ints) -> tuple[float, Floats, Floats, float]:
        """Share of random values, weights of the alphabets and of the lengths, and probability of one more copy."""
        enough = int((posterior > 0.9).sum()) >= _ENOUGH_TO_LEARN
        damaged = enough and int((posterior > 0.5).sum()) >= _NEARLY_ALL * len(posterior)
        prior = _PRIOR_DAMAGED if damaged else _PRIOR_RANDOM
        share = float((posterior.sum() + prior[0]) / (len(posterior) + sum(prior)))
        by_alphabet = posterior @ (parts / np.maximum(parts.sum(axis=1, keepdims=True), 1e-300)) + 1.0
        by_length = np.bincount(slots, weights=posterior, minlength=LONGEST - SHORTEST + 1) + 0.5
        repeat = float((posterior @ (self.counts - 1) + 0.1) / (posterior @ self.counts + 1.0))
        return share, by_alphabet / by_alphabet.sum(), by_length / by_length.sum(), repeat
