"""The page of the campaign lab says what its logs say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assay.campaigns.harm import Case, Measured
from assay.campaigns.knobs import CLASSES
from benchmarks.campaigns_page import last_runs, page, panels

HEAD = {"revision": "abc", "machine": "x86_64, 2 cores", "python": "3.11"}
F1 = dict.fromkeys(CLASSES, 0.9)
CARD = {
    "ceiling": {"macro_f1": 0.46, "with_hidden": {"macro_f1": 0.99}, "without": {"brand": 0.92}},
    "shares": dict.fromkeys(CLASSES, 0.333),
    "rows": {"train": 42_000, "test": 18_000},
    "seed": 14,
}


def case(seed: int, damaged: float) -> Case:
    clean = Measured(0.9, 0.1)
    return Case("garbage", 0.1, seed, 1_000, 1_000, 100, True, clean, Measured(damaged, 0.3), Measured(0.88, 0.12))


@pytest.fixture
def logs(tmp_path: Path) -> list[Path]:
    models = {"version": "V14", "model": "structured", "macro_f1": 0.43, "f1": F1, "card": CARD, "article": 0.4059}
    trial = {"ranker": "assay", "given": ["brand"], "candidates": 50, "queries": 9, "regret": 0.08, "ndcg": 0.95}
    told = {
        "campaigns": ({}, [{**models, "seconds": 40, "microseconds": 30.0, "without": {"brand": 0.91}}]),
        "recommend": (
            {"arguments": {"queries": 9, "most": 100}, "milliseconds": 4.5},
            [{**trial, "hit": 0.96, "hit5": 0.9, "hit1": 0.6}],
        ),
        "harm": (
            {"arguments": {"rows": 900, "seeds": [1, 2]}},
            [case(1, 0.79).to_json(), case(2, 0.81).to_json()],
        ),
    }
    paths = []
    for name, (head, lines) in told.items():
        path = tmp_path / f"{name}.jsonl"
        path.write_text(
            "".join(json.dumps(x) + "\n" for x in [{**HEAD, "experiment": name, **head}, *lines]), encoding="utf-8"
        )
        paths.append(path)
    return paths


def test_every_section_has_its_figures(logs: list[Path]) -> None:
    text = page(last_runs(logs))
    assert "| V14 | structured | 0.4300 |" in text
    assert "V14 is hard because" in text
    assert "| brand | 0.9100 |" in text
    assert "0.08 / 0.95 / 0.96" in text
    assert "4.5 ms" in text
    assert "| garbage | 10 % | 10.0 ± 12.7 | 2.0 ± 0.0 | 80 % |" in text


def test_what_no_log_tells_of_is_left_out(logs: list[Path]) -> None:
    text = page(last_runs(logs[2:]))
    assert "What bad data does" in text
    assert "scored blind" not in text


def test_the_last_run_of_a_log_counts(logs: list[Path]) -> None:
    again = [{**HEAD, "experiment": "harm", "arguments": {}}, case(3, 0.5).to_json()]
    with logs[2].open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in again)
    assert [line["seed"] for line in last_runs(logs)["harm"][1]] == [3]


def test_the_chart_has_a_panel_a_damage() -> None:
    (panel,) = panels([case(1, 0.7), case(2, 0.8)], lambda measured: measured.f1)
    assert panel.title == "garbage"
    assert panel.curves["trained on damage"] == {0.1: pytest.approx(0.75)}
