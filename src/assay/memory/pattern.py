"""Patterns of tables: ``ads_*`` fits ``ads_daily``; an empty one fits every table."""

from __future__ import annotations

import re
from functools import lru_cache


def is_pattern(table: str) -> bool:
    """Whether an entry's table may fit more than the table of that name."""
    return table == "" or "*" in table or "?" in table


def fits(pattern: str, table: str) -> bool:
    """Whether a pattern fits a table: ``*`` stands for any characters, ``?`` for one, all others for themselves."""
    return pattern in ("", table) or _compiled(pattern).fullmatch(table) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    wild = {"*": ".*", "?": "."}
    # Stars in a row are one star: otherwise a pattern of many could take exponential time.
    shortened = re.sub(r"\*+", "*", pattern)
    return re.compile("".join(wild.get(c) or re.escape(c) for c in shortened), re.DOTALL)
