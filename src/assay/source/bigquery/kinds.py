"""Which type an expression has, as far as its parts tell: enough to compare like with like."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from assay.source.base import ColumnType

Kinds = Mapping[str, ColumnType]

_CASTS = {
    exp.DataType.Type.BIGINT: ColumnType.INTEGER,
    exp.DataType.Type.INT: ColumnType.INTEGER,
    exp.DataType.Type.DOUBLE: ColumnType.FLOAT,
    exp.DataType.Type.FLOAT: ColumnType.FLOAT,
    exp.DataType.Type.DECIMAL: ColumnType.DECIMAL,
    exp.DataType.Type.TEXT: ColumnType.TEXT,
    exp.DataType.Type.VARCHAR: ColumnType.TEXT,
    exp.DataType.Type.BOOLEAN: ColumnType.BOOLEAN,
    exp.DataType.Type.DATE: ColumnType.DATE,
    exp.DataType.Type.TIMESTAMP: ColumnType.TIMESTAMP,
    exp.DataType.Type.DATETIME: ColumnType.TIMESTAMP,
    exp.DataType.Type.TIME: ColumnType.TIME,
}
_FUNCTIONS = {
    **dict.fromkeys(("IEEE_DIVIDE", "SAFE.LN", "SAFE.SQRT", "SAFE.EXP"), ColumnType.FLOAT),
    "FARM_FINGERPRINT": ColumnType.INTEGER,
}
_TRUTH = (exp.Predicate, exp.Connector, exp.Not, exp.Boolean)
_FLOATS = (exp.Ln, exp.Exp, exp.Sqrt, exp.Div, exp.Pow, exp.Avg, exp.Log)
_TEXTS = (exp.Lower, exp.Upper, exp.Trim, exp.Substring, exp.Concat, exp.RegexpReplace, exp.RegexpExtract)
_COUNTS = (exp.Count, exp.CountIf, exp.DateDiff, exp.Length, exp.RowNumber, exp.ApproxDistinct)
_SAME = (exp.Paren, exp.Neg, exp.Abs, exp.Min, exp.Max, exp.Round, exp.Sum, exp.Sign, exp.Window, exp.Alias)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Mod)
_WIDTH = (ColumnType.BOOLEAN, ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.FLOAT)


def kind_of(node: exp.Expr | None, kinds: Kinds) -> ColumnType | None:
    """The type of an expression, None where it is not known (and for null, which goes with every type).

    Args:
        kinds: types of the columns by name; only quoted names are columns, others are names inside the statement.
    """
    match node:
        case exp.Column():
            return kinds.get(node.name) if isinstance(node.this, exp.Identifier) and node.this.quoted else None
        case exp.Literal():
            if node.is_string:
                return ColumnType.TEXT
            return ColumnType.INTEGER if node.is_int else ColumnType.FLOAT
        case exp.Cast():
            return _CASTS.get(node.to.this)
        case exp.Case():
            branches = [*(b.args.get("true") for b in node.args.get("ifs", [])), node.args.get("default")]
            return _first(branches, kinds)
        case exp.If():
            return _first([node.args.get("true"), node.args.get("false")], kinds)
        case exp.Coalesce() | exp.Greatest() | exp.Least():
            return _first([node.this, *node.expressions], kinds)
        case exp.Anonymous():
            return _FUNCTIONS.get(str(node.this))
        case exp.Nullif():
            return kind_of(node.this, kinds)
    if isinstance(node, _TRUTH):
        return ColumnType.BOOLEAN
    if isinstance(node, _FLOATS):
        return ColumnType.FLOAT
    if isinstance(node, _TEXTS):
        return ColumnType.TEXT
    if isinstance(node, _COUNTS):
        return ColumnType.INTEGER
    if isinstance(node, _SAME):
        return kind_of(node.this, kinds)
    if isinstance(node, _ARITHMETIC):
        sides = [k for k in (kind_of(node.this, kinds), kind_of(node.expression, kinds)) if k in _WIDTH]
        return max(sides, key=_WIDTH.index) if sides else None
    return None


def _first(nodes: list[exp.Expr | None], kinds: Kinds) -> ColumnType | None:
    found = [k for k in (kind_of(n, kinds) for n in nodes) if k is not None]
    if found and all(k in _WIDTH for k in found):
        return max(found, key=_WIDTH.index)
    return found[0] if found else None
