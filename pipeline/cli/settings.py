"""``dossierpost settings``."""

from typing import Annotated

import typer

from pipeline.cli.output import Column, print_json, print_table
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
        (
            "setting",
            Column("value", may_wrap=True),
            "unit",
            "from",
            Column("default", may_wrap=True),
        ),
        (
            (
                each.name,
                each.value,
                each.unit,
                each.source,
                "" if each.source == "default" else each.default,
            )
            for each in lines
        ),
    )
