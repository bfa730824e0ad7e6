"""``dossierpost settings``."""

from typing import Annotated

import typer

from pipeline.cli.output import print_json
from pipeline.cli.session import environment


def command(
    *, as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False
) -> None:
    """Show every setting, and where its value comes from.

    Secrets are masked.
    """
    from pipeline.cli.tables import Column, print_table
    from pipeline.settings import explain

    lines = explain(environment())
    if as_json:
        print_json(lines)
        return
    print_table(
        "Settings",
        ("setting", "value", Column("from", may_shrink=True), Column("default", is_detail=True)),
        (
            (
                each.name,
                f"{each.value} {each.unit}".rstrip(),
                each.source,
                "" if each.source == "default" else f"instead of {each.default}",
            )
            for each in lines
        ),
    )
