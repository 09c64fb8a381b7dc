"""Engine-neutral trees as GoogleSQL: what sqlglot leaves as it is and BigQuery refuses or reads otherwise.

BigQuery compares only values of like types, fails a whole statement for one division by zero, and has no remainder of
floats. User text that is valid GoogleSQL passes unchanged.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from assay.source.base import ColumnType
from assay.source.bigquery.kinds import Kinds, kind_of

_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_SAFE: dict[type[exp.Expr], str] = {exp.Ln: "SAFE.LN", exp.Sqrt: "SAFE.SQRT", exp.Exp: "SAFE.EXP"}
_INT64 = 2**63


def google(tree: exp.Expr, kinds: Kinds) -> exp.Expr:
    """A copy of ``tree`` that BigQuery reads as the tree is meant.

    Args:
        kinds: types of the columns by name.
    """
    root = exp.Paren(this=tree.copy())  # so that the root itself can be replaced
    for node in reversed(list(root.find_all(*_REWRITES))):  # the parts before the whole
        rewrite = _REWRITES.get(type(node))
        rewritten = rewrite(node, kinds) if rewrite is not None else node
        if rewritten is not node:
            node.replace(rewritten)
    result: exp.Expr = root.this
    return result.pop()


def _compared(node: exp.Expr, kinds: Kinds) -> exp.Expr:
    left, right = node.this, node.expression
    if isinstance(left.unnest(), exp.Tuple) or isinstance(right.unnest(), exp.Tuple):
        return node
    target = _common(kind_of(left, kinds), kind_of(right, kinds))
    if target is not None:
        for side in (left, right):
            _coerce(side, target, kinds)
    return node


def _between(node: exp.Expr, kinds: Kinds) -> exp.Expr:
    for bound in ("low", "high"):
        target = _common(kind_of(node.this, kinds), kind_of(node.args[bound], kinds))
        if target is not None:
            _coerce(node.this, target, kinds)
            _coerce(node.args[bound], target, kinds)
    return node


def _in(node: exp.Expr, kinds: Kinds) -> exp.Expr:
    looked = node.this.unnest()
    wanted = looked.expressions if isinstance(looked, exp.Tuple) else [node.this]
    for listed in node.expressions:
        cells = listed.expressions if isinstance(listed, exp.Tuple) else [listed]
        for cell, sought in zip(cells, wanted, strict=False):
            target = kind_of(sought, kinds)
            if target is not None and _common(target, kind_of(cell, kinds)) is not None:
                _coerce(cell, target, kinds)
    return node


def _common(a: ColumnType | None, b: ColumnType | None) -> ColumnType | None:
    """The type in which to compare two values; None where BigQuery compares them as they are."""
    if a is None or b is None or a is b or (a.numeric and b.numeric):
        return None
    pair = {a, b}
    if pair == {ColumnType.DATE, ColumnType.TIMESTAMP}:
        return ColumnType.TIMESTAMP
    if ColumnType.BOOLEAN in pair and (a.numeric or b.numeric):
        return ColumnType.INTEGER
    if ColumnType.TEXT in pair:
        return next(k for k in (a, b) if k is not ColumnType.TEXT)
    return None


def _coerce(node: exp.Expr, target: ColumnType, kinds: Kinds) -> None:
    """Put a cast around ``node`` where its type is not ``target`` yet."""
    kind = kind_of(node, kinds)
    word = _WORDS.get(target)
    if kind is None or kind is target or word is None or (kind.numeric and target.numeric):
        return
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal) and target is ColumnType.TIMESTAMP:
        node.set("to", exp.DataType.build(word))  # stays one constant, by which partitions can be pruned
        return
    cast = exp.TryCast if kind is ColumnType.TEXT and not isinstance(node, exp.Literal) else exp.Cast
    node.replace(cast(this=node.copy(), to=exp.DataType.build(word)))


_WORDS = {
    ColumnType.INTEGER: "bigint",
    ColumnType.FLOAT: "double",
    ColumnType.DECIMAL: "decimal",
    ColumnType.BOOLEAN: "boolean",
    ColumnType.TEXT: "text",
    ColumnType.DATE: "date",
    ColumnType.TIMESTAMP: "timestamp",
    ColumnType.TIME: "time",
}


def _cast(node: exp.Expr, kinds: Kinds) -> exp.Expr:
    if kind_of(node.this, kinds) is ColumnType.BOOLEAN and kind_of(node, {}) in (ColumnType.FLOAT, ColumnType.DECIMAL):
        node.set("this", exp.cast(node.this.copy(), "bigint"))
    return node


def _divided(node: exp.Expr, _kinds: Kinds) -> exp.Expr:
    return exp.Anonymous(this="IEEE_DIVIDE", expressions=[_bare(node.this), _bare(node.expression)])


def _remainder(node: exp.Expr, kinds: Kinds) -> exp.Expr:
    if kind_of(node, kinds) is not ColumnType.FLOAT:
        return node
    a, b = exp.cast(_bare(node.this), "double"), exp.cast(_bare(node.expression), "double")
    whole = exp.Anonymous(this="TRUNC", expressions=[exp.Anonymous(this="IEEE_DIVIDE", expressions=[a, b])])
    return exp.paren(exp.Sub(this=a.copy(), expression=exp.Mul(this=b.copy(), expression=whole)))


def _subtracted(node: exp.Expr, kinds: Kinds) -> exp.Expr:
    if kind_of(node.this, kinds) is kind_of(node.expression, kinds) is ColumnType.DATE:
        return exp.DateDiff(this=_bare(node.this), expression=_bare(node.expression), unit=exp.var("DAY"))
    return node


def _elapsed(node: exp.Expr, _kinds: Kinds) -> exp.Expr:
    """Moments are DATETIME inside a statement, and TIMESTAMP_DIFF is documented for TIMESTAMP only."""
    return exp.DatetimeDiff(this=node.this.copy(), expression=node.expression.copy(), unit=node.args.get("unit"))


def _matched(node: exp.Expr, kinds: Kinds) -> exp.Expr:
    if kind_of(node.this, kinds) not in (None, ColumnType.TEXT):
        node.set("this", exp.cast(node.this.copy(), "text"))
    return node


def _safe(node: exp.Expr, _kinds: Kinds) -> exp.Expr:
    return exp.Anonymous(this=_SAFE[type(node)], expressions=[_bare(node.this)])


def _number(node: exp.Expr, _kinds: Kinds) -> exp.Expr:
    literal = node.this
    if not node.args.get("is_string") and str(literal).isdigit() and int(literal) >= _INT64:
        return exp.Literal.number(repr(float(literal)))
    return node


def _counted(node: exp.Expr, _kinds: Kinds) -> exp.Expr:
    """A count over a window as a sum, which emulators know as well."""
    if isinstance(node.this, exp.CountIf):
        one, none = exp.Literal.number(1), exp.Literal.number(0)
        node.set("this", exp.Sum(this=exp.If(this=node.this.this.copy(), true=one, false=none)))
    return node


def _bare(node: exp.Expr) -> exp.Expr:
    copied: exp.Expr = node.unnest().copy()
    return copied


_REWRITES: dict[type[exp.Expr], Callable[[exp.Expr, Kinds], exp.Expr]] = {
    **dict.fromkeys(_COMPARISONS, _compared),
    **dict.fromkeys(_SAFE, _safe),
    exp.Between: _between,
    exp.In: _in,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Div: _divided,
    exp.Mod: _remainder,
    exp.Sub: _subtracted,
    exp.TimestampDiff: _elapsed,
    exp.RegexpLike: _matched,
    exp.Literal: _number,
    exp.Window: _counted,
}
