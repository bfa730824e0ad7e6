"""What ``retry`` and ``release`` share: which documents a person means, and what became of it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, NoReturn

import typer

from pipeline.cli.exits import Exit
from pipeline.cli.output import print_json, say
from pipeline.cli.session import load_settings, run_async

if TYPE_CHECKING:
    from pipeline.domain.documents import DocumentKey
    from pipeline.usecases.manage_documents import ManageDocuments, Selection

Act = Callable[["ManageDocuments", "Selection"], Awaitable["Sequence[DocumentKey]"]]


def fetch_again(
    act: Act, document_ids: Sequence[str], dossier: str | None, *, everything: bool, as_json: bool
) -> NoReturn:
    """Do ``act`` with what was selected; exits with 1 when that did not apply to all of it."""
    from pipeline.app.report import open_management
    from pipeline.usecases.manage_documents import Selection

    if not (document_ids or dossier or everything):
        say("Name documents, a --dossier, or --all.")
        raise typer.Exit(Exit.NOTHING_DONE)
    settings = load_settings()

    async def main() -> int:
        async with open_management(settings) as manage:
            keys = await act(manage, Selection(tuple(document_ids), dossier))
        accepted = [key.document_id for key in keys]
        if as_json:
            print_json({"accepted": accepted})
        else:
            say(f"{len(keys)} documents are fetched again at the next pass of their dossiers.")
        missed = sorted(set(document_ids) - set(accepted))
        for document_id in missed:
            say(f"{document_id} has no such status; see dossierpost documents --status error.")
        return Exit.SOME_ERRORS if missed else Exit.DONE

    run_async(main, event_loop="asyncio")
