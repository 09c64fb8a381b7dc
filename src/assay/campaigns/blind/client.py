"""Ask the scoring service: predictions in, F1 out. This module knows no folder of labels."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from urllib.parse import urlsplit

from assay.campaigns.scores import Score
from assay.errors import ConfigurationError, SourceError

SECONDS = 60
# No proxy: the token is for nobody but the service.
_ASK = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def submit(
    url: str, token: str, dataset: str, ids: Sequence[int | str], classes: Sequence[str], model: str = ""
) -> Score:
    """F1 of predictions for a whole test set, as the service at ``url`` scores them.

    Args:
        dataset: the name under which the labels were deposited.
        ids: of all rows of the test set, in any order; ``classes`` are their predicted classes.
        model: what the service's log should call the submission.

    Raises:
        ConfigurationError: the service refuses the submission; the text says why.
        SourceError: the service cannot be reached.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise ConfigurationError(f"{url!r} is no address of a scoring service; write http://127.0.0.1:PORT")
    body = json.dumps({"dataset": dataset, "model": model, "ids": list(ids), "classes": list(classes)}).encode()
    head = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    asked = urllib.request.Request(f"{url.rstrip('/')}/score", body, head, method="POST")
    try:
        with _ASK.open(asked, timeout=SECONDS) as answer:
            told = json.loads(answer.read())
    except urllib.error.HTTPError as refusal:
        with refusal:
            raise ConfigurationError(f"{dataset}: {_reason(refusal.read(), refusal.code)}") from None
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
        raise SourceError(f"{url}: no scoring service answers: {getattr(error, 'reason', error)}") from None
    return Score(told["macro_f1"], told["f1"])


def _reason(body: bytes, status: int) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return f"the service answered {status}"
