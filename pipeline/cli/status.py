"""``dossierpost status``."""

from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.output import print_json
from pipeline.cli.session import load_settings, run_async

if TYPE_CHECKING:
    from pipeline.usecases.report_status import Status


def command(
    *, as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False
) -> None:
    """Show what was forwarded, and what waits for a person."""
    from pipeline.app.report import open_report

    settings = load_settings()

    async def main() -> int:
        async with open_report(settings) as report:
            overview = await report.overview()
        if as_json:
            print_json(overview)
        else:
            show(overview)
        return 0

    run_async(main, event_loop="asyncio")


def show(overview: "Status") -> None:
    """Counts by status, then the dossiers with a problem."""
    from pipeline.cli.tables import Column, print_table
    from pipeline.domain.documents import Verdict

    names = {
        Verdict.VALID: "valid",
        Verdict.WARNINGS: "valid, with warnings",
        Verdict.INVALID: "invalid",
        Verdict.UNCHECKED: "unchecked",
    }

    print_table(
        f"{overview.dossiers} dossiers, {overview.linked} linked to an accounting package",
        ("status", Column("documents", is_number=True)),
        (
            ("To fetch (under way)", overview.to_fetch),
            ("Forwarded", overview.forwarded),
            ("  of which acknowledged", overview.acknowledged),
            *((f"  of which {names[each]}", overview.verdicts[each]) for each in names),
            ("Error", overview.errors),
            ("  of which held", overview.held),
        ),
    )
    print_table(
        "Dossiers that wait for a person",
        ("dossier", Column("enterprise", may_shrink=True), Column("problem", is_detail=True)),
        ((each.dossier, each.enterprise_name, each.problem) for each in overview.problems),
    )
