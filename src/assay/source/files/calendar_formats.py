"""How a column writes its dates: the order of day, month and year, separators, months by name in several languages.

``03/04/2025`` alone is the third of April or the fourth of March: the other cells of the column decide. Reading is an
engine-neutral expression, and a Python function that gives the same days.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sqlglot import exp

from assay.source.files.numerals import matches

EPOCH = dt.date(1970, 1, 1).toordinal()
PIVOT = 70  # two digits below are years of this century
_MONTHS = """
january jan enero ene januar janv janvier janeiro gennaio gen januari jän jänner stycznia sty января янв ocak ledna
february feb febrero februar févr février fevrier fév fevereiro fev febbraio februari lutego lut февраля фев şubat února
march mar marzo märz mrz mär mars março marco maart mrt marca марта мар mart března
april apr abril abr avril avr aprile kwietnia kwi апреля апр nisan dubna
may mayo mai maio maggio mag mei maja мая май mayıs května
june jun junio juni juin junho giugno giu czerwca cze июня июн haziran června
july jul julio juli juillet juil julho luglio lug lipca lip июля июл temmuz července
august aug agosto ago août aout augustus sierpnia sie августа авг ağustos srpna
september sep sept septiembre septembre setembro set settembre września wrz сентября сен eylül září
october oct octubre oktober okt octobre outubro out ottobre ott października paź октября окт ekim října
november nov noviembre novembre novembro listopada lis ноября ноя kasım listopadu
december dec diciembre dic dezember dez décembre déc decembre dezembro dicembre dicembre grudnia gru декабря дек aralık
"""
MONTHS = {word: place for place, line in enumerate(_MONTHS.strip().splitlines(), start=1) for word in line.split()}

_ZONE = "(?: ?(?:Z|z|[A-Z]{3,4}|[-+][0-9]{2}(?::?[0-9]{2})?))?"
CLOCK = f"(?:[ Tt,]+[0-9]{{1,2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:[.,][0-9]+)?)?(?: ?[AaPp][.]?[Mm][.]?)?{_ZONE})?"
_WORD = "([^0-9 .,/-]+)"
_DAY = "([0-9]{1,2})"
_YEAR = "([0-9]{4}|[0-9]{2})"
_NAMED = {
    "dby": f"(?:[^0-9 .,]+[.,]* )?{_DAY}(?:st|nd|rd|th|er|º)?[ ./-]*(?:de |of )?{_WORD}[.]?[ ,./-]*(?:del? )?{_YEAR}",
    "bdy": f"(?:[^0-9 .,]+, )?{_WORD}[.]?[ -]{_DAY}(?:st|nd|rd|th)?,?[ -]{_YEAR}",
}
_PLACES = {"ymd": (1, 2, 3), "dmy": (3, 2, 1), "mdy": (3, 1, 2), "dby": (3, 2, 1), "bdy": (3, 1, 2)}
_NUMERIC = re.compile(
    r" *(?:([0-9]{4})([-/.])[0-9]{1,2}\2[0-9]{1,2}|([0-9]{1,2})([-/.])([0-9]{1,2})\4([0-9]{4}|[0-9]{2}))"
    rf"{CLOCK} *$"
)


@dataclass(frozen=True)
class CalendarFormat:
    """A way to write dates.

    Attributes:
        order: ``ymd``, ``dmy``, ``mdy``; ``dby`` and ``bdy`` with the month's name.
        separator: the mark between the parts of numeric dates; none in those of eight digits.
        short: whether years have two digits.
        certain: whether some value can be read in this order only.
    """

    order: str
    separator: str = "-"
    short: bool = False
    certain: bool = True

    @property
    def name(self) -> str:
        """In words, for reports."""
        parts = {"y": "YY" if self.short else "YYYY", "m": "MM", "d": "DD", "b": "month"}
        return (self.separator if "b" not in self.order else " ").join(parts[p] for p in self.order)

    @property
    def named(self) -> bool:
        """Whether months are written as words."""
        return "b" in self.order

    @cached_property
    def pattern(self) -> str:
        """Pattern of a whole text of this form; three groups for its parts."""
        if self.named:
            return f" *{_NAMED[self.order]}{CLOCK} *"
        if not self.separator:
            return " *([0-9]{4})([0-9]{2})([0-9]{2}) *"
        year = "([0-9]{2})" if self.short else "([0-9]{4})"
        mark = f"[{self.separator}]"
        return " *" + mark.join(year if p == "y" else _DAY for p in self.order) + f"{CLOCK} *"

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(f"^{self.pattern}$")

    def day(self, text: str) -> float:
        """Days since 1970, NaN if the text does not read."""
        found = self._compiled.match(text)
        if found is None:
            return float("nan")
        year, month, day = (found[place] for place in _PLACES[self.order])
        number = MONTHS.get(month.lower()) if self.named else int(month)
        century = (2000 if int(year) < PIVOT else 1900) if len(year) == 2 else 0
        try:
            return float(dt.date(century + int(year), number or 0, int(day)).toordinal() - EPOCH)
        except ValueError:
            return float("nan")

    def expression(self, column: exp.Expr) -> exp.Expr:
        """SQL of the date, null where the text does not read."""
        if (self.order, self.separator) == ("ymd", "-"):
            trimmed = exp.Trim(this=column.copy())
            head = exp.Substring(this=trimmed, start=exp.Literal.number(1), length=exp.Literal.number(10))
            mark = exp.Substring(this=trimmed.copy(), start=exp.Literal.number(5), length=exp.Literal.number(1))
            # Some engines read 18/03/25 as a day of the year 18.
            return exp.case().when(mark.eq("-"), exp.TryCast(this=head, to=exp.DataType.build("date")))
        year, month, day = (self._part(column, place) for place in _PLACES[self.order])
        if self.named:
            month = _month_number(exp.Lower(this=month))
        if self.short or self.named:
            early = exp.LT(this=year.copy(), expression=_text(str(PIVOT)))
            full = _joined(exp.case().when(early, _text("20")).else_(_text("19")), year)
            two = exp.EQ(this=exp.Length(this=year.copy()), expression=exp.Literal.number(2))
            year = full if self.short and not self.named else exp.case().when(two, full).else_(year.copy())
        text = _joined(year, _text("-"), month, _text("-"), day)
        date = exp.TryCast(this=text, to=exp.DataType.build("date"))
        return exp.case().when(matches(column, f"^{self.pattern}$"), date)

    def _part(self, column: exp.Expr, place: int) -> exp.Expr:
        return exp.RegexpReplace(
            this=column.copy(), expression=_text(f"^{self.pattern}$"), replacement=_text(f"\\{place}")
        )


_COMPACT = re.compile(r" *(?:19|20)[0-9]{2}[01][0-9][0-3][0-9] *\Z")
DAYS, NEARLY = 5, 0.95  # different days, and share of the cells, from which numbers are days
_BY_NAME = (CalendarFormat("dby", " "), CalendarFormat("bdy", " "))


def compact_of(values: Sequence[str], counts: Sequence[int]) -> CalendarFormat | None:
    """``20250331``: numbers of eight digits that are nearly all days of the calendar, which others never are."""
    if not values or not _COMPACT.match(values[0]):
        return None
    form = CalendarFormat("ymd", "")
    days = [form.day(value) if _COMPACT.match(value) else float("nan") for value in values]
    read = [n for day, n in zip(days, counts, strict=True) if day == day]
    return form if len(read) >= DAYS and sum(read) >= NEARLY * sum(counts) else None


def calendar_of(values: Sequence[str], counts: Iterable[int], day_first: bool | None = None) -> CalendarFormat | None:
    """How a column writes dates; None if hardly any value looks like one.

    Args:
        day_first: what other columns of the same file say; decides where the column itself does not.
    """
    forms: Counter[CalendarFormat] = Counter()
    firsts: dict[CalendarFormat, list[int]] = {}
    for value, count in zip(values, counts, strict=True):
        form = form_of(value)
        if form is None:
            continue
        forms[form] += count
        if form.order == "dmy":
            first, second = (int(p) for p in re.findall("[0-9]+", value)[:2])
            votes = firsts.setdefault(form, [0, 0])
            votes[0] += count * (first > 12 >= second)
            votes[1] += count * (second > 12 >= first)
    if not forms:
        return None
    form = forms.most_common(1)[0][0]
    if form.order != "dmy":
        return form
    day, month = firsts[form]
    if day or month:
        return form if day >= month else replace(form, order="mdy")
    if form.separator == ".":
        return form
    if day_first is None:
        # Reports are of days that follow each other: the order that puts them closer together is the right one.
        near, far = _span(form, values), _span(replace(form, order="mdy"), values)
        day_first = near < far if near != far else form.separator == "-"
    return replace(form, order="dmy" if day_first else "mdy", certain=False)


def form_of(value: str) -> CalendarFormat | None:
    """The way a single value is written; numbers around ``/`` as if the day came first."""
    found = _NUMERIC.match(value)
    if found is not None:
        if found[1]:
            return CalendarFormat("ymd", found[2])
        return CalendarFormat("dmy", found[4], short=len(found[6]) == 2)
    if len(value) > 40 or not any(c.isdigit() for c in value):
        return None
    return next((form for form in _BY_NAME if not math.isnan(form.day(value))), None)


def _span(form: CalendarFormat, values: Sequence[str]) -> float:
    days = [d for d in map(form.day, values[:2_000]) if d == d]
    return max(days) - min(days) if days else float("inf")


def _month_number(word: exp.Expr) -> exp.Expr:
    case = exp.case()
    for number in range(1, 13):
        words = sorted(w for w, n in MONTHS.items() if n == number)
        case = case.when(exp.In(this=word.copy(), expressions=[_text(w) for w in words]), _text(f"{number:02d}"))
    return case


def _joined(*parts: exp.Expr) -> exp.Expr:
    joined = parts[0].copy()
    for part in parts[1:]:
        joined = exp.DPipe(this=joined, expression=part.copy())
    return joined


def _text(value: str) -> exp.Expr:
    return exp.Literal.string(value)
