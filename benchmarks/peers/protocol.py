"""How a peer is asked: ``python run_TOOL.py REFERENCE TABLE [TABLE ...]`` inside the tool's own environment.

Each runner learns what its tool can learn from the clean REFERENCE (or ignores it) and looks at every TABLE, all
Parquet files. Standard output then holds one JSON object: the alerts of each table, or why there are none. Only the
standard library and the tool can be imported here.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Alert = tuple[str, list[str]]
"""What the tool says, in its own words and without figures that change from run to run, and the columns it names."""

Check = Callable[[Path], Iterable[Alert]]


def serve(learn: Callable[[Path], Check]) -> None:
    """Answer for the tables on the command line; what the tool itself prints goes to standard error."""
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    reference, *tables = map(Path, sys.argv[1:])
    out: dict[str, Any] = {}
    check = learn(reference)
    for table in tables:
        try:
            alerts = sorted({(name, tuple(columns)) for name, columns in check(table)})
            out[str(table)] = {"alerts": [{"name": name, "columns": columns} for name, columns in alerts]}
        except Exception as error:  # one table that a tool cannot read is that table's answer
            traceback.print_exc()
            out[str(table)] = {"alerts": [], "failure": f"{type(error).__name__}: {error}"[:400]}
    json.dump(out, answer)
    answer.flush()
    os._exit(0)  # engines that leave threads or a virtual machine behind do not delay the answer
