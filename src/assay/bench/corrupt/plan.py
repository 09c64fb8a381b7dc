"""Which rows each error hits: one condition a row and an error, measured so that exactly the wanted number meets it.

Rows are ordered by the error's mechanism, and the k-th of them sets a threshold. So a hit is a condition on the row
alone, any engine can test it in any order, and no list of rows is held. Later errors prefer rows that earlier ones left
clean; where there are too few of these, they take rows in which they share no column with an earlier error.

Each condition rests on those before it, so a plan of many errors asks ever longer questions. An engine that can keep
an answer keeps which rows are hit so far: then the conditions of earlier errors are not worked out again for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from assay.bench.corrupt.error import Damage, Error, NotApplicable, NotApplicableError
from assay.bench.corrupt.eve import with_eve
from assay.bench.corrupt.kinds import KINDS, MOST, Kind
from assay.bench.corrupt.mechanisms import MECHANISMS, Place, Target
from assay.bench.corrupt.scene import ROW, Scene
from assay.bench.corrupt.sql import all_of, any_of, column, differs, is_true, named, select, sql, text
from assay.errors import ConfigurationError
from assay.source.base import Keeper

TOUCHED = 1 << 60  # more than any priority: rows of earlier errors come last
KEPT_ROW, BITS = "assay_kept_row", "assay_bits"
MOST_KEPT = 62  # hits that a whole number holds a bit of each
FEW_COLUMNS = 4  # an error of more columns than these is one of the whole row


@dataclass(frozen=True)
class Hit:
    """An error with the rows that it hits.

    Attributes:
        index: its number among all that were asked for.
        mask: name of the hidden column that is true where it hits.
        condition: that column, over the earlier ones.
        place: where it strikes, in words.
    """

    index: int
    error: Error
    kind: Kind
    damage: Damage
    mask: str
    condition: exp.Expr
    place: str
    mechanism: str

    @property
    def writes(self) -> frozenset[str]:
        return frozenset(self.damage.values)


@dataclass(frozen=True)
class Kept:
    """The hit rows of the first ``hits`` hits: a relation of their positions, with a bit for each hit."""

    rows: exp.Expr
    hits: int

    def beside(self, rows: exp.Select) -> exp.Select:
        """The rows with their bits."""
        met = sql(":a = :b", a=column(ROW), b=column(KEPT_ROW))
        beside = exp.select(exp.Star()).from_(rows.subquery("here", copy=False))
        return beside.join(self.rows.copy(), on=met, join_type="left", copy=False)


def _bit(number: int) -> exp.Expr:
    return sql("coalesce(:bits, 0) & :bit <> 0", bits=column(BITS), bit=1 << number)


@dataclass(frozen=True)
class Plan:
    """Everything that is done to a table, and what could not be.

    Attributes:
        kept: rows that were hit when planning went on, and by which hits; None where the engine keeps nothing.
    """

    scene: Scene
    hits: tuple[Hit, ...]
    skipped: tuple[NotApplicable, ...]
    kept: Kept | None = None

    def stages(self, coming: Hit | None = None) -> exp.Select:
        """The rows after all hits, with their masks and clean values, and what a ``coming`` hit needs."""
        rows = self.scene.base() if self.kept is None else self.kept.beside(self.scene.base())
        for hit in (*self.hits, *([coming] if coming else [])):
            if hit.damage.eve is not None:
                rows = with_eve(self.scene, rows, hit.damage.eve)
        as_text: frozenset[str] = frozenset()
        for number, hit in enumerate(self.hits):
            known = self.kept is not None and number < self.kept.hits
            rows = select([exp.Star(), named(_bit(number) if known else hit.condition.copy(), hit.mask)], rows)
            if hit.damage.values and not hit.damage.adds:
                as_text |= hit.damage.as_text
                rows = select([exp.Star(replace=_changes(hit, as_text))], rows)
        return rows

    @property
    def as_text(self) -> frozenset[str]:
        """The columns that become text."""
        return frozenset().union(*(h.damage.as_text for h in self.hits))


def plan(scene: Scene, errors: Sequence[Error]) -> Plan:
    """Decide what each error does and which rows it hits.

    Raises:
        ConfigurationError: there is no such kind, mechanism or column.
    """
    for error in errors:
        _check(error)
    made = Plan(scene, (), ())
    for index, error in sorted(enumerate(errors), key=_turn):
        for single in _singles(error):
            scene.begin(1_000 * index + len(made.hits) if single is not error else index, error.kind)
            try:
                made = _remembered(made)
                made = replace(made, hits=(*made.hits, _hit(made, index, single)))
            except NotApplicableError as reason:
                made = replace(made, skipped=(*made.skipped, NotApplicable(single, str(reason))))
    return replace(made, kept=None)


def _remembered(made: Plan) -> Plan:
    """The plan with its hit rows kept, if its engine can do so."""
    before, source, count = made.kept, made.scene.source, len(made.hits)
    if not isinstance(source, Keeper) or not count or count > MOST_KEPT or (before and before.hits == count):
        return made
    known = before.hits if before else 0
    bits = sql("coalesce(:bits, 0)", bits=column(BITS)) if before else exp.convert(0)
    for number, hit in enumerate(made.hits[known:], known):
        mask = column(hit.mask)
        bits = sql(":bits + CASE WHEN :mask THEN :bit ELSE 0 END", bits=bits, mask=mask, bit=1 << number)
    fields = [named(column(ROW), KEPT_ROW), named(exp.cast(bits, "bigint"), BITS)]
    hit_rows = select([exp.Star()], select(fields, made.stages())).where(sql(":bits <> 0", bits=column(BITS)))
    return replace(made, kept=Kept(source.keep(f"assay_kept_{count}", hit_rows), count))


def _check(error: Error) -> None:
    if error.kind not in KINDS:
        raise ConfigurationError(f"no error {error.kind!r}; there are: {', '.join(KINDS)}")
    if error.mechanism and error.mechanism not in MECHANISMS:
        raise ConfigurationError(f"no mechanism {error.mechanism!r}; there are: {', '.join(MECHANISMS)}")


def _turn(numbered: tuple[int, Error]) -> tuple[int, int]:
    """Columns become text when no other error has to read them, and are dropped when it is known who needs them."""
    index, error = numbered
    late = {"shifted_rows": 1, "dropped_column": 0 if error.columns else 2}
    return late.get(error.kind, 0), index


def _singles(error: Error) -> list[Error]:
    """One error a column, where each column is damaged on its own."""
    if KINDS[error.kind].several or len(error.columns) < 2:
        return [error]
    return [replace(error, columns=(name,)) for name in error.columns]


def _hit(made: Plan, index: int, error: Error) -> Hit:
    scene, kind = made.scene, KINDS[error.kind]
    mechanism = error.mechanism or kind.mechanism
    if kind.only and mechanism not in kind.only:
        raise NotApplicableError(f"{error.kind} cannot strike {mechanism}; use {' or '.join(kind.only)}")
    wanted = max(1, round(error.rate * scene.rows))
    damage = kind.make(scene, scene.checked(error.columns), wanted)
    if not damage.columns:
        damage = replace(damage, columns=tuple(damage.values))
    mask = f"assay_hit_{len(made.hits)}"
    hit = Hit(index, error, kind, damage, mask, exp.false(), "", mechanism)
    if damage.drops:
        scene.gone.update(damage.drops)
        return hit
    eligible = _eligible(damage)
    if kind.only == ("dates",):
        place = Place(sql("mod(:draw, 1099511627776)", draw=scene.draw()), all=True)
    else:
        target = Target(tuple(damage.values) or damage.columns, eligible, wanted, kind.whole)
        place = MECHANISMS[mechanism](scene, target)
    condition = _condition(made, hit, eligible, place, wanted)
    scene.written.update(() if damage.adds else damage.values)
    if 0 < len(damage.columns) <= FEW_COLUMNS:
        scene.taken.update(damage.columns, damage.values)
    if mechanism in ("dates", "since") and scene.event_date:
        scene.taken.add(scene.event_date)
    return replace(hit, condition=condition, place=place.told)


def _eligible(damage: Damage) -> exp.Expr:
    """Rows that can carry the damage, and in which it changes something; values that do not fit change nothing."""
    conditions = [] if damage.eligible is None else [damage.eligible]
    changes = []
    for name, value in damage.values.items():
        changed = differs(as_kept(column(name), name in damage.as_text), value)
        fits = isinstance(value, exp.Null) or len(damage.values) > 1
        changes.append(
            changed if fits else exp.and_(changed, exp.not_(exp.Is(this=value.copy(), expression=exp.null())))
        )
    if changes:
        conditions.append(any_of(changes))
    return is_true(all_of(conditions))


def as_kept(value: exp.Expr, is_text: bool) -> exp.Expr:
    """The value as its column holds it when all is done: as text where the column becomes text."""
    return text(value) if is_text and not isinstance(value, exp.Null) else value.copy()


def _changes(hit: Hit, as_text: frozenset[str]) -> list[exp.Expr]:
    """The written columns: new where the error hits, else as they were."""
    changed = []
    for name, value in hit.damage.values.items():
        is_text = name in as_text
        new, old = as_kept(value, is_text), as_kept(column(name), is_text)
        case = exp.Case().when(column(hit.mask), new, copy=False).else_(old, copy=False)
        changed.append(named(case, name))
    return changed


def _condition(made: Plan, hit: Hit, eligible: exp.Expr, place: Place, wanted: int) -> exp.Expr:
    """The condition of being hit: a candidate whose priority is at most that of the last one wanted."""
    scene = made.scene
    if place.within is not None:
        eligible = is_true(exp.and_(eligible, place.within))
    clashing = any_of([column(h.mask) for h in made.hits if _clash(h, hit)])
    touched = any_of([column(h.mask) for h in made.hits])
    candidate = exp.and_(eligible, exp.not_(exp.paren(clashing)))
    counts = [
        named(sql("count(CASE WHEN :e THEN 1 END)", e=eligible), "eligible"),
        named(sql("count(CASE WHEN :c THEN 1 END)", c=candidate), "candidates"),
    ]
    count = select(counts, made.stages(hit))
    counted = scene.source.ask(count).to_pylist()[0]
    if not counted["candidates"]:
        reason = "no row can carry it" if not counted["eligible"] else "earlier errors left no row that could carry it"
        raise NotApplicableError(reason)
    if place.all:
        return candidate
    most = counted["eligible"] if counted["eligible"] == scene.rows else max(1, round(MOST * counted["eligible"]))
    hits = min(wanted, most, counted["candidates"])
    offset = sql("CASE WHEN :touched THEN :far ELSE 0 END", touched=touched, far=TOUCHED)
    priority = sql(":priority + :offset", priority=place.priority, offset=offset)
    order = select([named(priority, "priority")], made.stages(hit)).where(candidate, copy=False)
    order = order.order_by(exp.column("priority"), copy=False).limit(1, copy=False).offset(hits - 1, copy=False)
    last = scene.source.ask(order).column(0)[0].as_py()
    return exp.and_(candidate.copy(), sql(":priority <= :last", priority=priority, last=int(last)))


def _clash(earlier: Hit, later: Hit) -> bool:
    """Whether two errors cannot be in one row.

    They cannot write the same cell, nor may the later one change what the earlier one is about, nor rest on a cell that
    is damaged in itself. Breaks of logic rest on each other well: clicks above impressions, conversions above those.
    """
    if earlier.damage.adds or later.damage.adds:
        # An exact copy is one whatever else is wrong with the row.
        return bool(earlier.damage.values and later.damage.values)
    if earlier.writes & later.writes or later.writes & _about(earlier.damage):
        return True
    logical = earlier.kind.group == later.kind.group == "logical"
    return bool(earlier.writes & _about(later.damage)) and not logical


def _about(damage: Damage) -> set[str]:
    """The columns that an error names or reads."""
    expressions = [e for e in (*damage.values.values(), damage.eligible) if e is not None]
    return {*damage.columns, *(c.name for e in expressions for c in e.find_all(exp.Column))} - {ROW}
