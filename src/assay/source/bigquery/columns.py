"""Columns of a BigQuery table: leaves of nested columns stand alone, repeated ones are listed as not audited."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from assay.source.base import Column, ColumnType

_TYPES = {
    "INTEGER": ColumnType.INTEGER,
    "INT64": ColumnType.INTEGER,
    "FLOAT": ColumnType.FLOAT,
    "FLOAT64": ColumnType.FLOAT,
    "NUMERIC": ColumnType.DECIMAL,
    "BIGNUMERIC": ColumnType.DECIMAL,
    "BOOLEAN": ColumnType.BOOLEAN,
    "BOOL": ColumnType.BOOLEAN,
    "STRING": ColumnType.TEXT,
    "JSON": ColumnType.TEXT,
    "INTERVAL": ColumnType.TEXT,
    "DATE": ColumnType.DATE,
    "DATETIME": ColumnType.TIMESTAMP,
    "TIMESTAMP": ColumnType.TIMESTAMP,
    "TIME": ColumnType.TIME,
    "BYTES": ColumnType.BINARY,
    "GEOGRAPHY": ColumnType.BINARY,
    "RANGE": ColumnType.NESTED,
    "RECORD": ColumnType.NESTED,
    "STRUCT": ColumnType.NESTED,
}
_NATIVE = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL", "RECORD": "STRUCT"}
_STRUCTS = ("RECORD", "STRUCT")


@dataclass(frozen=True)
class Leaf:
    """One column as it is audited.

    Attributes:
        column: its name (``a.b`` for field b of the struct a), type and BigQuery's word for the type.
        path: the names that lead to it.
        alias: its name inside statements.
    """

    column: Column
    path: tuple[str, ...]
    alias: str

    def stored(self) -> exp.Expr:
        """The value as the table holds it."""
        return path_expression(self.path)

    def value(self) -> exp.Expr:
        """The value in one of the types that the rest of assay reads: times without zone, JSON as text."""
        stored = self.stored()
        match self.column.native:
            case "TIMESTAMP":
                return exp.Anonymous(this="DATETIME", expressions=[stored])
            case "JSON":
                text = exp.Anonymous(this="TO_JSON_STRING", expressions=[stored.copy()])
                return exp.If(this=stored.is_(exp.null()), true=exp.null(), false=text)
            case "INTERVAL":
                return exp.cast(stored, "text")
        return stored


def path_expression(path: Sequence[str]) -> exp.Expr:
    """A column, or the field of a struct."""
    if len(path) == 1:
        return exp.column(path[0], quoted=True)
    parts = [exp.to_identifier(name, quoted=True) for name in path]
    return exp.Dot.build([exp.column(parts[0]), *parts[1:]])


def leaves(schema: Iterable[Any]) -> tuple[Leaf, ...]:
    """The columns of a schema (``google.cloud.bigquery.SchemaField``), structs taken apart."""
    found = list(_walk(schema, ()))
    taken = {path[0].lower() for path, _, _ in found if len(path) == 1}
    result = []
    for path, kind, native in found:
        alias = path[0] if len(path) == 1 else _free("__".join(path), taken)
        result.append(Leaf(Column(".".join(path), kind, native), path, alias))
    return tuple(result)


def native_type(field: Any) -> str:
    """The type of a field as GoogleSQL writes it, such as ``ARRAY<STRUCT<a INT64>>``."""
    word = str(field.field_type).upper()
    native = _NATIVE.get(word, word)
    if word in _STRUCTS:
        native = f"STRUCT<{', '.join(f'{f.name} {native_type(f)}' for f in field.fields)}>"
    return f"ARRAY<{native}>" if field.mode == "REPEATED" else native


def _walk(schema: Iterable[Any], above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], ColumnType, str]]:
    for field in schema:
        path, word = (*above, str(field.name)), str(field.field_type).upper()
        if word in _STRUCTS and field.mode != "REPEATED":
            yield from _walk(field.fields, path)
        elif field.mode == "REPEATED":
            yield path, ColumnType.NESTED, native_type(field)
        else:
            yield path, _TYPES.get(word, ColumnType.BINARY), native_type(field)


def _free(name: str, taken: set[str]) -> str:
    while name.lower() in taken:
        name += "_"
    taken.add(name.lower())
    return name
