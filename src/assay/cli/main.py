"""The ``assay`` program: its commands, and the promise that a user never sees a traceback."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
from typer.main import get_command

import assay
from assay.cli.audit import audit
from assay.cli.bench import bench
from assay.cli.campaigns import campaigns
from assay.cli.demo import demo
from assay.cli.errors import CLEAN, FOUND, PIPE_CLOSED, explain
from assay.cli.memory import memory

app = typer.Typer(
    name="assay",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("audit")(audit)
app.command("demo")(demo)
app.add_typer(memory, name="memory")
app.add_typer(bench, name="bench")
app.add_typer(campaigns, name="campaigns")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"assay {assay.__version__}")
        raise typer.Exit


@app.callback()
def program(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """assay audits tables: it finds what is wrong with them and proves each finding with a query."""


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status; errors are one line on standard error."""
    debug = "--debug" in arguments
    try:
        command = get_command(app)
        with command.make_context("assay", list(arguments) or ["--help"]) as context:
            result: Any = command.invoke(context)
        sys.stdout.flush()
        return int(result or CLEAN)
    except SystemExit:
        raise
    except BaseException as error:
        status, line = explain(error)
        if debug and line:
            traceback.print_exception(error, file=sys.stderr)
        if line:
            _say(line)
        if status == PIPE_CLOSED:
            _forget_stdout()
        return status


def main() -> None:
    """Entry point of the ``assay`` script."""
    signal.signal(signal.SIGTERM, _terminate)
    # A short-lived process that builds many small trees gains nothing from frequent collections.
    gc.set_threshold(100_000, 50, 50)
    status = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except OSError as error:
        said = status not in (CLEAN, FOUND)
        status, line = explain(error)
        if line and not said:
            _say(line)
        _forget_stdout()
    _leave(status)


def _leave(status: int) -> NoReturn:
    """End the process without taking apart what it built, object by object: that takes longer than a small audit."""
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _say(line: str) -> None:
    from assay.cli.console import say

    say(line)


def _forget_stdout() -> None:
    """Point standard output nowhere, so that Python's own flush at exit does not complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _terminate(signum: int, _: FrameType | None) -> None:
    """End by the usual way out, so that temporary files are removed."""
    sys.exit(128 + signum)


if __name__ == "__main__":
    main()
