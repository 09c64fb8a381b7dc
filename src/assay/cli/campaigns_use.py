"""``assay campaigns predict|recommend``: use a trained model."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.options import DebugOption

if TYPE_CHECKING:
    from assay.campaigns.predict import Campaigns

ModelOption = Annotated[
    Path, typer.Option("--model", metavar="DIR", help="A trained model, as `assay campaigns train` writes it.")
]
Field = Annotated[
    list[str] | None,
    typer.Option(
        "--field", metavar="NAME=TEXT", help="A field of the campaign: audience, brand and so on; repeatable."
    ),
]


def predict(
    model: ModelOption,
    table: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="Campaigns as Parquet or CSV: a column a field.", show_default=False),
    ] = None,
    field: Field = None,
    why: Annotated[bool, typer.Option("--why", help="Name the pairs of fields that speak for and against.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write a table there: Parquet, or CSV by its name.")
    ] = None,
    debug: DebugOption = False,  # noqa: ARG001 - read before parsing
) -> int:
    """Predict how campaigns will do: the probability of each class, and the class.

    Prints a line of JSON for each campaign, or writes a table with --out. Fields may be missing.
    """
    from assay.campaigns.models import load
    from assay.campaigns.predict import Explainer, named
    from assay.cli.console import put

    names, campaigns = _campaigns(table, _fields(field))
    trained = load(model)
    probabilities, chosen = trained.predict_proba(campaigns), trained.predict(campaigns)
    if out is not None:
        from assay.campaigns.rows import write_predictions

        write_predictions(out, names, probabilities, chosen)
        return 0
    reasons = Explainer(trained).explain(campaigns) if why else [None] * len(chosen)
    for name, shares, code, reason in zip(names, probabilities, chosen.tolist(), reasons, strict=True):
        told: dict[str, Any] = {"class": list(named(shares))[code], "probabilities": named(shares)}
        if table is not None:
            told = {"campaign_id": name, **told}
        if reason is not None:
            told["for"] = {" x ".join(r.pair): round(r.effect, 3) for r in reason.speaks_for}
            told["against"] = {" x ".join(r.pair): round(r.effect, 3) for r in reason.speaks_against}
        put(json.dumps(told, ensure_ascii=False) + "\n")
    return 0


def recommend(
    model: ModelOption,
    field: Field = None,
    wanted: Annotated[
        list[str] | None,
        typer.Option(
            "--wanted", metavar="NAME", help="A field to fill; by default all that are not given; repeatable."
        ),
    ] = None,
    offer: Annotated[
        list[str] | None,
        typer.Option("--offer", metavar="NAME=TEXT", help="A text to choose from, also a new one; repeatable."),
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option("--allow", metavar="NAME=TEXT", help="Choose only values that mean this; repeatable."),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", metavar="NAME=TEXT", help="Choose no value that means this; repeatable."),
    ] = None,
    count: Annotated[int, typer.Option("--count", metavar="N", min=1, help="How many completions.")] = 10,
    diversity: Annotated[
        float, typer.Option("--diversity", metavar="X", min=0, max=1, help="0 the best only, 1 as different as can be.")
    ] = 0.0,
    caution: Annotated[
        float, typer.Option("--caution", metavar="X", help="Standard deviations of doubt to take off each outcome.")
    ] = 0.0,
    debug: DebugOption = False,  # noqa: ARG001 - read before parsing
) -> int:
    """Complete a campaign: the values of its missing fields that promise the best outcome, the best first.

    Prints a line of JSON for each completion, with the interval that holds its balance with a probability of 80 %.
    """
    from assay.campaigns.models import load
    from assay.campaigns.predict import named
    from assay.campaigns.recommend import Recommender, Wish
    from assay.cli.console import put

    wish = Wish(
        {name: texts[-1] for name, texts in _fields(field).items()},
        wanted or (),
        _fields(offer),
        _fields(allow),
        _fields(exclude),
        diversity,
        caution,
    )
    for found in Recommender(load(model)).recommend(wish, count):
        low, high = found.interval
        told = {
            **found.values,
            "probabilities": named(found.probabilities),
            "balance": round(found.balance, 3),
            "interval": [round(low, 3), round(high, 3)],
            "unseen_pairs": found.unseen,
        }
        put(json.dumps(told, ensure_ascii=False) + "\n")
    return 0


def _fields(told: Iterable[str] | None) -> dict[str, list[str]]:
    """The texts by field of ``NAME=TEXT`` options.

    Raises:
        ConfigurationError: an option has no equals sign.
    """
    from assay.errors import ConfigurationError

    found: dict[str, list[str]] = {}
    for entry in told or ():
        name, equals, text = entry.partition("=")
        if not equals or not text.strip():
            raise ConfigurationError(f"{entry!r} is no field; write NAME=TEXT, such as platform='short videos'")
        found.setdefault(name.strip(), []).append(text.strip())
    return found


def _campaigns(table: Path | None, fields: dict[str, list[str]]) -> tuple[list[Any], Campaigns]:
    """Names and texts of a file's campaigns, or of the one that options tell."""
    from assay.campaigns.knobs import ATTRIBUTES
    from assay.campaigns.predict import checked
    from assay.campaigns.rows import read_rows
    from assay.errors import ConfigurationError

    if (table is None) == (not fields):
        raise ConfigurationError("name a file of campaigns, or one campaign with --field NAME=TEXT")
    told: dict[str, list[Any]] = {name: texts[-1:] for name, texts in fields.items()}
    if table is not None:
        told = read_rows(table, (), ("campaign_id", *ATTRIBUTES))
    names = told.pop("campaign_id", None)
    return names or list(range(checked(told))), told
