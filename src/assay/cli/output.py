"""What a command leaves behind: reports on standard output and in a folder, and the exit status."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli.console import put, say, show
from assay.cli.errors import CLEAN, FAILED, FOUND, explain

if TYPE_CHECKING:
    from assay.report.record import Audit


@dataclass
class Output:
    """Collects the audits of one command.

    Attributes:
        format: ``text``, ``json`` or ``md``.
        folder: where reports are kept as files, one folder a table if there are several.
        several: whether the source holds more than one table.
    """

    format: str
    folder: Path | None = None
    several: bool = False
    audits: list[Audit] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    _folders: dict[str, Path] = field(default_factory=dict)

    def add(self, audit: Audit) -> None:
        """Keep and print one report (the JSON of several tables is printed at the end)."""
        self.audits.append(audit)
        if self.folder is not None:
            write_reports(audit, self.place(audit.table))
        if self.format == "text":
            if self.several and len(self.audits) > 1:
                put("\n")
            show(audit)
        elif self.format == "md":
            put(("\n" if len(self.audits) > 1 else "") + audit.to_markdown())
        elif not self.several:
            put(audit.to_json())

    def fail(self, table: str, error: Exception) -> None:
        """Report a table that could not be audited."""
        self.failures[table] = explain(error)[1]
        say(self.failures[table])

    def finish(self) -> None:
        """Print what needs all audits."""
        if self.format == "json" and self.several:
            from assay.report.json import render_set

            put(render_set(self.audits, self.failures))

    def status(self, fail_on: str) -> int:
        """0 if no new finding is as severe as ``fail_on``, 1 if one is, 2 if a table could not be audited wholly."""
        from assay.judge.finding import Severity

        worst = [severity.rank for audit in self.audits if (severity := audit.worst()) is not None]
        if self.failures:
            return FAILED
        if any(rank <= Severity(fail_on).rank for rank in worst):
            return FOUND
        return FAILED if any(audit.incomplete for audit in self.audits) else CLEAN

    def place(self, table: str) -> Path:
        """The folder for a table's files, made if need be.

        Raises:
            OSError: it cannot be made.
        """
        if self.folder is None:
            raise ValueError("no folder was asked for")
        if table not in self._folders:
            name = file_name(table)
            while self.several and any(p.name.lower() == name.lower() for p in self._folders.values()):
                name += "_"
            self._folders[table] = self.folder / name if self.several else self.folder
        self._folders[table].mkdir(parents=True, exist_ok=True)
        return self._folders[table]


def write_reports(audit: Audit, folder: Path) -> None:
    """Write ``report.txt``, ``report.json`` and ``report.md``, each whole or not at all."""
    from assay.atomic import write_text
    from assay.report import terminal

    write_text(folder / "report.txt", terminal.render(audit))
    write_text(folder / "report.json", audit.to_json())
    write_text(folder / "report.md", audit.to_markdown())


def file_name(table: str) -> str:
    """A table's name as the name of a folder: letters, digits and ``.-_`` stay."""
    return re.sub(r"[^\w.-]+", "_", table).strip("._")[:100] or "table"
