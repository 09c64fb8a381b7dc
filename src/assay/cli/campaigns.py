"""``assay campaigns``: a hidden world of campaigns, models of it, and what damaged data does to them."""

from __future__ import annotations

import typer

from assay.cli.campaigns_blind import blind
from assay.cli.campaigns_harm import harm
from assay.cli.campaigns_quarantine import quarantine
from assay.cli.campaigns_train import evaluate, generate, train
from assay.cli.campaigns_use import predict, recommend

campaigns = typer.Typer(
    help="Know what audited data is worth: simulated campaigns, models that predict them, blind scores.",
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
campaigns.command("generate")(generate)
campaigns.command("train")(train)
campaigns.command("evaluate")(evaluate)
campaigns.add_typer(blind, name="blind")
campaigns.command("predict")(predict)
campaigns.command("recommend")(recommend)
campaigns.command("quarantine")(quarantine)
campaigns.command("harm")(harm)
