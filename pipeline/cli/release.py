"""``dossierpost release``."""

from typing import Annotated

import typer

from pipeline.cli.exits import Exit
from pipeline.cli.output import print_json, say
from pipeline.cli.session import load_settings, run_async


def command(
    document: Annotated[list[str] | None, typer.Argument(help="Document ids at the hub.")] = None,
    dossier: Annotated[str | None, typer.Option(help="Every one of this dossier.")] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Every one there is.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Deliver held documents after all: possible duplicates, or changed at the hub."""
    from pipeline.app.report import open_management
    from pipeline.usecases.manage_documents import Selection

    if not (document or dossier or everything):
        say("Name documents, a --dossier, or --all.")
        raise typer.Exit(Exit.NOTHING_DONE)
    settings = load_settings()

    async def main() -> int:
        async with open_management(settings) as manage:
            keys = await manage.release(Selection(tuple(document or ()), dossier))
        if as_json:
            print_json({"accepted": [key.document_id for key in keys]})
        else:
            say(f"{len(keys)} documents are fetched again at the next pass of their dossiers.")
        return Exit.DONE if keys else Exit.SOME_ERRORS

    run_async(main, event_loop="asyncio")
