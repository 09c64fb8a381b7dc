"""What a header says: a role where a pack knows it, else at least a family, read from its words."""

from __future__ import annotations

from dataclasses import dataclass

from assay.domain.header import Header, read_header
from assay.domain.pack import Pack
from assay.domain.role import Family

EXACT, STRIPPED, PARTIAL, HEAD = 0.95, 0.85, 0.65, 0.6


@dataclass(frozen=True)
class Reading:
    """What a header says.

    Attributes:
        role: canonical name, "" where only the family is known.
        family: what kind of thing the name speaks of; None where it says nothing.
        confidence: 0 to 1.
        weak: whether the role holds only in a table of the pack's domain.
        qualifier: the words beside the role (``viral`` of viral_clicks); columns with the same one belong together.
        unit: factor to the canonical unit that the name gives, None where it gives none.
        percent: whether the name says that a ratio is in per cent.
        optional: whether the name is of a field that is legitimately empty in many rows.
        signed: whether the name is of a difference.
        load: whether a date is when the row was stored.
        other_day: whether a date is not the one that rows are about.
    """

    role: str = ""
    family: Family | None = None
    confidence: float = 0.0
    weak: bool = False
    qualifier: str = ""
    unit: float | None = None
    percent: bool = False
    optional: bool = False
    signed: bool = False
    load: bool = False
    other_day: bool = False


def read_name(name: str, pack: Pack) -> Reading:
    """Read a header: a whole synonym first, then without words that change nothing, then by its parts."""
    header = read_header(name)
    words = {*header.key.split("_"), *_compound(header, pack)}

    def any_of(listed: str) -> bool:
        known = pack.words[listed]
        return not words.isdisjoint(known) or any("_" in k and k in header.key for k in known)

    found = _whole(header, pack) or _parts(header, pack)
    role, family, confidence, weak, qualifier = found
    units = [pack.units[w] for w in words if w in pack.units]
    return Reading(
        role,
        family,
        confidence,
        weak,
        qualifier,
        units[0] if units else None,
        percent=any_of("percent"),
        optional=not role and any_of("optional"),
        signed=any_of("difference"),
        load=role == "load_time" or (family is Family.DATE and not role and any_of("load")),
        other_day=not role and any_of("other_day"),
    )


STAGES = ("begins", "midway", "ends")
DEADLINE = -1


def stage(name: str, pack: Pack) -> int | None:
    """At which stage of a course of events a date is, by the last word that says so; None where none does.

    What is planned or due is no stage but a ``DEADLINE``: what happens need not keep it.
    """
    words = _compound(read_header(name), pack)
    if not (pack.words["planned"] | pack.words["deadlines"]).isdisjoint(words):
        return DEADLINE
    told = [i for word in words for i, listed in enumerate(STAGES) if word in pack.words[listed]]
    return told[-1] if told else None


def _compound(header: Header, pack: Pack) -> list[str]:
    """The words of a header; a compound that is not known as a whole in two: ``rechnungsdatum``."""
    words: list[str] = []
    for word in header.bare.split("_"):
        whole = word in pack.heads or word in pack.strong
        end = None if whole else next((c for c in pack.words["compounds"] if _ends(word, c)), None)
        words += [word] if end is None else [word[: -len(end)], end]
    return words


def _ends(word: str, end: str) -> bool:
    return word.endswith(end) and len(word) >= len(end) + 3


_Found = tuple[str, Family | None, float, bool, str]


def _whole(header: Header, pack: Pack) -> _Found | None:
    tries = {header.key: EXACT, header.bare: EXACT}
    for key in (header.key, header.bare):
        for rest in _without_prefixes(key.split("_"), pack):
            tries.setdefault("_".join(rest), EXACT - 0.02)
    neutral = pack.words["neutral"]
    units = pack.units
    for key in list(tries):
        rest = [w for w in key.split("_") if w not in neutral and w not in units and not w.isdigit()]
        if rest:
            tries.setdefault("_".join(rest), STRIPPED)
    for key, confidence in tries.items():
        for index, weak in ((pack.strong, False), (pack.weak, True)):
            if key in index:
                name = index[key]
                return name, pack.roles[name].family, confidence, weak, ""
    return None


def _without_prefixes(words: list[str], pack: Pack) -> list[list[str]]:
    prefixes = pack.words["prefixes"]
    found = []
    while len(words) > 1 and words[0] in prefixes:
        words = words[1:]
        found.append(words)
    return found


def _parts(header: Header, pack: Pack) -> _Found:
    words = _compound(header, pack)
    lists = pack.words
    # "75 percent" is a part of a video, not a ratio.
    spoken = [w for i, w in enumerate(words) if not (i and words[i - 1].isdigit() and w in lists["percent"])]
    if not lists["ratio"].isdisjoint(spoken):
        if words[-1] in lists["labels"]:
            return "", pack.heads.get(words[-1]), HEAD + 0.1, False, ""
        return "", Family.RATE, HEAD + 0.1, False, ""
    cut = next((i for i, w in enumerate(words) if i and w in lists["joints"]), len(words))
    head = words[:cut]
    last, first = pack.heads.get(head[-1]), pack.heads.get(head[0])
    if head[-1] in lists["neutral"] and len(head) > 1 and last is not Family.ID:
        last = pack.heads.get(head[-2], last)
    if words[0] in lists["asks"] and len(words) > 1:
        return "", Family.FLAG, HEAD + 0.1, False, ""
    if first in (Family.ID, Family.DATE) and last is None:
        return "", first, HEAD, False, ""
    if last in (Family.ID, Family.DATE, Family.NAME, Family.DIMENSION, Family.FLAG):
        return "", last, HEAD + 0.1, False, ""
    if lists["planned"].isdisjoint(words) and lists["difference"].isdisjoint(words):
        part = _part(head, pack)
        if part is not None:
            return part
    inner = {pack.heads[w] for w in head if w in pack.heads}
    family = last or first
    if family is None and len(inner) == 1:
        family = next(iter(inner))
    return "", family, HEAD if family else 0.0, False, ""


def _part(words: list[str], pack: Pack) -> _Found | None:
    """The longest run of words, at the end or else at the beginning, that is a synonym of a metric."""
    size = len(words)
    runs = [(begin, size) for begin in range(1, size)] + [(0, end) for end in range(size - 1, 0, -1)]
    for begin, end in runs:
        name = pack.strong.get("_".join(words[begin:end]))
        if name is None or pack.roles[name].family not in (Family.COUNT, Family.MONEY):
            continue
        rest = (*words[:begin], *words[end:])
        if end < size and any(pack.heads.get(w) in (Family.COUNT, Family.MONEY, Family.DATE) for w in words[end:]):
            continue  # what comes last is what is counted
        return name, pack.roles[name].family, PARTIAL if end == size else HEAD - 0.05, False, "_".join(rest)
    return None
