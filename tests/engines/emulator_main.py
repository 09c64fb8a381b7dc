"""Starts the BigQuery emulator: ``python emulator_main.py REST_PORT GRPC_PORT [native]``.

As installed the emulator downloads two extensions of its engine when it starts; nothing here needs them. With
``native`` it is made for millions of rows: its FARM_FINGERPRINT is the hash of its engine (other numbers, with the same
properties) and not a function in Python, and it keeps no copy of a table after each load, as it does for time travel.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp


def main(rest_port: str, grpc_port: str, hashing: str = "") -> None:
    from bqemulator import cli
    from bqemulator.sql.rules.misc_helpers import FarmFingerprintRule
    from bqemulator.storage.engine import DuckDBEngine
    from bqemulator.versioning.snapshots import SnapshotManager

    if hashing == "native":
        FarmFingerprintRule.rewrite = _native_hash  # type: ignore[method-assign]
        SnapshotManager.record_change = _nothing  # type: ignore[method-assign]

    DuckDBEngine._load_spatial = _nothing  # type: ignore[method-assign]
    DuckDBEngine._load_format_extensions = _nothing  # type: ignore[method-assign]
    threading.Thread(target=_end_with_parent, daemon=True).start()
    cli.main(
        ["start", "--rest-port", rest_port, "--grpc-port", grpc_port, "--ephemeral", "--log-level", "ERROR"],
        standalone_mode=False,
    )


def _nothing(*_: object) -> None:
    """In place of a download, or of a copy."""


def _native_hash(_: object, node: exp.Expr) -> exp.Expr:
    from sqlglot import exp

    number = exp.Anonymous(this="hash", expressions=[node.expressions[0].copy()])
    return exp.cast(exp.paren(exp.BitwiseRightShift(this=number, expression=exp.Literal.number(1))), "bigint")


def _end_with_parent() -> None:
    """Standard input ends when the process that started this one does, however it ends."""
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
