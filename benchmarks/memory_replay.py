"""Sixty days of a growing table, audited every day with memory and without: what is reported on which day.

    python benchmarks/memory_replay.py                    # seed 0
    python benchmarks/memory_replay.py --seeds 0 1 2

The table grows by a day a day. It has a weekly season, a sale of four days that nobody announced, conversions that keep
arriving for three days, and a quirk: on one platform a part of the rows has more conversions than clicks, which an
engineer explains the first time it is reported. Twelve faults come on days that were drawn beforehand, each of another
kind; the load is repaired the next day. A finding counts on the day on which it is first reported as new, if it fails
the default gate. Without memory every audit starts from nothing, and what stays is news every day.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import assay
from assay.bench.advertising import generate
from assay.config import Settings
from assay.judge.finding import Finding
from assay.memory.bank import Memory
from benchmarks import logbook

DAYS = 60
ROWS = 16_000
SALE = (24, 27)
RESULTS = ("conversions", "leads", "installs", "add_to_cart", "purchases")
SCALED = (
    "impressions", "clicks", "link_clicks", "landing_page_views", "spend", "video_plays", "video_completions",
    "revenue", *RESULTS,
)  # fmt: skip
ARRIVED = (0.6, 0.85, 0.95)  # share of a day's rows whose results have arrived, by age in days
QUIRK_RATE = 0.06
QUIRK_BOUND = 0.08
GATE = ("critical", "high", "medium")

Table = dict[str, np.ndarray]
Fault = Callable[[Table, np.ndarray, np.random.Generator], Table]
# Not every fault needs the day's rows or something drawn.
# ruff: noqa: ARG001


def take(table: Table, rows: np.ndarray) -> Table:
    """Some rows of a table."""
    return {name: values[rows] for name, values in table.items()}


def changed(table: Table, **columns: np.ndarray) -> Table:
    """The table with other columns in place."""
    return {**table, **columns}


def some(today: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """A part of the day's rows, at least three."""
    return rng.permutation(today)[: max(3, round(share * len(today)))]


def nulls(table: Table, today: np.ndarray, rng: np.random.Generator) -> Table:
    spend = table["spend"].copy()
    spend[some(today, 0.3, rng)] = np.nan
    return changed(table, spend=spend)


def copies(table: Table, today: np.ndarray, rng: np.random.Generator) -> Table:
    return take(table, np.concatenate([np.arange(len(table["date"])), some(today, 0.3, rng)]))


def garbled(table: Table, today: np.ndarray, rng: np.random.Generator) -> Table:
    brand = table["brand"].copy()
    letters = np.array(list("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ0123456789"))
    for row in some(today, 0.15, rng):
        brand[row] = "".join(rng.choice(letters, 7))
    return changed(table, brand=brand)


def more_clicks(table: Table, today: np.ndarray, rng: np.random.Generator) -> Table:
    clicks = table["clicks"].copy()
    rows = some(today, 0.1, rng)
    clicks[rows] = table["impressions"][rows] + rng.integers(5, 500, len(rows))
    return changed(table, clicks=clicks)


def far_out(table: Table, today: np.ndarray, rng: np.random.Generator) -> Table:
    spend = table["spend"].copy()
    rows = rng.permutation(today[table["spend"][today] > 1])[:4]
    spend[rows] = np.round(spend[rows] * 731.77, 2)
    return changed(table, spend=spend)


def half(table: Table, today: np.ndarray, rng: np.random.Generator) -> Table:
    lost = rng.permutation(today)[: len(today) // 2]
    return take(table, np.setdiff1d(np.arange(len(table["date"])), lost))


def cents(table: Table, today: np.ndarray, rng: np.random.Generator) -> Table:
    spend = table["spend"].copy()
    spend[today] = np.round(spend[today] * 100, 2)
    return changed(table, spend=spend)


def no_column(table: Table, today: np.ndarray, rng: np.random.Generator) -> Table:
    return {name: values for name, values in table.items() if name != "leads"}


def codes(table: Table, today: np.ndarray, rng: np.random.Generator) -> Table:
    _, numbers = np.unique(table["country"].astype(str), return_inverse=True)
    return changed(table, country=numbers.astype(np.int64) + 1)


def no_load(table: Table, today: np.ndarray, rng: np.random.Generator) -> Table:
    return take(table, np.setdiff1d(np.arange(len(table["date"])), today))


def no_platform(table: Table, today: np.ndarray, rng: np.random.Generator) -> Table:
    names, counts = np.unique(table["platform"][today].astype(str), return_counts=True)
    lost = today[table["platform"][today] == names[np.argmax(counts)]]
    return take(table, np.setdiff1d(np.arange(len(table["date"])), lost))


def overwritten(table: Table, today: np.ndarray, rng: np.random.Generator) -> Table:
    revenue = table["revenue"].copy()
    old = table["date"] == table["date"].max() - np.timedelta64(35, "D")
    revenue[old] = np.round(revenue[old] * 1.25, 2)
    return changed(table, revenue=revenue)


FAULTS: dict[str, tuple[Fault, frozenset[str]]] = {
    "missing_values": (nulls, frozenset({"missing_values", "metric_anomaly"})),
    "duplicate_rows": (copies, frozenset({"duplicate_rows", "duplicate_keys", "volume_anomaly"})),
    "categorical_corruption": (garbled, frozenset({"categorical_corruption", "distribution_drift"})),
    "clicks_exceed_impressions": (more_clicks, frozenset({"clicks_exceed_impressions", "metric_anomaly"})),
    "outliers": (far_out, frozenset({"outliers", "metric_anomaly", "relation_violation"})),
    "volume_anomaly": (half, frozenset({"volume_anomaly", "stale_data", "metric_anomaly", "distribution_drift"})),
    # Cents look like amounts that lost their decimal mark.
    "unit_change": (
        cents,
        frozenset({"unit_change", "malformed_values", "metric_anomaly", "relation_violation", "outliers"}),
    ),
    "missing_columns": (no_column, frozenset({"missing_columns"})),
    "type_change": (codes, frozenset({"type_change"})),
    "stale_data": (no_load, frozenset({"stale_data"})),
    "distribution_drift": (no_platform, frozenset({"distribution_drift", "volume_anomaly", "metric_anomaly"})),
    "restated": (overwritten, frozenset({"metric_anomaly", "relation_violation"})),
}
"""Each fault with the kinds that tell of it: its own, and what it truly entails."""


@dataclass(frozen=True)
class World:
    """The table as it will be in the end, and what happens on the way."""

    table: Table
    days: np.ndarray
    faults: dict[int, str]
    arrival: np.ndarray
    quirk: str
    seed: int

    def on(self, day: int, *, faulty: bool) -> Table:
        """The table as it is loaded at the end of a day of the replay."""
        last = self.days[len(self.days) - DAYS + day]
        rows = np.flatnonzero(self.table["date"] <= last)
        table = take(self.table, rows)
        age = ((last - table["date"]) / np.timedelta64(1, "D")).astype(int)
        share = np.array([*ARRIVED, 1.0])[np.minimum(age, len(ARRIVED))]
        late = self.arrival[rows] >= share
        table = changed(table, **{name: np.where(late, 0, table[name]) for name in (*RESULTS, "revenue")})
        if not faulty or day not in self.faults:
            return table
        fault, _ = FAULTS[self.faults[day]]
        return fault(table, np.flatnonzero(table["date"] == last), np.random.default_rng([self.seed, 3, day]))


def world(seed: int) -> World:
    """A table with a sale and a quirk, and the days of the faults."""
    rng = np.random.default_rng([seed, 60])
    source = generate(ROWS, seed=seed, style="canonical")
    table: Table = {}
    for field in source.schema:
        column = source[field.name]
        plain = pc.cast(column, pa.string()) if pa.types.is_dictionary(field.type) else column
        table[field.name] = plain.to_numpy(zero_copy_only=False)
    table["date"] = table["date"].astype("datetime64[D]")
    days = np.unique(table["date"])
    first = days[len(days) - DAYS]
    sale = (table["date"] >= first + SALE[0]) & (table["date"] <= first + SALE[1])
    for name in SCALED:
        table[name] = np.where(sale, table[name] * 2, table[name])
    names, counts = np.unique(table["platform"].astype(str), return_counts=True)
    quirk = str(names[np.argsort(counts)[-2]])
    few = (table["clicks"] > 0) & (table["clicks"] <= 20)
    odd = (table["platform"] == quirk) & few & (rng.random(len(table["date"])) < QUIRK_RATE)
    extra = np.where(odd, table["clicks"] + rng.integers(3, 12, len(odd)), 0)
    table["conversions"] = table["conversions"] + extra
    table["leads"] = table["leads"] + extra
    # Not on the first days, on which delays are still being learned, nor on days of the sale.
    free = [d for d in range(8, DAYS - 1) if not SALE[0] - 1 <= d <= SALE[1] + 1]
    chosen = sorted(int(d) for d in rng.choice(free[::2], len(FAULTS), replace=False))
    order = rng.permutation(list(FAULTS)).tolist()
    return World(table, days, dict(zip(chosen, order, strict=True)), rng.random(len(table["date"])), quirk, seed)


def alarms(findings: Sequence[Finding], today: str) -> list[Finding]:
    """What is news of that day and fails the default gate; without memory every finding is news."""
    news = [f for f in findings if f.status == "new" and str(f.severity) in GATE]
    return [f for f in news if f.first_seen in (None, today)]


def write(table: Table, path: Path) -> None:
    """The table as a Parquet file."""
    arrays = {n: pa.array(v.tolist() if v.dtype == object else v, from_pandas=True) for n, v in table.items()}
    pq.write_table(pa.table(arrays), path)


def replay(seed: int, memory: Memory | None, path: Path) -> list[dict[str, Any]]:
    """One line a day: what was wrong, what was reported."""
    told = world(seed)
    lines = []
    for day in range(DAYS):
        write(told.on(day, faulty=True), path)
        today = told.days[len(told.days) - DAYS + day].astype(dt.date) + dt.timedelta(days=1)
        audit = assay.audit(path, settings=Settings(today=today), memory=memory)
        found = alarms(audit.findings, today.isoformat())
        fault = told.faults.get(day)
        meant = FAULTS[fault][1] if fault else frozenset()
        quirks = [f for f in found if f.kind == "conversions_exceed_clicks"]
        others = [f for f in found if f.kind != "conversions_exceed_clicks"]
        if memory is not None:
            for finding in quirks:
                memory.explain(
                    finding.id, "view-through attribution", where=f"platform = '{told.quirk}'", up_to=QUIRK_BOUND
                )
        lines.append(
            {
                "day": day,
                "fault": fault,
                "reported": any(f.kind in meant for f in others),
                "quirk": len(quirks),
                "false": [f"{f.kind} in {', '.join(f.columns[:3])}: {f.reason}" for f in others if f.kind not in meant],
                "found": sorted({f.kind for f in others}),
                "known": sum(f.status != "new" for f in audit.findings),
            }
        )
    return lines


def summary(lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The replay in four figures."""
    faults = [line for line in lines if line["fault"]]
    return {
        "faults": len(faults),
        "reported": sum(line["reported"] for line in faults),
        "missed": [line["fault"] for line in faults if not line["reported"]],
        "quirk_news": sum(line["quirk"] > 0 for line in lines),
        "false_alarms": sum(len(line["false"]) for line in lines),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--only", choices=["with", "without"], help="one of both only")
    parser.add_argument("--log", type=Path, default=Path("out/memory_replay.jsonl"))
    options = parser.parse_args()
    records = []
    print("| seed | memory | faults reported on their day | quirk as news | false alarms |\n|--:|---|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        for seed in options.seeds:
            for word in ("with", "without"):
                if options.only not in (None, word):
                    continue
                place = Path(folder) / f"{word}-{seed}"
                place.mkdir()
                memory = Memory(str(place / "memory.db"), author="engineer") if word == "with" else None
                lines = replay(seed, memory, place / "ads.parquet")
                if memory is not None:
                    memory.close()
                figures = summary(lines)
                print(
                    f"| {seed} | {word} | {figures['reported']} of {figures['faults']} | {figures['quirk_news']} days "
                    f"| {figures['false_alarms']} |",
                    flush=True,
                )
                records.append({"seed": seed, "memory": word == "with", **figures, "days": lines})
    logbook.write(options.log, "memory_replay", options, records)


if __name__ == "__main__":
    main()
