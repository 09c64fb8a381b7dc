"""Write docs/results.md from the logs of the other benchmarks, so that every figure in it is one that a script printed.

python benchmarks/detection.py --styles canonical meta google tiktok --sizes 5000 --seeds 5 --log out/detection.jsonl
python benchmarks/audit_speed.py --rows 1000000,10000000 --log out/audit_speed.json
python benchmarks/results.py out/audit_speed.json out/detection.jsonl [more detection logs]
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any


def main() -> None:
    """Read the logs and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("speed", type=Path)
    parser.add_argument("detection", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, default=Path("docs/results.md"))
    options = parser.parse_args()
    parts = [
        "# Results\n",
        "Written by `benchmarks/results.py` from the logs of the runs named below. What falls short is listed.\n",
    ]
    for log in options.detection:
        lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        heads = [line for line in lines if "arguments" in line]
        parts.append(detection(heads[-1], lines[lines.index(heads[-1]) + 1 :]))
    parts.append(speed(json.loads(options.speed.read_text(encoding="utf-8"))))
    options.out.write_text("\n".join(parts), encoding="utf-8")


def detection(head: dict[str, Any], results: list[dict[str, Any]]) -> str:
    """A section on one detection run: a table by kind, and every case that did not pass."""
    arguments = head["arguments"]
    named = ("styles", "sizes", "rates", "seeds")
    command = " ".join(f"--{n} {' '.join(map(str, arguments[n]))}" for n in named if arguments.get(n))
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for result in results:
        groups[result["kind"] or "(clean)"].append(result)
    lines = [
        f"## Detection at {', '.join(f'{s:,}' for s in arguments['sizes'])} rows\n",
        f"`python benchmarks/detection.py {command}` at revision {head['revision']}. One error type a table; a case passes if",
        "the right kind is found above `low`, at least 98 % of the bad rows are in `--rows-out` with at most 2 % others, and",
        "nothing else is above `low` that is no consequence. A clean case passes if nothing is above `low`.\n",
        "| kind | cases | found | passed | worst row recall | worst row precision |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for kind, cases in groups.items():
        found = sum(c["found"] for c in cases) if kind != "(clean)" else ""
        recall, precision = (min(c[name] for c in cases) for name in ("recall", "precision"))
        passed = sum(c["passed"] for c in cases)
        lines.append(f"| {kind} | {len(cases)} | {found} | {passed} | {recall:.3f} | {precision:.3f} |")
    failed = [r for r in results if not r["passed"]]
    lines.append(f"\n{len(results) - len(failed)} of {len(results)} cases pass. The others:\n")
    lines += [f"- {short(r)}" for r in failed] or ["- none"]
    return "\n".join(lines) + "\n"


def short(result: dict[str, Any]) -> str:
    """One failed case in a line."""
    what = f"{result['style']}, {result['size']:,} rows: {result['kind']}"
    if result.get("variant"):
        what += f" ({result['variant']}) at {result['rate']:g} in {', '.join(result['columns'])}, seed {result['seed']}"
    why = "not found" if result["kind"] and not result["found"] else ""
    if result["found"]:
        why = f"row recall {result['recall']:.3f}, precision {result['precision']:.3f}"
    if result["extra"]:
        why += f"{'; ' if why else ''}also {', '.join(result['extra'])}"
    return f"{what}: {why}"


def speed(log: dict[str, Any]) -> str:
    """The section on time and memory."""
    machine = log["machine"]
    lines = [
        "## Speed\n",
        f"`python benchmarks/audit_speed.py --rows {log['arguments']['rows']} --runs {log['arguments']['runs']}` at revision",
        f"{log['revision']} on {machine['cores']} cores (load {machine['load']} at the start): whole processes, 24 columns,",
        "medians, `DuckDB SUMMARIZE` of the same file in the same run as the baseline. The targets are 1.5 times its time at",
        "1,000,000 rows, 1 time at 10,000,000, and 1 GB.\n",
        "| table | rows | audit | SUMMARIZE | ratio | peak memory | statements |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for r in log["results"]:
        lines.append(
            f"| {r['table']} | {r['rows']:,} | {r['audit_seconds']:.2f} s | {r['summarize_seconds']:.2f} s | {r['ratio']:.2f} |"
            f" {r['audit_peak_bytes'] / 1e6:.0f} MB | {r['statements']} |"
        )
    start = ", ".join(f"`{name}` {seconds:.2f} s" for name, seconds in log["start"].items())
    return "\n".join([*lines, f"\nMore than bare Python: {start}.\n"])


if __name__ == "__main__":
    main()
