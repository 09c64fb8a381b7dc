"""Clean: alarms in tables that have nothing wrong with them, the figure that users suffer from most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from assay.bench.experiments.detector import Detector
from assay.bench.experiments.run import Result, folder, timed
from assay.bench.experiments.tables import Clean, Tables, as_file


def cases(tables: Tables) -> list[Clean]:
    """Every table once; a user's table does not change with the seed."""
    return list(tables)[:1] if tables.source is not None else list(tables)


def measure(detector: Detector, case: Clean) -> Result:
    """Look at a clean table and list what is alarmed."""
    with folder() as place:
        detection, spent = timed(detector, as_file(case, place))
    alarms = [f for f in detection.findings if f.alarm]
    return {
        **case.described(),
        "alarms": sorted(f.label for f in alarms),
        "notes": sorted(f.label for f in detection.findings if not f.alarm),
        "rows_called_bad": sum(f.rows.size for f in alarms),
        **spent,
    }


def summary(results: Sequence[Result]) -> str:
    """Tables with alarms by style, and the alarms."""
    lines = [f"{'style':14}{'tables':>7}{'with alarms':>13}{'alarms':>8}{'notes':>7}{'failed':>8}"]
    styles = list(dict.fromkeys(r.get("style") or "own" for r in results))
    for style in (*styles, "all"):
        group = [r for r in results if style == "all" or (r.get("style") or "own") == style]
        alarms, notes = (sum(len(r[name]) for r in group) for name in ("alarms", "notes"))
        failed = sum("failure" in r for r in group)
        hit = sum(bool(r["alarms"]) for r in group)
        lines.append(f"{style:14}{len(group):>7}{hit:>13}{alarms:>8}{notes:>7}{failed:>8}")
    for label, count in Counter(a for r in results for a in r["alarms"]).most_common():
        lines.append(f"{count:>4} x {label}")
    return "\n".join(lines)
