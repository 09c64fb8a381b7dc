"""Expected statements kept as files; ``ASSAY_UPDATE_GOLDEN=1 pytest tests/engines`` writes them: read them."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def matches(name: str, text: str) -> bool:
    """Whether ``text`` is what the golden file holds."""
    path = FOLDER / name
    if os.environ.get("ASSAY_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8", newline="\n")
    return path.read_text(encoding="utf-8") == text
