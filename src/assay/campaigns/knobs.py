"""What a hidden world is made with: sizes, densities, thresholds, noise. A data card stores them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from assay.errors import ConfigurationError

ATTRIBUTES = ("audience", "brand", "creative", "platform", "geography")
CLASSES = ("Underperforming", "Average performance", "Overperforming")


@dataclass(frozen=True)
class Knobs:
    """Everything that a world and its campaigns are drawn from; equal knobs give equal bytes.

    Attributes:
        version: the name of the data set.
        seed: of all that is drawn.
        sizes: how many values each attribute has, in the order of ``ATTRIBUTES``.
        density: the share of relations that are not neutral.
        strength: for each attribute, what its relations' density is multiplied by.
        lower, upper: a balance below ``lower`` underperforms, one above ``upper`` overperforms. Balances without
            noise are whole numbers, so halves keep a whole step between the classes.
        noise: standard deviation of the noise on the net balance.
        hidden: standard deviation of what no text tells (budget, season, competitors), on the net balance.
        explained: the share of the variance of relations that traits explain; the rest is particular to two values.
        cores: how many past combinations of audience, brand, creative and platform campaigns repeat; 0 draws each
            attribute independently.
        redraw: the share of campaigns that change one attribute of the combination that they repeat.
        terse: the share of texts that leave one trait untold.
    """

    version: str
    seed: int
    sizes: tuple[int, int, int, int, int] = (30, 30, 40, 10, 20)
    density: float = 0.58
    strength: tuple[float, float, float, float, float] = (1.0, 1.0, 0.9, 1.0, 0.15)
    lower: float = -2.5
    upper: float = 2.5
    noise: float = 0.18
    hidden: float = 0.0
    explained: float = 0.8
    cores: int = 600
    redraw: float = 0.3
    terse: float = 0.05

    def __post_init__(self) -> None:
        """Refuse what no world can be made of.

        Raises:
            ConfigurationError: a size, a share or a threshold makes no sense.
        """
        shares = (self.density, self.explained, self.redraw, self.terse)
        if min(self.sizes) < 2 or not all(0 <= share <= 1 for share in shares) or max(self.strength) > 1:
            raise ConfigurationError("a world needs at least 2 values an attribute, and shares between 0 and 1")
        if self.lower >= self.upper or self.noise <= 0 or self.hidden < 0 or self.cores < 0:
            raise ConfigurationError("thresholds must be in order, noise above 0, hidden and cores not below it")

    def to_json(self) -> dict[str, Any]:
        """The knobs as a card stores them."""
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Knobs:
        """The knobs that a card tells; the inverse of ``to_json``."""
        known: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in told.items()}
        return cls(**known)


_IMBALANCED = Knobs("V15", 15)
_EVEN = Knobs("V25", 25, density=0.9, strength=(1.0, 1.0, 0.9, 1.0, 0.8), lower=-1.5, upper=1.5, noise=0.3)
VERSIONS: dict[str, Knobs] = {
    "V14": replace(_IMBALANCED, version="V14", hidden=3.5, lower=-5.4, upper=5.4),
    "V15": _IMBALANCED,
    "V25": _EVEN,
    "V26": replace(_EVEN, version="V26", seed=26),
    "V15-wide": replace(_IMBALANCED, version="V15-wide", sizes=(36, 40, 48, 10, 24), cores=0),
}


def knobs_of(version: str) -> Knobs:
    """The knobs of a named data set.

    Raises:
        ConfigurationError: no data set has this name.
    """
    if version not in VERSIONS:
        raise ConfigurationError(f"no data set is called {version!r}; there are {', '.join(VERSIONS)}")
    return VERSIONS[version]
