"""Names become numbered labels; a variant of a name becomes the same variant of its label, so that errors stay."""

from __future__ import annotations

import re
import string
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from assay.bench.anonymise.secret import Secret
from assay.hypothesis.placeholders import is_placeholder, normal

RARE = 10  # times less frequent than a name that it resembles
NEAR = 2  # edits
COMPARED = 2_000  # names, the most frequent ones, that others are compared with
SHORT = 4  # characters of a name that is too short to resemble another
MIXED = re.compile(
    r"(?=\w*[A-Za-z]\w*)(?=\w*\d)(?:[A-Za-z]+\d+[A-Za-z]+|\d+[A-Za-z]+\d+)\w*$|^[bcdfghjklmnpqrstvwxz]{5,}$"
)


class Labels:
    """What each name of a run becomes.

    The numbers of labels are in the order of a secret hash, so that they tell neither size nor order of appearance.
    """

    def __init__(self, secret: Secret, seen: Mapping[str, Mapping[str, int]]) -> None:
        """Give labels to the names of a run.

        Args:
            seen: for each noun, its names with the rows that have them.
        """
        self._secret = secret
        self.new: dict[str, str] = {}
        owners: dict[str, str] = {}
        for noun, names in seen.items():
            for name in names:
                owners.setdefault(name, noun)
        for noun, names in seen.items():
            self._label(noun, {n: c for n, c in names.items() if owners[n] == noun and not is_placeholder(n)})

    def __getitem__(self, name: str) -> str:
        """What a name becomes; placeholders such as ``N/A`` name nothing and stay."""
        return self.new.get(name, name)

    def _label(self, noun: str, names: dict[str, int]) -> None:
        heads: dict[str, str] = {}
        for name in sorted(names, key=lambda n: (-names[n], n)):
            heads.setdefault(normal(name), name)
        near = _near(heads, names)
        odd = {h for h in heads.values() if h not in near and _is_odd(h, names)}
        free = sorted((h for h in heads.values() if h not in near and h not in odd), key=lambda h: self._rank(noun, h))
        for number, name in enumerate(free, start=1):
            self.new[name] = f"{noun} {number}"
        taken = set(self.new.values())
        for name in sorted(odd):
            self.new[name] = self._unused(partial(self._scrambled, name), taken)
        for name, original in sorted(near.items()):
            base = self.new[original]
            self.new[name] = self._unused(partial(self._misspelt, base, name), taken)
        for name in sorted(set(names) - set(heads.values())):
            base = self.new[heads[normal(name)]]
            self.new[name] = self._unused(partial(_variant, base, name), taken)

    def _rank(self, noun: str, name: str) -> int:
        return self._secret.number("label", noun, name)

    def _unused(self, made: Callable[[int], str], taken: set[str]) -> str:
        attempt = 0
        while (drawn := made(attempt)) in taken:
            attempt += 1
        taken.add(drawn)
        return drawn

    def _scrambled(self, name: str, attempt: int) -> str:
        """Random letters and digits for random letters and digits."""
        drawn = self._secret.number("odd", name, str(attempt))
        out = []
        for character in name:
            drawn, index = divmod(drawn or self._secret.number("odd", name, str(attempt), "more"), 260)
            if character.isdigit():
                out.append(string.digits[index % 10])
            elif character.isalpha():
                letter = string.ascii_lowercase[index % 26]
                out.append(letter.upper() if character.isupper() else letter)
            else:
                out.append(character)
        return "".join(out)

    def _misspelt(self, base: str, name: str, attempt: int) -> str:
        """The label with a letter lost, doubled or swapped; its number stays."""
        word, _, number = base.rpartition(" ")
        drawn = self._secret.number("typo", name, str(attempt))
        at, way = 1 + drawn % max(len(word) - 1, 1), drawn // 64 % 3
        made = (
            word[:at] + word[at + 1 :],
            word[:at] + word[at - 1] + word[at:],
            word[: at - 1] + word[at : at + 1] + word[at - 1] + word[at + 1 :],
        )[way]
        return f"{made}{'' if attempt < 9 else drawn % 100} {number}"


def _near(heads: Mapping[str, str], names: Mapping[str, int]) -> dict[str, str]:
    """Rare names that differ by an edit or two from a much more frequent one."""
    frequent = defaultdict(list)
    for key, name in list(heads.items())[:COMPARED]:
        if names[name] >= RARE and len(key) >= SHORT:
            frequent[len(key)].append((key, name))
    found = {}
    for key, name in heads.items():
        if len(key) < SHORT:
            continue
        allowed = 1 if len(key) < 8 else NEAR
        others = [
            (k, n) for size in range(len(key) - allowed, len(key) + allowed + 1) for k, n in frequent.get(size, ())
        ]
        others = [(k, n) for k, n in others if names[n] >= RARE * names[name] and _digits(k) == _digits(key)]
        best = process.extractOne(key, [k for k, _ in others], scorer=DamerauLevenshtein.distance, score_cutoff=allowed)
        if best is not None:
            found[name] = others[best[2]][1]
    return found


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def _is_odd(name: str, names: Mapping[str, int]) -> bool:
    """Whether a rare name looks like random characters, in a column whose frequent names do not."""
    return names[name] <= 2 and " " not in name and MIXED.match(name) is not None


def _variant(base: str, name: str, attempt: int) -> str:
    """The label in the name's way of writing: capitals, or spaces around and inside it."""
    made = base
    if name.isupper():
        made = made.upper()
    elif name.islower():
        made = made.lower()
    bare = name.strip()
    made = name[: len(name) - len(name.lstrip())] + made + name[len(bare) + len(name) - len(name.lstrip()) :]
    return made + " " * attempt if made != base or attempt else made + " "
