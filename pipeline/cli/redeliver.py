"""``dossierpost redeliver``."""

from datetime import datetime
from typing import Annotated

import typer

from pipeline.cli.output import print_json, say
from pipeline.cli.session import load_settings, run_logged


def command(
    since: Annotated[
        datetime, typer.Option(help="Received at the hub since this moment (local time).")
    ],
    dossier: Annotated[str | None, typer.Option(help="Only this dossier (the hub's id).")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """Ask the hubs to list documents again.

    What was delivered here before is acknowledged again, never delivered again.
    """
    from pipeline.app.hubs import open_hubs
    from pipeline.app.report import find_dossier
    from pipeline.usecases.manage_documents import redeliver_since

    settings = load_settings()

    async def main() -> int:
        found = await find_dossier(settings, dossier) if dossier else None
        async with open_hubs(settings) as hubs:
            asked = await redeliver_since(hubs, since.astimezone(), found)
        if as_json:
            print_json(asked)
            return 0
        for each in asked:
            say(f"{each.hub}: {each.documents} documents are listed again.")
        if not asked:
            say("No hub that is configured can list documents again.")
        return 0

    run_logged(main, settings, event_loop="asyncio")
