"""Sections of the results page on memory: the replay, the budget, writers that are killed, recall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.memory_budget import interval

Head = Mapping[str, Any]
Result = Mapping[str, Any]


def replay(head: Head, results: Sequence[Result]) -> str:
    """What was reported on which day of sixty, with memory and without."""
    seeds = " ".join(map(str, head["arguments"]["seeds"]))
    lines = [
        "## Sixty days with a memory\n",
        f"`python benchmarks/memory_replay.py --seeds {seeds}` at revision {head['revision']}.",
        "A table grows by a day a day, with a weekly season, a sale that nobody announced, conversions that keep",
        "arriving for three days, a quirk that an engineer explains the first time, and twelve faults of different",
        "kinds, each repaired the next day. Counted is what is reported for the first time, at least as `medium`.\n",
        "| seed | memory | faults reported on their day | missed | days with the quirk as news | false alarms |",
        "|--:|---|--:|---|--:|--:|",
    ]
    for r in results:
        word = "with" if r["memory"] else "without"
        missed = ", ".join(r["missed"]) or "-"
        lines.append(
            f"| {r['seed']} | {word} | {r['reported']} of {r['faults']} | {missed} | {r['quirk_news']} "
            f"| {r['false_alarms']} |"
        )
    false = [(r["seed"], d["day"], f) for r in results if r["memory"] for d in r["days"] for f in d["false"]]
    lines.append("\nFalse alarms with memory:\n")
    lines += [f"- seed {seed}, day {day}: {told}" for seed, day, told in false] or ["- none"]
    return "\n".join(lines) + "\n"


def budget(head: Head, results: Sequence[Result]) -> str:
    """True errors found within a fifth of the hypotheses."""
    lines = [
        "## A fifth of the hypotheses, with memory and without\n",
        f"`python benchmarks/memory_budget.py --seeds {head['arguments']['seeds']}` at revision {head['revision']}.",
        "Six loads of a source with habits (five kinds of error each) are audited into a memory; the seventh is",
        "audited within a budget.",
        "Intervals are 95 % bootstrap intervals of the mean over seeds.\n",
        "| | share of the errors found | interval |",
        "|---|--:|--:|",
    ]
    shares = {n: [r[n] / r["errors"] for r in results] for n in ("with", "without", "full")}
    told = {"with": "with memory", "without": "without", "full": "all hypotheses, without memory"}
    for name, values in shares.items():
        low, high = interval(values)
        lines.append(f"| {told[name]} | {np.mean(values):.3f} | {low:.3f} to {high:.3f} |")
    more = [a - b for a, b in zip(shares["with"], shares["without"], strict=True)]
    low, high = interval(more)
    lines.append(f"| gained by memory | {np.mean(more):+.3f} | {low:+.3f} to {high:+.3f} |")
    better = sum(m > 0 for m in more)
    worse = sum(m < 0 for m in more)
    lines.append(f"\nMemory found more on {better} of {len(more)} seeds, fewer on {worse}.")
    return "\n".join(lines) + "\n"


def stress(head: Head, results: Sequence[Result]) -> str:
    """Writers killed at random moments."""
    command, counted = "python benchmarks/memory_stress.py", "acknowledged writes"
    return _killed("## Writers that are killed\n", command, "write", counted, head, results)


def kills(head: Head, results: Sequence[Result]) -> str:
    """Whole audits killed at random moments."""
    command, counted = "python -m benchmarks.memory_kills", "audits that ended"
    return _killed("## Audits that are killed\n", command, "audit", counted, head, results)


def _killed(title: str, command: str, act: str, counted: str, head: Head, results: Sequence[Result]) -> str:
    one = results[-1]
    lines = [
        title,
        f"`{command} --processes {one['processes']} --kills {one['killed']}` at revision",
        f"{head['revision']}: {one['processes']} processes {act} into one SQLite memory at once,",
        f"{one['killed']} of them are killed at random moments. Of {one['noted']:,} {counted}",
        f"{len(one['lost'])} are lost and {len(one['halves'])} half-written; {len(one['errors'])} errors were shown.",
    ]
    return "\n".join(lines) + "\n"


def recall(head: Head, results: Sequence[Result]) -> str:
    """Milliseconds of a recall."""
    lines = [
        "## Recall\n",
        f"`python benchmarks/memory_recall.py` at revision {head['revision']}, a SQLite memory of "
        f"{head['arguments']['entries']:,} entries; milliseconds. Target: a median of 50.\n",
        "| memory | question | median | 95 % |",
        "|---|---|--:|--:|",
    ]
    lines += [f"| {r['memory']} | {r['question']} | {r['median']:.1f} | {r['p95']:.1f} |" for r in results]
    return "\n".join(lines) + "\n"
