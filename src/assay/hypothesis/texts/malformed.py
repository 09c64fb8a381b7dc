"""Malformed values: texts in a column of numbers, dates or codes that are none, and formats that are mixed.

The null model is free text: it has many shapes, none of which prevails. Only where one kind of value prevails are the
others an exception, and codes of numbers and letters (article numbers, tickets) are told from numbers by their role.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from sqlglot import exp

from assay.domain.role import Family
from assay.hypothesis.hypothesis import Context, Hypothesis, RowTest
from assay.hypothesis.placeholders import is_placeholder
from assay.hypothesis.texts.shapes import FORMATS, Format, coarse_shapes, matched, number_formats, shape_pattern
from assay.source.base import ColumnType
from assay.source.files.calendar_formats import CalendarFormat, form_of
from assay.source.files.mixed_calendars import MixedCalendar
from assay.source.files.numerals import Numerals, matches

PREVAILS = 0.6  # share of a kind, or of a format, from which the rest is the exception
CODED = (Family.ID, Family.DIMENSION, Family.NAME, Family.FLAG)
MEASURED = (Family.COUNT, Family.MONEY, Family.RATE, Family.NUMBER, Family.DATE)
LIKELY = 0.5  # confidence from which a claim is more than a note
RARE_SHAPE = 0.02
VOCABULARY = 200  # different codes, of which one that comes back is a code of its own
OFTEN = 3  # rows in which it does
MANY_VALUES = 20_000


def propose(context: Context) -> list[Hypothesis]:
    """Raise texts that are not of the kind, or not in the format, that prevails in their column."""
    raised: list[Hypothesis] = []
    told = {c for note in context.profile.notes if note.kind == "malformed_values" for c in note.columns}
    for column in context.profile.columns:
        if column.column.type is not ColumnType.TEXT or not column.values or column.name in told:
            continue
        values, counts = column.values[:MANY_VALUES], column.counts[:MANY_VALUES]
        empty = [v for v in values if len(v) <= 40 and is_placeholder(v)]
        texts = [(v, int(n)) for v, n in zip(values, counts, strict=True) if v not in set(empty) and len(v) <= 200]
        if sum(n for _, n in texts) < 20:
            continue
        found = _kinds(context, column.name, texts, empty) or _codes(context, column.name, texts, empty)
        raised += found
    return raised


def _kinds(context: Context, name: str, texts: list[tuple[str, int]], empty: list[str]) -> list[Hypothesis]:
    """Values of another kind than the numbers, dates or times that prevail; then formats other than the usual one."""
    values, counts = [v for v, _ in texts], np.array([n for _, n in texts], dtype=np.float64)
    formats = _formats(context, name, values)
    hits = matched(values, formats)
    total = counts.sum()
    kinds: dict[str, npt.NDArray[np.bool_]] = {}
    for form in formats:
        kinds[form.kind] = kinds.get(form.kind, np.zeros(len(values), dtype=np.bool_)) | hits[form.pattern]
    kind = max(kinds, key=lambda k: float(counts[kinds[k]].sum()))
    share = float(counts[kinds[kind]].sum() / total)
    if share < PREVAILS:
        return []
    raised: list[Hypothesis] = []
    role = context.role(name)
    codes = role.family in CODED
    others = ~kinds[kind]
    patterns = [f.pattern for f in formats if f.kind == kind]
    if others.any():
        confidence = _confidence(context, name, values, counts, others, kind)
        raised.append(
            _hypothesis(name, f"{name} holds {kind}s, and some of its texts are none", _not_like(name, patterns, empty),
                        confidence, {"share_in_sample": round(1 - share, 6), "kind": kind})
        )  # fmt: skip
    of_kind = [(f, float(counts[hits[f.pattern]].sum())) for f in formats if f.kind == kind]
    usual = max(of_kind, key=lambda item: item[1])
    minor = float(counts[kinds[kind] & ~hits[usual[0].pattern]].sum())
    if minor and usual[1] >= PREVAILS * counts[kinds[kind]].sum():
        like = _like(name, patterns, empty)
        predicate = exp.and_(like, _not_like(name, [usual[0].pattern], empty))
        seen = sorted(f.name for f, n in of_kind if n and f is not usual[0])
        raised.append(
            _hypothesis(name, f"{name} holds {kind}s in more than one format", predicate,
                        0.45 if codes else 0.75 if role.family in MEASURED or share > 0.95 else 0.55,
                        {"usual": usual[0].name, "others": seen, "share_in_sample": round(minor / float(total), 6)})
        )  # fmt: skip
    found = [_both(*raised)] if len(raised) == 2 else raised
    nowhere = _no_days(context, name, texts)
    if nowhere is None or not found:
        return found if nowhere is None else [nowhere]
    both = _both(found[0], nowhere)
    return [replace(both, reason=f"{found[0].reason}; some are dates that no calendar has")]


def _no_days(context: Context, name: str, texts: list[tuple[str, int]]) -> Hypothesis | None:
    """Dates that no calendar has, such as 30 February, in a column whose other dates read."""
    reading = context.profile[name].reading
    if reading is None or not isinstance(reading.form, CalendarFormat | MixedCalendar):
        return None
    forms = reading.form.forms if isinstance(reading.form, MixedCalendar) else (reading.form,)
    lost = [
        (v, n, f) for v, n in texts if math.isnan(reading.form.day(v)) and (f := form_of(v)) and not _some_day(f, v)
    ]
    used = {f for _, _, own in lost for f in forms if (f.separator, f.short) == (own.separator, own.short)}
    if not used:
        return None
    like = exp.or_(*(matches(exp.column(name, quoted=True), f"^{f.pattern}$") for f in sorted(used, key=str)))
    share = sum(n for _, n, _ in lost) / sum(n for _, n in texts)
    predicate = exp.and_(like, exp.Is(this=reading.expression.copy(), expression=exp.Null()))
    return _hypothesis(
        name, f"{name} holds dates that no calendar has", predicate, 0.9, {"share_in_sample": round(share, 6)}
    )


def _some_day(form: CalendarFormat, text: str) -> bool:
    orders = ("dmy", "mdy") if form.order == "dmy" else (form.order,)
    return any(not math.isnan(replace(form, order=order).day(text)) for order in orders)


def _both(others: Hypothesis, formats: Hypothesis) -> Hypothesis:
    """One claim of a column that holds other kinds as well as other formats: its bad cells are those of both."""
    if not isinstance(others.test, RowTest) or not isinstance(formats.test, RowTest):
        raise TypeError("texts are tested row by row")
    if formats.confidence < LIKELY <= others.confidence:
        return others
    predicate = exp.or_(others.test.predicate, formats.test.predicate)
    share = sum(float(h.evidence["share_in_sample"]) for h in (others, formats))
    evidence = {**others.evidence, **formats.evidence, "share_in_sample": round(share, 6)}
    reason = f"{formats.reason}, and texts that are none"
    confidence = max(others.confidence, formats.confidence)
    return replace(others, reason=reason, test=RowTest(predicate), confidence=confidence, evidence=evidence)


def _formats(context: Context, name: str, values: list[str]) -> tuple[Format, ...]:
    """The formats of texts, those of numbers by the decimal mark that the column uses."""
    reading = context.profile[name].reading
    numerals = reading.form if reading is not None and isinstance(reading.form, Numerals) else Numerals()
    brackets = not any(v.lstrip().startswith("-") for v in values)
    others = tuple(f for f in FORMATS if f.kind != "number")
    return (*number_formats(numerals, brackets=brackets), *others)


def _confidence(
    context: Context,
    name: str,
    values: list[str],
    counts: npt.NDArray[np.float64],
    others: npt.NDArray[np.bool_],
    kind: str,
) -> float:
    """How sure texts among numbers are errors: sure in a measure, doubtful among codes and where they repeat."""
    role = context.role(name)
    if kind != "number" or (role.name and role.family in MEASURED):
        return 0.9
    decimals = float(counts[~others & np.array(["." in v for v in values])].sum() / counts[~others].sum())
    share = float(counts[others].sum() / counts.sum())
    often = others & (counts >= 0.02 * counts.sum())
    numbered = any(c.isdigit() for c in values[int(often.argmax())])
    category = numbered and float(counts[often].sum()) >= 0.8 * float(counts[others].sum())
    inside = [v for v, other in zip(values, others, strict=True) if not other]
    signed = sum("%" in v or "$" in v or "€" in v for v in inside) >= 0.9 * len(inside)
    if signed:
        return 0.85
    if not _regular(values, counts, others) and _one_length(inside):
        return 0.75
    if role.family in CODED or category or (decimals < 0.1 and _regular(values, counts, others)):
        return 0.4
    if role.family in MEASURED and (role.origin != "values" or decimals > 0.3):
        return 0.9
    if decimals > 0.3:
        return 0.85
    repeated = float(counts[others].sum() / max(others.sum(), 1))
    return 0.7 if share < 0.2 and repeated < 5 else 0.45


def _one_length(values: list[str]) -> bool:
    """Whether nearly all are numbers of so many digits: post codes and phone numbers, in which a letter is an error."""
    lengths = Counter(len(v) for v in values if v.isdigit() and len(v) >= 4)
    return bool(lengths) and lengths.most_common(1)[0][1] >= 0.97 * len(values)


def _regular(values: list[str], counts: npt.NDArray[np.float64], others: npt.NDArray[np.bool_]) -> bool:
    """Whether the exceptions are codes in their own right: nearly all of one or two shapes with a digit."""
    shapes: Counter[str] = Counter()
    places = np.flatnonzero(others)
    for shape, n in zip(coarse_shapes([values[i] for i in places]), counts[places], strict=True):
        shapes[shape] += int(n)
    top = shapes.most_common(2)
    return sum(n for s, n in top if "9" in s) >= 0.9 * sum(shapes.values())


def _codes(context: Context, name: str, texts: list[tuple[str, int]], empty: list[str]) -> list[Hypothesis]:
    """Codes that do not have the shape that nearly all codes of the column have."""
    if context.role(name).family not in (Family.ID, Family.TEXT):
        return []
    own = coarse_shapes([v for v, _ in texts])
    shapes: Counter[str] = Counter()
    for shape, (_, n) in zip(own, texts, strict=True):
        shapes[shape] += n
    total = sum(shapes.values())
    usual = [s for s, n in shapes.items() if n >= RARE_SHAPE * total]
    names = [v for shape, (v, n) in zip(own, texts, strict=True) if shape not in usual and n >= OFTEN]
    if len(texts) <= VOCABULARY and names:
        # Of a few values that come back some may be of another shape: FREESHIP beside SAVE10 and SPRING20.
        empty, total = [*empty, *names], sum(n for v, n in texts if v not in names)
    held = sum(shapes[s] for s in usual) / total
    if held == 1 or not usual or len(usual) > 3 or held < PREVAILS or any(" " in s or "9" not in s for s in usual):
        return []
    # Words have one shape each, and so do numbers; a code is made of both, or of parts with marks between them.
    if all(len(s) < 2 for s in usual):
        return []
    predicate = _not_like(name, [shape_pattern(s) for s in usual], empty, fold=False)
    confidence = 0.7 if len(usual) == 1 and held < 0.999 else 0.5
    return [
        _hypothesis(name, f"{name} holds codes of one shape, and some have another", predicate,
                    confidence, {"shapes": len(usual), "share_in_sample": round(1 - held, 6)})
    ]  # fmt: skip


def _like(name: str, patterns: list[str], empty: list[str], fold: bool = True) -> exp.Expr:
    text: exp.Expr = exp.column(name, quoted=True)
    if fold:
        text = exp.Lower(this=exp.Trim(this=text))
    pattern = "|".join(f"({p})" for p in patterns)
    like = exp.RegexpLike(this=text, expression=exp.Literal.string(f"^({pattern})$"))
    return exp.and_(like, _present(name, empty))


def _not_like(name: str, patterns: list[str], empty: list[str], fold: bool = True) -> exp.Expr:
    like = _like(name, patterns, [], fold)
    regexp = like.find(exp.RegexpLike)
    assert regexp is not None
    return exp.and_(exp.not_(regexp.copy()), _present(name, empty))


def _present(name: str, empty: list[str]) -> exp.Expr:
    column = exp.column(name, quoted=True)
    present: exp.Expr = exp.Trim(this=column).neq("")
    words = sorted(w for w in empty if w.strip())
    return exp.and_(present, column.copy().isin(*words).not_()) if words else present


def _hypothesis(
    name: str, reason: str, predicate: exp.Expr, confidence: float, evidence: dict[str, object]
) -> Hypothesis:
    return Hypothesis(
        "malformed_values",
        (name,),
        reason,
        RowTest(predicate),
        origin="discovered",
        prior=0.6,
        weight=0.65,
        confidence=confidence,
        action="find out which source writes them, and bring them into the one format before they are cast",
        evidence=evidence,
    )
