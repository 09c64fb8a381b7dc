"""Run the cases of an experiment through a detector, here or in several processes, and log each."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

from assay.bench.experiments.detector import Detection, Detector
from assay.bench.experiments.log import append, head
from assay.source.scratch import scratch_path

Case = TypeVar("Case")
Result = dict[str, Any]
Progress = Callable[[str], None]


@contextmanager
def folder() -> Iterator[Path]:
    """A folder for one case, gone at its end."""
    place = scratch_path()
    place.mkdir(parents=True)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def timed(detector: Detector, path: Path) -> tuple[Detection, Result]:
    """What a detector found, with the seconds it took and what it cost; a detector that fails has found nothing."""
    started = time.perf_counter()
    told: Result = {}
    try:
        detection = detector(path)
    except Exception as error:  # one table that cannot be looked at is not the end of the run
        detection, told = Detection(()), {"failure": f"{type(error).__name__}: {error}"[:400]}
    seconds = round(time.perf_counter() - started, 3)
    return detection, {"seconds": seconds, "cost": dict(detection.cost), **told}


def run(
    experiment: str,
    measure: Callable[[Detector, Case], Result | None],
    cases: Sequence[Case],
    detector: Detector,
    arguments: Mapping[str, Any],
    *,
    jobs: int = 1,
    log: Path | None = None,
    progress: Progress = lambda _: None,
) -> list[Result]:
    """Measure all cases in their order, and append each to the log as it is done.

    Args:
        measure: measures one case; None where its table cannot carry it. Not a lambda if there are several jobs.
        arguments: how to repeat the run, for the log.
        jobs: processes.
        log: a file to append to; None for no log.

    Returns:
        What was measured. A case at which the detector failed has a ``failure``.
    """
    if log is not None:
        append(log, head(experiment, arguments))
    results = []
    for done, result in enumerate(_measured(partial(measure, detector), cases, jobs), 1):
        progress(f"{experiment}: {done} of {len(cases)}")
        if result is not None:
            results.append(result)
            if log is not None:
                append(log, result)
    return results


def _measured(measure: Callable[[Case], Result | None], cases: Sequence[Case], jobs: int) -> Iterable[Result | None]:
    if jobs <= 1:
        yield from map(measure, cases)
        return
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        yield from pool.map(measure, cases)
