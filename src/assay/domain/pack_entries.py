"""The entries of a pack file: read, checked, and refused with the file and the place."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from assay.domain.header import normalise
from assay.domain.relation import EXCEPTIONS, FORMS, KINDS, Relation
from assay.domain.role import Family
from assay.errors import ConfigurationError


def parse(source: str, text: str) -> dict[str, Any]:
    """A YAML document as a mapping.

    Raises:
        ConfigurationError: it is not YAML, or no mapping.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        document = yaml.load(text, Loader=loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise ConfigurationError(f"pack {source}{place}: not valid YAML: {problem}") from None
    if not isinstance(document, dict):
        raise ConfigurationError(f"pack {source}: must be a mapping with roles and relations")
    return document


def only(place: str, body: Mapping[Any, Any], allowed: Sequence[str]) -> None:
    """Refuse entries that no pack has."""
    for key in body:
        if key not in allowed:
            raise ConfigurationError(f"{place}: unknown entry {key!r}; known are {', '.join(allowed)}")


def mapping(place: str, body: Mapping[Any, Any], key: str) -> Mapping[Any, Any]:
    """The mapping under a key, empty if it is not there."""
    found = body.get(key) or {}
    if not isinstance(found, dict):
        raise ConfigurationError(f"{place}, {key}: must be a mapping")
    return found


def family_of(place: str, value: Any) -> Family:
    """The family of that name."""
    try:
        return Family(str(value))
    except ValueError:
        known = ", ".join(f.value for f in Family)
        raise ConfigurationError(f"{place}: {value!r} is none of {known}") from None


def names(place: str, listed: Any) -> Iterator[str]:
    """Normalised names from a list, from text with commas, or from a mapping of such (by platform, by language)."""
    if isinstance(listed, dict):
        for key, part in listed.items():
            yield from names(f"{place}.{key}", part)
        return
    if isinstance(listed, str):
        listed = listed.split(",")
    if not isinstance(listed, list):
        raise ConfigurationError(f"{place}: must be a list of names, or names with commas between them")
    for name in listed:
        key = normalise(str(name))
        if key:
            yield key


def relation_of(place: str, body: Any, roles: Collection[str]) -> Relation:
    """A relation between known roles."""
    if not isinstance(body, dict):
        raise ConfigurationError(f"{place}: must be a mapping with kind, form and roles")
    lists = ("unless", "besides", "by", "allow")
    only(place, body, ("kind", "form", "roles", *lists, "strict", "means", "but", "action"))
    kind = _one_of(f"{place}.kind", body.get("kind"), KINDS)
    form = _one_of(f"{place}.form", body.get("form"), FORMS)
    listed = body.get("roles")
    if not isinstance(listed, list) or len(listed) < 2:
        raise ConfigurationError(f"{place}.roles: must list at least two roles")
    if form in ("le", "implies", "unordered") and len(listed) != 2:
        raise ConfigurationError(f"{place}.roles: {form} is between two roles, not {len(listed)}")
    options = tuple(tuple(map(str, r)) if isinstance(r, list) else (str(r),) for r in listed)
    for name in lists:
        if not isinstance(body.get(name) or [], list):
            raise ConfigurationError(f"{place}.{name}: must be a list")
    unless, besides, by, allow = (tuple(map(str, body.get(name) or ())) for name in lists)
    for role in (*(r for alternatives in options for r in alternatives), *unless, *besides, *by):
        if role not in roles:
            raise ConfigurationError(f"{place}: no pack defines a role {role!r}")
    for exception in allow:
        _one_of(f"{place}.allow", exception, EXCEPTIONS)
    means, but, action = (str(body.get(key, "")) for key in ("means", "but", "action"))
    strict = bool(body.get("strict", False))
    return Relation(kind, form, options, strict, allow, unless, besides, by, means, but, action)


def _one_of(place: str, value: Any, known: Collection[str]) -> str:
    if value not in known:
        raise ConfigurationError(f"{place}: {value!r} is none of {', '.join(known)}")
    return str(value)
