"""The arithmetic identities of a table, none of which follows from the others."""

from __future__ import annotations

import math

import numpy as np

from assay.domain.role import Family
from assay.hypothesis.identities.identity import Form, Identity
from assay.hypothesis.identities.proof import Found, Proof
from assay.hypothesis.identities.screen import (
    balance_candidates,
    copy_candidates,
    product_candidates,
    screening_rows,
    sum_candidates,
)
from assay.hypothesis.quantities import Quantity

ALWAYS = 0.99
NOT_FAR_FEWER = 0.25
LEAST_ADJUSTED = 20


def search(items: list[Quantity], seed: int) -> list[Found]:
    """The identities of a table, none of which follows from the others, the sharpest first.

    Args:
        items: its columns, and after them what may be made of these (``Quantity.parts``).
    """
    numeric = [i for i, q in enumerate(items) if q.family is not Family.DATE]
    rows = screening_rows(items, seed)
    proof = Proof(items, seed)
    pairs = [f for a, b in copy_candidates(items, rows) if _apart(items, a, b) and (f := proof.copy(a, b))]
    twins = {f[0].target for f in pairs if f[1].holds > ALWAYS and _same_rows(items, f[0])}
    rest = [i for i in range(len(items)) if i not in twins and not items[i].parts]
    some = [items[i] for i in rest]
    added: list[tuple[Form, int, tuple[int, ...]]] = [
        *(("sum", *one) for one in sum_candidates(some, rows)),
        *(("balance", *one) for one in balance_candidates(some, rows)),
    ]
    sums = [
        f
        for form, t, terms in added
        if (f := proof.confirm(proof.shaped(Identity(form, rest[t], tuple(rest[x] for x in terms)))))
    ]
    inner = [i for i in numeric if i not in twins]
    products = [
        f
        for t, a, b in product_candidates([items[i] for i in inner], rows)
        if _apart(items, inner[t], inner[a], inner[b]) and (f := proof.product(inner[t], inner[a], inner[b]))
    ]
    pairs = [p for p in pairs if not any(_contained(p, other) for other in sums + products)]
    sums = [s for s in sums if not any(_contained(s, other) for other in sums)]
    pairs, products = ([f for f in found if _adjusts(f, items)] for found in (pairs, products))
    products = _best_of_lookalikes(products, items)
    return [f for f in _independent(pairs + products, items) + _independent(sums, items) if not proof.conditional(*f)]


def _apart(items: list[Quantity], *members: int) -> bool:
    """Whether no column is named twice, and at most one member is made of others."""
    named = [name for m in members for name in items[m].columns]
    return len(named) == len(set(named)) and sum(bool(items[m].parts) for m in members) <= 1


def _adjusts(found: Found, items: list[Quantity]) -> bool:
    """Whether an identity with a percentage also holds in the rows in which that is not zero."""
    identity, support = found
    rates = {items[m].parts[1] for m in identity.members if items[m].parts}
    columns = [q.values for q in items if q.name in rates] + [items[m].values for m in identity.members]
    if not rates:
        return True
    there = (columns[0] != 0) & np.logical_and.reduce([np.isfinite(c) for c in columns])
    return bool(there.sum() >= LEAST_ADJUSTED and support.broken[there].mean() < 0.5)


def _same_rows(items: list[Quantity], identity: Identity) -> bool:
    one, other = (np.isfinite(items[m].values) for m in identity.members)
    return bool((one == other).mean() > 0.99)


def _contained(part: Found, whole: Found) -> bool:
    """Whether an identity only holds where the further terms of a fuller one have their usual value (zero, one)."""
    inner, outer = set(part[0].members), set(whole[0].members)
    return inner < outer and part[1].holds <= max(whole[1].holds, ALWAYS)


def _best_of_lookalikes(found: list[Found], items: list[Quantity]) -> list[Found]:
    """Of identities that differ in one column only, those that hold less often live from the columns' likeness.

    Unless that is not clear: where a good part of one column is damaged, the identity that was meant may hold less
    often than its likeness. Then neither is believed.
    """
    kept: list[Found] = []
    rivals: list[tuple[Found, Found]] = []
    for one in sorted(found, key=lambda f: (-f[1].holds, f[1].sharpness, f[0].members)):
        better = [other for other in kept if other[1].holds > one[1].holds + 0.001 and _alike(one[0], other[0])]
        rivals += [(other, one) for other in better]
        if not better:
            kept.append(one)
    doubtful = {id(winner) for winner, loser in rivals if _doubtful(winner, loser, items)}
    return [one for one in kept if id(one) not in doubtful]


def _alike(one: Identity, other: Identity) -> bool:
    """Whether two identities differ in one column only."""
    differing = one.vector.items() - other.vector.items()
    return len(differing) == 1 and math.isclose(one.scale, other.scale, rel_tol=1e-6)


def _doubtful(winner: Found, loser: Found, items: list[Quantity]) -> bool:
    """Whether an identity that holds less often holds in most rows that break another, which are not far fewer."""
    broken, also = winner[1].broken, loser[1].broken
    if broken.sum() <= NOT_FAR_FEWER * also.sum():
        return False
    told = np.logical_and.reduce([np.isfinite(items[m].values) for m in loser[0].members])
    return bool((broken & told & ~also).sum() > 0.5 * broken.sum())


def _independent(found: list[Found], items: list[Quantity]) -> list[Found]:
    """Leave out what follows from others, whose vectors span its own. Measured columns go before computed ones."""

    def rank(one: Found) -> tuple[bool, bool, int, float, tuple[int, ...]]:
        computed = sum(items[m].computed for m in one[0].members)
        balance = one[0].form == "balance"  # two sums make one as well
        return len(one[0].members) != 2, balance, computed, one[1].sharpness, one[0].members

    kept: list[Found] = []
    basis = np.zeros((0, len(items)))
    for one in sorted(found, key=rank):
        line = np.zeros((1, len(items)))
        for column, power in one[0].vector.items():
            line[0, column] = power
        grown = np.vstack([basis, line])
        if np.linalg.matrix_rank(grown) == len(grown):
            basis = grown
            kept.append(one)
    return kept
