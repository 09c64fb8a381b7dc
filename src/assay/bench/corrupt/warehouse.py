"""The same where the table lives: the corrupted table and its truth are made by statements, in a scratch data set.

A warehouse gives rows no positions. So the first statement numbers them once, in the order of a hash of their content;
hits and truth rest on these numbers, and the same table and seed give the same result.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from sqlglot import exp

from assay.atomic import write_text
from assay.bench.corrupt.corrupt import TRUTH, injected
from assay.bench.corrupt.error import Error, NotApplicableError
from assay.bench.corrupt.plan import Plan, plan
from assay.bench.corrupt.scene import Scene, bigquery_hash
from assay.bench.corrupt.sql import column, named, select, sql
from assay.bench.corrupt.truth import Truth
from assay.bench.corrupt.write import Writer, flag
from assay.config import Settings
from assay.domain.pack import load_packs
from assay.errors import ConfigurationError
from assay.source.base import Source
from assay.source.open import find_tables, make_table

NUMBER = "assay_number"
_SCRATCH = re.compile(r"[\w-]+\.\w+")
_TABLE = re.compile(r"bigquery://([\w-]+)/(\w+)\.([\w-]+)(\?.*)?")


def corrupt_in_warehouse(
    address: str, errors: Sequence[Error], seed: int, out: Path, scratch: str, settings: Settings = Settings()
) -> Truth:
    """Put known errors into a copy of a BigQuery table.

    Makes ``TABLE_corrupted`` for the audit, ``TABLE_numbered`` with the clean rows and their numbers, and
    ``TABLE_truth`` with the bad cells: ``row_index`` (the number of the clean row, of a copy that of its original),
    ``column``, ``error`` and ``kind``.

    Args:
        address: ``bigquery://PROJECT/DATASET.TABLE``.
        errors: what to inject, in this order.
        seed: of everything that is drawn.
        out: a folder for ``truth.json``.
        scratch: ``PROJECT.DATASET`` that the tables are made in; tables of these names are replaced.

    Raises:
        ConfigurationError: the scratch data set is not named, or it is the table's own.
        NotApplicableError: none of the errors can be put into this table.
    """
    found = _TABLE.fullmatch(address)
    if found is None:
        raise ConfigurationError(f"{address}: name one table, as bigquery://PROJECT/DATASET.TABLE")
    project, dataset, table, options = found.groups()
    if not _SCRATCH.fullmatch(scratch or ""):
        raise ConfigurationError("name a data set that tables may be made in: --scratch PROJECT.DATASET")
    if scratch == f"{project}.{dataset}":
        raise ConfigurationError(f"{scratch} is where the table lives; name another data set to make tables in")
    place = f"{scratch}.{re.sub(r'[^A-Za-z0-9_]', '_', table)}"
    make_table(address, f"{place}_numbered", numbered(f"{project}.{dataset}.{table}"))
    (there,) = find_tables(f"bigquery://{scratch.replace('.', '/')}.{place.rsplit('.', 1)[1]}_numbered{options or ''}")
    source = there.open(settings)
    try:
        made = plan(Scene(source, load_packs(), seed, bigquery_hash, NUMBER), errors)
        if not made.hits:
            raise NotApplicableError("; ".join(f"{s.error.kind}: {s.reason}" for s in made.skipped))
        make_table(address, f"{place}_corrupted", source.render(corrupted(made)))
        make_table(address, f"{place}_truth", source.render(bad_cells(made)))
    finally:
        source.close()
    rows = _counted(f"bigquery://{scratch.replace('.', '/')}.{place.rsplit('.', 1)[1]}_truth{options or ''}", settings)
    hits = {n: rows.get((h.index, h.damage.adds), 0) for n, h in enumerate(made.hits)}
    total = made.scene.rows + sum(hits[n] for n, h in enumerate(made.hits) if h.damage.adds)
    skipped = tuple((s.error.kind, s.reason) for s in made.skipped)
    truth = Truth(f"{place}_corrupted", seed, made.scene.rows, total, injected(made, hits), skipped)
    out.mkdir(parents=True, exist_ok=True)
    write_text(out / TRUTH, truth.to_json())
    return truth


def numbered(table: str) -> str:
    """The rows of a table with their numbers, in the order of their content; equal rows have any order."""
    content = "TO_JSON_STRING(t)"
    order = f"FARM_FINGERPRINT({content}), {content}"
    return f"SELECT t.*, ROW_NUMBER() OVER (ORDER BY {order}) - 1 AS {NUMBER} FROM `{table}` AS t"


def corrupted(made: Plan) -> exp.Query:
    """All rows as the errors leave them, and the rows that errors add, under the table's own names."""
    writer = Writer(made)
    pieces = [writer.changed(), *(writer.added(h) for h in made.hits if h.damage.adds)]
    names = list(enumerate(writer.names))
    return _together([select([named(exp.column(f"c{i}"), name) for i, name in names], p) for p in pieces])


def bad_cells(made: Plan) -> exp.Query:
    """The exact truth, one row a cell; of added rows without a column, of dropped columns without a row."""
    writer = Writer(made)
    pieces: list[exp.Query] = []
    for hit in made.hits:
        told = [named(exp.convert(hit.index), "error"), named(exp.convert(hit.error.kind), "kind")]
        place = named(exp.column("assay_place"), "row_index")
        if hit.damage.adds:
            pieces.append(select([place, named(_none("text"), "column"), *told], writer.added(hit)))
        for name in hit.damage.drops:
            nothing = [named(_none("bigint"), "row_index"), named(exp.convert(name), "column")]
            pieces.append(exp.Select().select(*nothing, *told, copy=False))
        for i, name in enumerate(hit.damage.values if hit in writer.cellwise else ()):
            if name in writer.names:
                fields = [place.copy(), named(exp.convert(name), "column"), *(t.copy() for t in told)]
                changed = exp.column(flag(hit, i))
                pieces.append(select(fields, writer.changed()).where(changed, copy=False))
    return _together(pieces)


def _none(kind: str) -> exp.Expr:
    return exp.cast(exp.null(), kind)


def _together(pieces: Sequence[exp.Query]) -> exp.Query:
    first, *others = pieces
    for piece in others:
        first = exp.union(first, piece, distinct=False, copy=False)
    return first


def _counted(address: str, settings: Settings) -> dict[tuple[int, bool], int]:
    """Hit rows of each error, by whether they were added."""
    (there,) = find_tables(address)
    source: Source = there.open(settings)
    try:
        added = sql(":column IS NULL", column=column("column"))
        fields = [named(column("error"), "error"), named(added, "added")]
        rows = [*fields, named(sql("count(DISTINCT :row)", row=column("row_index")), "n")]
        answer = source.ask(select(rows, source.relation()).group_by(column("error"), added.copy())).to_pylist()
    finally:
        source.close()
    return {(a["error"], a["added"]): a["n"] for a in answer}
