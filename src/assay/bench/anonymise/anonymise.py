"""Anonymise a table, or all tables of a folder together, without losing what an audit needs to see."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from sqlglot import exp

from assay.atomic import atomic_path
from assay.bench.anonymise.labels import Labels
from assay.bench.anonymise.secret import Ids, Secret
from assay.bench.anonymise.treatment import Treatment, left_out, treatment
from assay.config import Settings
from assay.domain.pack import load_packs
from assay.domain.roles import assign_roles
from assay.errors import ConfigurationError, UnsupportedError
from assay.hypothesis.placeholders import is_placeholder
from assay.profile.drawn import take_sample
from assay.source.base import ColumnType, Source
from assay.source.open import find_tables

SAMPLE_ROWS = 20_000
FLOAT = ColumnType.FLOAT
INSIDE = 3  # characters of a name that is looked for inside other texts
WEEKS = 400
ADDRESS = {"email": "person{}@example.com", "url": "https://example.com/page/{}"}
LONGEST = 12  # words of such a name
_WORD = re.compile(r"[^\W_]+")
Replace = Callable[[pa.Array], pa.Array]


@dataclass(frozen=True)
class Treated:
    """What was done to a column, and why."""

    table: str
    column: str
    how: str
    why: str
    values: int


@dataclass(frozen=True)
class Anonymised:
    """The files that were written, and what was done to each column."""

    files: tuple[Path, ...]
    columns: tuple[Treated, ...]
    mapping: Path | None = None


@dataclass
class _Table:
    source: Source
    plans: dict[str, Treatment]
    seen: dict[str, dict[str, int]]


def anonymise(
    source: str | Path,
    out: Path,
    *,
    mapping: Path | None = None,
    shift_dates: bool = False,
    keep: Sequence[str] = (),
    packs: Sequence[Path] = (),
    settings: Settings = Settings(),
) -> Anonymised:
    """Replace what names anybody or anything; the same value becomes the same in all tables of the run.

    Distributions, relations, empty cells and errors stay: a misspelt name is a misspelt label, a placeholder stays one.
    Each run draws its own key and keeps it nowhere, so nobody can undo it, the user included.

    Args:
        source: a table, or a folder of tables.
        out: the file to write (Parquet or CSV); for several tables, a folder.
        mapping: a CSV file for the originals and what they became, readable by its owner only; by default none.
        shift_dates: move all dates by one random number of whole weeks, so that weekdays stay.
        keep: columns that stay as they are.
        packs: further domain packs for the roles of columns.

    Raises:
        ConfigurationError: a column to keep is in no table, or the output is neither Parquet nor CSV.
        SourceError: a table cannot be read.
    """
    with ExitStack() as held:
        tables = []
        for address in find_tables(str(source)):
            opened = address.open(settings)
            held.callback(opened.close)
            tables.append(_looked_at(opened, shift_dates, keep, packs))
        unknown = set(keep) - {c for t in tables for c in t.plans}
        if unknown:
            raise ConfigurationError(f"no column {', '.join(sorted(unknown))} to keep")
        return _write(tables, out, mapping, _Run(tables))


def _looked_at(source: Source, shift_dates: bool, keep: Sequence[str], packs: Sequence[Path]) -> _Table:
    sample = take_sample(source, SAMPLE_ROWS)
    roles = assign_roles(sample, load_packs(packs))
    plans = {}
    for declared in source.columns:
        name = declared.name
        if name not in sample:
            plans[name] = left_out(declared.native)
        elif name in keep:
            plans[name] = Treatment("keep", "you said so")
        else:
            plans[name] = treatment(sample[name], roles[name], declared.type, shift_dates)
    replaced = [c for c, t in plans.items() if t.how in ("name", "id", "email", "url")]
    return _Table(source, plans, {c: _values(source, c) for c in replaced})


def _values(source: Source, name: str) -> dict[str, int]:
    """The distinct values of a column as text, with their rows."""
    value = exp.cast(_whole(source, name), "text")
    query = exp.select(exp.alias_(value, "value"), exp.alias_(exp.Count(this=exp.Star()), "n"))
    query = query.from_(source.relation()).where(exp.column(name, quoted=True).is_(exp.null()).not_())
    found: dict[str, int] = {}
    for batch in source.stream(query.group_by(value.copy())):
        found.update(zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True))
    return found


def _whole(source: Source, name: str) -> exp.Expr:
    """The column, as whole numbers where ids are stored as floating ones."""
    declared = next(c for c in source.columns if c.name == name)
    value = exp.column(name, quoted=True)
    return exp.TryCast(this=value, to=exp.DataType.build("bigint"), safe=True) if declared.type is FLOAT else value


class _Run:
    """What every value of a run becomes."""

    def __init__(self, tables: Sequence[_Table]) -> None:
        self.secret = Secret()
        names: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        ids: set[str] = set()
        addresses: dict[str, str] = {}
        for table in tables:
            for column, seen in table.seen.items():
                plan = table.plans[column]
                if plan.how == "name":
                    for value, count in seen.items():
                        names[plan.noun][value] += count
                elif plan.how == "id":
                    ids.update(seen)
                else:
                    addresses.update(dict.fromkeys(seen, plan.how))
        self.ids = Ids(self.secret, ids)
        self.labels = Labels(self.secret, names)
        ranked = sorted(addresses, key=lambda a: self.secret.number("address", a))
        self.addresses = {a: ADDRESS[addresses[a]].format(i) for i, a in enumerate(ranked, start=1)}
        self.weeks = 1 + self.secret.number("weeks") % WEEKS
        listed = {_key(name): (name, label) for name, label in self.labels.new.items() if len(_key(name)) >= INSIDE}
        self._by_key = {key: label for key, (_, label) in listed.items()}
        self._longest = min(max((len(_WORD.findall(n)) for n, _ in listed.values()), default=0), LONGEST)

    def replaced(self, how: str, value: str) -> str:
        """What a value of a treated column becomes."""
        if how == "name":
            return self.labels[value]
        if how == "id":
            return value if not _names_something(value) else self.ids[value]
        return value if is_placeholder(value) else self.addresses[value]

    def inside(self, text: str) -> str:
        """A kept text with labels for the names that stand inside it, however their words are joined."""
        words = list(_WORD.finditer(text))
        pieces, place, i = [], 0, 0
        while i < len(words):
            for length in range(min(self._longest, len(words) - i), 0, -1):
                label = self._by_key.get("".join(w.group().casefold() for w in words[i : i + length]))
                if label is not None:
                    pieces += [text[place : words[i].start()], label]
                    place, i = words[i + length - 1].end(), i + length - 1
                    break
            i += 1
        return "".join([*pieces, text[place:]])


def _names_something(value: str) -> bool:
    """Whether an id is one: 0, -1 and placeholders stand for none."""
    return value.strip() not in ("0", "-1") and not is_placeholder(value)


def _key(text: str) -> str:
    return "".join(w.group() for w in _WORD.finditer(text.casefold()))


def _write(tables: Sequence[_Table], out: Path, mapping: Path | None, run: _Run) -> Anonymised:
    several = len(tables) > 1
    if several:
        out.mkdir(parents=True, exist_ok=True)
    files, treated = [], []
    with ExitStack() as whole:
        for table in tables:
            file = out / f"{run.inside(_stem(table.source.name))}.parquet" if several else out
            _stream(table, run, whole.enter_context(atomic_path(file)), file.suffix.lower())
            files.append(file)
            treated += [
                Treated(table.source.name, c, t.how if t.how != "name" else f"{t.noun} 1, {t.noun} 2, ...", t.why,
                        len(table.seen.get(c, ()))) for c, t in table.plans.items()
            ]  # fmt: skip
        if mapping is not None:
            _write_mapping(whole.enter_context(atomic_path(mapping, 0o600)), run)
    return Anonymised(tuple(files), tuple(treated), mapping)


def _stem(name: str) -> str:
    return Path(name.replace("#", "_")).name.split(".")[0]


def _write_mapping(path: Path, run: _Run) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(("became", "original"))
        for pairs in (run.labels.new, run.ids.pairs, run.addresses):
            lines.writerows(sorted((new, old) for old, new in pairs.items()))


def _stream(table: _Table, run: _Run, path: Path, suffix: str) -> None:
    if suffix not in (".parquet", ".csv"):
        raise ConfigurationError(f"{suffix or 'a file without suffix'} is not written; name a .parquet or .csv file")
    kept = [c for c, t in table.plans.items() if t.how != "leave out"]
    headers = [run.inside(c) for c in kept]
    query = exp.select(*(exp.alias_(exp.column(c, quoted=True), f"c{i}") for i, c in enumerate(kept)))
    reader = table.source.stream(query.from_(table.source.relation()))
    changes = [_change(run, table.plans[c]) for c in kept]
    writer: Any = None
    with ExitStack() as files:
        for batch in reader:
            columns = [change(column) for change, column in zip(changes, batch.columns, strict=True)]
            done = pa.RecordBatch.from_arrays(columns, names=headers)
            if writer is None:
                made = pq.ParquetWriter if suffix == ".parquet" else pa_csv.CSVWriter
                writer = files.enter_context(made(path, done.schema))
            writer.write_batch(done)
    if writer is None:
        raise UnsupportedError(f"{table.source.name} has no rows")


def _change(run: _Run, plan: Treatment) -> Replace:
    if plan.how == "date":
        return lambda values: _shifted(values, run.weeks)
    if plan.how == "keep":
        return lambda values: _texts(values, run.inside) if pa.types.is_string(values.type) else values
    return lambda values: _texts(values, lambda value: run.replaced(plan.how, value))


def _shifted(values: pa.Array, weeks: int) -> pa.Array:
    if pa.types.is_date(values.type):
        days = pc.subtract(values.cast(pa.int32()), pa.scalar(7 * weeks, pa.int32()))
        return days.cast(values.type)
    return pc.subtract(values, pa.scalar(timedelta(weeks=weeks), pa.duration(values.type.unit)))


def _texts(values: pa.Array, change: Callable[[str], str]) -> pa.Array:
    """The column with each of its distinct values changed as text, in its own type."""
    kind = pa.int64() if pa.types.is_integer(values.type) and values.type.bit_width < 32 else values.type
    if pa.types.is_floating(kind):
        values = pc.cast(values, pa.int64(), safe=False)
    texts = values if pa.types.is_string(kind) else pc.cast(values, pa.string())
    encoded = texts.dictionary_encode()
    new = pa.array([change(v) for v in encoded.dictionary.to_pylist()], pa.string())
    return new.take(encoded.indices).cast(kind)
