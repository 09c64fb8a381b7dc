"""Every error type of the detection benchmark, audited in place on BigQuery: found, and as on the embedded engine.

``benchmarks/engine_agreement.py`` does the same with more rates, styles and rows.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.bench.advertising import generate
from assay.bench.styles import STYLES
from assay.config import Settings
from assay.pipeline import audit
from benchmarks.engine_agreement import facts
from benchmarks.injections import KINDS, NotApplicableError, inject
from tests.engines.emulator import Emulator

ROWS, RATE, SEED = 800, 0.05, 5
IN_PLACE = Settings(pulled_rows=0)


def damaged(kind: str) -> pa.Table:
    """A table with the error, in the first style that can carry it."""
    for name, style in STYLES.items():
        try:
            return inject(generate(ROWS, SEED, name), style, kind, RATE, SEED).table
        except NotApplicableError:
            continue
    raise AssertionError(f"no style can carry {kind}")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_found_in_place_as_on_the_embedded_engine(
    kind: str, emulator: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> None:
    table = damaged(kind)
    path = tmp_path_factory.mktemp("kinds") / "kinds.parquet"
    pq.write_table(table, path)
    here, there = audit(path, settings=IN_PLACE), audit(emulator.load("kinds", table), settings=IN_PLACE)
    assert not there.failures
    assert facts(there) == facts(here)
    assert kind in {k for f in there.findings for k in (f.kind, *f.consequences)}
