"""Sections of the results page that are made from logs of experiments: sweep, severity, clean, consistency, pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assay.bench.experiments.score import Ratio
from assay.bench.experiments.severity import Curve, curves
from assay.bench.experiments.sweep import ARTICLE, STACK, overall
from benchmarks.curves import Panel, chart

Head = Mapping[str, Any]
Result = dict[str, Any]
SCORES = (">precision", ">recall", ">F1")
OWN = {"kinds": "--kinds", "mechanisms": "--mechanisms", "rates": "--rates", "rate": "--rate", "times": "--times"}


def made_by(head: Head) -> str:
    """The command of a run, and the revision that it measured."""
    arguments = head["arguments"]
    parts = ["assay bench", head["experiment"]]
    parts += [arguments["source"]] if arguments["source"] else [_option(n, arguments[n]) for n in ("rows", "styles")]
    parts += [_option("seeds", arguments["seeds"])]
    parts += [f"{option} {_list(arguments[name])}" for name, option in OWN.items() if name in arguments]
    if arguments["detector"] != "assay":
        parts.append(f"--detector {arguments['detector']}")
    return f"`{' '.join(parts)}` at revision {head['revision']} ({head['machine']})."


def _option(name: str, value: Any) -> str:
    return f"--{name} {_list(value)}"


def _list(value: Any) -> str:
    if not isinstance(value, list):
        return str(value)
    if len(value) > 2 and value == list(range(value[0], value[0] + len(value)) if isinstance(value[0], int) else ()):
        return f"{value[0]}-{value[-1]}"
    return ",".join(map(str, value))


def _columns(*names: str) -> list[str]:
    """The head of a table in Markdown; columns of names that begin with ``>`` are aligned to the right."""
    aligned = "|".join("--:" if name.startswith(">") else "---" for name in names)
    return [f"| {' | '.join(name.removeprefix('>') for name in names)} |", f"|{aligned}|"]


def sweep(head: Head, results: Sequence[Result]) -> str:
    """Precision, recall and F1 of the error types in eleven tables, beside the article's."""
    seeds = len(head["arguments"]["seeds"])
    lines = [
        "## Stacked errors: the article's eleven tables\n",
        f"{made_by(head)} Table 1 has one logical error, table 7 all seven,",
        "table 11 also the four structural ones, each in the named share of rows. An error type is found if an alarm (a new",
        "finding above `low`) of the right kind names a damaged column; an alarm about rows that are not damaged is false.\n",
        *_columns(">table", "errors", ">runs", *SCORES, ">perfect", "missed, or falsely alarmed (+)"),
    ]
    for depth in sorted({r["table"] for r in results}):
        group = [r for r in results if r["table"] == depth]
        faults = Counter(x for r in group for x in (*r["missed"], *(f"+ {f}" for f in r["false"])))
        what = ", ".join(f"`{x}`" + (f" in {n} runs" if n > 1 else "") for x, n in faults.items())
        added = f"`{STACK[depth - 1]}`" if depth == 1 else f"and `{STACK[depth - 1]}`"
        lines.append(f"| {depth} | {added} | {len(group)} | {_figures(overall(group))} | {_perfect(group)} | {what} |")
    lines.append(f"| all | | {len(results)} | {_figures(overall(results))} | {_perfect(results)} | |")
    article = " | ".join(str(ARTICLE[name]) for name in ("precision", "recall", "f1"))
    lines.append(f"| *article* | | 11 | {article} | {ARTICLE['perfect']} | |")
    by_seed = [[r for r in results if r["seed"] == seed] for seed in head["arguments"]["seeds"]]
    whole = sum(len(g) == len(STACK) and all(r["perfect"] for r in g) for g in by_seed)
    precision, recall = (min(r[name] for r in results) for name in ("row_precision", "row_recall"))
    lines.append(
        f"\nAll eleven tables are perfect with {whole} of {seeds} seeds. The rows of all alarms together have a worst"
    )
    return "\n".join(
        [*lines, f"precision of {precision:.3f} and a worst recall of {recall:.3f} against the damaged rows.\n"]
    )


def _figures(ratio: Ratio) -> str:
    return f"{ratio.precision:.3f} | {ratio.recall:.3f} | {ratio.f1:.3f}"


def _perfect(group: Sequence[Result]) -> str:
    return f"{sum(r['perfect'] for r in group)} of {len(group)}"


def severity(head: Head, results: Sequence[Result], picture: Path) -> str:
    """Detection and rows over error density, as a table and a chart that is written to ``picture``."""
    found = list(curves(results))
    drawn = [c for c in found if len(c.detected) > 1]
    groups = " and ".join(dict.fromkeys(c.group for c in found))
    lines = [
        f"## One error at growing rates: {groups}\n",
        f"{made_by(head)} For each share of damaged rows: how often",
        "the error was found / F1 of the rows of all alarms against the damaged ones. A decoy is legitimate: its figure is",
        "how often it was reported. *From* is the share from which on it was always found.\n",
    ]
    if drawn:
        panels = [_panel_of(c) for c in drawn]
        picture.write_text(chart(panels), encoding="utf-8")
        lines.append(f"![found, and F1 of the rows, by share of damaged rows]({picture.name})\n")
    rates = sorted({r["rate"] for r in results})
    shares = (f">{100 * r:g} %" for r in rates)
    lines += _columns("error", ">runs", *shares, ">from", ">worst row precision", ">worst row recall")
    for curve in found:
        group = [r for r in results if r["kind"] == curve.kind and r["found"] and curve.group != "decoy"]
        worst = [
            f"{min((r[n] for r in group), default=0):.3f}" if group else "" for n in ("row_precision", "row_recall")
        ]
        cells = " | ".join(_cell(curve, rate) for rate in rates)
        lines.append(f"| `{curve.kind}` | {curve.cases} | {cells} | {_from(curve)} | {' | '.join(worst)} |")
    return "\n".join([*lines, "\nThe worst rows are of the cases in which the error was found.\n"])


def _panel_of(curve: Curve) -> Panel:
    if curve.group == "decoy":
        return Panel(f"{curve.kind} (decoy)", {"found": curve.detected})
    return Panel(curve.kind, {"found": curve.detected, "F1 of rows": curve.f1})


def _cell(curve: Curve, rate: float) -> str:
    if rate not in curve.detected:
        return ""
    return f"{curve.detected[rate]:.2f}" + ("" if curve.group == "decoy" else f" / {curve.f1[rate]:.2f}")


def _from(curve: Curve) -> str:
    if curve.group == "decoy" or len(curve.detected) == 1:
        return ""
    return "-" if curve.smallest is None else f"{100 * curve.smallest:g} %"


def clean(head: Head, results: Sequence[Result]) -> str:
    """False alarms in tables that have nothing wrong with them."""
    lines = [
        "## Clean tables: false alarms\n",
        f"{made_by(head)} Every alarm is a false one; notes (`low` and `info`) are not alarms.\n",
        *_columns("table", ">tables", ">with an alarm", ">alarms", ">notes a table", ">failed"),
    ]
    styles = list(dict.fromkeys(r.get("style") or "own" for r in results))
    for style in (*styles, "all"):
        group = [r for r in results if style == "all" or (r.get("style") or "own") == style]
        hit, failed = sum(bool(r["alarms"]) for r in group), sum("failure" in r for r in group)
        alarms, notes = (sum(len(r[name]) for r in group) for name in ("alarms", "notes"))
        lines.append(f"| {style} | {len(group)} | {hit} | {alarms} | {notes / len(group):.2f} | {failed} |")
    told = [f"{r.get('style') or 'own'}, seed {r['seed']}: {a}" for r in results for a in r["alarms"]]
    return "\n".join([*lines, "\nThe alarms:\n", *([f"- {t}" for t in told] or ["- none"])]) + "\n"


def consistency(head: Head, results: Sequence[Result]) -> str:
    """Whether the same audit says the same."""
    lines = [
        "## The same audit again\n",
        f"{made_by(head)} Each table has all errors of the sweep's last one.\n",
        *_columns("the same in every run", ">tables"),
    ]
    for name in ("findings", "figures", "explanations"):
        lines.append(f"| {name} | {sum(r[f'same_{name}'] for r in results)} of {len(results)} |")
    return "\n".join(lines) + "\n"


def pairs(head: Head, results: Sequence[Result]) -> str:
    """Cells of other people's tables, beside published figures."""
    published = head["published"]
    folders = " ".join(Path(f).name for f in head["arguments"]["folders"])
    lines = [
        "## Other people's errors\n",
        f"`python benchmarks/pairs.py {folders}` (folders of pairs) at revision {head['revision']}. Cells of `--rows-out`",
        "against cells that differ between the dirty and the clean table. Nothing is labelled or tuned. Published: F1.\n",
        *_columns("pair", ">wrong cells", *SCORES, *(f">{who}" for who in published)),
    ]
    for r in results:
        others = " | ".join(f"{by[r['pair']]:.2f}" if r["pair"] in by else "" for by in published.values())
        scores = " | ".join(f"{r[name]:.3f}" for name in ("precision", "recall", "f1"))
        lines.append(f"| {r['pair']} | {r['wrong_cells']:,} | {scores} | {others} |")
    lines.append("\nWhat was missed, and what was reported although the two tables agree, by column:\n")
    for r in results:
        told = (
            ", ".join(f"{c} {n}" for c, n in list(r[name].items())[:6]) or "none" for name in ("missed", "not_wrong")
        )
        lines.append(f"- {r['pair']}: missed {next(told)}; not wrong: {next(told)}")
    return "\n".join(lines) + "\n"
