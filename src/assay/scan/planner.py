"""From many metrics to few statements: equal terms are asked once, and one bad metric never fails its batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from assay.errors import QueryError
from assay.scan.metrics import Metric, State
from assay.source.base import Source

TERMS_PER_STATEMENT = 1_500


@dataclass(frozen=True)
class Measurement:
    """A metric's state, or why it could not be measured."""

    state: State | None = None
    failure: str | None = None


def measure(source: Source, metrics: Iterable[Metric]) -> dict[Metric, Measurement]:
    """Measure all metrics in one statement (several for very many terms); a failing metric is a recorded failure.

    A statement that fails is halved until the metrics that fail it stand alone, so that the others keep their values.
    """
    wanted = list(dict.fromkeys(metrics))
    results: dict[Metric, Measurement] = {}
    for batch in _batches(source, wanted):
        results.update(_measure(source, batch))
    return {metric: results[metric] for metric in wanted}


def statements(source: Source, metrics: Iterable[Metric]) -> list[exp.Expr]:
    """The statements that :func:`measure` would send, for dry runs and golden tests."""
    return [_statement(source, batch)[0] for batch in _batches(source, list(dict.fromkeys(metrics)))]


def _batches(source: Source, metrics: Sequence[Metric]) -> list[list[Metric]]:
    batches: list[list[Metric]] = []
    room = 0
    for metric in metrics:
        size = len(metric.terms(source))
        if size > room:
            batches.append([])
            room = TERMS_PER_STATEMENT
        batches[-1].append(metric)
        room -= size
    return batches


def _statement(source: Source, batch: Sequence[Metric]) -> tuple[exp.Expr, dict[Metric, list[int]]]:
    terms: dict[str, tuple[int, exp.Expr]] = {}
    places: dict[Metric, list[int]] = {}
    for metric in batch:
        places[metric] = []
        for term in metric.terms(source):
            index, _ = terms.setdefault(source.render(term), (len(terms), term))
            places[metric].append(index)
    fields = [exp.alias_(term.copy(), f"t{index}") for index, term in terms.values()]
    return exp.select(*fields).from_(source.relation()), places


def _measure(source: Source, batch: Sequence[Metric]) -> dict[Metric, Measurement]:
    query, places = _statement(source, batch)
    try:
        row = source.ask(query)
    except QueryError as error:
        if len(batch) == 1:
            return {batch[0]: Measurement(failure=str(error))}
        middle = len(batch) // 2
        return {**_measure(source, batch[:middle]), **_measure(source, batch[middle:])}
    values: list[Any] = [column[0].as_py() for column in row.columns]
    return {m: Measurement(state=m.state([values[i] for i in indices])) for m, indices in places.items()}
