"""Train on a table and measure the model on campaigns that nobody damaged: what the experiment of harm needs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from assay.campaigns.datasets import Dataset
from assay.campaigns.decision import one_hot, tune
from assay.campaigns.graph import build_world
from assay.campaigns.harm import Measure, Measured
from assay.campaigns.knobs import ATTRIBUTES, CLASSES, Knobs
from assay.campaigns.labelled import labels_of
from assay.campaigns.models import CHOSEN, Trained, train
from assay.campaigns.models.calibration import Calibration
from assay.campaigns.models.structured import Chosen, Structured
from assay.campaigns.scores import score
from assay.campaigns.trials import ByTables, trials

QUICK = "pairs"
HELD = 7  # every seventh row is kept aside, clean, to measure with
TUNED = 8  # every eighth training row tunes the decision
PENALTY = 0.1
QUERIES = 150
GIVEN = ("audience", "brand", "geography")


def laboratory(folder: Path, model: str, rows: int) -> tuple[Measure, pa.Table]:
    """How to measure a model of a data set, and the table to damage and to train it on.

    Args:
        model: ``pairs`` is the structured model without sampled signs, which takes a fraction of the time.
        rows: of the table, if the data set has so many besides those that are kept aside.

    Raises:
        ConfigurationError: there is no such model.
        SourceError: the folder holds no data set.
    """
    dataset = Dataset(folder)
    whole = dataset.train()
    aside = np.arange(whole.num_rows) % HELD == 0
    table, held = whole.filter(pa.array(~aside)).slice(0, rows), whole.filter(pa.array(aside))
    truth, campaigns = labels_of(held), held.select(list(ATTRIBUTES))
    world = build_world(Knobs.from_json(dataset.card["knobs"]))

    def measure(damaged: pa.Table) -> Measured:
        trained = pairs(damaged) if model == QUICK else train(model, damaged)
        f1 = score(truth, trained.predict(campaigns), CLASSES).macro
        if model not in (QUICK, CHOSEN):
            return Measured(f1, float("nan"))
        (tried,) = trials(world, {"tables": ByTables(trained)}, QUERIES, 1, [GIVEN])
        return Measured(f1, tried.regret)

    return measure, table


def pairs(table: pa.Table) -> Trained:
    """The structured model without sampled signs, its decision tuned on rows that it does not learn from."""
    labels = labels_of(table)
    tuned = np.arange(table.num_rows) % TUNED == 0
    classifier = Structured()
    classifier.chosen = Chosen(penalty=PENALTY, weight=0.0)
    with threadpool_limits(1, user_api="blas"):  # as in `train`
        classifier.fit(table.filter(pa.array(~tuned)), labels[~tuned])
    likely = classifier.predict_proba(table.filter(pa.array(tuned)))
    decision, _ = tune(likely, one_hot(labels[tuned]))
    return Trained(classifier, Calibration(), decision)
