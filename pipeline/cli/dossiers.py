"""``dossierpost dossiers``."""

from typing import Annotated

import typer

from pipeline.cli.output import Column, print_json, print_table
from pipeline.cli.session import load_settings, run_async


def command(
    *, as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False
) -> None:
    """List the dossiers of the hubs, with their accounting package and their counts."""
    from pipeline.app.report import open_report

    settings = load_settings()

    async def main() -> int:
        async with open_report(settings) as report:
            found = await report.dossiers()
        if as_json:
            print_json(found)
            return 0
        print_table(
            "Dossiers",
            (
                "dossier",
                Column("enterprise", may_shrink=True),
                "VAT",
                "number",
                Column("package", may_shrink=True),
                Column("forwarded", is_number=True),
                Column("errors", is_number=True),
                Column("problem", may_wrap=True),
            ),
            (
                (
                    each.dossier,
                    each.enterprise_name,
                    each.enterprise_identifier,
                    each.accounting_file_id,
                    each.accounting_package if each.is_linked else "not linked",
                    each.forwarded,
                    each.errors,
                    each.problem,
                )
                for each in found
            ),
        )
        return 0

    run_async(main, event_loop="asyncio")
