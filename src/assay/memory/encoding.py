"""How what is remembered is written down: text that every store can hold, values as JSON, states compressed."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

from assay.errors import MemoryStoreError

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def clean(text: str) -> str:
    """The text with what no database holds (NUL, halves of surrogate pairs) replaced by U+FFFD."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace").replace("\0", REPLACEMENT)


def to_json(value: Mapping[str, Any], what: str) -> str:
    """A value as JSON in ASCII.

    Args:
        what: what the value belongs to, for the message.

    Raises:
        MemoryStoreError: it holds something that is no JSON value.
    """
    try:
        return json.dumps(value, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise MemoryStoreError(f"{what} cannot be remembered: {error}; only JSON values can") from None


def pack(value: Mapping[str, Any], what: str) -> bytes:
    """A state as compressed JSON."""
    return zlib.compress(to_json(value, what).encode("ascii"), 6)


def unpack(data: bytes, what: str) -> dict[str, Any]:
    """The state that :func:`pack` wrote.

    Raises:
        MemoryStoreError: the bytes are damaged.
    """
    return from_json(_inflate(data, what), what)


def from_json(text: str | bytes, what: str) -> dict[str, Any]:
    """The value that :func:`to_json` wrote.

    Raises:
        MemoryStoreError: the text is damaged.
    """
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise _damaged(what)
    return value


def _inflate(data: bytes, what: str) -> bytes:
    try:
        return zlib.decompress(data)
    except zlib.error:
        raise _damaged(what) from None


def _damaged(what: str) -> MemoryStoreError:
    return MemoryStoreError(f"{what} is damaged in the memory: forget it and audit again")
