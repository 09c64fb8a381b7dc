"""What every column of a table means, from its header and from its values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from assay.domain.family import family_of_numbers, family_of_texts
from assay.domain.funnel import with_funnel
from assay.domain.header import normalise
from assay.domain.naming import Reading, read_name
from assay.domain.pack import Pack
from assay.domain.role import Family, Role
from assay.domain.scale import named_scale, with_scales
from assay.domain.shape import NumberShape, TextShape, number_shape, text_shape
from assay.profile.sample import Sample, SampleColumn
from assay.source.base import ColumnType

ANCHORS_OF_A_DOMAIN = 2
_FEWEST_ROWS = 30
DAMAGED = 0.9  # share of negative numbers up to which a column that is called a count is a damaged one
_METRICS = (Family.COUNT, Family.MONEY, Family.RATE, Family.NUMBER)


_DAYS = frozenset(
    {"snapshot", "shipped", "sent", "signup", "start", "started", "dispatched", "delivered", "booked", "paid"}
)


def assign_roles(sample: Sample, pack: Pack) -> dict[str, Role]:
    """A role for every sampled column, in table order; at most one of them is the event time.

    The header proposes; the values confirm, refute, or speak alone where the header says nothing.
    """
    readings = {c.name: read_name(c.name, pack) for c in sample.columns}
    shapes = {c.name: _shape(c) for c in sample.columns}
    fits = {c.name: _fits(c, readings[c.name], shapes[c.name], pack) for c in sample.columns}
    domains = _domains(readings, fits, pack)
    roles: dict[str, Role] = {}
    for column in sample.columns:
        reading = readings[column.name]
        spec = pack.roles.get(reading.role)
        if spec is not None and reading.weak and spec.pack not in domains:
            reading = replace(reading, role="", confidence=0.6, weak=False)
            fits[column.name] = _fits(column, reading, shapes[column.name], pack)
        roles[column.name] = _role(column, reading, shapes[column.name], fits[column.name], pack)
    roles = _without_rivals(roles)
    roles = with_funnel(sample, roles, bool(domains - {"general"}))
    roles = with_scales(sample, roles, pack)
    return _with_event_time(sample, roles, readings, pack, bool(domains - {"general"}))


_Shape = NumberShape | TextShape | None


def _shape(column: SampleColumn) -> _Shape:
    if column.type.numeric:
        return number_shape(column)
    return text_shape(column) if column.type is ColumnType.TEXT else None


def _domains(readings: Mapping[str, Reading], fits: Mapping[str, bool], pack: Pack) -> set[str]:
    """The packs that this table is of: at least two columns have a role that only such tables have."""
    anchors: dict[str, set[str]] = {}
    for column, reading in readings.items():
        spec = pack.roles.get(reading.role)
        if spec is not None and spec.anchor and not reading.weak and fits[column]:
            anchors.setdefault(spec.pack, set()).add(spec.name)
    return {name for name, found in anchors.items() if len(found) >= ANCHORS_OF_A_DOMAIN}


def _fits(column: SampleColumn, reading: Reading, shape: _Shape, pack: Pack) -> bool:
    """Whether the values can be what the header says."""
    family, kind = reading.family, column.type
    if family is None:
        return False
    if not len(column):
        return _declared(family, kind)
    if isinstance(shape, TextShape):
        if family in _METRICS:
            return False
        if family is Family.DATE:
            return shape.dated >= 0.5
        if family is Family.FLAG:
            return shape.heavy <= 3 and shape.heavy_mass >= 0.5
        return family is not Family.DIMENSION or shape.heavy_mass >= 0.3 or shape.n < 50
    if isinstance(shape, NumberShape):
        return _numbers_fit(family, shape, reading, pack)
    if family is Family.DATE:
        return kind.temporal
    if kind is ColumnType.BOOLEAN:
        return family in (Family.FLAG, Family.DIMENSION)
    return not kind.temporal and len(column) == int(column.nulls.sum())


def _declared(family: Family, kind: ColumnType) -> bool:
    """Whether a column of a type may hold what its header says, where there are no values to ask."""
    if kind.temporal or kind is ColumnType.BOOLEAN:
        return family is Family.DATE if kind.temporal else family in (Family.FLAG, Family.DIMENSION)
    return kind.numeric is (family in _METRICS) or family in (Family.ID, Family.DIMENSION)


def _numbers_fit(family: Family, shape: NumberShape, reading: Reading, pack: Pack) -> bool:
    spec = pack.roles.get(reading.role)
    mostly_negative = shape.negative > 0.5
    if family is Family.COUNT:
        whole = shape.whole >= 0.55 or (spec is not None and spec.fractional and shape.unit < 0.95)
        if spec is not None and not reading.qualifier and not spec.signed:
            # Where zeros are left blank, damage of two fifths of the rows is damage of most numbers.
            mostly_negative = shape.negative > DAMAGED
        return whole and not mostly_negative and abs(shape.mid) < 1e11
    if family is Family.MONEY:
        # Where nothing else in its name says otherwise, a pack knows what an amount is whatever its sign.
        return reading.signed or (spec is not None and (spec.signed or not reading.qualifier)) or not mostly_negative
    if family is Family.RATE:
        return not mostly_negative or reading.signed
    if family is Family.DATE:
        return shape.low >= 19000101 and shape.high <= 21001231
    if family in (Family.ID, Family.DIMENSION):
        return shape.whole >= 0.55
    if family is Family.FLAG:
        return shape.distinct <= 3
    return family is Family.NUMBER


def _role(column: SampleColumn, reading: Reading, shape: _Shape, fits: bool, pack: Pack) -> Role:
    by_values = _family_by_values(column, shape, pack)
    dense = False if reading.optional and (fits or not column.type.numeric) else None
    if not fits or reading.family is None:
        # A name that says something else than the values do is no help, but a nullable field stays one.
        signed = reading.signed or (isinstance(shape, NumberShape) and shape.negative > 0.42)
        return Role("", by_values, "values", 0.5, dense=dense, signed=signed)
    family = reading.family if reading.role else _settled(reading.family, by_values, shape)
    spec = pack.roles.get(reading.role)
    origin = "both" if by_values is family else "name"
    unit = named_scale(family, reading.unit, reading.percent)
    if spec is None or family is not spec.family:
        return Role("", family, origin, reading.confidence, unit, dense, reading.signed, qualifier=reading.qualifier)
    return Role(
        spec.name,
        family,
        origin,
        reading.confidence,
        unit,
        spec.dense if spec.dense is not None and not reading.qualifier else dense,
        spec.signed,
        spec.fractional,
        breakdown=spec.breakdown,
        qualifier=reading.qualifier,
    )


def _settled(named: Family, by_values: Family, shape: _Shape) -> Family:
    """The family where the name is general and the values know better."""
    if isinstance(shape, NumberShape):
        if named is Family.RATE and shape.whole > 0.95 and shape.mid > 1 and shape.distinct > 2:
            return Family.NUMBER  # heart_rate, exchange_rate
        many = named is Family.DIMENSION and by_values is Family.COUNT and shape.distinct > 60
        return by_values if many else named
    if isinstance(shape, TextShape) and named is Family.DIMENSION and by_values in (Family.NAME, Family.ID):
        return by_values
    return named


def _family_by_values(column: SampleColumn, shape: _Shape, pack: Pack) -> Family:
    if isinstance(shape, NumberShape):
        return family_of_numbers(shape)
    if isinstance(shape, TextShape):
        words = pack.words.get("yes_no", frozenset())
        yes_no = 1 <= shape.heavy <= 3 and shape.heavy_mass >= 0.5
        return family_of_texts(shape, yes_no and all(normalise(v) in words for v in column.values[: shape.heavy]))
    if column.type.temporal:
        return Family.DATE
    return Family.FLAG if column.type is ColumnType.BOOLEAN else Family.OTHER


def _without_rivals(roles: dict[str, Role]) -> dict[str, Role]:
    """A part of a header gives a role only where no other column has that role by its whole header."""
    whole = {r.name for r in roles.values() if r.name and not r.qualifier}
    rivals = {c: r for c, r in roles.items() if r.qualifier and r.name in whole}
    return {c: replace(r, confidence=min(r.confidence, 0.5)) if c in rivals else r for c, r in roles.items()}


def _with_event_time(
    sample: Sample, roles: dict[str, Role], readings: Mapping[str, Reading], pack: Pack, known: bool
) -> dict[str, Role]:
    """Choose the day that rows are about; ``known``: whether the table is of a domain, whose tables all have one."""
    ranked: list[tuple[float, int, str]] = []
    for index, column in enumerate(sample.columns):
        role, reading = roles[column.name], readings[column.name]
        if role.family is not Family.DATE or not column.type.temporal or reading.load:
            continue
        spec = pack.roles.get(role.name)
        rank = spec.event_time if spec is not None else 60 if reading.other_day or reading.optional else 50
        missing = float(column.nulls.mean()) if len(column) else 0.0
        if rank and missing < 0.7:
            ranked.append((rank, index, column.name))
    if ranked and min(ranked)[0] < 60:
        best = min(ranked)[2]
        roles[best] = replace(roles[best], event_time=True)
        return roles
    # The start of a day's report, the day of a snapshot or of a dispatch, where no other is named and it has every day.
    dates = [c for c in sample.columns if roles[c.name].family is Family.DATE and c.type.temporal]
    alone = known and len(dates) == 1
    daily = [c for c in dates if (alone or _DAYS & set(normalise(c.name).split("_"))) and _daily(c)]
    if daily:
        day = min(daily, key=lambda c: int(c.nulls.sum())).name
        roles[day] = replace(roles[day], name="", event_time=True)
    return roles


def _daily(column: SampleColumn) -> bool:
    """Whether a column holds days without a clock, nearly all of a period, and each in several rows."""
    days = column.numbers[~column.nulls]
    if len(days) < _FEWEST_ROWS or len(days) < 0.95 * len(column) or (days % 1 != 0).any():
        return False
    distinct = np.unique(days)
    return (
        len(distinct) > 2 and len(distinct) >= 0.8 * (distinct[-1] - distinct[0] + 1) and len(days) > 2 * len(distinct)
    )
