"""``dossierpost settings``."""

from typing import Annotated

import typer

from pipeline.cli.output import print_json, print_table
from pipeline.cli.session import environment


def command(
    *, as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False
) -> None:
    """Show every setting: its value, where that came from, and its default. Secrets are masked."""
    from pipeline.settings import explain

    lines = explain(environment())
    if as_json:
        print_json(lines)
        return
    print_table(
        "Settings",
        ("setting", "value", "from", "unit", "default"),
        ((each.name, each.value, each.source, each.unit, each.default) for each in lines),
    )
