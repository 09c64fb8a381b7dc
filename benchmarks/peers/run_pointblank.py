"""Pointblank: the schema that ``schema_from_tbl`` infers from the clean table, each constraint as the step of its name.

Dates are left out, since they move on. Its draft of a plan asks a language model, and its scans have no threshold above
which a difference would be an alert.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pointblank as pb
import polars as pl
from protocol import Alert, Check, serve


def learn(reference: Path) -> Check:
    clean = pl.read_parquet(reference)
    fields = dict(pb.schema_from_tbl(clean).columns)
    types = pb.Schema(tbl=clean)

    def check(table: Path) -> list[Alert]:
        data = pl.read_parquet(table)
        plan = pb.Validate(data).col_schema_match(types, in_order=False)
        for name in fields.keys() & set(data.columns):
            plan = constrained(plan, name, fields[name])
        failed = [step for step in plan.interrogate().validation_info if not step.all_passed]
        gone = sorted(fields.keys() - set(data.columns))  # what the report of the schema's step names
        return [(s.assertion_type, gone if s.assertion_type == "col_schema_match" else [s.column]) for s in failed]

    return check


def constrained(plan: Any, name: str, field: Any) -> Any:
    """The plan with a step for each constraint of a field."""
    if not field.nullable:
        plan = plan.col_vals_not_null(name)
    if field.unique:
        plan = plan.rows_distinct(name)
    if getattr(field, "allowed", None):
        plan = plan.col_vals_in_set(name, [*field.allowed, None])
    if getattr(field, "min_val", None) is not None:
        plan = plan.col_vals_between(name, field.min_val, field.max_val, na_pass=True)
    if getattr(field, "min_length", None) is not None:
        plan = plan.col_vals_str_len(name, min_val=field.min_length, max_val=field.max_length)
    return plan


serve(learn)
