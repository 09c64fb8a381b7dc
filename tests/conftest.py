"""Shared configuration of the tests."""

from __future__ import annotations

from hypothesis import settings

# The same examples in every run, and no failure because a machine is busy.
settings.register_profile("assay", deadline=None, derandomize=True)
settings.load_profile("assay")
