"""The word without which the service answers nobody."""

from __future__ import annotations

import os
from pathlib import Path

from assay.errors import ConfigurationError

VARIABLE = "ASSAY_BLIND_TOKEN"
SHORTEST = 16


def read_token(file: Path | None) -> str:
    """The token in a file, or in the environment variable ``ASSAY_BLIND_TOKEN``.

    Raises:
        ConfigurationError: there is none, it is too short, or others can read its file.
    """
    if file is None:
        token, place = os.environ.get(VARIABLE, "").strip(), VARIABLE
    else:
        if file.stat().st_mode & 0o077:
            raise ConfigurationError(f"{file}: others can read this token; run: chmod 600 {file}")
        token, place = file.read_text(encoding="utf-8").strip(), str(file)
    if not token:
        raise ConfigurationError(f"a token is needed: set {VARIABLE}, or name a file with --token-file")
    if len(token) < SHORTEST or not token.isascii() or not token.isprintable():
        raise ConfigurationError(f"{place}: a token has at least {SHORTEST} characters, letters and digits")
    return token
