"""Mixtures that moved: segments whose share of a day is new, values that never were there, values that vanished."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from sqlglot import exp

from assay.hypothesis.history.baseline import limit
from assay.hypothesis.hypothesis import Context, Fact, Hypothesis, RowTest
from assay.hypothesis.scope import between, event_date
from assay.hypothesis.series import iso
from assay.profile.history import History

STEADY = 7  # days on each of which a value had rows, before its absence says something
RECENT = 28
LEAST_ROWS = 5.0
SURE_ROWS = 10.0  # a day, and
SURE_SHARE = 0.1  # of the rows, from which a value does not end with a campaign
LEAST_DISTANCE = 0.05  # total variation between mixtures that matters
RARE = 0.02  # share of rows of new values that may be the first of a campaign


@dataclass(frozen=True)
class Mixture:
    """The values of a column on a day, and on the days before that have rows by value."""

    column: str
    day: int
    parts: Mapping[str, int]
    known: Sequence[Mapping[str, int]]

    @property
    def rows(self) -> int:
        return sum(self.parts.values())


def changed_mixtures(context: Context, history: History) -> list[Hypothesis]:
    """Raise vanished values, moved mixtures of fresh days, and new values of columns that never had any."""
    found: list[Hypothesis] = []
    date = event_date(context)
    fresh = history.novel()
    if date is not None and fresh:
        past = {d: s for d, s in sorted(history.days.items()) if s.parts}
        for day in fresh[-RECENT:]:
            earlier = [s for d, s in past.items() if d < day][-RECENT:]
            for column in history.state.days[day].parts:
                known = [s.parts[column] for s in earlier if column in s.parts]
                if len(known) >= STEADY:
                    mixture = Mixture(column, day, history.state.days[day].parts[column], known)
                    found += _vanished(history, mixture) or _moved(context, history, date, mixture, len(fresh))
    return found + _new_values(context, history)


def _short(keys: Iterable[str]) -> str:
    """Four digits that tell one set of values from another."""
    return blake2b("\x1f".join(sorted(keys)).encode("utf-8", "surrogatepass"), digest_size=2).hexdigest()


def _shares(parts: Mapping[str, int]) -> dict[str, float]:
    total = sum(parts.values())
    return {k: n / total for k, n in parts.items()} if total else {}


def _vanished(history: History, mixture: Mixture) -> list[Hypothesis]:
    """Values with rows on each of the days before that have none."""
    column, recent = mixture.column, mixture.known[-STEADY:]
    gone = {}
    for key in recent[-1]:
        usual = [k.get(key, 0) for k in recent]
        if key and key not in mixture.parts and min(usual) >= 1 and sum(usual) / STEADY >= LEAST_ROWS:
            gone[key] = sum(usual) / STEADY
    if not gone:
        return []
    usual_rows = sum(n for one in recent for n in one.values()) / STEADY
    sure = sum(gone.values()) >= max(SURE_ROWS, SURE_SHARE * usual_rows)
    lost = round(sum(gone.values()))
    what = f"{len(gone)} value{'s' if len(gone) > 1 else ''}"
    return [
        Hypothesis(
            kind="distribution_drift",
            columns=(column,),
            reason=f"{what} of {column} with rows on every earlier day {'have' if len(gone) > 1 else 'has'} none on "
            f"{iso(mixture.day)}: about {lost:,} rows are missing.",
            test=Fact(rows=lost),
            cells=(column,),
            origin="memory",
            prior=0.8,
            strict=False,
            weight=0.75,
            confidence=0.9 if sure else 0.45,  # the last campaign of a small one may have ended
            action="Ask whether that part of the load failed, or whether it ended.",
            evidence={
                "day": iso(mixture.day),
                "vanished_rows": lost,
                "values": [history.names[k] for k in gone if k in history.names],
            },
            segment=f"gone {_short(gone)}",  # the same on the days after
        )
    ]


def _moved(context: Context, history: History, date: str, mixture: Mixture, fresh: int) -> list[Hypothesis]:
    """A mixture farther from the usual one than those of the earlier days are among themselves (total variation)."""
    column, day, known, rows = mixture.column, mixture.day, mixture.known, mixture.rows
    if rows < 10 * len(mixture.parts):
        return []
    keys = sorted({k for one in known for k in one} | set(mixture.parts))
    past = np.array([[shares.get(k, 0.0) for k in keys] for shares in map(_shares, known)])
    now = np.array([_shares(mixture.parts).get(k, 0.0) for k in keys])
    usual = np.median(past, axis=0)
    usual = usual / usual.sum() if usual.sum() else usual
    away = 0.5 * float(np.abs(now - usual).sum())
    others = 0.5 * np.abs(past - usual).sum(axis=1)
    spread = float(np.sqrt(np.mean((others - others.mean()) ** 2)))
    chance = math.sqrt(len(keys) / (2 * math.pi * rows))
    most = max(float(others.max()), chance)
    if away <= max(LEAST_DISTANCE, 1.5 * most, float(others.mean()) + limit(fresh, len(known)) * max(spread, 0.005)):
        return []
    event = history.event(day)
    return [
        Hypothesis(
            kind="distribution_drift",
            columns=(column,),
            reason=f"On {iso(day)} {away:.1%} of the rows are in other values of {column} than usual; in the "
            f"{len(known)} days before it was at most {float(others.max()):.1%}.",
            test=RowTest(exp.and_(*between(context, date, day, day))),
            cells=(column,),
            origin="memory",
            prior=0.7,
            strict=False,
            weight=0.6,
            confidence=0.85,
            action="Compare the day with the source by that column.",
            evidence={"day": iso(day), "distance": round(away, 4), "usual_most": round(float(others.max()), 4)},
            segment=iso(day),
            expected=f"{event.name} was announced for that day" if event else "",
        )
    ]


def _new_values(context: Context, history: History) -> list[Hypothesis]:
    """Values that no earlier audit saw, in a column whose values did not change before."""
    found = []
    for column, now in history.state.values.items():
        was = history.values.get(column)
        if not was or column not in context.roles:
            continue
        new = [k for k in now if k and k not in was]
        if not new:
            continue
        rows, audits = sum(now[k] for k in new), history.new_values.get(column, 0)
        share = rows / max(history.state.rows, 1)
        usual = audits / max(history.audits, 1)
        closed = history.audits >= 3 and not audits
        found.append(
            Hypothesis(
                kind="distribution_drift",
                columns=(column,),
                reason=f"{len(new)} value{'s' if len(new) > 1 else ''} of {column} in {rows:,} rows "
                "that no earlier audit saw" + ("; its values never changed before." if closed else "."),
                test=Fact(rows=rows),
                cells=(column,),
                origin="memory",
                prior=0.5,
                strict=False,
                weight=0.5,
                # New brands and campaigns are business; codes nobody ever saw are told apart by their spelling.
                confidence=0.45 if closed and share > RARE else 0.35,
                action="Check that they are real; map them if they are other spellings.",
                evidence={"new_values": len(new), "rows": rows, "audits_with_new_values": audits},
                segment="new values",
                expected="new values appear in it often" if usual >= 0.3 else "",
            )
        )
    return found
