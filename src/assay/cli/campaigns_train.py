"""``assay campaigns generate|train|evaluate``: data sets, models of them, and how good these are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from assay.cli.campaigns_blind import TokenOption
from assay.cli.options import DebugOption, QuietOption


def generate(
    version: Annotated[
        str,
        typer.Option("--version", metavar="NAME", help="V14, V15, V25, V26, or V15-wide (no repeated combinations)."),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder of the data set.")],
    vault: Annotated[
        Path, typer.Option("--vault", metavar="DIR", help="The private folder of the test labels, outside of it.")
    ],
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", min=0, help="Another world of the same shape.")
    ] = None,
    train_rows: Annotated[int, typer.Option("--train-rows", metavar="N", min=1, help="Rows to learn from.")] = 42_000,
    test_rows: Annotated[int, typer.Option("--test-rows", metavar="N", min=1, help="Rows to predict.")] = 18_000,
    debug: DebugOption = False,  # noqa: ARG001 - read before parsing
) -> int:
    """Write a data set of simulated campaigns, and the labels of its test to the scoring service's folder.

    Prints the card as JSON: sizes, shares of the classes, seed, and the best F1 that anybody could reach. The same
    version, seed and sizes give the same bytes.
    """
    from dataclasses import replace

    from assay.campaigns.datasets import generate as write
    from assay.campaigns.knobs import knobs_of
    from assay.cli.console import put

    knobs = knobs_of(version)
    card = write(knobs if seed is None else replace(knobs, seed=seed), out, vault, train_rows, test_rows)
    put(json.dumps(card, indent=2) + "\n")
    return 0


def train(
    table: Annotated[
        Path, typer.Argument(metavar="FILE", help="Labelled campaigns as Parquet, such as train.parquet of a data set.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder of the model.")],
    model: Annotated[
        str,
        typer.Option("--model", metavar="NAME", help="structured, stacked, lightgbm, network or tfidf-logistic."),
    ] = "structured",
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of everything that is drawn.")] = 0,
    unaudited: Annotated[bool, typer.Option("--unaudited", help="Train on a table that no audit has passed.")] = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,  # noqa: ARG001 - read before parsing
) -> int:
    """Train a model: tune it on a fixed 15 % of the rows, then fit it on all.

    The table is audited first; one with findings of at least medium severity is refused. Prints F1 on the validation
    rows as JSON.
    """
    import pyarrow.parquet as pq

    from assay.campaigns.audited import require_audited
    from assay.campaigns.models import train as fit
    from assay.cli.console import put, say

    require_audited(table, unaudited)
    trained = fit(model, pq.read_table(table), seed)
    trained.save(out)
    put(json.dumps(dict(trained.told)) + "\n")
    if not quiet:
        say(f"written: {out}")
    return 0


def evaluate(
    dataset: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a data set.")],
    model: Annotated[Path, typer.Option("--model", metavar="DIR", help="A trained model.")],
    url: Annotated[
        str, typer.Option("--url", metavar="URL", help="Where the scoring service listens.")
    ] = "http://127.0.0.1:8750",
    token_file: TokenOption = None,
    debug: DebugOption = False,  # noqa: ARG001 - read before parsing
) -> int:
    """Predict a data set's test rows and ask the scoring service for their F1: overall (macro) and of each class."""
    from assay.campaigns.blind.client import submit
    from assay.campaigns.blind.token import read_token
    from assay.campaigns.datasets import Dataset
    from assay.campaigns.knobs import CLASSES
    from assay.campaigns.models import load
    from assay.cli.console import put

    data, trained = Dataset(dataset), load(model)
    test = data.test()
    classes = [CLASSES[code] for code in trained.predict(test).tolist()]
    name = trained.classifier.name
    score = submit(url, read_token(token_file), data.version, test["campaign_id"].to_pylist(), classes, name)
    ceiling = data.card["ceiling"]["macro_f1"]
    put(json.dumps({"macro_f1": score.macro, "f1": dict(score.classes), "ceiling": ceiling}) + "\n")
    return 0
