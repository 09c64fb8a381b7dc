"""Tells when an engine has begun a statement that takes long, so that something else can be done meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_told: ContextVar[Callable[[], object] | None] = ContextVar("told", default=None)


@contextmanager
def told_when_busy(begin: Callable[[], object]) -> Iterator[None]:
    """Have ``begin`` called each time that an engine is about to begin such a statement."""
    token = _told.set(begin)
    try:
        yield
    finally:
        _told.reset(token)


def busy() -> None:
    """Say that the next statement takes long."""
    begin = _told.get()
    if begin is not None:
        begin()
