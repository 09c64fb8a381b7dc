"""Roles of a funnel from values alone."""

from __future__ import annotations

from assay.domain.role import Role
from assay.profile.sample import Sample


def with_funnel(sample: Sample, roles: dict[str, Role], domain: bool) -> dict[str, Role]:
    return roles
