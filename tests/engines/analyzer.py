"""The GoogleSQL analyzer as an oracle: it accepts and refuses statements as BigQuery does.

The first start compiles it, which takes most of a minute; later ones read what was compiled from the user's cache.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from google.cloud.bigquery import SchemaField
from google.protobuf.message import DecodeError

_WORDS = {"INTEGER": "INT64", "FLOAT": "DOUBLE", "FLOAT64": "DOUBLE", "BOOLEAN": "BOOL"}
# What the open analyzer knows and BigQuery does not.
_UNKNOWN_TO_BIGQUERY = ("FEATURE_LATERAL_COLUMN_REFERENCES", "FEATURE_GROUP_BY_ARRAY", "FEATURE_LITERAL_CONCATENATION")

_PSEUDO = (
    SchemaField("_PARTITIONDATE", "DATE"),
    SchemaField("_PARTITIONTIME", "TIMESTAMP"),
    SchemaField("_TABLE_SUFFIX", "STRING"),
)


def refusal(sql: str, schema: Iterable[SchemaField], table: str) -> str | None:
    """Why the analyzer refuses a statement on a table; None if it is valid.

    Args:
        table: the table as the statement quotes it, such as ``proj`.`ds`.`ads`` between back quotes.
    """
    analyzer = _analyzer(tuple(schema))
    try:
        analyzer.analyze_statement(sql.replace(table, "audited"))
    except DecodeError:
        return None  # accepted: only the analysed tree is nested too deep for its way back
    except Exception as error:
        return re.sub(r"^\[\w+\] ", "", str(error))
    return None


@cache
def _analyzer(schema: tuple[SchemaField, ...]) -> Any:
    _cached_compilation()
    from zetasql.api import Analyzer, CatalogBuilder, TableBuilder
    from zetasql.types import (
        AnalyzerOptions,
        LanguageFeature,
        LanguageOptions,
        ProductMode,
        ZetaSQLBuiltinFunctionOptions,
    )

    language = LanguageOptions.maximum_features()
    language.product_mode = ProductMode.PRODUCT_EXTERNAL
    refused = {getattr(LanguageFeature, name) for name in _UNKNOWN_TO_BIGQUERY}
    language.enabled_language_features = [f for f in language.enabled_language_features if f not in refused]
    table = TableBuilder("audited")
    for field in (*schema, *_PSEUDO):
        table = table.add_column(field.name, _type(field))
    catalog = CatalogBuilder("bigquery").add_table(table.build())
    catalog = catalog.with_builtin_functions(ZetaSQLBuiltinFunctionOptions(language_options=language))
    return Analyzer(AnalyzerOptions(language_options=language), catalog.build())


def _type(field: SchemaField) -> Any:
    from zetasql.api import TypeFactory
    from zetasql.types import TypeKind

    if field.field_type in ("RECORD", "STRUCT"):
        kind = TypeFactory.create_struct_type([(f.name, _type(f)) for f in field.fields])
    else:
        word = _WORDS.get(field.field_type, field.field_type)
        kind = TypeFactory.create_simple_type(getattr(TypeKind, f"TYPE_{word}"))
    return TypeFactory.create_array_type(kind) if field.mode == "REPEATED" else kind


@cache
def _cached_compilation() -> None:
    from wasmtime import Config
    from zetasql.core import wasm_client

    class Cached(Config):
        def __init__(self) -> None:
            super().__init__()
            self.cache = True

    wasm_client.Config = Cached
