"""How a column writes its numbers: the decimal mark, grouping, currencies, per cent, accounting negatives.

One cell does not tell whether ``1.234`` is a little more than one or more than a thousand: the column does. Reading is
an engine-neutral expression, and a Python function that gives the same values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

from sqlglot import exp

SPACE = " \t\u00a0\u2007\u2009\u202f"
MINUS = "-\u2212\u2013\uff0d"
APOSTROPHES = "'\u2019"
_SYMBOLS = "$€£¥₹₽₺₩₪₫₴₦฿₱₡₲₵₸₼₾₿＄￥"
_CODES = (
    "AED|ARS|AUD|BDT|BGN|BRL|CAD|CHF|CLP|CNY|COP|CZK|DKK|EGP|EUR|GBP|HKD|HUF|IDR|ILS|INR|JPY|KES|KRW|KZT|MAD|MXN|MYR"
    "|NGN|NOK|NZD|PEN|PHP|PKR|PLN|RON|RSD|RUB|SAR|SEK|SGD|THB|TRY|TWD|UAH|USD|UYU|VND|ZAR"
)
_WORDS = "(?:R|US|CA|C|A|AU|NZ|HK|S|MX|NT)[$]|kr[.]?|zł|Kč|Ft|lei|Rs[.]?|руб[.]?|р[.]|TL|Fr[.]|грн[.]?"
CURRENCY = f"(?:[{_SYMBOLS}]|{_CODES}|{_WORDS})"
_EXPONENT = "(?:[eE][-+]?[0-9]+)?"
MOST_SIGNS = 8
SURE = 5  # different ambiguous values from which their company may tell what they are


@cache
def _any() -> re.Pattern[str]:
    """A number however it is written, compiled when the first text is read: it costs as much as an import."""
    return re.compile(
        rf"[{SPACE}]*[(]?[{MINUS}+<>≤≥ ]*{CURRENCY}?[{SPACE}]*[{MINUS}+]?([0-9., {SPACE[1:]}{APOSTROPHES}]*[0-9])"
    )


@dataclass(frozen=True)
class Numerals:
    """A way to write numbers.

    Attributes:
        decimal: the decimal mark, ``.`` or ``,``.
        certain: whether some value can be read in this way only.
        signs: the currencies that stand beside the numbers.
        bounds: whether per cents may be written as bounds (``< 10%``), which are read as the bound itself.
    """

    decimal: str = "."
    certain: bool = True
    signs: tuple[str, ...] = ()
    bounds: bool = False

    @property
    def name(self) -> str:
        """In words, for reports."""
        return "decimal comma" if self.decimal == "," else "decimal point"

    @property
    def group(self) -> str:
        """The other mark, which groups thousands."""
        return "." if self.decimal == "," else ","

    @property
    def body(self) -> str:
        """Pattern of the digits with their marks."""
        grouped = f"[0-9]{{1,3}}(?:[{self.group}{SPACE}{APOSTROPHES}][0-9]{{3}})+"
        if self.decimal == ".":
            grouped += "|[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}"
        return f"(?:(?:{grouped}|[0-9]+)(?:[{self.decimal}][0-9]*)?|[{self.decimal}][0-9]+){_EXPONENT}"

    @cached_property
    def pattern(self) -> str:
        """Pattern of a whole text that reads as a number; two groups, of which one holds the digits."""
        space, sign, currency = f"[{SPACE}]*", f"[{MINUS}+]?", self._currency
        bound = f"(?:[<>≤≥]=?{space})?" if self.bounds else ""
        after = f"(?:%{'|' if currency else ''}{currency.removesuffix('?')})?"
        brackets = f"[(]{space}{currency}{space}({self.body}){space}{after}{space}[)]"
        signed = f"{bound}{sign}{space}{currency}{space}{sign}({self.body}){space}{after}(?:[-\u2212])?"
        return f"{space}(?:{brackets}|{signed}){space}"

    @property
    def _currency(self) -> str:
        """Pattern of a currency that may be there; "" where the column has none."""
        return f"(?:{'|'.join(re.sub('[$.]', lambda c: f'[{c[0]}]', s) for s in self.signs)})?" if self.signs else ""

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(f"^(?:{self.pattern})$", re.ASCII)

    def number(self, text: str) -> float:
        """The number that a text stands for, NaN if it does not read."""
        found = self._compiled.match(text)
        if found is None:
            return float("nan")
        digits = (found[1] or found[2]).replace(self.group, "")
        digits = digits.translate(_SEPARATORS).replace(self.decimal, ".")
        value = float(digits)
        return -value if NEGATIVE.search(text) else value

    def sign(self, text: str) -> str:
        """The currency or per-cent sign of a text, "" if it has none."""
        found = _SIGNS.search(text)
        return found[0] if found else ""

    def expression(self, column: exp.Expr) -> exp.Expr:
        """SQL of the number, null where the text does not read."""
        text = column.copy()
        digits: exp.Expr = exp.RegexpReplace(
            this=text, expression=_text(f"^{self.pattern}$"), replacement=_text(r"\1\2")
        )
        for mark in (self.group, *SPACE, *APOSTROPHES):
            digits = _replaced(digits, mark, "")
        if self.decimal != ".":
            digits = _replaced(digits, self.decimal, ".")
        value = exp.TryCast(this=digits, to=exp.DataType.build("double"))
        signed = exp.case().when(matches(text, NEGATIVE.pattern), exp.Neg(this=value)).else_(value.copy())
        return exp.case().when(matches(text, f"^{self.pattern}$"), signed)


_UNSIGNED = re.compile("[-+0-9., ]*$")
_SIGNS = re.compile(f"%|{CURRENCY}")
_SEPARATORS = str.maketrans("", "", SPACE + APOSTROPHES)
NEGATIVE = re.compile("^[^0-9]*[-\u2212\u2013\uff0d(]|[-\u2212][^0-9]*$")


def numerals_of(values: Sequence[str], counts: Iterable[int], decimal: str | None = None) -> Numerals:
    """How a column writes numbers, by the marks in its values.

    Args:
        decimal: the mark that other columns of the same file use for certain; decides where the column itself does not.
    """
    votes, ambiguous, kinds = {".": 0, ",": 0}, {".": 0, ",": 0}, {".": 0, ",": 0}
    short = long = 0
    bounds, signs = False, set[str]()
    for value, count in zip(values, counts, strict=True):
        bounds = bounds or ("%" in value and value.lstrip()[:1] in ("<", ">"))
        found = _any().match(value)
        if found is None:
            continue
        if not value.isascii() or not _UNSIGNED.match(value):
            signs.update(_SIGNS.findall(value))
        digits = found[1].strip()
        mark, sure = _mark(digits)
        if mark is None:
            short, long = (short + count, long) if len(digits) < 4 else (short, long + count)
        elif sure:
            votes[mark] += count
        else:
            ambiguous[mark] += count
            kinds[mark] += 1
    plain = Numerals(signs=tuple(sorted(signs - {"%"})[:MOST_SIGNS]), bounds=bounds)
    if votes["."] or votes[","]:
        return replace(plain, decimal="," if votes[","] > votes["."] else ".")
    if not ambiguous["."] and not ambiguous[","]:
        return plain
    if ambiguous[","] >= ambiguous["."]:
        # Three digits after a comma are thousands, unless numbers of that size are written without one.
        fraction = not short or bool(long) if decimal == "," else decimal is None and bool(long)
        return replace(plain, decimal="," if fraction else ".", certain=False)
    # A fixed number of decimals would show in small numbers as well; decimals without trailing zeros are seldom none.
    grouped = decimal is None and not long and kinds["."] >= SURE and short >= 0.05 * ambiguous["."]
    return replace(plain, decimal="," if decimal == "," or grouped else ".", certain=False)


def _mark(digits: str) -> tuple[str | None, bool]:
    """The decimal mark that a text shows or may show, and whether it can be no other."""
    points, commas = digits.count("."), digits.count(",")
    if points and commas:
        return (("." if digits.rfind(".") > digits.rfind(",") else ","), points == 1 or commas == 1)
    if not points and not commas:
        return None, True
    mark, other = (".", ",") if points else (",", ".")
    if points + commas > 1:
        return other, True
    whole, _, part = digits.partition(mark)
    if len(part) != 3 or not whole or whole.startswith("0") or len(whole) > 3:
        return mark, True
    return mark, False


def matches(text: exp.Expr, pattern: str) -> exp.Expr:
    """SQL condition that a text has a pattern (RE2 and POSIX syntax in common)."""
    return exp.RegexpLike(this=text.copy(), expression=_text(pattern))


def _replaced(text: exp.Expr, old: str, new: str) -> exp.Expr:
    return exp.Replace(this=text, expression=_text(old), replacement=_text(new))


def _text(value: str) -> exp.Expr:
    return exp.Literal.string(value)
