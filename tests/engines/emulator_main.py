"""Starts the BigQuery emulator: ``python emulator_main.py REST_PORT GRPC_PORT``.

As installed the emulator downloads two extensions of its engine when it starts; nothing here needs them.
"""

from __future__ import annotations

import os
import sys
import threading


def main(rest_port: str, grpc_port: str) -> None:
    from bqemulator import cli
    from bqemulator.storage.engine import DuckDBEngine

    DuckDBEngine._load_spatial = _nothing  # type: ignore[method-assign]
    DuckDBEngine._load_format_extensions = _nothing  # type: ignore[method-assign]
    threading.Thread(target=_end_with_parent, daemon=True).start()
    cli.main(
        ["start", "--rest-port", rest_port, "--grpc-port", grpc_port, "--ephemeral", "--log-level", "ERROR"],
        standalone_mode=False,
    )


def _nothing(_: object) -> None:
    """In place of a download."""


def _end_with_parent() -> None:
    """Standard input ends when the process that started this one does, however it ends."""
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
