"""Arithmetic identities between columns: what they claim, and by how much rounding may move them.

An identity is written without division, so that it can be tested in any engine: of ``target = scale * a / b`` the
residual is ``target * b - scale * a``. A row breaks it if the residual is larger than what rounding can explain: half a
unit in the last place of each printed number, carried through the formula, and the precision of doubles.
The same functions serve numpy arrays and SQL expressions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from sqlglot import exp

from assay.hypothesis.quantities import Quantity
from assay.profile.arrays import Floats

Form = Literal["sum", "balance", "copy", "product", "ratio"]
ADDED = ("sum", "balance")
DOUBLE = 1e-9
FULL = 1e-6


@dataclass(frozen=True)
class Identity:
    """A claim about columns, as positions in a list of quantities.

    Attributes:
        form: the target is a ``sum`` (a + b or a + b + c), a ``balance`` (a + b - c), a ``copy`` (scale * a), a
            ``product`` (scale * a * b) or a ``ratio`` (scale * a / b).
        target: the column that is computed from the others.
        terms: the others.
        scale: constant factor.
        halves: how far rounding can have moved the target and each term.
        slack: relative precision of the numbers.
    """

    form: Form
    target: int
    terms: tuple[int, ...]
    scale: float = 1.0
    halves: tuple[float, ...] = ()
    slack: float = DOUBLE

    @property
    def members(self) -> tuple[int, ...]:
        return (self.target, *self.terms)

    @property
    def vector(self) -> dict[int, int]:
        """Exponents (or, of a sum, coefficients) of the columns: a relation that others imply is their combination."""
        signs = dict.fromkeys(self.terms, -1)
        if self.form in ("ratio", "balance"):
            signs[self.terms[-1]] = 1
        return {self.target: 1, **signs}


def sides(identity: Identity, target: Any, terms: Sequence[Any]) -> tuple[Any, Any]:
    """Both sides of the identity, without division."""
    if identity.form == "sum":
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        return target, total
    if identity.form == "balance":
        return target + terms[2], terms[0] + terms[1]
    scaled = terms[0] if identity.scale == 1.0 else identity.scale * terms[0]
    if identity.form == "ratio":
        return target * terms[1], scaled
    return target, scaled if identity.form == "copy" else scaled * terms[1]


def bound(identity: Identity, target: Any, terms: Sequence[Any], absolute: Callable[[Any], Any]) -> Any:
    """The largest residual that rounding can explain."""
    own, *halves = identity.halves
    left, right = sides(identity, target, terms)
    limit = identity.slack * (absolute(left) + absolute(right))
    if identity.form in ADDED:
        return _plus(limit, own + sum(halves))
    if identity.form == "copy":
        return _plus(limit, own + identity.scale * halves[0])
    first, second = halves
    if identity.form == "product":
        limit = _times(limit, identity.scale * second, absolute(terms[0]))
        limit = _times(limit, identity.scale * first, absolute(terms[1]))
        return _plus(limit, own + identity.scale * first * second)
    limit = _times(limit, own, absolute(terms[1]))
    limit = _times(limit, second, absolute(target))
    return _plus(limit, own * second + identity.scale * first)


def _times(limit: Any, factor: float, value: Any) -> Any:
    return limit if not factor else limit + factor * value


def _plus(limit: Any, constant: float) -> Any:
    return limit if not constant else limit + constant


def residual(identity: Identity, columns: Sequence[Floats]) -> tuple[Floats, Floats, Floats]:
    """Left side less right side, the bound, and the right side, by row; NaN where a value is missing."""
    target, terms = columns[identity.target], [columns[t] for t in identity.terms]
    left, right = sides(identity, target, terms)
    return left - right, bound(identity, target, terms, np.abs), right


def violation(identity: Identity, items: Sequence[Quantity]) -> exp.Expr:
    """SQL that is true where all values are present, denominators positive, and rounding is no explanation."""
    target, terms = items[identity.target], [items[t] for t in identity.terms]
    numbers = [t.number.copy() for t in terms]
    limit = bound(identity, target.number.copy(), numbers, lambda value: exp.Abs(this=value.copy()))
    conditions: list[exp.Expr] = [exp.GT(this=gap(identity, items), expression=exp.paren(limit))]
    if identity.form == "ratio":
        conditions.append(exp.GT(this=terms[1].number.copy(), expression=exp.Literal.number(0)))
    # A rate of zero may stand for one that was not defined, as cost per click is without clicks.
    rates = [t for t in terms if t.computed] if identity.form == "product" else []
    conditions += [exp.NEQ(this=t.number.copy(), expression=exp.Literal.number(0)) for t in rates]
    conditions += [p for q in (target, *terms) if (p := q.present()) is not None]
    return exp.and_(*conditions)


def gap(identity: Identity, items: Sequence[Quantity]) -> exp.Expr:
    """SQL of how far the two sides, without division, are apart."""
    left, right = sides(
        identity, items[identity.target].number.copy(), [items[t].number.copy() for t in identity.terms]
    )
    return exp.Abs(this=left - right)


def formula(identity: Identity, items: Sequence[Quantity]) -> str:
    """The identity as text, for reasons and evidence."""
    target, terms = items[identity.target].name, [items[t].name for t in identity.terms]
    if identity.form == "sum":
        return f"{target} = {' + '.join(terms)}"
    if identity.form == "balance":
        return f"{target} = {terms[0]} + {terms[1]} - {terms[2]}"
    factor = "" if identity.scale == 1.0 else f"{identity.scale:.10g} * "
    return f"{target} = {factor}{(' / ' if identity.form == 'ratio' else ' * ').join(terms)}"
