"""``dossierpost version``."""

from typing import Annotated

import typer

from pipeline import __version__
from pipeline.cli.output import print_json


def command(
    *, as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False
) -> None:
    """Print the version."""
    if as_json:
        from pipeline.validation.rules.extension import likely_engine

        print_json({"version": __version__, "rules_engine": likely_engine()})
    else:
        typer.echo(f"dossierpost {__version__}")


def print_and_exit(*, is_wanted: bool) -> None:
    """As the command, for ``--version``."""
    if is_wanted:
        command()
        raise typer.Exit
