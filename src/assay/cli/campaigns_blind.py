"""``assay campaigns blind``: serve scores of hidden labels, and ask for one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assay.cli.options import DebugOption, QuietOption

TokenOption = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        metavar="FILE",
        help="Holds the token, for its owner's eyes only; without it, the variable ASSAY_BLIND_TOKEN does.",
    ),
]

blind = typer.Typer(
    help="Scores of test sets whose labels only the scoring service can read.",
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@blind.command("serve")
def serve_command(
    vault: Annotated[
        Path, typer.Option("--vault", metavar="DIR", help="The private folder of the labels and of the log.")
    ],
    port: Annotated[int, typer.Option("--port", metavar="N", min=0, max=65535, help="0 takes a free one.")] = 8750,
    per_hour: Annotated[int, typer.Option("--per-hour", metavar="N", min=1, help="Scores given in an hour.")] = 30,
    token_file: TokenOption = None,
    quiet: QuietOption = False,
    debug: DebugOption = False,  # noqa: ARG001 - read before parsing
) -> int:
    """Answer whole test sets of predictions with F1, and nothing else, until stopped.

    Listens on this machine only, answers nobody without the token, and logs every submission in the folder.
    """
    from assay.campaigns.blind.server import BlindServer
    from assay.campaigns.blind.token import read_token
    from assay.cli.console import put, say

    with BlindServer(vault, read_token(token_file), port, per_hour) as server:
        put(f"{server.url}\n")
        if not quiet:
            say(f"scoring {', '.join(server.names) or 'nothing yet'}; Ctrl-C ends it")
        server.serve_forever()
    return 0


@blind.command("submit")
def submit_command(
    predictions: Annotated[
        Path, typer.Argument(metavar="FILE", help="Parquet or CSV with the columns campaign_id and class, all rows.")
    ],
    dataset: Annotated[str, typer.Option("--dataset", metavar="NAME", help="Which test set it is, such as V15.")],
    url: Annotated[
        str, typer.Option("--url", metavar="URL", help="Where the service listens.")
    ] = "http://127.0.0.1:8750",
    model: Annotated[str, typer.Option("--model", metavar="NAME", help="What the log should call it.")] = "",
    token_file: TokenOption = None,
    debug: DebugOption = False,  # noqa: ARG001 - read before parsing
) -> int:
    """Ask for the F1 of predictions: overall (macro) and of each class, as a line of JSON."""
    import json

    from assay.campaigns.blind.client import submit
    from assay.campaigns.blind.token import read_token
    from assay.campaigns.rows import read_rows
    from assay.cli.console import put

    told = read_rows(predictions, ("campaign_id", "class"))
    score = submit(url, read_token(token_file), dataset, told["campaign_id"], told["class"], model or predictions.name)
    put(json.dumps({"macro_f1": score.macro, "f1": dict(score.classes)}, ensure_ascii=False) + "\n")
    return 0
