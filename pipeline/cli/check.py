"""``dossierpost check``."""

from typing import Annotated

import typer

from pipeline.cli.exits import Exit
from pipeline.cli.output import print_json, say
from pipeline.cli.session import load_settings, run_logged


def command(
    *, as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False
) -> None:
    """Check the whole set-up, and say what to do.

    Looks at settings, state, hub, clock, folders and dossiers; delivers nothing.
    Exits with 7 when a problem was found.
    """
    from pipeline.app.check import run_check

    settings = load_settings()

    async def main() -> int:
        report = await run_check(settings)
        if as_json:
            print_json(report)
        for finding in () if as_json else report.findings:
            say(f"{finding.level:8} {finding.subject}: {finding.text}")
        return Exit.DONE if report.is_good else Exit.CHECK_FAILED

    run_logged(main, settings, event_loop="asyncio")
