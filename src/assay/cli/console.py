"""Standard output holds the report and nothing else; everything else that is said goes to standard error."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.status import Status

    from assay.report.record import Audit

T = TypeVar("T")

LINE = 400  # characters of a message
PIPE_WIDTH = 100


def say(message: str) -> None:
    """One line on standard error."""
    from assay.report.text import visible

    print(f"assay: {visible(message.strip(), LINE)}", file=sys.stderr, flush=True)  # noqa: T201


def put(text: str) -> None:
    """Text on standard output, as UTF-8 whatever the locale."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.write(text)
    sys.stdout.flush()


def show(audit: Audit) -> None:
    """The report for a reader: coloured and as wide as the terminal, or plain text in a pipe."""
    from rich.console import Console

    from assay.report import terminal

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    console = Console(file=sys.stdout, highlight=False)
    if console.is_terminal:
        terminal.show(audit, console)
        sys.stdout.flush()
    else:
        put(terminal.render(audit, _columns()))


class Progress:
    """Says what is being done: a spinner on standard error, nothing where that is no terminal."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet or not sys.stderr.isatty()
        self._status: Status | None = None

    def __call__(self, words: str) -> None:
        if self._status is not None:
            from rich.text import Text

            from assay.report.text import visible

            self._status.update(Text(visible(words, 70)))

    def through(self, results: Iterable[T]) -> Iterator[T]:
        """The results as they come, the spinner turning only while the next one is worked on."""
        steps = iter(results)
        while True:
            with self.working():
                try:
                    result = next(steps)
                except StopIteration:
                    return
            yield result

    @contextmanager
    def working(self) -> Iterator[None]:
        """A stretch of work."""
        if self._quiet:
            yield
            return
        from rich.console import Console

        with Console(stderr=True).status("", spinner="dots") as self._status:
            try:
                yield
            finally:
                self._status = None


def _columns() -> int:
    try:
        return max(40, int(os.environ["COLUMNS"]))
    except (KeyError, ValueError):
        return PIPE_WIDTH
