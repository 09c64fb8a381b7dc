"""From an address to a store: ``sqlite:///FILE`` or a path, ``postgresql://...``, ``vertex://PROJECT/LOCATION/ENGINE``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from assay.errors import MemoryStoreError

if TYPE_CHECKING:
    from assay.memory.store import Store

ADDRESS_VARIABLE = "ASSAY_MEMORY"
SCOPE_VARIABLE = "ASSAY_MEMORY_SCOPE"
DEFAULT_SCOPE = "default"


def default_address() -> str:
    """Where memory is kept unless somebody says otherwise: ``$ASSAY_MEMORY``, or a file among the user's data."""
    stated = os.environ.get(ADDRESS_VARIABLE, "").strip()
    if stated:
        return stated
    data = os.environ.get("XDG_DATA_HOME", "").strip()
    home = Path(data) if data and Path(data).is_absolute() else Path.home() / ".local" / "share"
    return str(home / "assay" / "memory.db")


def open_store(address: str | None = None, scope: str | None = None) -> Store:
    """Open the store at an address; a SQLite file that is not there yet is made when something is first written.

    Args:
        address: by default :func:`default_address`.
        scope: whose memory; by default ``$ASSAY_MEMORY_SCOPE`` or ``default``.

    Raises:
        MemoryStoreError: it cannot be opened.
        MissingExtraError: its package is not installed.
    """
    address = address or default_address()
    scope = scope or os.environ.get(SCOPE_VARIABLE, "").strip() or DEFAULT_SCOPE
    if address.startswith(("postgresql://", "postgres://")):
        from assay.memory.postgresql import PostgreSQLStore

        return PostgreSQLStore(address, scope)
    if address.startswith("vertex://"):
        from assay.memory.vertex import VertexStore

        return VertexStore(address, scope)
    from assay.memory.sqlite import SQLiteStore

    kind, separator, _ = address.partition("://")
    if separator and kind != "sqlite":
        raise MemoryStoreError(
            f"no memory is kept at {kind}://...: give a file, sqlite:///FILE, postgresql://... or vertex://..."
        )
    return SQLiteStore(address.removeprefix("sqlite://"), scope)
