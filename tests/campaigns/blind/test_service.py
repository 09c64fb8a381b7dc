"""The service answers whole test sets with F1, and nobody else with anything."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assay.campaigns.blind.client import submit
from assay.campaigns.blind.judge import Judge, RefusedError
from assay.campaigns.blind.server import HOST, BlindServer
from assay.campaigns.blind.token import read_token
from assay.campaigns.blind.vault import Vault
from assay.errors import ConfigurationError, SourceError

TOKEN = "correct-horse-battery"
CLASSES = ("low", "middle", "high")
TRUTH = {"a": "low", "b": "middle", "c": "middle", "d": "high"}


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    vault = Vault.open(tmp_path / "vault")
    vault.deposit("V1", list(TRUTH), list(TRUTH.values()), CLASSES)
    return vault


@pytest.fixture
def service(vault: Vault) -> Iterator[BlindServer]:
    with BlindServer(vault.folder, TOKEN) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def post(server: BlindServer, body: bytes, **headers: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(HOST, server.server_port, timeout=10)
    head = {"Authorization": f"Bearer {TOKEN}", **headers}
    connection.request("POST", "/score", body, {name: value for name, value in head.items() if value})
    answer = connection.getresponse()
    told = json.loads(answer.read())
    connection.close()
    return answer.status, told


def body_of(classes: dict[str, Any], dataset: str = "V1") -> bytes:
    return json.dumps({"dataset": dataset, "ids": list(classes), "classes": list(classes.values())}).encode()


def test_right_predictions_score_one_in_any_order(service: BlindServer) -> None:
    ids = list(reversed(TRUTH))
    score = submit(service.url, TOKEN, "V1", ids, [TRUTH[key] for key in ids])
    assert score.macro == 1.0
    assert score.classes == {"low": 1.0, "middle": 1.0, "high": 1.0}


def test_the_answer_is_f1_and_nothing_else(service: BlindServer) -> None:
    status, told = post(service, body_of({"a": "low", "b": "middle", "c": "low", "d": "middle"}))
    assert status == 200
    assert told == {"macro_f1": 0.3889, "f1": {"low": 0.6667, "middle": 0.5, "high": 0.0}}


def test_the_service_listens_on_this_machine_only(service: BlindServer) -> None:
    assert service.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize("sent", ["", "Bearer wrong-horse-battery", TOKEN, f"bearer {TOKEN}"])
def test_without_the_token_there_is_no_answer(service: BlindServer, sent: str) -> None:
    status, told = post(service, body_of(TRUTH), Authorization=sent)
    assert status == 401
    assert list(told) == ["error"]


@pytest.mark.parametrize(
    ("classes", "reason"),
    [
        ({"a": "low"}, "only the whole test set"),
        ({**TRUTH, "e": "low"}, "1 ids are not of V1"),
        ({**TRUTH, "d": "huge"}, "1 unknown classes"),
        ({**TRUTH, "d": None}, "one class for each id"),
    ],
)
def test_other_than_whole_and_known_is_refused(service: BlindServer, classes: dict[str, Any], reason: str) -> None:
    status, told = post(service, body_of(classes))
    assert status == 400
    assert reason in told["error"]


def test_an_id_that_comes_twice_is_refused(service: BlindServer) -> None:
    body = {"dataset": "V1", "ids": ["a", "a", "b", "c"], "classes": ["low"] * 4}
    status, told = post(service, json.dumps(body).encode())
    assert status == 400
    assert "come twice" in told["error"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"\xff", b'{"dataset": "V1", "ids": 3, "classes": []}'])
def test_what_is_no_submission_is_refused(service: BlindServer, body: bytes) -> None:
    assert post(service, body)[0] == 400


def test_an_unknown_data_set_is_refused_by_name(service: BlindServer) -> None:
    status, told = post(service, body_of(TRUTH, "V9"))
    assert status == 404
    assert "V9" in told["error"]


def test_what_is_too_large_is_not_read(service: BlindServer) -> None:
    assert post(service, b"", **{"Content-Length": "99999999999"})[0] == 413


def test_every_submission_is_logged_also_a_refused_one(service: BlindServer, vault: Vault) -> None:
    submit(service.url, TOKEN, "V1", list(TRUTH), list(TRUTH.values()), model="first")
    with pytest.raises(ConfigurationError, match="only the whole test set"):
        submit(service.url, TOKEN, "V1", ["a"], ["low"], model="second")
    first, second = vault.submissions()
    assert (first["model"], first["answer"], first["macro_f1"]) == ("first", "score", 1.0)
    assert (second["model"], second["answer"], second["rows"]) == ("second", "refused", 1)
    assert first["sha256"] != second["sha256"]


def test_only_so_many_scores_an_hour_also_after_a_restart(vault: Vault) -> None:
    now = [1_000_000.0]
    whole = {"dataset": "V1", "ids": list(TRUTH), "classes": list(TRUTH.values())}
    first = Judge(vault, 2, lambda: now[0])
    first.judge(whole)
    first.judge(whole)
    now[0] += 3000
    for judge in (first, Judge(vault, 2, lambda: now[0])):
        with pytest.raises(RefusedError, match="try again in 11 minutes") as refused:
            judge.judge(whole)
        assert refused.value.status == 429
    now[0] += 601
    assert first.judge(whole)["macro_f1"] == 1.0


def test_a_client_says_that_nobody_answers() -> None:
    with pytest.raises(SourceError, match="no scoring service answers"):
        submit("http://127.0.0.1:9", TOKEN, "V1", ["a"], ["low"])


def test_a_token_is_needed_long_and_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASSAY_BLIND_TOKEN", raising=False)
    with pytest.raises(ConfigurationError, match="a token is needed"):
        read_token(None)
    monkeypatch.setenv("ASSAY_BLIND_TOKEN", "short")
    with pytest.raises(ConfigurationError, match="at least 16"):
        read_token(None)
    file = tmp_path / "token"
    file.write_text(TOKEN)
    file.chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        read_token(file)
    file.chmod(0o600)
    assert read_token(file) == TOKEN
