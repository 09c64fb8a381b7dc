"""Starts the BigQuery emulator: ``python emulator_main.py REST_PORT GRPC_PORT``.

As installed the emulator downloads two extensions of its engine when it starts; nothing here needs them.
"""

from __future__ import annotations

import sys


def main(rest_port: str, grpc_port: str) -> None:
    from bqemulator import cli
    from bqemulator.storage.engine import DuckDBEngine

    DuckDBEngine._load_spatial = _nothing  # type: ignore[method-assign]
    DuckDBEngine._load_format_extensions = _nothing  # type: ignore[method-assign]
    cli.main(
        ["start", "--rest-port", rest_port, "--grpc-port", grpc_port, "--ephemeral", "--log-level", "ERROR"],
        standalone_mode=False,
    )


def _nothing(_: object) -> None:
    """In place of a download."""


if __name__ == "__main__":
    main(*sys.argv[1:])
