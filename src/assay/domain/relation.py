"""Relations: what must hold between the columns that have certain roles."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = (
    "clicks_exceed_impressions",
    "conversions_exceed_clicks",
    "spend_with_zero_impressions",
    "video_completions_exceed_plays",
    "purchases_without_add_to_cart",
    "landing_page_views_exceed_clicks",
    "relation_violation",
)
FORMS = {
    "le": "the first is at most the second",
    "implies": "where the first is positive, the second is positive",
    "sum": "the last is the sum of the others",
    "ladder": "each is at most the next one that the table has",
    "unordered": "neither is part of the other, however often one is the smaller",
}
EXCEPTIONS = {
    "undelivered": "few events on a row without delivery",
    "attributed": "events that impressions explain without a click",
    "missed_event": "one or two events of the second that were not recorded",
    "reloads": "an excess of one or of a few per cent",
    "unspent_residue": "amounts far below the price of a usual impression",
}


@dataclass(frozen=True)
class Relation:
    """What must hold between the columns that have certain roles.

    Attributes:
        kind: finding kind that a violation is reported as.
        form: one of :data:`FORMS`.
        roles: the roles in the order that the form asks for, each as alternatives, best first.
        strict: whether a violation is almost surely an error, and not only unusual.
        allow: the legitimate exceptions, of :data:`EXCEPTIONS`.
        unless: roles whose presence makes the relation redundant.
        besides: roles that take the place of the last one in another relation; the relation is tested only beside them,
            and rows that break the other one are reported there alone.
        by: roles of a column that says what the first role counts in a row; each of its values is judged apart.
        means: what a violation means.
        but: what a legitimate exception is.
        action: what to do.
    """

    kind: str
    form: str
    roles: tuple[tuple[str, ...], ...]
    strict: bool
    allow: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    besides: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    means: str = ""
    but: str = ""
    action: str = ""
