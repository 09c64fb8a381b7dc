"""Packs: what is known of a domain, as data that an analyst can read and extend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from assay.domain.header import normalise
from assay.domain.pack_entries import family_of, mapping, names, only, parse, relation_of
from assay.domain.relation import Relation
from assay.domain.role import Family
from assay.errors import ConfigurationError

# A domain's own reading of a header is read last and wins over the general one.
BUILT_IN = ("general", "ads")


@dataclass(frozen=True)
class RoleSpec:
    """What a pack says of a role.

    Attributes:
        name: canonical name.
        family: what its columns hold.
        pack: name of the pack.
        dense: whether every row should have a value; None where that depends.
        signed: whether negative values are legitimate.
        fractional: whether a count may have decimals.
        outlay: whether it is money that is paid, which some books write with a minus throughout.
        breakdown: whether rows may be split by it, so that it belongs to the grain.
        anchor: whether a column with it tells that the table is of the pack's domain.
        event_time: rank as the day that rows are about, the least first; 0 for what is never that.
        of: for a ratio, the roles above and below its line.
        times: for a ratio, what it is multiplied by (1000 for a price of a thousand).
    """

    name: str
    family: Family
    pack: str = ""
    dense: bool | None = None
    signed: bool = False
    fractional: bool = False
    outlay: bool = False
    breakdown: bool = False
    anchor: bool = False
    event_time: int = 0
    of: tuple[str, str] | None = None
    times: float = 1.0


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
    documents = [(f"{name}.yaml", parse(f"{name}.yaml", _built_in(name))) for name in BUILT_IN]
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            raise ConfigurationError(f"pack {path}: cannot be read: {reason}") from None
        documents.append((str(path), parse(str(path), text)))
    builder = _Builder()
    for source, document in documents:
        builder.add(source, document)
    return builder.pack()


def _built_in(name: str) -> str:
    return resources.files("assay.domain").joinpath("packs", f"{name}.yaml").read_text(encoding="utf-8")


class _Builder:
    """Adds documents up, checking each entry."""

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
        only(place, document, ("pack", "roles", "relations", "words", "units"))
        title = str(document.get("pack", source))
        for name, body in mapping(place, document, "roles").items():
            self._role(f"{place}, roles.{name}", str(name), body, title)
        self._words(place, mapping(place, document, "words"))
        for name, factor in mapping(place, document, "units").items():
            if isinstance(factor, bool) or not isinstance(factor, int | float) or factor <= 0:
                raise ConfigurationError(f"{place}, units.{name}: must be a positive number")
            self.units[normalise(str(name))] = float(factor)
        relations = document.get("relations") or []
        if not isinstance(relations, list):
            raise ConfigurationError(f"{place}, relations: must be a list")
        for index, body in enumerate(relations):
            self.relations.append(relation_of(f"{place}, relations[{index}]", body, self.roles))

    def _role(self, place: str, name: str, body: Any, title: str) -> None:
        if not isinstance(body, dict):
            raise ConfigurationError(f"{place}: must be a mapping with at least a family")
        flags = ("dense", "signed", "fractional", "outlay", "breakdown", "anchor")
        only(place, body, ("family", "synonyms", "weak", "event_time", "of", "times", *flags))
        for flag in flags:
            if not isinstance(body.get(flag, False), bool):
                raise ConfigurationError(f"{place}.{flag}: must be true or false")
        rank, times = body.get("event_time", 0), body.get("times", 1)
        if isinstance(rank, bool) or not isinstance(rank, int):
            raise ConfigurationError(f"{place}.event_time: must be a whole number, 1 for the best date")
        if isinstance(times, bool) or not isinstance(times, int | float):
            raise ConfigurationError(f"{place}.times: must be a number")
        of = body.get("of")
        if of is not None and not (isinstance(of, list) and len(of) == 2):
            raise ConfigurationError(f"{place}.of: must list two roles, the one above the line and the one below it")
        known = {flag: body[flag] for flag in flags if flag in body}
        self.roles[name] = RoleSpec(
            name,
            family_of(f"{place}.family", body.get("family")),
            title,
            **known,
            event_time=rank,
            of=(str(of[0]), str(of[1])) if of else None,
            times=float(times),
        )
        weak = set(names(f"{place}.weak", body.get("weak", "")))
        strong = {normalise(name), *names(f"{place}.synonyms", body.get("synonyms", ""))} - weak
        self.weak.update(dict.fromkeys(weak, name))
        self.strong.update(dict.fromkeys(strong, name))

    def _words(self, place: str, listed: Mapping[Any, Any]) -> None:
        for name, body in listed.items():
            if name != "heads":
                known = self.words.get(str(name), frozenset())
                self.words[str(name)] = known | frozenset(names(f"{place}, words.{name}", body))
                continue
            for family, words in mapping(f"{place}, words", listed, "heads").items():
                here = f"{place}, words.heads.{family}"
                self.heads.update(dict.fromkeys(names(here, words), family_of(here, family)))

    def pack(self) -> Pack:
        return Pack(self.roles, self.strong, self.weak, tuple(self.relations), self.words, self.heads, self.units)
