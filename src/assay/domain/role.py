"""Roles: what a column means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Family(StrEnum):
    """What kind of thing a column holds."""

    DATE = "date"
    ID = "id"
    NAME = "name"  # free text chosen by people: campaign names, titles, search terms, URLs
    DIMENSION = "dimension"  # a category: brand, platform, device, country
    COUNT = "count"  # impressions, clicks, orders: whole, never negative
    MONEY = "money"
    RATE = "rate"  # ctr, cpc, frequency, share: derived or bounded
    NUMBER = "number"  # any other quantity
    FLAG = "flag"
    TEXT = "text"  # any other text
    OTHER = "other"


@dataclass(frozen=True)
class Role:
    """What a column means, and how sure that is.

    Attributes:
        name: canonical name in the pack (``impressions``, ``spend``, ``campaign_id``), "" if only the family is known.
        family: what kind of thing it holds.
        origin: ``name`` (the header says so), ``values`` (the data say so) or ``both``.
        confidence: 0 to 1.
        scale: factor from the column's unit to the canonical one (1e-6 for micros, 0.01 for per cent).
        dense: whether every row should have a value; None where the pack does not say.
        signed: whether negative values are legitimate.
        fractional: whether a count may have decimals (data-driven attribution).
        event_time: for dates, whether it is the day that rows are about (not a load or update time).
        breakdown: whether rows may be split by it, so that it belongs to the grain.
        qualifier: words of the header beside the role (``viral`` of viral_clicks); what shares one belongs together.
    """

    name: str
    family: Family
    origin: str = "name"
    confidence: float = 1.0
    scale: float = 1.0
    dense: bool | None = None
    signed: bool = False
    fractional: bool = False
    event_time: bool = False
    breakdown: bool = False
    qualifier: str = ""

    @property
    def metric(self) -> bool:
        """Whether it is a measured quantity that adds up over rows."""
        return self.family in (Family.COUNT, Family.MONEY, Family.NUMBER)


Roles = Mapping[str, Role]
