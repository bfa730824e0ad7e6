"""``dossierpost demo``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.exits import Exit
from pipeline.cli.output import print_json
from pipeline.cli.session import run_async

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.app.demo import DemoSummary


def command(
    dossiers: Annotated[int, typer.Option(min=1, help="Client dossiers of the office.")] = 200,
    documents: Annotated[int, typer.Option(min=0, help="Documents over all dossiers.")] = 1000,
    into: Annotated[Path, typer.Option(help="Folder for everything the demo makes.")] = Path(
        "dossierpost-demo"
    ),
    seed: Annotated[int, typer.Option(help="The same seed gives the same documents.")] = 1,
    *,
    once: Annotated[bool, typer.Option("--once", help="End after the summary (default).")] = False,
    keep_running: Annotated[
        bool, typer.Option("--keep-running", help="Stay until Ctrl-C; the hub stays too.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as JSON.")] = False,
) -> None:
    """Show everything at work: a hub, an office, about a thousand documents, in one process.

    Exits with 0 when exactly the documents that were broken on purpose ended as Error.
    """
    from rich.console import Console

    from pipeline.app.demo import DemoOptions, open_demo
    from pipeline.app.installation import open_installation
    from pipeline.app.service import serve, sync_once
    from pipeline.cli.live import live_progress

    options = DemoOptions(into=into.absolute(), dossiers=dossiers, documents=documents, seed=seed)
    console = Console(stderr=True)

    async def main() -> int:
        console.print(f"Making an office of {dossiers} dossiers with {documents} documents ...")
        async with open_demo(options) as demo:
            console.print(f"Hub at {demo.hub.url}, signed in as {demo.hub.client_id}.")
            async with open_installation(demo.settings) as installation:
                async with live_progress(installation.snapshot, console):
                    result = await sync_once(installation)
                summary = await demo.summary(
                    installation.state, listed=result.listed, seconds=result.seconds
                )
            if as_json:
                print_json(summary)
            else:
                tell(console, summary)
            if keep_running and not once:
                console.print("\nThe service runs on; Ctrl-C ends it.")
                async with open_installation(demo.settings) as installation:
                    await serve(installation)
        return Exit.DONE if summary.as_planted else Exit.SOME_ERRORS

    run_async(main)


def tell(console: "Console", summary: "DemoSummary") -> None:
    """The summary in words."""
    console.print()
    console.print(
        f"[bold green]{summary.forwarded} forwarded[/], [bold red]{summary.errors} errors[/], "
        f"{summary.held} held, in {summary.seconds} s "
        f"({summary.documents_per_second:.0f} documents a second, each checked, flushed to disk "
        "and acknowledged)."
    )
    for error in summary.reasons:
        console.print(
            f"  [red]{error.rule}[/]  {error.document_id}: {error.reason}", highlight=False
        )
    if summary.as_planted:
        console.print("These documents were broken on purpose; their bytes are kept.")
    console.print(f"\nThe documents are in   {summary.folder}")
    console.print(
        f"Look again with        DOSSIERPOST_STATE_DIR={summary.state} "
        "DOSSIERPOST_HUB_URL=http://127.0.0.1 dossierpost documents --status error"
    )
    console.print("Try a real set-up       README.md, 'Five minutes to a real set-up'")
