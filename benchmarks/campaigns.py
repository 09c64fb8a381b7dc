"""Every classifier on every data set, scored blind: F1, training seconds, microseconds a row, and the ceiling.

    python -m benchmarks.campaigns --work DIR --log out/campaigns.jsonl

Data sets are generated into DIR/data and labels into DIR/vault; models see only the first. Scores come from the judge
of the scoring service, in this process. About half an hour on two cores for the full table.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from assay.campaigns.blind.judge import Judge
from assay.campaigns.blind.vault import Vault
from assay.campaigns.datasets import Dataset, generate
from assay.campaigns.knobs import ATTRIBUTES, CLASSES, VERSIONS
from assay.campaigns.models import MODELS, train
from assay.errors import MissingExtraError
from benchmarks.logbook import header

# Macro F1 of the published article's best custom model, on its own data, which nobody here has.
ARTICLE = {"V14": 0.4059, "V15": 0.9280, "V25": 0.8947, "V26": 0.8884}
UNLIMITED = 10**6


def main() -> None:
    """Run and log."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="a folder for data, labels and models")
    parser.add_argument("--log", type=Path, default=Path("out/campaigns.jsonl"))
    parser.add_argument("--versions", default=",".join(VERSIONS))
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.log.parent.mkdir(parents=True, exist_ok=True)
    with options.log.open("w", encoding="utf-8") as log:
        log.write(json.dumps({**header(options), "experiment": "campaigns"}) + "\n")
        for result in measured(options):
            log.write(json.dumps(result) + "\n")
            log.flush()
            told = {n: result.get(n) for n in ("version", "model", "macro_f1", "seconds", "microseconds", "skipped")}
            print(json.dumps({k: v for k, v in told.items() if v is not None}), flush=True)


def measured(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """One result for each data set and model."""
    for version in options.versions.split(","):
        folder = options.work / "data" / version
        card = generate(VERSIONS[version], folder, options.work / "vault")
        judge = Judge(Vault.open(options.work / "vault"), UNLIMITED)
        for model in options.models.split(","):
            result = {"version": version, "model": model, "card": card, "article": ARTICLE.get(version)}
            try:
                yield {**result, **_one(Dataset(folder), model, options, judge)}
            except MissingExtraError as error:
                yield {**result, "skipped": str(error)}


def _one(data: Dataset, model: str, options: argparse.Namespace, judge: Judge) -> dict[str, Any]:
    ids = model.endswith("-ids")
    cpu = time.process_time()
    trained = train(model, _table(data, "train", ids), options.seed)
    cpu = time.process_time() - cpu
    trained.save(options.work / "models" / f"{data.version}-{model}")
    test = _table(data, "test", ids)
    start = time.perf_counter()
    classes = [CLASSES[code] for code in trained.predict(test).tolist()]
    seconds = time.perf_counter() - start
    names = test["campaign_id"].to_pylist()
    score = judge.judge({"dataset": data.version, "model": model, "ids": names, "classes": classes})
    without = {}
    if model == "structured" and data.version == "V15":
        for field in ATTRIBUTES:
            blank = test.set_column(test.column_names.index(field), field, pa.nulls(len(test), pa.string()))
            asked = [CLASSES[code] for code in trained.predict(blank).tolist()]
            told = {"dataset": data.version, "model": f"{model} without {field}", "ids": names, "classes": asked}
            without[field] = judge.judge(told)["macro_f1"]
    return {
        "macro_f1": score["macro_f1"],
        "f1": score["f1"],
        "seconds": trained.told["seconds"],
        "cpu_seconds": round(cpu, 1),
        "validation_macro_f1": trained.told["validation_macro_f1"],
        "microseconds": round(1e6 * seconds / len(test), 2),
        "without": without,
    }


def _table(data: Dataset, split: str, ids: bool) -> pa.Table:
    """The rows of a split, with the values' ids beside the texts where they are given."""
    table = data.train() if split == "train" else data.test()
    if ids:
        told = data.ids(split)
        for name in (f"{a}_id" for a in ATTRIBUTES):
            table = table.append_column(name, told[name])
    return table


if __name__ == "__main__":
    main()
