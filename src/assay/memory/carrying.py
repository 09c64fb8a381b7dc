"""Memories carried elsewhere: entries and tallies as a JSON file that another memory adds to what it knows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assay.atomic import write_text
from assay.errors import MemoryStoreError
from assay.memory.entry import Entry, EntryType, Tally
from assay.memory.store import Store

EXPORT = "assay-memory/1"


def carry_out(store: Store, path: Path) -> int:
    """Write all entries and tallies to a file; the number of entries."""
    entries = store.entries()
    content = {
        "schema": EXPORT,
        "entries": [as_json(e) for e in entries],
        "tallies": [asdict(t) for t in store.tallies()],
    }
    write_text(path, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    return len(entries)


def carry_in(store: Store, path: Path) -> int:
    """Add the entries of a file; those that are there already stay as they are. The number added.

    Raises:
        MemoryStoreError: the file cannot be read, or is no export.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["schema"] != EXPORT:
            raise ValueError(f"its schema is {content['schema']!r}, not {EXPORT!r}")
        entries = [_from_json(e) for e in content["entries"]]
        tallies = [Tally(**t) for t in content["tallies"]]
    except OSError as error:
        raise MemoryStoreError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise MemoryStoreError(f"{path}: not an export of a memory: {error}") from None
    fresh = [e for e in entries if (found := store.entry(e.id)) is None or found.id != e.id]
    # Tallies carry no ids: they are added only together with what they come from.
    store.write(fresh, tallies=tallies if len(fresh) == len(entries) else ())
    return len(fresh)


def as_json(entry: Entry) -> dict[str, Any]:
    """An entry as JSON values."""
    return {**asdict(entry), "type": str(entry.type)}


def _from_json(body: Mapping[str, Any]) -> Entry:
    return Entry(**{**body, "type": EntryType(body["type"])})
