"""What the service answers: F1 of one whole test set, or why a submission is refused. Everything is logged."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from assay.campaigns.blind.vault import Labels, Vault
from assay.campaigns.scores import Score, score
from assay.errors import AssayError, SourceError

HOUR = 3600.0
DIGITS = 4
MOST_TEXT = 200  # characters of what a submitter calls its model


class RefusedError(AssayError):
    """A submission that gets no score; ``status`` is the one of the HTTP answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Judge:
    """Scores submissions against the labels of a vault, only so many an hour.

    Scores are rounded and rare, so that nobody can read single labels off the differences of many.
    """

    def __init__(self, vault: Vault, per_hour: int, now: Callable[[], float] = time.time) -> None:
        self._vault, self._per_hour, self._now = vault, per_hour, now
        self._turn = threading.Lock()
        self._held: dict[str, Labels] = {}
        scored = (
            dt.datetime.fromisoformat(e["time"]).timestamp() for e in vault.submissions() if e["answer"] == "score"
        )
        self._times = deque(scored, maxlen=max(1, per_hour))

    def judge(self, submission: Any) -> dict[str, Any]:
        """The answer to ``{"dataset", "model", "ids", "classes"}``: ``{"macro_f1", "f1": {class: ...}}``.

        Raises:
            RefusedError: too many an hour, a part of the test set, or ids and classes that are none.
        """
        with self._turn:
            entry = {"time": self._time(), **_described(submission)}
            try:
                found = self._score(submission)
            except RefusedError as refused:
                self._vault.log({**entry, "answer": "refused", "reason": str(refused)[:MOST_TEXT]})
                raise
            told = {
                "macro_f1": round(found.macro, DIGITS),
                "f1": {c: round(v, DIGITS) for c, v in found.classes.items()},
            }
            self._vault.log({**entry, "answer": "score", **told})
            self._times.append(self._now())
            return told

    def _time(self) -> str:
        return dt.datetime.fromtimestamp(self._now(), dt.UTC).isoformat(timespec="seconds")

    def _score(self, submission: Any) -> Score:
        name, ids, classes = _parts(submission)
        if len(self._times) >= self._per_hour and self._now() - self._times[0] < HOUR:
            wait = int(HOUR - (self._now() - self._times[0])) // 60 + 1
            raise RefusedError(429, f"{self._per_hour} scores an hour were given; try again in {wait} minutes")
        if name not in self._held:
            try:
                self._held[name] = self._vault.labels(name)
            except SourceError as error:
                raise RefusedError(404, str(error)) from None
        labels = self._held[name]
        unknown = set(classes) - set(labels.classes)
        if unknown:
            raise RefusedError(400, f"{len(unknown)} unknown classes; the classes are: {', '.join(labels.classes)}")
        strange = sum(key not in labels.row_of for key in ids)
        if strange or len(set(ids)) != len(ids):
            raise RefusedError(400, f"{strange} ids are not of {name}, {len(ids) - len(set(ids))} come twice")
        if len(ids) != len(labels.row_of):
            raise RefusedError(400, f"{len(ids)} of {len(labels.row_of)} rows; only the whole test set is scored")
        codes = {c: i for i, c in enumerate(labels.classes)}
        predicted = np.empty(len(ids), np.int64)
        predicted[[labels.row_of[key] for key in ids]] = [codes[c] for c in classes]
        return score(labels.codes.to_numpy(zero_copy_only=False).astype(np.int64), predicted, labels.classes)


def _parts(submission: Any) -> tuple[str, list[str], list[str]]:
    """Name, ids and classes of a well-formed submission."""
    if isinstance(submission, dict):
        name, ids, classes = (submission.get(k) for k in ("dataset", "ids", "classes"))
        if isinstance(name, str) and isinstance(ids, list) and isinstance(classes, list) and len(ids) == len(classes):
            keys = [str(key) for key in ids if isinstance(key, str | int) and not isinstance(key, bool)]
            if len(keys) == len(ids) and all(isinstance(c, str) for c in classes):
                return name, keys, classes
    raise RefusedError(400, 'send {"dataset": NAME, "ids": [...], "classes": [...]}, one class for each id')


def _described(submission: Any) -> dict[str, Any]:
    """What the log keeps of a submission: who says what it is, how long it is, and its digest."""
    told = submission if isinstance(submission, dict) else {}
    rows = told.get("ids")
    text = json.dumps(submission, sort_keys=True, ensure_ascii=False)
    return {
        "dataset": str(told.get("dataset", ""))[:MOST_TEXT],
        "model": str(told.get("model", ""))[:MOST_TEXT],
        "rows": len(rows) if isinstance(rows, list) else 0,
        "sha256": hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
    }
