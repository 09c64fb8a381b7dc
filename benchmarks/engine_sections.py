"""Sections of the results page on engines: whether they agree, and what large tables cost them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Head = Mapping[str, Any]
Result = Mapping[str, Any]


def agreement(head: Head, results: Sequence[Result]) -> str:
    """How many tables bring the same findings on two engines, and what differs in the others."""
    arguments = head["arguments"]
    most = max(r["statements"] for r in results)
    same = [r for r in results if r["same"] and not r["failures"]]
    lines = [
        "## The same findings on BigQuery\n",
        f"`python benchmarks/engine_agreement.py` at revision {head['revision']}: {len(results)} tables of",
        f"{arguments['size']:,} rows ({', '.join(arguments['styles'])}; clean, or one error type at",
        f"{', '.join(map(str, arguments['rates']))}), audited by statements in place on BigQuery's emulator and on the",
        "embedded engine. The same means kind, columns, segment, severity, rows and consequences of every finding.\n",
        f"{len(same)} of {len(results)} are the same, with at most {most} statements each. The others:\n",
    ]
    for r in results:
        if r not in same:
            told = "; ".join(f"{side} {f[0]}" for side in ("here", "there") for f in r[side]) or "; ".join(
                r["failures"]
            )
            lines.append(f"- {r['style']}, {r['kind'] or 'clean'} at {r['rate']:g}: {told}")
    return "\n".join(lines + ["- none"] * (len(same) == len(results))) + "\n"


def memory(head: Head, results: Sequence[Result]) -> str:
    """Peak memory of the process that audits, by the size of the table."""
    lines = [
        "## Memory of a client of BigQuery\n",
        f"`python benchmarks/bigquery_memory.py` at revision {head['revision']}: each audit is a process of its own",
        "with the official client, which gets its answers in pages over HTTP from the emulator (a process apart, with",
        "the hash of its engine). Bad rows are written to a file. No table should take more than the smallest one.\n",
        "| table | rows | statements | bad rows written | peak memory | of the smallest |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    least = {r["table"]: r["peak_bytes"] for r in sorted(results, key=lambda r: -r["rows"])}
    for r in sorted(results, key=lambda r: (r["table"], r["rows"])):
        lines.append(
            f"| {r['table']} | {r['rows']:,} | {r['statements']} | {r['written']:,} | {r['peak_bytes'] / 1e6:.0f} MB |"
            f" {r['peak_bytes'] / least[r['table']]:.2f} |"
        )
    return "\n".join(lines) + "\n"


def corrupt_scale(head: Head, results: Sequence[Result]) -> str:
    """Time and memory of putting errors into a large table: a stack, and its errors one by one."""
    rows, few = head["arguments"]["rows"], head["arguments"]["few"]
    lines = [
        f"## Errors put into {rows:,} rows\n",
        f"`python benchmarks/corrupt_scale.py --rows {rows}{' --few' if few else ''}` at revision {head['revision']}",
        f"({head['machine']}), each run a process of its own, each error in 5 % of the rows.",
    ]
    stacks = [r for r in results if len(r["errors"]) > 1]
    singles = [r for r in results if len(r["errors"]) == 1]
    for r in stacks:
        told = f"{len(r['errors'])} errors together take {r['seconds']:.0f} s and {r['peak_bytes'] / 1e6:.0f} MB"
        if singles:
            alone = sum(s["seconds"] for s in singles)
            told += f", one by one {alone:.0f} s and at most {max(s['peak_bytes'] for s in singles) / 1e6:.0f} MB"
        lines.append(f"{told}; {r['bad_rows']:,} rows were hit.")
    return "\n".join(lines) + "\n"


def files(head: Head, results: Sequence[Result]) -> str:
    """Time and memory of audits of odd text files, against SUMMARIZE of the same file read by hand."""
    arguments = head["arguments"]
    lines = [
        "## Odd text files\n",
        f"`python benchmarks/file_speed.py --rows {arguments['rows']} --runs {arguments['runs']}` at revision",
        f"{head['revision']} ({head['machine']}): 24 columns, whole processes, medians. *SUMMARIZE* is DuckDB's, of",
        "the same file, which it is told how to read: the encoding, the dialect, the types, the functions that make",
        "numbers and days of texts, and to leave out rows that it cannot read. *Ratio* and *cpu* are wall and",
        "processor time against that, *regular* is wall time against SUMMARIZE of the plain file of the same table.\n",
        "| file | audit | SUMMARIZE | ratio | cpu | regular | peak memory | of SUMMARIZE | findings |",
        "|---|--:|--:|--:|--:|--:|--:|--:|---|",
    ]
    for r in results:
        kinds = ", ".join(f"`{kind}`" for kind in r["findings"])
        seconds, own, regular = r["seconds"], r["summarize_seconds"], r["regular_seconds"]
        lines.append(
            f"| {r['file']} | {seconds:.1f} s | {own:.1f} s | {seconds / own:.2f} | {r['cpu_ratio']:.2f} |"
            f" {seconds / regular:.2f} | {r['peak_bytes'] / 1e6:,.0f} MB | {r['summarize_peak_bytes'] / 1e6:,.0f} MB |"
            f" {kinds} |"
        )
    return "\n".join(lines) + "\n"
