"""Replacements that nobody can undo: drawn with a key that is made for one run and kept nowhere."""

from __future__ import annotations

import hashlib
import re
import secrets
import string

_RUN = re.compile(r"[0-9]+|[^\W\d_]+")
_HEX = re.compile(r"^[0-9a-fA-F]{16,}$|^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
FULL = (10, 19, 20)  # digits at which whole numbers of 32 and 64 bits end: with a 1 in front they always fit
TRIES = 8


class Secret:
    """A random key, and what is drawn with it."""

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(32)

    def number(self, *parts: str) -> int:
        """A number of 128 bits that looks random, the same for the same parts in one run."""
        told = "\x1f".join(parts).encode("utf-8", "surrogatepass")
        return int.from_bytes(hashlib.blake2b(told, key=self._key, digest_size=16).digest(), "big")


class Ids:
    """Other ids in the place of the original ones: as long, of the same letters and digits, and as different.

    Equal ids stay equal in all columns and tables of a run, so that they still join, whether they are stored as numbers
    or as text. No id becomes one of the originals; where there is no room for that, ids grow by a digit.
    """

    def __init__(self, secret: Secret, originals: set[str]) -> None:
        self._secret = secret
        self._originals = originals
        self._new: dict[str, str] = {}
        self._used: set[str] = set()

    def __getitem__(self, value: str) -> str:
        """What an id becomes."""
        found = self._new.get(value)
        if found is None:
            found = self._free(value)
            self._new[value] = found
            self._used.add(found)
        return found

    @property
    def pairs(self) -> dict[str, str]:
        """The original of each id, and what it became."""
        return self._new

    def _free(self, value: str) -> str:
        for attempt in range(1_000_000):
            longer = attempt // TRIES
            drawn = self._drawn(value, str(attempt)) + "".join(
                str(self._secret.number("more", value, str(attempt), str(i)) % 10) for i in range(longer)
            )
            if drawn not in self._used and drawn not in self._originals:
                return drawn
        raise AssertionError("ids of any length are taken")

    def _drawn(self, value: str, attempt: str) -> str:
        if _HEX.match(value) and not value.isdigit():
            wide = self._secret.number("hex", value, attempt), self._secret.number("hex", value, attempt, "2")
            digits = iter(f"{wide[0]:032x}{wide[1]:032x}" * (len(value) // 64 + 1))
            new = "".join(c if c == "-" else next(digits) for c in value)
            return new.upper() if value.upper() == value else new
        runs = _RUN.findall(value)
        numbers = [i for i, run in enumerate(runs) if run[0].isdigit()]
        # The last digits tell ids apart; what stands before them are words that repeat from id to id.
        apart = numbers[-1] if numbers else len(runs) - 1
        pieces, place = [], 0
        for i, match in enumerate(_RUN.finditer(value)):
            salt = (value, attempt) if i == apart else (attempt if not numbers else "",)
            pieces += [value[place : match.start()], self._run(match.group(), *salt)]
            place = match.end()
        return "".join([*pieces, value[place:]])

    def _run(self, run: str, *salt: str) -> str:
        drawn = self._secret.number("run", run, *salt)
        if run[0] in string.digits:
            return self._digits(run, drawn)
        letters = []
        for character in run:
            drawn, index = divmod(drawn, 26) if drawn else divmod(self._secret.number("letters", run, *salt), 26)
            letter = string.ascii_lowercase[index]
            letters.append(letter.upper() if character.isupper() else letter)
        return "".join(letters)

    def _digits(self, run: str, drawn: int) -> str:
        """As many digits, with as many zeros in front."""
        zeros = len(run) - len(run.lstrip("0"))
        size = len(run) - zeros
        if size == 0:
            return run if len(run) == 1 else f"{drawn % 10 ** len(run):0{len(run)}d}"
        kept = "1" if size in FULL else str(1 + drawn % 9)
        rest = drawn // 9 % 10 ** (size - 1)
        return run[:zeros] + kept + (f"{rest:0{size - 1}d}" if size > 1 else "")
