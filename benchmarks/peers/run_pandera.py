"""Pandera: ``infer_schema`` of the clean table, then lazy validation, which reports every failed check."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa
from protocol import Alert, Check, serve


def learn(reference: Path) -> Check:
    schema = pa.infer_schema(pd.read_parquet(reference))

    def check(table: Path) -> list[Alert]:
        try:
            schema.validate(pd.read_parquet(table), lazy=True)
        except pa.errors.SchemaErrors as errors:
            cases = errors.failure_cases[["column", "check", "failure_case"]].drop_duplicates(["column", "check"])
            return [
                (str(c.check), [str(c.failure_case if c.check == "column_in_dataframe" else c.column)])
                for c in cases.itertuples()
            ]
        return []

    return check


serve(learn)
