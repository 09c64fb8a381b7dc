"""Which columns are sensitive, and why: from what a column means and from what its values look like.

Nothing is kept by default that could be a name: a text column stays only if it is known to hold common categories.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from assay.domain.header import normalise
from assay.domain.role import Family, Role
from assay.profile.sample import SampleColumn
from assay.source.base import ColumnType

How = Literal["name", "id", "email", "url", "date", "keep", "leave out"]

NOUNS = {
    "brand": "Brand", "account_name": "Company", "campaign_name": "Campaign", "ad_set_name": "Ad set", "ad_name": "Ad",
    "search_term": "Term", "audience": "Audience", "coupon_code": "Code",
}  # fmt: skip
"""What the values of a role are called after they are replaced."""

WORDS = {
    "Brand": "brand brands marke marque marca merk label product products produkt produit producto item title",
    "Company": "company companies advertiser client customer agency account business firm firma unternehmen kunde "
    "mandant entreprise societe empresa cliente azienda publisher partner vendor supplier seller merchant shop store "
    "hotel restaurant brewery hospital provider organisation organization site network owner",
    "Person": "person user name first last full surname firstname lastname author manager employee doctor patient "
    "contact vorname nachname nom prenom nombre apellido nome student teacher agent sales_rep rep salesperson",
    "Campaign": "campaign kampagne campagne campana campanha",
}
"""Words of a header that say what an unknown text column names."""

COMMON = frozenset(
    {
        "platform", "placement", "device", "country", "region", "currency", "objective", "result_indicator", "creative",
        "match_type", "ad_breakdown", "data_source", "hour", "weekday", "year", "gender", "age_band",
    }
)  # fmt: skip
"""Roles whose values are the same words for everybody."""
ADDRESSES = {"email": "email", "url": "url", "phone": "id", "postal_code": "id"}

_EMAIL = re.compile(r"^[^\s@]+@[^\s@]+\.[^\s@]+$")
_URL = re.compile(r"^(https?://|www\.)\S+$", re.IGNORECASE)


@dataclass(frozen=True)
class Treatment:
    """What is done to a column.

    Attributes:
        how: replaced by labels or by other ids and addresses, shifted, kept, or left out of the output.
        noun: for names, what they are called: ``Brand`` of ``Brand 1``.
        why: in words for the user.
    """

    how: How
    why: str
    noun: str = ""


def treatment(column: SampleColumn, role: Role, declared: ColumnType, shift_dates: bool) -> Treatment:
    """What to do with a column."""
    if declared in (ColumnType.NESTED, ColumnType.BINARY):
        return Treatment("leave out", "what lies inside cannot be checked")
    if declared.temporal:
        return Treatment("date", "moved by one secret number of weeks") if shift_dates else Treatment("keep", "a date")
    if declared is not ColumnType.TEXT and declared is not ColumnType.OTHER:
        return _of_number(role, declared)
    return _of_text(column, role, shift_dates)


def left_out(native: str) -> Treatment:
    """The treatment of a column that is not sampled."""
    return Treatment("leave out", f"what lies inside of {native} values cannot be checked")


def _of_number(role: Role, declared: ColumnType) -> Treatment:
    if declared in (ColumnType.BOOLEAN, ColumnType.TIME):
        return Treatment("keep", "no name of anything")
    if role.family is Family.ID or role.name in ADDRESSES:
        return Treatment("id", f"its role is {role.name or 'id'}" if role.name else "its numbers name something")
    return Treatment("keep", f"a measure ({role.name or role.family})")


def _of_text(column: SampleColumn, role: Role, shift_dates: bool) -> Treatment:
    if _share(column, _EMAIL) > 0.05 or role.name == "email":
        return Treatment("email", "holds e-mail addresses")
    if _share(column, _URL) > 0.05 or role.name == "url":
        return Treatment("url", "holds links")
    if role.name in ADDRESSES:
        return Treatment("id", f"its role is {role.name}")
    if role.name in NOUNS:
        return Treatment("name", f"its role is {role.name}", NOUNS[role.name])
    if role.family is Family.ID:
        return Treatment("id", f"its role is {role.name}" if role.name else "its values name something")
    if column.type is not ColumnType.TEXT:
        stay = ", which are not moved" if column.type.temporal and shift_dates else ""
        return Treatment("keep", f"{column.type} values written as text{stay}")
    if role.name in COMMON or role.family is Family.FLAG:
        return Treatment("keep", f"common categories ({role.name or role.family})")
    noun = _noun(column.name)
    if noun:
        return Treatment("name", f"its header speaks of a {noun.lower()}", noun)
    return Treatment("name", "text that is not known to hold common categories", "Value")


def _noun(header: str) -> str:
    words = set(normalise(header).split("_"))
    return next((noun for noun, listed in WORDS.items() if words & set(listed.split())), "")


def _share(column: SampleColumn, pattern: re.Pattern[str]) -> float:
    """Share of the cells with a text that matches."""
    if not len(column.counts):
        return 0.0
    matching = np.array([bool(pattern.match(v.strip())) for v in column.values])
    return float(column.counts[matching].sum() / column.counts.sum())
