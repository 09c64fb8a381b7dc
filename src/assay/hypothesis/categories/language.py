"""What a column's values are spelled like, and which rare ones look drawn at random from an alphabet.

Each string has two likelihoods: under a spelling model (pairs of character classes and pairs of letters, counted in the
column's frequent values and in a background of many languages) and under generators that draw every character uniformly
from an alphabet. Rare values are a mixture of the two; its weights are found by expectation-maximisation, so that a
flood of odd strings makes a borderline one odd, while one odd name alone is a small brand.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from assay.hypothesis.categories.mixture import LONGEST, SHORTEST, Mixture
from assay.hypothesis.categories.words import background
from assay.profile.arrays import Floats, Ints

# Character classes; OTHER is any letter that is not Latin, SYMBOL any mark that is not a usual separator.
EDGE, UPPER, LOWER, DIGIT, SPACE, SYMBOL, OTHER = range(7)
_SEPARATORS = " _-|/."
_FLOOD = 20
_COLUMN_WEIGHT = 3.0  # a frequent value of the column says as much as this many background words

_CODE = re.compile("(?:[A-Z]{1,5}|[a-z]{1,4})(?:[ _+-]?[0-9]{1,4}[A-Z]{0,3})?")
_CODE_SHAPES = 40.0

ALPHABETS: dict[str, str] = {
    "letters and digits": "[A-Za-z0-9]",
    "letters": "[A-Za-z]",
    "lower-case letters": "[a-z]",
    "capitals": "[A-Z]",
    "lower-case letters and digits": "[a-z0-9]",
    "capitals and digits": "[A-Z0-9]",
    "digits": "[0-9]",
    "printable characters": "[!-~]",
}
_SIZES = np.array([62, 52, 26, 26, 36, 36, 10, 94], dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Codes:
    """Strings as a matrix: character class and letter (0-25, -1 for none) by position, and lengths."""

    classes: Ints
    letters: Ints
    lengths: Ints


def encode(values: Sequence[str]) -> Codes:
    """Classes and letters of the first ``LONGEST`` characters of each value; accents are folded."""
    folded = [v if v.isascii() else _fold(v) for v in values]
    lengths = np.array([len(v) for v in folded], dtype=np.int64)
    width = int(min(lengths.max(initial=1), LONGEST))
    points = np.array(folded, dtype=f"<U{max(width, 1)}").view(np.uint32).reshape(len(folded), -1).astype(np.int64)
    letters = np.where((points >= 97) & (points <= 122), points - 97, -1)
    letters = np.where((points >= 65) & (points <= 90), points - 65, letters)
    classes = np.full(points.shape, SYMBOL, dtype=np.int64)
    classes[points == 0] = EDGE
    classes[(points >= 97) & (points <= 122)] = LOWER
    classes[(points >= 65) & (points <= 90)] = UPPER
    classes[(points >= 48) & (points <= 57)] = DIGIT
    classes[np.isin(points, [ord(c) for c in _SEPARATORS])] = SPACE
    classes[points > 127] = OTHER
    return Codes(classes, letters, np.minimum(lengths, LONGEST))


def _fold(value: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", value) if not unicodedata.combining(c))


@dataclass(frozen=True, eq=False)
class Spelling:
    """Log probabilities (natural logarithm) of class after class and of letter after letter."""

    classes: Floats
    letters: Floats

    def log_likelihood(self, codes: Codes) -> Floats:
        """Of each string, for its first ``LONGEST`` characters."""
        before, here = _class_pairs(codes)
        total = np.where(before + here > 0, self.classes[before, here], 0.0).sum(axis=1)
        letter = codes.letters
        earlier = np.concatenate([np.full((len(letter), 1), -1), letter[:, :-1]], axis=1)
        total += np.where(letter >= 0, self.letters[earlier, letter], 0.0).sum(axis=1)
        total -= np.log(10.0) * (codes.classes == DIGIT).sum(axis=1)
        total -= np.log(float(len(_SEPARATORS))) * (codes.classes == SPACE).sum(axis=1)
        total -= np.log(20.0) * (codes.classes == SYMBOL).sum(axis=1)
        return np.asarray(total - np.log(60.0) * (codes.classes == OTHER).sum(axis=1), dtype=np.float64)


def _class_pairs(codes: Codes) -> tuple[Ints, Ints]:
    edge = np.zeros((len(codes.classes), 1), dtype=np.int64)
    padded = np.concatenate([edge, codes.classes, edge], axis=1)
    return padded[:, :-1], padded[:, 1:]


@cache
def _background_counts() -> tuple[Floats, Floats]:
    return _counts(encode(background()))


def _counts(codes: Codes) -> tuple[Floats, Floats]:
    before, here = _class_pairs(codes)
    used = before + here > 0
    classes = np.zeros((7, 7))
    np.add.at(classes, (before[used], here[used]), 1.0)
    letters = np.zeros((27, 26))  # row -1, the last, is the first letter of a word
    earlier = np.concatenate([np.full((len(codes.letters), 1), -1), codes.letters[:, :-1]], axis=1)
    known = codes.letters >= 0
    np.add.at(letters, (earlier[known], codes.letters[known]), 1.0)
    return classes, letters


def spelling(frequent: Sequence[str]) -> Spelling:
    """The spelling model of a column from its frequent values (each counts once) and the background."""
    classes, letters = (c.copy() for c in _background_counts())
    if frequent:
        own_classes, own_letters = _counts(encode(frequent))
        # Its mix of cases and digits is the column's style: all of its values together say as much as the background.
        classes += own_classes * max(_COLUMN_WEIGHT, classes.sum() / own_classes.sum())
        letters += _COLUMN_WEIGHT * own_letters
    classes += 1.0
    single = (letters.sum(axis=0) + 1.0) / (letters.sum() + 26.0)
    letters = letters + 8.0 * single  # unseen pairs fall back on how frequent the letter is
    return Spelling(
        np.log(classes / classes.sum(axis=1, keepdims=True)), np.log(letters / letters.sum(axis=1, keepdims=True))
    )


def _log_usual_length(own: Ints, lengths: Ints) -> Floats:
    """How much less probable a length is than in any column; the more so the more values have shown theirs."""
    every = np.log(np.arange(LONGEST + 1) + 1.0)
    distance = np.abs(every[:, None] - np.log(np.unique(own) + 1.0)[None, :]).min(axis=1)
    floor = 1.0 / (1.0 + len(own) / 5.0)
    return np.asarray(np.log(np.maximum(np.exp(-((distance / 0.3) ** 2) / 2.0), floor))[lengths], dtype=np.float64)


def _log_code(values: Sequence[str]) -> Floats:
    """Log probability of each value as an acronym or a model number (BBVA, WD40, rtx3080), -inf for any other."""
    logs = np.full(len(values), -np.inf)
    for i, value in enumerate(values):
        if _CODE.fullmatch(value):
            digits, letters = sum(c.isdigit() for c in value), sum(c.isalpha() for c in value)
            logs[i] = -np.log(_CODE_SHAPES) - digits * np.log(10.0) - letters * np.log(26.0)
    return logs


def _code_share(language: Floats, code: Floats) -> float:
    """Share of a column's frequent values that are codes: two in a hundred unless they say otherwise."""
    share = 0.02
    for _ in range(10):
        posterior = 1.0 / (1.0 + np.exp(np.clip(language - code - np.log(share), -500, 500)))
        share = float((posterior.sum() + 0.4) / (len(posterior) + 20.0))
    return share


def _log_random(values: Sequence[str], lengths: Ints) -> Floats:
    """Log probability of the first ``LONGEST`` characters under each alphabet, -inf where a character is not in it."""
    logs = np.full((len(values), len(ALPHABETS)), -np.inf)
    for column, cls in enumerate(ALPHABETS.values()):
        matches = re.compile(cls + "+").fullmatch
        inside = np.array([matches(v) is not None for v in values], dtype=np.bool_)
        logs[inside, column] = -lengths[inside] * np.log(_SIZES[column])
    return logs


@dataclass(frozen=True, eq=False)
class Randomness:
    """Which of the rare values look random.

    Attributes:
        probability: for each rare value, that it was drawn from an alphabet.
        evidence: how much likelier the rare values are with random strings among them than without, in nats.
    """

    probability: Floats
    evidence: float


def randomness(frequent: Sequence[str], rare: Sequence[str], counts: Ints) -> Randomness:
    """Judge the rare values of a column.

    Args:
        frequent: values that are taken for real.
        rare: the other values, distinct.
        counts: rows with each of the rare values.
    """
    nothing = Randomness(np.zeros(len(rare)), 0.0)
    if not rare or not frequent:
        return nothing
    own = encode(frequent)
    own_random = _neutral(_log_random(frequent, own.lengths))
    adapted = spelling(frequent)
    # The column's own mix of cases and digits, but letter pairs that it has not taught.
    untaught = Spelling(adapted.classes, spelling(()).letters)
    if float(np.mean(np.maximum(own_random - untaught.log_likelihood(own), -8.0))) > 0:
        return nothing  # codes: what is frequent looks drawn from an alphabet as well
    codes = encode(rare)
    codes_share = _code_share(untaught.log_likelihood(own), _log_code(frequent))
    natural = np.logaddexp(adapted.log_likelihood(codes), _log_code(rare) + np.log(codes_share))
    natural += _log_usual_length(own.lengths, codes.lengths)
    per_alphabet = _log_random(rare, codes.lengths)
    possible = np.isfinite(per_alphabet).any(axis=1) & (codes.lengths >= SHORTEST)
    if not possible.any():
        return nothing
    mixture = Mixture(natural, per_alphabet, codes.lengths, counts, possible)
    probability, evidence = mixture.solve(None)
    if possible.sum() >= _FLOOD and not (probability > 0.5).any():
        # From the other end: all that reads badly is random. Only a flood can be explained so.
        start = (possible & (_neutral(per_alphabet) > adapted.log_likelihood(codes))).astype(np.float64)
        if start.sum() >= _FLOOD:
            flooded = mixture.solve(start)
            if flooded[1] > evidence + _FLOOD:
                probability, evidence = flooded
    suspect = probability > 0.5
    if not suspect.any():
        return nothing
    usual = own_random - adapted.log_likelihood(own)
    limit = np.quantile(usual[np.isfinite(usual)], 0.9) if np.isfinite(usual).any() else 0.0
    if float(np.median((_neutral(per_alphabet) - natural)[suspect])) < max(float(limit), -4.0) + 1.0:
        return nothing  # no odder than what is frequent
    return Randomness(probability, evidence)


def _neutral(per_alphabet: Floats) -> Floats:
    """Log probability under any alphabet and any length, all equally likely."""
    peak = per_alphabet.max(axis=1)
    safe = np.where(np.isfinite(peak), peak, 0.0)
    with np.errstate(divide="ignore"):
        mean = np.log(np.exp(per_alphabet - safe[:, None]).mean(axis=1)) + safe
    return np.asarray(mean - np.log(LONGEST - SHORTEST + 1), dtype=np.float64)
