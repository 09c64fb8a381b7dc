"""Put the worked example of docs/memory.md there anew: four days of a table, audited by the real commands.

python benchmarks/memory_example.py

The clock is set to the days of the example and ids are counted, so that the same code gives the same text; a test
compares it with the page. Nothing else is made up: every line is what the command printed, cut where ``...`` stands.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import os
import re
import shlex
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assay.bench.advertising import generate
from assay.cli.main import run

PAGE = Path(__file__).parents[1] / "docs" / "memory.md"
ROWS = 8_000
WIDTH = 90
COLUMNS = ["date", "platform", "campaign_id", "ad_id", "device", "impressions", "clicks", "spend", "conversions"]
QUIRK = "tiktok"
QUIRK_RATE = 0.06
FAULT = 10  # times as much spend as there was
CLOCKS = ("assay.memory.session", "assay.memory.entry", "assay.memory.bank")


def example() -> dict[str, str]:
    """The parts of the example by name: commands with what they print, in Markdown."""
    table = _table()
    with tempfile.TemporaryDirectory() as folder, _at(Path(folder)):
        parts = {}
        today = _load(table, back=2)
        first = _audit(today)
        (finding,) = re.findall(r"Conversions exceed clicks · .*?\bid (\w{12})", first, re.DOTALL)
        parts["first"] = _block("assay audit ads.parquet", first)
        explain = (
            f"assay memory explain {finding} --reason 'view-through attribution' "
            f"--where \"platform = '{QUIRK}'\" --up-to 8% --by ana"
        )
        told = [explain, "assay memory remember 'reports are signed by the data desk' --by ana"]
        parts["explain"] = "\n".join(_block(command, _run(command, today)) for command in told)
        today = _load(table, back=1, fault=FAULT)
        parts["fault"] = _block("assay audit ads.parquet", _audit(today))
        today = _load(table, back=0)
        parts["repaired"] = _block("assay audit ads.parquet", _audit(today))
        history = "assay memory history ads.parquet"
        parts["history"] = _block(history, _run(history, today))
    return parts


def filled(page: str, parts: dict[str, str]) -> str:
    """The page with each part between its markers.

    Raises:
        ValueError: the page has no place for a part, or several.
    """
    for name, part in parts.items():
        pattern = rf"<!-- example: {name} -->.*?<!-- /example -->"
        block = f"<!-- example: {name} -->\n{part}<!-- /example -->"
        page, places = re.subn(pattern, lambda _, block=block: block, page, flags=re.DOTALL)  # type: ignore[misc]
        if places != 1:
            raise ValueError(f"{places} places for {name}")
    return page


def _table() -> pa.Table:
    """An advertising table where one platform counts conversions without clicks."""
    table = generate(ROWS, seed=7).select(COLUMNS)
    rng = np.random.default_rng(1)
    clicks = table["clicks"].to_numpy()
    on = pc.equal(table["platform"].cast(pa.string()), QUIRK).to_numpy(zero_copy_only=False)
    odd = on & (clicks > 0) & (rng.random(ROWS) < QUIRK_RATE)
    more = np.where(odd, clicks + rng.integers(3, 12, ROWS), table["conversions"].to_numpy())
    return table.set_column(COLUMNS.index("conversions"), "conversions", pa.array(more))


def _load(table: pa.Table, back: int, fault: float = 1) -> dt.date:
    """Write the table as it was so many days before its end; the morning on which it is audited."""
    days = table["date"].to_numpy().astype("datetime64[D]")
    last = np.unique(days)[-1 - back]
    loaded, newest = table.filter(pa.array(days <= last)), days[days <= last] == last
    spend = loaded["spend"].to_numpy()
    spend = np.where(newest, np.round(spend * fault, 2), spend)
    pq.write_table(loaded.set_column(COLUMNS.index("spend"), "spend", pa.array(spend)), "ads.parquet")
    day: dt.date = last.astype(dt.date)
    return day + dt.timedelta(days=1)


def _audit(today: dt.date) -> str:
    """The report, without bad rows and without what was found clean."""
    report = _run("assay audit ads.parquet", today).split("\n\n Checked and found clean")[0]
    return re.sub(r"\n   (?:where|query) .*?(?=\n\n \S|$)", "\n   ...", report, flags=re.DOTALL) + "\n\n ...\n"


def _block(command: str, printed: str) -> str:
    return f"```console\n$ {command}\n```\n\n```text\n{printed.rstrip()}\n```\n"


def _run(command: str, today: dt.date) -> str:
    """What a command prints on a day."""
    out = io.StringIO()
    with _clock(today), contextlib.redirect_stdout(out):
        status = run(shlex.split(command)[1:])
    if status > 1:
        raise RuntimeError(f"{command}: exit status {status}")
    return out.getvalue()


@contextlib.contextmanager
def _at(folder: Path) -> Iterator[None]:
    """A folder of the example's own, with a memory of its own, and ids that are counted."""
    numbers = count(1)
    ids = mock.Mock(token_hex=lambda size: f"{next(numbers) * 0x9E3779B97F4A % 16 ** (2 * size):0{2 * size}x}")
    environment = {"ASSAY_MEMORY": str(folder / "memory.db"), "COLUMNS": str(WIDTH)}
    with (
        contextlib.chdir(folder),
        mock.patch.dict(os.environ, environment),
        mock.patch("assay.memory.entry.secrets", ids),
    ):
        yield


@contextlib.contextmanager
def _clock(today: dt.date) -> Iterator[None]:
    """Memory's clock at six in the morning of a day; each reading is a second later, so that the order stays."""
    seconds = count()

    class Clock(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Any:
            return dt.datetime(today.year, today.month, today.day, 6, tzinfo=tz) + dt.timedelta(seconds=next(seconds))

    with contextlib.ExitStack() as stack:
        for module in CLOCKS:
            stack.enter_context(mock.patch(f"{module}.datetime", Clock))
        yield


def main() -> None:
    """Fill the page."""
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), example()), encoding="utf-8")


if __name__ == "__main__":
    main()
