"""Packs: what is known of a domain, as data that an analyst can read and extend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from assay.domain.header import normalise
from assay.domain.role import Family
from assay.errors import ConfigurationError

BUILT_IN = ("ads", "general")


@dataclass(frozen=True)
class RoleSpec:
    """What a pack says of a role.

    Attributes:
        name: canonical name.
        family: what its columns hold.
        synonyms: normalised headers that mean it.
        dense: whether every row should have a value; None where that depends.
        signed: whether negative values are legitimate.
        fractional: whether a count may have decimals.
        breakdown: whether rows may be split by it, so that it belongs to the grain.
        event_time: rank as the day that rows are about, the least first; 0 for what is never that.
        pack: where it is defined.
    """

    name: str
    family: Family
    synonyms: tuple[str, ...] = ()
    dense: bool | None = None
    signed: bool = False
    fractional: bool = False
    breakdown: bool = False
    event_time: int = 0
    pack: str = ""


@dataclass(frozen=True)
class Relation:
    """What must hold between the columns that have certain roles.

    Attributes:
        kind: finding kind that a violation is reported as.
        form: ``le``, ``sum``, ``implies_positive``, ``zero_when_zero``, ``ratio`` or ``product``.
        roles: the roles, in the order that the form asks for; a role may be a tuple of alternatives, best first.
        strict: whether a violation is almost surely an error, and not only unusual.
        allow: names of the legitimate exceptions to allow for.
        unless: roles whose presence makes the relation redundant, since a tighter one is tested.
        explanation: what a violation means, in one sentence.
        action: what to do.
    """

    kind: str
    form: str
    roles: tuple[tuple[str, ...], ...]
    strict: bool
    allow: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    explanation: str = ""
    action: str = ""
    factor: float = 1.0
    pack: str = ""


@dataclass(frozen=True)
class Pack:
    """Everything that the loaded packs say.

    Attributes:
        roles: by canonical name.
        index: canonical name by normalised synonym.
        words: named lists of normalised words that the reading of headers needs.
    """

    roles: Mapping[str, RoleSpec] = field(default_factory=dict)
    index: Mapping[str, str] = field(default_factory=dict)
    relations: tuple[Relation, ...] = ()
    words: Mapping[str, frozenset[str]] = field(default_factory=dict)


def load_packs(paths: Sequence[Path] = ()) -> Pack:
    """The built-in packs, extended by the packs at ``paths``; the later pack wins where both define a synonym.

    Raises:
        ConfigurationError: a pack is missing, is not YAML or says something that makes no sense; names file and place.
    """
    return _load(tuple(Path(p) for p in paths))


@lru_cache(maxsize=8)
def _load(paths: tuple[Path, ...]) -> Pack:
    documents = [(f"{n}.yaml", _parse(f"{n}.yaml", _built_in(n))) for n in BUILT_IN]
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"pack {path}: cannot be read: {error}") from error
        documents.append((str(path), _parse(str(path), text)))
    roles: dict[str, RoleSpec] = {}
    index: dict[str, str] = {}
    words: dict[str, set[str]] = {}
    relations: list[Relation] = []
    for source, document in documents:
        for name, body in (document.get("roles") or {}).items():
            spec = _role(source, str(name), body)
            roles[spec.name] = spec
            for synonym in spec.synonyms:
                if source not in ("general.yaml",) or synonym not in index:
                    index[synonym] = spec.name
        for name, listed in (document.get("words") or {}).items():
            words.setdefault(str(name), set()).update(normalise(str(w)) for w in listed)
    return Pack(roles, index, tuple(relations), {k: frozenset(v) for k, v in words.items()})


def _built_in(name: str) -> str:
    return resources.files("assay.domain").joinpath("packs", f"{name}.yaml").read_text(encoding="utf-8")


def _parse(source: str, text: str) -> dict[str, Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        document = yaml.load(text, Loader=loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise ConfigurationError(f"pack {source}{place}: not valid YAML: {problem}") from error
    if not isinstance(document, dict):
        raise ConfigurationError(f"pack {source}: must be a mapping with roles and relations")
    return document


def _role(source: str, name: str, body: Any) -> RoleSpec:
    place = f"pack {source}, roles.{name}"
    if not isinstance(body, dict):
        raise ConfigurationError(f"{place}: must be a mapping")
    try:
        family = Family(str(body.get("family")))
    except ValueError:
        known = ", ".join(f.value for f in Family)
        raise ConfigurationError(f"{place}.family: {body.get('family')!r} is none of {known}") from None
    synonyms = tuple(dict.fromkeys(normalise(str(s)) for s in [name, *(body.get("synonyms") or [])]))
    return RoleSpec(
        name=name,
        family=family,
        synonyms=synonyms,
        dense=body.get("dense"),
        signed=bool(body.get("signed", False)),
        fractional=bool(body.get("fractional", False)),
        breakdown=bool(body.get("breakdown", False)),
        event_time=int(body.get("event_time", 0)),
        pack=source,
    )
