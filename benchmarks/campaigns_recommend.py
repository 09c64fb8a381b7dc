"""Recommenders tried on the hidden world, for each of the 30 sets of given fields, and the time of one recommendation.

    python -m benchmarks.campaigns_recommend --work DIR --log out/campaigns_recommend.jsonl

DIR is the folder of ``benchmarks.campaigns``: data in DIR/data, models in DIR/models. Where a query has more candidates
than ``--most``, so many are drawn, the same for all recommenders.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path
from statistics import median

from assay.campaigns.datasets import Dataset
from assay.campaigns.graph import build_world
from assay.campaigns.knobs import ATTRIBUTES, Knobs
from assay.campaigns.models import Trained, load
from assay.campaigns.recommend import Recommender, Wish
from assay.campaigns.trials import ByChance, ByClasses, ByPopularity, ByTables, Ranker, trials
from benchmarks.logbook import header

CANDIDATES = 10_000
REPEATS = 30


def main() -> None:
    """Run and log."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="a folder with data and models")
    parser.add_argument("--log", type=Path, default=Path("out/campaigns_recommend.jsonl"))
    parser.add_argument("--version", default="V15")
    parser.add_argument("--model", default="structured")
    parser.add_argument("--baselines", default="network,stacked", help="classifiers that look at every candidate")
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--most", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    card = Dataset(options.work / "data" / options.version).card
    world = build_world(Knobs.from_json(card["knobs"]))
    model = load(options.work / "models" / f"{options.version}-{options.model}")
    rankers: dict[str, Ranker] = {"assay": ByTables(model)}
    for baseline in options.baselines.split(","):
        trained = load(options.work / "models" / f"{options.version}-{baseline}")
        rankers[f"classify every candidate: {baseline}"] = ByClasses(trained)
    rankers |= {"popularity": ByPopularity(model), "random": ByChance(options.seed)}
    options.log.parent.mkdir(parents=True, exist_ok=True)
    with options.log.open("w", encoding="utf-8") as log:
        head = {**header(options), "experiment": "recommend", "milliseconds": milliseconds(model)}
        log.write(json.dumps(head) + "\n")
        for trial in trials(world, rankers, options.queries, options.seed, most=options.most):
            log.write(json.dumps(asdict(trial)) + "\n")
            log.flush()
            print(f"{trial.ranker:36} {'+'.join(trial.given):40} regret {trial.regret:.3f} ndcg {trial.ndcg:.3f}")


def milliseconds(model: Trained) -> float:
    """The median time of a recommendation over at least 10,000 candidates, the texts given and read anew each time."""
    tables = model.tables()
    recommender = Recommender(model)
    wanted, total = [], 1
    for name in reversed(ATTRIBUTES):
        if total < CANDIDATES:
            wanted.append(name)
            total *= len(tables.texts[name])
    times = []
    for turn in range(REPEATS):
        given = {a: tables.texts[a][turn % len(tables.texts[a])] for a in ATTRIBUTES if a not in wanted}
        start = time.perf_counter()
        recommender.recommend(Wish(given, wanted), 10)
        times.append(1e3 * (time.perf_counter() - start))
    return round(median(times), 2)


if __name__ == "__main__":
    main()
