"""Documents that cannot rot: their code runs, their commands exist, their links lead somewhere."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import typer
from typer.main import get_command

from assay.bench.advertising import generate
from assay.bench.demo import demo_errors
from assay.hypothesis.hypothesis import CATEGORIES
from tests.builders import audit_of

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")]
DOCUMENTS += sorted((ROOT / "docs").glob("*.md"))
EXAMPLE_ROWS = 6_000

# Written in parts, so that this file does not hold what it looks for.
FORBIDDEN = [
    r"(?:py" + r"pi|files\.python" + r"hosted)\.org",
    r"index" + r"[-_]url\s*[=:]\s*\S",
    r"(?<![\w./])/(?:" + "work|tmp" + r")/(?!\*)[\w.-]+",
    r"(?<![\w./])/(?:home|root|Users)" + r"/\w+",
    r"local" + r"host:\d+",
]


def blocks(path: Path, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def cases(language: str) -> list[tuple[Path, str]]:
    return [(path, block) for path in DOCUMENTS for block in blocks(path, language)]


def label(value: object) -> str:
    return value.name if isinstance(value, Path) else ""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the examples run: with the files that they speak of."""
    place = tmp_path_factory.mktemp("examples")
    table, _ = demo_errors(generate(EXAMPLE_ROWS))
    pq.write_table(table, place / "ads.parquet")
    return place


@pytest.mark.parametrize(("path", "block"), cases("python"), ids=label)
def test_python_examples_run(path: Path, block: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    exec(compile(block, path.name, "exec"), {"__name__": "example"})


def test_the_readme_shows_the_library() -> None:
    assert any("assay.audit(" in block for block in blocks(ROOT / "README.md", "python"))


@pytest.mark.parametrize(("path", "block"), cases("console"), ids=label)
def test_commands_exist(path: Path, block: str) -> None:
    lines = [line[2:] for line in block.splitlines() if line.startswith("$ ")]
    assert lines, f"{path.name}: a console block without a command"
    for line in lines:
        program, *words = shlex.split(line, comments=True)
        check = {"assay": _check_assay, "make": _check_make}.get(program)
        if check is not None:
            check(words)


def _check_make(words: list[str]) -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(words) <= set(targets)


def _check_assay(words: list[str]) -> None:
    """The words parse as the command line would parse them; nothing runs."""
    from assay.cli.main import app

    program = get_command(app)
    assert isinstance(program, typer.core.TyperGroup)
    if words[0].startswith("-"):
        assert words[0] in {option for parameter in program.params for option in (*parameter.opts, "--help", "-h")}
        return
    command = program.commands[words[0]]
    if isinstance(command, typer.core.TyperGroup) and len(words) > 1:
        words = words[1:]
        command = command.commands[words[0]]
    command.make_context(words[0], words[1:]).close()


def test_the_example_pack_gives_roles_by_its_words_and_finds_what_breaks_its_relations(tmp_path: Path) -> None:
    (block,) = blocks(ROOT / "docs" / "packs.md", "yaml")
    file = tmp_path / "hotels.yaml"
    file.write_text(block, encoding="utf-8")
    days, hotels = 200, 10
    available = [90 + 13 * h + d % 7 for d in range(days) for h in range(hotels)]
    sold = [int(a * (0.35 + 0.06 * (i * 37 % 10))) for i, a in enumerate(available)]
    sold[5::100] = [available[i] + 9 for i in range(5, len(sold), 100)]
    table = {
        "Anreisetag": [f"2025-{1 + d // 28:02d}-{1 + d % 28:02d}" for d in range(days) for _ in range(hotels)],
        "Hotel": [f"Haus {h}" for _ in range(days) for h in range(hotels)],
        "Belegte Zimmer": sold,
        "capacity": available,
    }
    audit = audit_of(table, packs=[file])
    roles = {c.column.name: c.role for c in audit.columns}
    assert [roles[c] for c in ("Anreisetag", "Belegte Zimmer", "capacity")] == [
        "stay_date", "rooms_sold", "rooms_available",
    ]  # fmt: skip
    found = {f.columns: f for f in audit.findings if f.kind == "relation_violation"}
    finding = found["Belegte Zimmer", "capacity"]
    assert finding.rows_affected == 20
    assert finding.severity in ("critical", "high", "medium")


def test_the_readme_lists_every_kind_of_finding() -> None:
    told = set(re.findall(r"`(\w+)`", (ROOT / "README.md").read_text(encoding="utf-8")))
    missing = {kind for kinds in CATEGORIES.values() for kind in kinds} - told
    assert not missing


@pytest.mark.parametrize("path", DOCUMENTS, ids=label)
def test_links_resolve(path: Path) -> None:
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        linked = (path.parent / file).resolve() if file else path
        assert linked.exists(), f"{path.name}: {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {_anchor(h) for h in headings}, f"{path.name}: {target}"


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_no_file_names_a_machine_or_a_registry() -> None:
    named = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue
        named += [f"{path.relative_to(ROOT)}: {m[0]}" for pattern in FORBIDDEN for m in re.finditer(pattern, text)]
    assert not named


def tracked() -> list[Path]:
    """The files of the repository, or of an unpacked archive of it."""
    try:
        done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        folders = ("src", "tests", "docs", "benchmarks", "requirements")
        return [p for folder in folders for p in (ROOT / folder).rglob("*") if p.is_file() and p.suffix != ".pyc"]
    return [ROOT / name for name in done.stdout.split("\0") if name]
