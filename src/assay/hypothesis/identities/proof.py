"""Whether an arithmetic identity holds in a sample, with enough support that chance and looseness are excluded.

Null models, all of which must fail for an identity to be believed:
- chance: the target's values dealt to other rows agree far less often;
- a trivial term: the identity holds as well in the rows where each term differs from its most frequent value;
- looseness: the rows that break it are not just beyond its tolerance, as they would be if the claim were only roughly
  true (an unlisted further component, another rounding, late corrections).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from assay.domain.role import Family
from assay.hypothesis.identities.identity import ADDED, DOUBLE, FULL, Identity, residual
from assay.hypothesis.identities.looseness import apart, largest
from assay.hypothesis.identities.scale import scale_of
from assay.hypothesis.quantities import Quantity, printed, repeats
from assay.profile.arrays import Bools, Floats, Ints

CONFIRM_ROWS = 12_000
HOLDS = 0.51
HOLDS_COPY = 0.58  # two columns alone are more often alike than three
VARIED = 0.3
BOTH_SIDES = 0.15
DEALS = 5
MODERATE = 0.4
LARGE_COUNT = 100.0
LEAST_ROWS = 30
LEAST_DISTINCT = 12
SHARP = 0.2


@dataclass(frozen=True, eq=False)
class Support:
    """How well an identity holds in the sample.

    Attributes:
        holds: share of the informative rows in which it holds.
        rows: informative rows: all values present, and the tolerance small against them.
        sharpness: median of tolerance over size, the less the sharper.
        broken: rows of the sample that break it.
        one_sided: share of the broken rows on the more frequent side.
        near: share of the broken rows that are only moderately off.
    """

    holds: float
    rows: int
    sharpness: float
    broken: Bools
    one_sided: float
    near: float


Found = tuple[Identity, Support]


class Proof:
    """Confirms candidates on more rows, then measures them on the whole sample."""

    def __init__(self, items: list[Quantity], seed: int) -> None:
        self.items = items
        self.rng = np.random.default_rng([seed, 1])
        self.modal = [repeats(q.values) for q in items]
        self.all = [q.values for q in items]

    def shaped(self, identity: Identity) -> Identity:
        """The identity with the tolerances that its columns' precision asks for."""
        members = [self.items[m] for m in identity.members]
        exact = identity.form in (*ADDED, "copy") and all(q.decimals == 0 for q in members)
        halves = [q.half for q in members]
        if identity.form not in ADDED and not exact and members[0].decimals == 0:
            halves[0] = 0.5
        full = any(q.coarse or q.decimals is None for q in members)
        return replace(identity, halves=tuple(halves), slack=FULL if full else DOUBLE)

    def copy(self, a: int, b: int) -> Found | None:
        """``b = k * a`` or ``a = k * b``, whichever is sharper."""
        units = {self.items[i].family is Family.DATE for i in (a, b)}
        if len(units) > 1:
            return None
        found = []
        for target, term in ((b, a), (a, b)):
            made = Identity("copy", target, (term,))
            scale = scale_of(made, self.items)
            if scale is None or (self.items[a].family is Family.DATE and scale != 1.0):
                continue
            one = self.confirm(self.shaped(replace(made, scale=scale)))
            if one:
                found.append(one)

        def blunt(one: Found) -> tuple[bool, float]:
            target = one[0].target
            return bool(self.items[target].parts), one[1].sharpness * (1.0 if target == b else 1.001)

        return min(found, key=blunt, default=None)

    def product(self, whole: int, a: int, b: int) -> Found | None:
        """The sharpest of ``whole = k * a * b``, ``a = k * whole / b`` and ``b = k * whole / a``."""
        found = []
        for made in (
            Identity("product", whole, (a, b)),
            Identity("ratio", a, (whole, b)),
            Identity("ratio", b, (whole, a)),
        ):
            scale = scale_of(made, self.items)
            if scale is None:
                continue
            shaped = self.shaped(replace(made, scale=scale))
            one = self.confirm(shaped) or self._from_rounded_count(shaped)
            if one:
                found.append(one)
        if not found:
            return None
        level = max(f[1].holds for f in found) - 0.1
        return min((f for f in found if f[1].holds >= level), key=self._preference)

    def _from_rounded_count(self, identity: Identity) -> Found | None:
        """The same ratio where the count above the line was itself rounded or cut off from the rate: off by up to one.

        Only where that hardly matters: the ratio nearly always holds as it is, and the counts are large.
        """
        count = self.items[identity.terms[0]]
        if identity.form != "ratio" or not count.whole or identity.halves[1] > 0:
            return None
        off, limit, _ = residual(identity, self.all)
        with np.errstate(invalid="ignore"):
            present = np.isfinite(off) & (count.values > 0)
            if not present.any() or np.median(count.values[present]) < LARGE_COUNT:
                return None
            if (np.abs(off) <= limit)[present].mean() < 0.9:
                return None
        return self.confirm(replace(identity, halves=(identity.halves[0], 1.0, identity.halves[2])))

    def _preference(self, one: Found) -> tuple[bool, bool, bool, bool, float]:
        """Directions of one identity, the sharpest and most natural first: a rate is computed, a count hardly."""
        identity, support = one
        target = self.items[identity.target]
        any_computed = any(self.items[m].computed for m in identity.members)
        natural = target.computed if any_computed else identity.form == "product"
        counted = target.decimals == 0 and identity.halves[0] > 0
        return bool(target.parts), counted, not natural, identity.slack > DOUBLE, support.sharpness

    def confirm(self, identity: Identity) -> Found | None:
        """Test a candidate on some thousands of rows, sharpen its tolerance, and measure it on all rows."""
        columns = [self.all[m] for m in identity.members]
        useful = np.logical_and.reduce([np.isfinite(c) & (c != 0) for c in columns[1:]])
        rows = np.flatnonzero(useful & np.isfinite(columns[0]))
        if rows.size < LEAST_ROWS:
            return None
        rows = rows[:: max(1, rows.size // CONFIRM_ROWS)]
        sample = {m: self.all[m][rows] for m in identity.members}
        if identity.scale <= 0:
            return None
        off, limit, right = _measure(identity, sample)
        fits = np.abs(off) <= limit
        if fits.mean() < 0.5 * HOLDS:
            return None
        sharper = self._sharpened(identity, sample[identity.target][fits])
        if sharper.halves != identity.halves:
            off2, limit2, right2 = _measure(sharper, sample)
            if (np.abs(off2) <= limit2).mean() >= 0.97 * fits.mean():
                identity, off, limit, right = sharper, off2, limit2, right2
        with np.errstate(divide="ignore", invalid="ignore"):
            blunt = limit / np.abs(right)
        telling = blunt < SHARP
        if telling.sum() < LEAST_ROWS or not self._believable(identity, sample, off, limit, telling, rows):
            return None
        support = self._support(identity, telling, blunt, sample, off, limit)
        return (identity, support) if support.sharpness <= self._demand(identity) else None

    def _demand(self, identity: Identity) -> float:
        """How small the tolerance must be against the values: odd factors and computed counts fit more easily."""
        odd = abs(math.log10(identity.scale) - round(math.log10(identity.scale))) > FULL
        counted = self.items[identity.target].decimals == 0 and identity.halves[0] > 0
        return 0.02 if odd or counted else 0.1

    def _sharpened(self, identity: Identity, kept: Floats) -> Identity:
        """The precision of the target in the rows that are right: corrupted cells may be printed differently."""
        item = self.items[identity.target]
        if item.decimals == 0 and identity.halves[0] == 0.0:
            return identity
        decimals = printed(kept, item.coarse, 0.9)
        half = 0.0 if decimals is None else 0.5 * 10.0**-decimals
        slack = FULL if decimals is None else identity.slack
        return replace(identity, halves=(half, *identity.halves[1:]), slack=slack)

    def _believable(
        self, identity: Identity, sample: dict[int, Floats], off: Floats, limit: Floats, telling: Bools, rows: Ints
    ) -> bool:
        fits = np.abs(off) <= limit
        if fits[telling].mean() < (HOLDS_COPY if identity.form == "copy" else HOLDS):
            return False
        for term in identity.terms:
            varied = telling & ~self.modal[term][rows]
            if varied.sum() < LEAST_ROWS or fits[varied].mean() < VARIED:
                return False
            if np.unique(sample[term][varied & fits][:600]).size < (3 if identity.form == "copy" else 2):
                return False
        right = np.column_stack([sample[m][telling & fits][:600] for m in identity.members])
        if np.unique(right, axis=0).shape[0] < LEAST_ROWS or np.unique(right[:, 0]).size < LEAST_DISTINCT:
            return False
        ring = (3 * limit + 2.5 * self._step(identity, sample))[telling]
        here = {m: sample[m][telling] for m in identity.members}
        rows = np.arange(ring.size)
        chance, near = self._dealt(identity, here, identity.target, ring)
        if chance > 0.5 * fits[telling].mean():
            return False
        off, limit = off[telling], limit[telling]
        broken = np.abs(off) > limit
        if not broken.any() or apart(off, limit, ring, near, rows):
            return True
        above = float((off[broken] > 0).mean())
        if min(above, 1 - above) < BOTH_SIDES:
            return False  # a component that the table does not list moves values to one side
        # Damage to a small count is never far off, except where the count is large.
        return any(
            apart(off, limit, ring, self._dealt(identity, here, term, ring)[1], largest(here[term]))
            for term in identity.terms
        )

    def _dealt(self, identity: Identity, here: dict[int, Floats], member: int, ring: Floats) -> tuple[float, Floats]:
        """With a column's values dealt at random: how often it holds, and how often each row breaks it only just."""
        holds, near, broken = 0.0, np.zeros(ring.size), np.zeros(ring.size)
        for _ in range(DEALS):
            off, limit, _right = _measure(identity, {**here, member: self.rng.permutation(here[member])})
            off = np.abs(off)
            holds += float((off <= limit).mean()) / DEALS
            near += (off > limit) & (off <= ring)
            broken += off > limit
        return holds, near / np.maximum(broken, 1)

    def conditional(self, identity: Identity, support: Support) -> bool:
        """Whether it is broken just where some other column is set (a discount): the claim lacks that column."""
        eligible = np.logical_and.reduce([np.isfinite(self.all[m]) for m in identity.members])
        if support.broken.sum() < LEAST_ROWS:
            return False
        # A term of zero hides the other column: what is usual there need not be where the claim says something.
        telling = np.logical_and.reduce([eligible, *(self.all[t] != 0 for t in identity.terms)])
        broken = support.broken[eligible]
        for other, values in enumerate(self.all):
            if other in identity.members:
                continue
            if self._only_for_one_value(values[telling], support.broken[telling]):
                return True
            for state in (self.modal[other][eligible], np.isnan(values[eligible])):
                inside = int(state.sum())
                if min(inside, state.size - inside) < LEAST_ROWS:
                    continue
                for where in (state, ~state):
                    if broken[where].mean() >= 0.9 and broken[where].sum() >= 0.5 * broken.sum():
                        return True
        return False

    @staticmethod
    def _only_for_one_value(values: Floats, broken: Bools) -> bool:
        """Whether a claim holds where another column has its commonest value, such as 1, and nowhere else: a factor."""
        state = repeats(values)
        inside = int(state.sum())
        if min(inside, state.size - inside) < LEAST_ROWS:
            return False
        return bool(broken[~state].mean() >= 0.9 and broken[~state].sum() >= 0.5 * broken.sum())

    def _step(self, identity: Identity, sample: dict[int, Floats]) -> Floats:
        """By how much the residual changes when one of the columns moves by one unit of its last place."""
        values = [sample[m] for m in identity.members]
        here = replace(identity, target=0, terms=tuple(range(1, len(values))))
        before = residual(here, values)[0]
        steps = np.zeros(before.size)
        for place, member in enumerate(identity.members):
            item = self.items[member]
            unit = 1.0 if item.decimals == 0 else 2 * (identity.halves[place] or item.half)
            moved = [v + unit if i == place else v for i, v in enumerate(values)]
            steps = np.maximum(steps, np.abs(residual(here, moved)[0] - before))
        return steps

    def _support(
        self, identity: Identity, telling: Bools, blunt: Floats, sample: dict[int, Floats], off: Floats, limit: Floats
    ) -> Support:
        whole, allowed, right = residual(identity, self.all)
        with np.errstate(invalid="ignore"):
            broken = np.abs(whole) > allowed
            if identity.form == "ratio":
                broken &= self.all[identity.terms[1]] > 0
        side = float((whole[broken] > 0).mean()) if broken.any() else 0.5
        size = np.maximum(np.abs(right), np.abs(whole + right))
        if self.items[identity.target].family is Family.DATE:
            size = np.ones(whole.size)
        near = float((np.abs(whole) <= MODERATE * size)[broken].mean()) if broken.any() else 0.0
        fits = np.abs(off) <= limit
        return Support(
            holds=float(fits[telling].mean()),
            rows=int(telling.sum()),
            sharpness=float(np.median(blunt[telling])),
            broken=np.asarray(broken, dtype=np.bool_),
            one_sided=max(side, 1 - side),
            near=near,
        )


def _measure(identity: Identity, sample: dict[int, Floats]) -> tuple[Floats, Floats, Floats]:
    columns = [sample[m] for m in identity.members]
    local = replace(identity, target=0, terms=tuple(range(1, len(columns))))
    return residual(local, columns)
