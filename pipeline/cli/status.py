"""``dossierpost status``."""

from typing import Annotated

import typer

from pipeline.cli.output import Column, print_json, print_table
from pipeline.cli.session import load_settings, run_async


def command(
    *, as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False
) -> None:
    """Show what was forwarded, what is Error, and which dossiers wait for a person."""
    from pipeline.app.report import open_report

    settings = load_settings()

    async def main() -> int:
        async with open_report(settings) as report:
            overview = await report.overview()
        if as_json:
            print_json(overview)
            return 0
        print_table(
            "Documents",
            ("status", Column("documents", is_number=True)),
            (
                ("To fetch (under way)", overview.to_fetch),
                ("Forwarded", overview.forwarded),
                ("  of which acknowledged", overview.acknowledged),
                ("Error", overview.errors),
                ("  of which held", overview.held),
            ),
        )
        print_table(
            f"Dossiers that wait for a person ({overview.linked} linked)",
            (
                "dossier",
                Column("enterprise", may_shrink=True),
                Column("problem", may_wrap=True),
            ),
            ((each.dossier, each.enterprise_name, each.problem) for each in overview.problems),
        )
        return 0

    run_async(main, event_loop="asyncio")
