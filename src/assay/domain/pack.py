"""Packs: what is known of a domain, as data that an analyst can read and extend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from assay.domain.header import normalise
from assay.domain.relation import EXCEPTIONS, FORMS, Relation
from assay.domain.role import Family
from assay.errors import ConfigurationError

# The first pack is the one that words are read in last: a domain's own reading of a header wins over the general one.
BUILT_IN = ("general", "ads")
RELATION_KINDS = (
    "clicks_exceed_impressions", "conversions_exceed_clicks", "spend_with_zero_impressions", "video_completions_exceed_plays",
    "purchases_without_add_to_cart", "landing_page_views_exceed_clicks", "relation_violation",
)  # fmt: skip


@dataclass(frozen=True)
class RoleSpec:
    """What a pack says of a role.

    Attributes:
        name: canonical name.
        family: what its columns hold.
        dense: whether every row should have a value; None where that depends.
        signed: whether negative values are legitimate.
        fractional: whether a count may have decimals.
        breakdown: whether rows may be split by it, so that it belongs to the grain.
        event_time: rank as the day that rows are about, the least first; 0 for what is never that.
        anchor: whether a column with it tells that the table is of the pack's domain.
        pack: name of the pack.
    """

    name: str
    family: Family
    dense: bool | None = None
    signed: bool = False
    fractional: bool = False
    breakdown: bool = False
    event_time: int = 0
    anchor: bool = False
    pack: str = ""


@dataclass(frozen=True)
class Pack:
    """Everything that the loaded packs say.

    Attributes:
        roles: by canonical name.
        strong: canonical name by normalised synonym.
        weak: the same for words that mean the role only in a table of its domain.
        relations: what must hold between roles.
        words: named lists of normalised words that headers are read by.
        heads: for a last (or first) word of a header, the family that it names.
        units: factor to the canonical unit, by word.
    """

    roles: Mapping[str, RoleSpec] = field(default_factory=dict)
    strong: Mapping[str, str] = field(default_factory=dict)
    weak: Mapping[str, str] = field(default_factory=dict)
    relations: tuple[Relation, ...] = ()
    words: Mapping[str, frozenset[str]] = field(default_factory=dict)
    heads: Mapping[str, Family] = field(default_factory=dict)
    units: Mapping[str, float] = field(default_factory=dict)


def load_packs(paths: Sequence[Path] = ()) -> Pack:
    """The built-in packs, extended by the packs at ``paths``; where two define a synonym the later pack wins.

    Raises:
        ConfigurationError: a pack is missing, is not YAML or says something that makes no sense; names file and place.
    """
    return _load(tuple(Path(p) for p in paths))


@lru_cache(maxsize=8)
def _load(paths: tuple[Path, ...]) -> Pack:
    documents = [(f"{name}.yaml", _parse(f"{name}.yaml", _built_in(name))) for name in BUILT_IN]
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            raise ConfigurationError(f"pack {path}: cannot be read: {reason}") from None
        documents.append((str(path), _parse(str(path), text)))
    builder = _Builder()
    for source, document in documents:
        builder.add(source, document)
    return builder.pack()


class _Builder:
    def __init__(self) -> None:
        self.roles: dict[str, RoleSpec] = {}
        self.strong: dict[str, str] = {}
        self.weak: dict[str, str] = {}
        self.relations: list[Relation] = []
        self.words: dict[str, frozenset[str]] = {}
        self.heads: dict[str, Family] = {}
        self.units: dict[str, float] = {}

    def add(self, source: str, document: Mapping[str, Any]) -> None:
        place = f"pack {source}"
        _only(place, document, ("pack", "roles", "relations", "words", "units"))
        title = str(document.get("pack", source))
        for name, body in _mapping(place, document, "roles").items():
            self._role(f"{place}, roles.{name}", str(name), body, title)
        for name, body in _mapping(place, document, "words").items():
            if name == "heads":
                for family, listed in _mapping(f"{place}, words", {"heads": body}, "heads").items():
                    kind = _family(f"{place}, words.heads.{family}", family)
                    self.heads.update(dict.fromkeys(_names(f"{place}, words.heads.{family}", listed), kind))
            else:
                known = self.words.get(str(name), frozenset())
                self.words[str(name)] = known | frozenset(_names(f"{place}, words.{name}", body))
        for name, factor in _mapping(place, document, "units").items():
            if isinstance(factor, bool) or not isinstance(factor, int | float) or factor <= 0:
                raise ConfigurationError(f"{place}, units.{name}: must be a positive number")
            self.units[normalise(str(name))] = float(factor)
        relations = document.get("relations") or []
        if not isinstance(relations, list):
            raise ConfigurationError(f"{place}, relations: must be a list")
        for index, body in enumerate(relations):
            self.relations.append(self._relation(f"{place}, relations[{index}]", body))

    def _role(self, place: str, name: str, body: Any, title: str) -> None:
        if not isinstance(body, dict):
            raise ConfigurationError(f"{place}: must be a mapping with at least a family")
        flags = ("dense", "signed", "fractional", "breakdown", "anchor")
        _only(place, body, ("family", "synonyms", "weak", "event_time", *flags))
        for flag in flags:
            if not isinstance(body.get(flag, False), bool):
                raise ConfigurationError(f"{place}.{flag}: must be true or false")
        rank = body.get("event_time", 0)
        if isinstance(rank, bool) or not isinstance(rank, int):
            raise ConfigurationError(f"{place}.event_time: must be a whole number, 1 for the best date")
        weak = set(_names(f"{place}.weak", body.get("weak", "")))
        self.roles[name] = RoleSpec(
            name,
            _family(f"{place}.family", body.get("family")),
            body.get("dense"),
            *(bool(body.get(flag, False)) for flag in ("signed", "fractional", "breakdown")),
            rank,
            bool(body.get("anchor", False)),
            title,
        )
        self.weak.update(dict.fromkeys(weak, name))
        strong = {normalise(name), *_names(f"{place}.synonyms", body.get("synonyms", ""))} - weak
        self.strong.update(dict.fromkeys(strong, name))

    def _relation(self, place: str, body: Any) -> Relation:
        if not isinstance(body, dict):
            raise ConfigurationError(f"{place}: must be a mapping with kind, form and roles")
        _only(place, body, ("kind", "form", "roles", "unless", "besides", "by", "strict", "allow", "means", "but", "action"))
        kind, form = body.get("kind"), body.get("form")
        if kind not in RELATION_KINDS:
            raise ConfigurationError(f"{place}.kind: {kind!r} is none of {', '.join(RELATION_KINDS)}")
        if form not in FORMS:
            raise ConfigurationError(f"{place}.form: {form!r} is none of {', '.join(FORMS)}")
        listed = body.get("roles")
        if not isinstance(listed, list) or len(listed) < 2:
            raise ConfigurationError(f"{place}.roles: must list at least two roles")
        roles = tuple(tuple(map(str, r)) if isinstance(r, list) else (str(r),) for r in listed)
        unless = tuple(map(str, body.get("unless") or ()))
        besides = tuple(map(str, body.get("besides") or ()))
        by = tuple(map(str, body.get("by") or ()))
        for role in (*(r for options in roles for r in options), *unless, *besides, *by):
            if role not in self.roles:
                raise ConfigurationError(f"{place}.roles: no pack defines a role {role!r}")
        allow = tuple(map(str, body.get("allow") or ()))
        for exception in allow:
            if exception not in EXCEPTIONS:
                raise ConfigurationError(f"{place}.allow: {exception!r} is none of {', '.join(EXCEPTIONS)}")
        texts = (str(body.get(key, "")) for key in ("means", "but", "action"))
        return Relation(str(kind), str(form), roles, bool(body.get("strict", False)), allow, unless, besides, by, *texts)

    def pack(self) -> Pack:
        return Pack(
            self.roles, self.strong, self.weak, tuple(self.relations), self.words, self.heads, self.units
        )


def _built_in(name: str) -> str:
    return resources.files("assay.domain").joinpath("packs", f"{name}.yaml").read_text(encoding="utf-8")


def _parse(source: str, text: str) -> dict[str, Any]:
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


def _only(place: str, body: Mapping[Any, Any], allowed: Sequence[str]) -> None:
    for key in body:
        if key not in allowed:
            raise ConfigurationError(f"{place}: unknown entry {key!r}; known are {', '.join(allowed)}")


def _mapping(place: str, body: Mapping[str, Any], key: str) -> Mapping[Any, Any]:
    found = body.get(key) or {}
    if not isinstance(found, dict):
        raise ConfigurationError(f"{place}, {key}: must be a mapping")
    return found


def _family(place: str, value: Any) -> Family:
    try:
        return Family(str(value))
    except ValueError:
        known = ", ".join(f.value for f in Family)
        raise ConfigurationError(f"{place}: {value!r} is none of {known}") from None


def _names(place: str, listed: Any) -> Iterator[str]:
    """Normalised names from a list, from text with commas, or from a mapping of such (by platform, by language)."""
    if isinstance(listed, str):
        names: list[Any] = listed.split(",")
    elif isinstance(listed, dict):
        for key, part in listed.items():
            yield from _names(f"{place}.{key}", part)
        return
    elif isinstance(listed, list):
        names = listed
    else:
        raise ConfigurationError(f"{place}: must be a list of names, or names with commas between them")
    for name in names:
        key = normalise(str(name))
        if key:
            yield key
