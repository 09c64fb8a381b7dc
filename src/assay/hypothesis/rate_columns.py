"""Rates that a pack knows, and the two columns that each is computed from."""

from __future__ import annotations

from assay.hypothesis.hypothesis import Context


def rate_columns(context: Context) -> list[tuple[str, str, str, float]]:
    """Each rate with the columns above and below its line, all in the sample, and the pack's factor between them."""
    names: dict[tuple[str, str], str] = {}
    for column, role in context.roles.items():
        if role.name and column in context.profile.sample:
            names.setdefault((role.name, role.qualifier), column)
    found = []
    for column, role in context.roles.items():
        spec = context.pack.roles.get(role.name)
        if spec is None or spec.of is None or column not in context.profile.sample:
            continue
        above, below = (names.get((part, role.qualifier)) for part in spec.of)
        if above and below and len({column, above, below}) == 3:
            found.append((column, above, below, spec.times))
    return found
