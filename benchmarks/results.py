"""Write docs/results.md from the logs of the other benchmarks, so that every figure in it is one that a script printed.

    python benchmarks/results.py out/*.jsonl out/audit_speed.json

A log may hold several runs: the last one of each experiment counts, of severity the last one of each choice of kinds.
Sections come in a fixed order, and what no log tells of is left out. Logs are made by:

    assay bench sweep --seeds 1-5 --log out/sweep.jsonl
    assay bench severity --log out/severity.jsonl
    assay bench severity --kinds realistic,decoy --log out/severity.jsonl
    assay bench clean --seeds 1-25 --log out/clean.jsonl
    assay bench consistency --log out/consistency.jsonl
    python benchmarks/peers.py --log out/peers.jsonl
    python benchmarks/pairs.py PAIRS/hospital PAIRS/flights PAIRS/beers --log out/pairs.jsonl
    python benchmarks/detection.py --sizes 5000 --seeds 5 --log out/detection.jsonl
    python benchmarks/engine_agreement.py --log out/engine_agreement.jsonl
    python benchmarks/bigquery_memory.py --log out/bigquery_memory.jsonl
    python benchmarks/file_speed.py --same --log out/file_speed.jsonl
    python benchmarks/corrupt_scale.py --log out/corrupt_1m.jsonl
    python benchmarks/corrupt_scale.py --rows 10000000 --few --log out/corrupt_10m.jsonl
    python benchmarks/memory_replay.py --seeds 0 1 2
    python benchmarks/memory_budget.py
    python benchmarks/memory_stress.py
    python -m benchmarks.memory_kills
    python benchmarks/memory_recall.py
    python benchmarks/audit_speed.py --rows 1000000,10000000 --log out/audit_speed.json
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import engine_sections, memory_sections, sections

SHORTFALLS = Path(__file__).with_name("shortfalls.md")  # in words, from looking at the cases that do not pass
Run = tuple[dict[str, Any], list[dict[str, Any]]]
ORDER = (
    "sweep",
    "severity",
    "clean",
    "consistency",
    "peers",
    "pairs",
    "detection",
    "engine_agreement",
    "bigquery_memory",
    "file_speed",
    "corrupt_scale",
    "memory_replay",
    "memory_budget",
    "memory_stress",
    "memory_kills",
    "memory_recall",
    "speed",
)


def main() -> None:
    """Read the logs and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", type=Path, nargs="+", metavar="LOG")
    parser.add_argument("--out", type=Path, default=Path("docs/results.md"))
    options = parser.parse_args()
    chosen = [run for log in options.logs for run in last_runs(log)]
    options.out.write_text(page(chosen, options.out), encoding="utf-8")


def runs(log: Path) -> Iterator[Run]:
    """The runs of a log: each head with its results.

    Raises:
        ValueError: the file is no log.
    """
    text = log.read_text(encoding="utf-8")
    lines = [json.loads(text)] if log.suffix == ".json" else [json.loads(line) for line in text.splitlines()]
    if not lines or "arguments" not in lines[0]:
        raise ValueError(f"{log}: does not begin with the head of a run")
    heads = [i for i, line in enumerate(lines) if "arguments" in line]
    for start, end in zip(heads, [*heads[1:], len(lines)], strict=True):
        yield lines[start], lines[start + 1 : end]


def topic(head: dict[str, Any]) -> str:
    """Which section a run belongs to."""
    arguments = head["arguments"]
    if "experiment" in head:
        return str(head["experiment"])
    signs = {"published": "pairs", "start": "speed"}
    known = [name for sign, name in signs.items() if sign in head]
    known += ["peers"] * ("peers" in arguments) + ["detection"] * ("auditor" in arguments)
    if not known:
        raise ValueError(f"a log of an unknown kind, with arguments {', '.join(arguments)}")
    return known[0]


def last_runs(log: Path) -> list[Run]:
    """The last run of each experiment of a log that got anywhere."""
    last = {}
    for head, results in runs(log):
        if results or "results" in head:
            told = [head["arguments"].get(name) for name in ("kinds", "mechanisms")]
            last[topic(head), str(told)] = (head, results)
    return list(last.values())


def page(found: Sequence[Run], out: Path) -> str:
    """The whole page; charts are written beside it."""
    parts = [
        "# Results\n",
        "Written by `benchmarks/results.py` from the logs of the runs named below. What falls short is listed.\n",
    ]
    for name in ORDER:
        chosen = [run for run in found if topic(run[0]) == name]
        parts += [_section(name, head, results, out, i) for i, (head, results) in enumerate(chosen)]
    parts.append(SHORTFALLS.read_text(encoding="utf-8"))
    return "\n".join(parts)


def _section(name: str, head: dict[str, Any], results: list[dict[str, Any]], out: Path, number: int) -> str:
    if name == "severity":
        return sections.severity(head, results, out.with_name(f"results_severity_{number + 1}.svg"))
    if name == "speed":
        return speed(head)
    if name == "peers":
        from benchmarks import peers

        return f"## Other tools\n\n{peers.page(head, results)}"
    if name == "detection":
        return detection(head, results)
    simple = {"sweep": sections.sweep, "clean": sections.clean, "consistency": sections.consistency}
    engines = {
        "engine_agreement": engine_sections.agreement,
        "bigquery_memory": engine_sections.memory,
        "file_speed": engine_sections.files,
        "corrupt_scale": engine_sections.corrupt_scale,
    }
    memory = {
        "memory_replay": memory_sections.replay,
        "memory_budget": memory_sections.budget,
        "memory_stress": memory_sections.stress,
        "memory_kills": memory_sections.kills,
        "memory_recall": memory_sections.recall,
    }
    return {**simple, **engines, **memory, "pairs": sections.pairs}[name](head, results)


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
    how = f"{'real-time priority, ' if machine.get('real_time') else ''}load {machine['load']}"
    lines = [
        "## Speed\n",
        f"`python benchmarks/audit_speed.py --rows {log['arguments']['rows']} --runs {log['arguments']['runs']}` at revision",
        f"{log['revision']} on {machine['cores']} cores ({how} at the start): whole processes, 24 columns,",
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
