"""The reference of commands, made from the commands themselves.

python -m assay.cli.reference > docs/commands.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from inspect import cleandoc
from typing import Any

from typer.main import get_command

from assay.cli.main import app

INTRODUCTION = """\
# Commands

Made by `python -m assay.cli.reference > docs/commands.md`; a test keeps it equal to the program.

Standard output holds the report and nothing else; progress, warnings and errors go to standard error. An error is one
line that starts with `assay:` and says what to do.

| exit status | meaning |
|--:|---|
| 0 | no new finding is as severe as `--fail-on` |
| 1 | at least one new finding is |
| 2 | the audit, or that of one of several tables, could not be done |
| 130 | interrupted from the keyboard |
| 141 | whoever read the report closed the pipe |
"""

FORMATS = """\
## Reports

`--format json` is the contract for machines: schema `assay/1`, described by `assay/report/schema/assay-1.json` in the
package. Keys may be added to it; none is removed and none changes its meaning. One table gives one such object. A
folder or database with several tables gives one object that holds them:

    {"schema": "assay-set/1", "audits": [{"schema": "assay/1", ...}, ...], "failures": [{"table", "error"}, ...]}

The same table audited twice gives the same bytes, but for `started` and `seconds`.

`--out DIR` and `--rows-out FILE` write each file whole or not at all: a file that was there before stays until the new
one is complete.

`--mask` replaces letters of sampled values by `x` and digits by `9`. Predicates and segments are left as they are,
because they are the proof: a predicate on a category may name its values. Bad rows written with `--rows-out` hold the
key columns as they are.
"""


def reference() -> str:
    """The whole page."""
    group: Any = get_command(app)
    context = group.make_context("assay", [], resilient_parsing=True)
    parts = [INTRODUCTION, *_command("assay", group, context)]
    parts += _commands_of("assay", group, context)
    return "\n".join([*parts, FORMATS])


def _commands_of(title: str, group: Any, context: Any) -> Iterator[str]:
    """The commands of a group, and theirs."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inside = command.make_context(name, [], context, resilient_parsing=True)
        yield from _command(f"{title} {name}", command, inside)
        if hasattr(command, "list_commands"):
            yield from _commands_of(f"{title} {name}", command, inside)


def _command(title: str, command: Any, context: Any) -> Iterator[str]:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option"]
    usage = " ".join([title, *(a.metavar for a in arguments)])
    if hasattr(command, "list_commands"):
        usage += " COMMAND"
    yield f"## `{title}`\n"
    yield f"    {usage} [OPTIONS]\n"
    yield cleandoc(command.help or "") + "\n"
    yield "| | what it does | default |"
    yield "|---|---|---|"
    for argument in arguments:
        yield f"| `{argument.metavar}` | {argument.help} | |"
    for option in [*options, command.get_help_option(context)]:
        yield _option(option)
    yield ""


def _option(option: Any) -> str:
    names = ", ".join(f"`{name}`" for name in sorted(option.opts, reverse=True))
    value = "" if option.is_flag else f" `{option.metavar}`".replace("|", "` or `")
    shown = option.default if isinstance(option.default, str | int) and not isinstance(option.default, bool) else ""
    return f"| {names}{value} | {option.help} | {shown} |"


if __name__ == "__main__":
    sys.stdout.write(reference())
