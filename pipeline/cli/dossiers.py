"""``dossierpost dossiers``."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.output import print_json
from pipeline.cli.session import load_settings, run_async

if TYPE_CHECKING:
    from pipeline.usecases.report_status import DossierStatus


def command(
    *, as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False
) -> None:
    """List the dossiers, with their package and their counts."""
    from pipeline.app.report import open_report

    settings = load_settings()

    async def main() -> int:
        async with open_report(settings) as report:
            found = await report.dossiers()
        if as_json:
            print_json(found)
        else:
            show(found)
        return 0

    run_async(main, event_loop="asyncio")


def show(found: "Sequence[DossierStatus]") -> None:
    """A row for each dossier; what its last pass ended with is below it."""
    from pipeline.cli.tables import Column, print_table
    from pipeline.domain.documents import Verdict

    print_table(
        "Dossiers",
        (
            "dossier",
            Column("enterprise", may_shrink=True),
            "VAT",
            "number",
            "package",
            Column("forwarded", is_number=True),
            Column("errors", is_number=True),
            Column("invalid", is_number=True),
            Column("unchecked", is_number=True),
            Column("problem", is_detail=True),
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
                each.verdicts[Verdict.INVALID] or None,
                each.verdicts[Verdict.UNCHECKED] or None,
                each.problem,
            )
            for each in found
        ),
    )
