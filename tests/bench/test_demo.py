"""Demo damage: it is what it says, and it is repeatable."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from assay.bench.advertising import generate
from assay.bench.demo import demo_errors


def test_counts_say_what_was_done() -> None:
    table, done = demo_errors(generate(4_000, seed=3), seed=3)
    delivered = pc.greater(table["impressions"], 0)
    clean_brands = set(generate(4_000, seed=3)["brand"].unique().to_pylist())

    assert all(rows > 0 for rows in done.values())
    assert table.num_rows == 4_000 + done["duplicate_rows"]
    assert len(set(map(str, table.to_pylist()))) == 4_000
    assert table["conversions"].null_count == done["missing_values"]
    assert pc.sum(pc.less(table["spend"], 0)).as_py() == done["negative_metric"]
    above = pc.and_(delivered, pc.greater(table["clicks"], table["impressions"]))
    assert pc.sum(above).as_py() >= done["clicks_exceed_impressions"]
    unpaid = pc.and_(pc.invert(delivered), pc.greater(table["spend"], 0))
    assert pc.sum(unpaid).as_py() == done["spend_with_zero_impressions"]
    strange = [brand for brand in table["brand"].to_pylist() if brand not in clean_brands]
    assert len(strange) == done["categorical_corruption"]
    assert pc.sum(pc.greater(table["spend"], 1_000_000)).as_py() > 0


def test_same_seed_same_damage() -> None:
    clean = generate(2_000, seed=1)
    first, second = demo_errors(clean, seed=5), demo_errors(clean, seed=5)
    assert first[1] == second[1]
    assert first[0].equals(second[0])
    assert not first[0].equals(demo_errors(clean, seed=6)[0])


def test_types_survive() -> None:
    clean = generate(500, seed=2)
    damaged, _ = demo_errors(clean)
    changed = {a.name for a, b in zip(clean.schema, damaged.schema, strict=True) if a.type != b.type}
    assert changed == {"brand"}
    assert damaged.schema.field("brand").type == pa.string()
