"""Great Expectations: the suite that its onboarding assistant writes from the clean table, validated.

The assistants left the open-source package with 1.0, so this is the last release that has them. Its expectation of the
number of rows is left out: of one table it can only say that the next must have as many.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import great_expectations as gx
import pandas as pd
from protocol import Alert, Check, serve

ROWS = "expect_table_row_count_to_be_between"


def learn(reference: Path) -> Check:
    context = gx.get_context(mode="ephemeral")
    source = context.sources.add_pandas("tables")
    names = iter(range(10_000))

    def batch(table: Path) -> Any:
        asset = source.add_dataframe_asset(f"table {next(names)}")
        return asset.build_batch_request(dataframe=pd.read_parquet(table))

    suite = context.assistants.onboarding.run(batch_request=batch(reference)).get_expectation_suite("learned")
    context.add_or_update_expectation_suite(expectation_suite=suite)

    def check(table: Path) -> Iterator[Alert]:
        validator = context.get_validator(batch_request=batch(table), expectation_suite=suite)
        for result in validator.validate().results:
            told = result.expectation_config
            if not result.success and told.expectation_type != ROWS:
                column = told.kwargs.get("column")
                yield told.expectation_type, [column] if column else missing(result)

    return check


def missing(result: Any) -> list[str]:
    """The columns that an expectation about the set of columns did not find."""
    mismatched = (result.result.get("details") or {}).get("mismatched") or {}
    return list(mismatched.get("missing") or [])


serve(learn)
