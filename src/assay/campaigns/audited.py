"""Training needs a table that an audit has passed: the record of that audit, bound to the content of the file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

import assay
from assay.atomic import atomic_path, write_text
from assay.errors import ConfigurationError, SourceError
from assay.judge.finding import Severity

if TYPE_CHECKING:
    from assay.report.record import Audit

BESIDE = ".audit.json"
CONFLICT = "duplicate_keys"
ROUNDS = 3  # bad rows can hide others: what is left is audited again


@dataclass(frozen=True)
class Concern:
    """A finding that forbids training: what, where, how bad, and how many rows."""

    kind: str
    columns: tuple[str, ...]
    severity: str
    rows: int | None


@dataclass(frozen=True)
class Record:
    """What an audit said of a file.

    Attributes:
        sha256: of the file's bytes; a file with others is another one.
        version: of assay that audited it.
        concerns: new findings of at least medium severity; none in a table that has passed.
    """

    sha256: str
    version: str
    concerns: tuple[Concern, ...]

    @property
    def passed(self) -> bool:
        """Whether a model may be trained on the file."""
        return not self.concerns


def require_audited(path: Path, unaudited: bool = False) -> Record | None:
    """The record of the audit that a training table has passed; the table is audited if there is no record of it.

    The record is kept beside the file, as ``FILE.audit.json``. A changed file needs a new audit.

    Args:
        unaudited: whether to go on without an audit; then there is no record.

    Raises:
        ConfigurationError: the audit has found something of at least medium severity.
        AssayError: the table cannot be audited.
    """
    if unaudited:
        return None
    record = _kept(path) or _remember(path, _audit(path))
    if not record.passed:
        told = "; ".join(_words(c) for c in record.concerns[:3])
        more = f" and {len(record.concerns) - 3} more" if len(record.concerns) > 3 else ""
        raise ConfigurationError(
            f"{path}: the audit found {told}{more}; look with: assay audit {path}; take the bad rows out with: "
            f"assay campaigns quarantine {path}; or train with --unaudited"
        )
    return record


@dataclass(frozen=True)
class Quarantine:
    """What was taken out of a table.

    Attributes:
        rows: positions of the rows that were taken out, of the table as it was.
        left: rows that stay.
        record: what the audit says of what stays.
    """

    rows: tuple[int, ...]
    left: int
    record: Record


def quarantine(path: Path, out: Path) -> Quarantine:
    """Take the bad rows of a Parquet file out: audit it, leave out every row that a finding above low names, again.

    Args:
        out: the Parquet file for the rows that stay; the record of its audit is put beside it.

    Raises:
        SourceError: no row would be left, or the file is not Parquet.
        AssayError: the table cannot be audited.
    """
    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, FileNotFoundError):
        raise SourceError(f"{path}: is no Parquet file") from None
    stays = pa.array(range(table.num_rows), pa.int64())
    for _ in range(ROUNDS):
        with atomic_path(out) as temporary:
            pq.write_table(table.take(stays), temporary)
        bad, audit = _bad_rows(out)
        if not bad:
            break
        stays = pa.array([row for place, row in enumerate(stays.to_pylist()) if place not in bad], pa.int64())
        if not len(stays):
            raise SourceError(f"{path}: every row is bad; mend the source, there is nothing to train on")
    else:
        with atomic_path(out) as temporary:
            pq.write_table(table.take(stays), temporary)
        audit = _audit(out)
    kept = set(stays.to_pylist())
    lost = tuple(row for row in range(table.num_rows) if row not in kept)
    return Quarantine(lost, len(stays), _remember(out, audit))


def _audit(path: Path, rows_out: Path | None = None) -> Audit:
    """Audit a training table, told what its columns are.

    Raises:
        SourceError: the audit is not complete.
    """
    packs = [Path(str(files("assay.campaigns").joinpath("training.yaml")))]
    audit = assay.audit(path, packs=packs, rows_out=rows_out)
    if audit.incomplete:
        raise SourceError(f"{path}: the audit is not complete: {audit.incomplete[0]}")
    return audit


def _bad_rows(path: Path) -> tuple[set[int], Audit]:
    """Positions of the rows that findings above low name.

    Where rows contradict each other, all of them are bad: nobody knows which is right.
    """
    lines = path.with_name(f".{path.name}.rows.parquet")
    try:
        audit = _audit(path, lines)
        told = pq.read_table(lines)
    finally:
        lines.unlink(missing_ok=True)
    bad = {place for place in told["row_index"].to_pylist() if place is not None}
    for finding in audit.findings:
        if finding.kind == CONFLICT:
            named = told.filter(pa.compute.equal(told["finding_id"], finding.id))
            keys = pq.read_table(path, columns=list(finding.columns)).to_pylist()
            torn = {_key(keys[place]) for place in named["row_index"].to_pylist() if place is not None}
            bad |= {place for place, key in enumerate(keys) if _key(key) in torn}
    return bad, audit


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row.values())


def _words(concern: Concern) -> str:
    rows = f" in {concern.rows:,} rows" if concern.rows is not None else ""
    return f"{concern.kind.replace('_', ' ')} of {', '.join(concern.columns[:3])}{rows}"


def _remember(path: Path, audit: Audit) -> Record:
    """Make a record of an audit, and keep it where that is possible."""
    stopping = [f for f in audit.findings if f.status == "new" and f.severity.rank < Severity.LOW.rank]
    concerns = tuple(Concern(f.kind, f.columns, str(f.severity), f.rows_affected) for f in stopping)
    record = Record(_digest(path), assay.__version__, concerns)
    try:
        write_text(_beside(path), json.dumps(asdict(record), indent=1) + "\n")
    except OSError:  # a read-only folder: the next training audits again
        return record
    return record


def _kept(path: Path) -> Record | None:
    """The record beside a file, if it is one of this content by this version."""
    try:
        told: dict[str, Any] = json.loads(_beside(path).read_text(encoding="utf-8"))
        concerns = tuple(Concern(c["kind"], tuple(c["columns"]), c["severity"], c["rows"]) for c in told["concerns"])
        record = Record(str(told["sha256"]), str(told["version"]), concerns)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return record if (record.version, record.sha256) == (assay.__version__, _digest(path)) else None


def _beside(path: Path) -> Path:
    return path.with_name(path.name + BESIDE)


def _digest(path: Path) -> str:
    if not path.is_file():
        raise SourceError(f"{path}: no such file")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
