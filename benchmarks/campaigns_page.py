# ruff: noqa: E501 - prose for a page
"""Write docs/campaigns.md from the logs of the campaign lab, so that every figure in it is one that a script printed.

    python -m benchmarks.campaigns_page out/campaigns.jsonl out/campaigns_recommend.jsonl out/campaigns_harm.jsonl

The last run of each experiment in the logs counts; what no log tells of is left out. Logs are made by:

    python -m benchmarks.campaigns --work WORK --log out/campaigns.jsonl
    python -m benchmarks.campaigns_recommend --work WORK --log out/campaigns_recommend.jsonl
    assay campaigns harm WORK/data/V15 --log out/campaigns_harm.jsonl
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from assay.campaigns.harm import Case, Curve, Measured, Point, curves
from assay.campaigns.knobs import ATTRIBUTES, CLASSES
from benchmarks.curves import Panel, chart

Line = Mapping[str, Any]
LEAST_LOST = 0.01  # F1 of which a share that comes back is told
INTRODUCTION = """\
# Campaigns: what audited data is for

Made by `python -m benchmarks.campaigns_page`. All data are a re-creation: a seeded generator draws campaigns from a hidden
world, in the pattern of a published article. Figures on it say nothing about the data of the article's authors, which nobody
here has. Their figures stand beside for orientation only.

A campaign is five texts: audience, brand, creative, platform, geography. In the hidden world each pair of values is good,
bad or indifferent for each other, and the balance of the ten pairs, with noise, makes the outcome: Underperforming, Average
performance or Overperforming. A model sees texts in many wordings, never a value's name. The *ceiling* is the F1 of one who
knows the hidden world and not the noise.

```console
$ assay campaigns generate --version V15 --out data/V15 --vault vault
$ assay campaigns train data/V15/train.parquet --out model
$ assay campaigns predict --model model --why --field "platform=short clips" --field "brand=budget sneakers, family owned"
$ assay campaigns recommend --model model --field "audience=frugal parents who love hiking" --exclude "platform=radio"
$ assay campaigns blind serve --vault vault
$ assay campaigns evaluate data/V15 --model model
```

Training refuses a table in which an audit finds something of at least medium severity; `assay campaigns quarantine` takes
the bad rows out, `--unaudited` goes on without. Labels of a test are in a folder of their own, which only the scoring
service opens. It answers a whole test set of predictions with F1 and nothing else, and logs every submission. Who knows
generator and seed can draw the labels again: a test makes sure that no model imports the generator.

Settings of models were chosen on validation rows. One of them was changed after a blind score on V15 had been seen; the
figures of the other data sets are untouched by that.
"""


def main() -> None:
    """Read the logs and write the page and its chart."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", type=Path, nargs="+", metavar="LOG")
    parser.add_argument("--out", type=Path, default=Path("docs/campaigns.md"))
    options = parser.parse_args()
    runs = last_runs(options.logs)
    options.out.write_text(page(runs), encoding="utf-8")
    if "harm" in runs:
        cases = [Case.from_json(line) for line in runs["harm"][1]]
        drawn = {
            "campaigns_harm.svg": chart(panels(cases, lambda m: m.f1), bottom=0.5),
            "campaigns_harm_regret.svg": chart(panels(cases, lambda m: m.regret)),
        }
        for name, picture in drawn.items():
            options.out.with_name(name).write_text(picture, encoding="utf-8")


def last_runs(logs: Sequence[Path]) -> dict[str, tuple[Line, list[Line]]]:
    """The last run of each experiment: its head and its lines."""
    runs: dict[str, tuple[Line, list[Line]]] = {}
    for log in logs:
        lines: list[Line] = []
        for text in log.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            if "experiment" in line:
                lines = []
                runs[line["experiment"]] = (line, lines)
            else:
                lines.append(line)
    return runs


def page(runs: Mapping[str, tuple[Line, list[Line]]]) -> str:
    """The page, of the sections that there are runs for."""
    sections: dict[str, Callable[[Line, Sequence[Line]], str]] = {
        "campaigns": models,
        "recommend": recommend,
        "harm": harm,
    }
    parts = [section(*runs[name]) for name, section in sections.items() if name in runs and runs[name][1]]
    return "\n".join([INTRODUCTION, *parts])


def models(head: Line, lines: Sequence[Line]) -> str:
    """Every model on every data set."""
    told = [line for line in lines if "skipped" not in line]
    rows = [
        [
            line["version"], line["model"], _four(line["macro_f1"]), *(_four(line["f1"][c]) for c in CLASSES),
            _four(line["card"]["ceiling"]["macro_f1"]), _four(line["article"]), f"{line['seconds']:.0f}",
            f"{line['microseconds']:.1f}",
        ]
        for line in told
    ]  # fmt: skip
    titles = [
        "data",
        "model",
        "macro F1",
        *(c.split()[0] for c in CLASSES),
        "ceiling",
        "article",
        "train s",
        "us a row",
    ]
    cards = {line["version"]: line["card"] for line in lines}
    shares = [
        [
            v,
            *(f"{100 * c['shares'][k]:.1f} %" for k in CLASSES),
            f"{c['rows']['train']:,}",
            f"{c['rows']['test']:,}",
            str(c["seed"]),
        ]
        for v, c in cards.items()
    ]
    parts = [
        "## Predictions, scored blind\n",
        f"{_origin(head)} `article` is the best custom model of the article on its own data. Decisions and all settings are "
        "tuned on 15 % of the training rows. Models that end with `-ids` are given which value each text tells.\n",
        _table(titles, rows),
        _table(["data", *CLASSES, "train", "test", "seed"], shares),
    ]
    hidden = {
        v: c["ceiling"]
        for v, c in cards.items()
        if c["ceiling"]["with_hidden"]["macro_f1"] - c["ceiling"]["macro_f1"] > 0.05
    }
    for version, ceiling in hidden.items():
        parts.append(
            f"{version} is hard because something that no text tells (budget, season, competitors) decides most of the "
            f"outcome. Whoever knows the whole graph of relations reaches {_four(ceiling['macro_f1'])}; whoever also knows "
            f"the hidden factor reaches {_four(ceiling['with_hidden']['macro_f1'])}. It is the ceiling, not the model.\n"
        )
    blank = next((line for line in told if line.get("without")), None)
    if blank:
        known = blank["card"]["ceiling"]["without"]
        rows = [
            [field, _four(f1), f"{100 * f1 / blank['macro_f1']:.1f} %", _four(known[field])]
            for field, f1 in blank["without"].items()
        ]
        parts += [
            "### One field missing\n",
            f"{blank['model']} on {blank['version']}. The model answers with the mean over the field's values, weighted by how "
            "often they go with the others. The ceiling knows the hidden world, and how often values go together, and not the "
            "field.\n",
            _table(["without", "macro F1", "of the F1 with all fields", "ceiling"], rows),
        ]
    return "\n".join(parts)


def recommend(head: Line, lines: Sequence[Line]) -> str:
    """Recommenders by the fields that are given."""
    rankers = list(dict.fromkeys(line["ranker"] for line in lines))
    sets = list(dict.fromkeys(tuple(line["given"]) for line in lines))
    found = {(line["ranker"], tuple(line["given"])): line for line in lines}
    first = rankers[0]
    rows = []
    for given in sets:
        best = found[first, given]
        wanted = " x ".join(a for a in ATTRIBUTES if a not in given)
        others = [
            f"{found[r, given]['regret']:.2f} / {found[r, given]['ndcg']:.2f} / {found[r, given]['hit']:.2f}"
            for r in rankers
        ]
        rows.append([wanted, f"{best['candidates']:,}", *others, f"{best['hit5']:.2f}", f"{best['hit1']:.2f}"])
    titles = ["to fill", "candidates", *rankers, "hit@5", "hit@1"]
    means = [[r, *(f"{_mean([found[r, g][k] for g in sets]):.3f}" for k in ("regret", "ndcg", "hit"))] for r in rankers]
    arguments = head["arguments"]
    return "\n".join(
        [
            "## Recommendations, against the hidden world\n",
            f"{_origin(head)} {arguments['queries']} campaigns for each set of given fields; of more than "
            f"{int(arguments['most']):,} candidates, so many are drawn, the same for all. *Regret* is what the first choice "
            "falls short of the best, 0 for the best and 1 for a random one. *Hit* is how often the best, or its equal, is "
            f"among the first ten; `hit@5` and `hit@1` are of {first}. One recommendation over at least 10,000 candidates "
            f"takes {head['milliseconds']} ms (median).\n",
            _table(["all 30 sets", "regret", "NDCG@10", "hit@10"], means),
            "The 30 sets, each as regret / NDCG@10 / hit@10:\n",
            _table(titles, rows),
        ]
    )


def harm(head: Line, lines: Sequence[Line]) -> str:
    """What damage costs and what comes back."""
    cases = [Case.from_json(line) for line in lines]
    clean, arguments = cases[0].clean, head["arguments"]
    rows = [_harm_row(curve) for curve in curves(cases)]
    titles = ["damage", "rows", "F1 lost", "still lost", "comes back", "regret added", "still added", "taken out"]
    return "\n".join(
        [
            "## What bad data does, and what an audit brings back\n",
            f"{_origin(head)} A clean table of {arguments['rows']:,} rows is damaged and trained on; then it is audited, the "
            "rows that the audit names are taken out, and the rest is trained on. Both models are measured on campaigns that "
            f"nobody damaged; one trained on the clean table has F1 {clean.f1:.3f} and a regret of {clean.regret:.3f}. Points of "
            f"macro F1 with 95 % intervals over {len(arguments['seeds'])} seeds (Student's t). Rows whose label is no class "
            "cannot be trained on and are left out in any case.\n",
            _table(titles, rows),
            "Predictions, macro F1:\n",
            "![Macro F1 by share of damaged rows, with intervals](campaigns_harm.svg)\n",
            "Recommendations, normalised regret (less is better):\n",
            "![Regret by share of damaged rows, with intervals](campaigns_harm_regret.svg)\n",
            "What an audit cannot see stays: a wrong label that is a label, in a table that says everything once, looks like "
            "any other.\n",
        ]
    )


def _harm_row(curve: Curve) -> list[str]:
    back = f"{100 * curve.back:.0f} %" if curve.lost.mean > LEAST_LOST else "-"
    return [
        curve.damage, f"{100 * curve.rate:.0f} %", _points(curve.lost, 100), _points(curve.left, 100), back,
        _points(curve.regret_added, 1), _points(curve.regret_left, 1), f"{100 * curve.out:.0f} %",
    ]  # fmt: skip


def panels(cases: Sequence[Case], measure: Callable[[Measured], float]) -> list[Panel]:
    """For each damage the mean of a measure of both models by the share of damaged rows, with 95 % intervals."""
    drawn: dict[str, dict[str, dict[float, list[float]]]] = {}
    for case in cases:
        both = drawn.setdefault(case.damage, {"after quarantine": {}, "trained on damage": {}})
        both["after quarantine"].setdefault(case.rate, []).append(measure(case.repaired))
        both["trained on damage"].setdefault(case.rate, []).append(measure(case.damaged))
    found = []
    for damage, both in drawn.items():
        points = {name: {rate: Point.of(seen) for rate, seen in by.items()} for name, by in both.items()}
        means = {name: {rate: point.mean for rate, point in by.items()} for name, by in points.items()}
        ends = {name: {rate: (max(point.low, 0.0), min(point.high, 1.0)) for rate, point in by.items()}
                for name, by in points.items()}  # fmt: skip
        found.append(Panel(damage, means, ends))
    return found


def _points(point: Point, scale: int) -> str:
    digits = 1 if scale == 100 else 3
    half = scale * (point.high - point.mean)
    spread = f" ± {half:.{digits}f}" if half < 1e6 else ""
    return f"{scale * point.mean:.{digits}f}{spread}"


def _origin(head: Line) -> str:
    return f"Revision {head['revision']}, {head['machine']}, Python {head['python']}."


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _four(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    main()
