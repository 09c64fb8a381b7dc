"""The reference of commands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from assay.cli.main import app
from assay.cli.reference import reference

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"


def commands_of(group: Any, title: str = "") -> Iterator[tuple[str, Any]]:
    """All commands with their whole names, those of groups too."""
    for name, command in group.commands.items():
        yield f"{title}{name}", command
        if hasattr(command, "commands"):
            yield from commands_of(command, f"{title}{name} ")


def test_the_page_is_what_the_program_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), "python -m assay.cli.reference > docs/commands.md"


def test_every_command_and_option_is_on_the_page_with_a_sentence() -> None:
    page = PAGE.read_text(encoding="utf-8")
    group = get_command(app)
    for name, command in commands_of(group):
        section = page.split(f"## `assay {name}`\n")[1].split("\n## ")[0]
        assert command.help
        for parameter in command.params:
            assert parameter.help
            assert f"`{parameter.opts[0] if parameter.param_type_name == 'option' else parameter.metavar}`" in section
