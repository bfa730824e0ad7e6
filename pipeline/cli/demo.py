"""``dossierpost demo``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.exits import Exit
from pipeline.cli.output import print_json
from pipeline.cli.session import run_async, wants_colour

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.app.demo import Demo, DemoOptions, DemoSummary
    from pipeline.app.service import StopSignal

_STAYING = "\nThe service runs on and fetches what arrives at the hub; Ctrl-C ends it."


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
    """See everything at work: a hub, an office, 1,000 documents.

    All of it in this process and in one folder. Exits with 0 when exactly the
    documents that were broken on purpose ended as Error.
    """
    from rich.console import Console

    from pipeline.app.demo import DemoOptions
    from pipeline.app.service import StopSignal

    options = DemoOptions(into=into.absolute(), dossiers=dossiers, documents=documents, seed=seed)
    console = Console(stderr=True, highlight=False)

    async def main() -> int:
        stop = StopSignal()
        stays = keep_running and not once
        summary = await show_demo(options, console, stop, as_json=as_json, stays=stays)
        if stop.has_come:
            return Exit.INTERRUPTED
        return Exit.DONE if summary.as_planted else Exit.SOME_ERRORS

    run_async(main)


async def show_demo(
    options: "DemoOptions",
    console: "Console",
    stop: "StopSignal",
    *,
    as_json: bool = False,
    stays: bool = False,
) -> "DemoSummary":
    """Make the office, empty its hub, and tell how that went; ``stop`` ends this early.

    One that ``stays`` then serves until another signal to stop.
    """
    from pipeline.app.demo import open_demo
    from pipeline.app.logs import logged

    console.print(
        f"Making an office of {options.dossiers:,} dossiers with {options.documents:,} documents."
    )
    async with open_demo(options) as demo:
        console.print(f"Hub at {demo.hub.url}, signed in as {demo.hub.client_id}.")
        with logged(demo.settings, in_colour=wants_colour()):
            summary = await _empty_the_hub(demo, console, stop)
            if as_json:
                print_json(summary)
            else:
                tell(console, summary)
            if stays and not stop.has_come:
                await _stay(demo, console)
    return summary


async def _empty_the_hub(demo: "Demo", console: "Console", stop: "StopSignal") -> "DemoSummary":
    from pipeline.app.installation import open_installation
    from pipeline.app.service import sync_once
    from pipeline.cli.live import live_progress

    async with open_installation(demo.settings) as installation:
        async with live_progress(installation.snapshot, console, total=demo.options.documents):
            result = await sync_once(installation, stop=stop)
        return await demo.summary(installation.state, result)


async def _stay(demo: "Demo", console: "Console") -> None:
    from pipeline.app.installation import open_installation
    from pipeline.app.service import serve
    from pipeline.cli.live import live_progress

    async with (
        open_installation(demo.settings) as installation,
        live_progress(installation.snapshot, console),
    ):
        await serve(installation, ready=lambda: console.print(_STAYING))


def tell(console: "Console", summary: "DemoSummary") -> None:
    """The summary in words."""
    from rich.padding import Padding
    from rich.text import Text

    from pipeline.cli.sync import problem_lines

    console.print(
        f"\n[bold green]{summary.forwarded:,} forwarded[/], [bold red]{summary.errors} errors[/], "
        f"{summary.held} held, in {summary.seconds:.1f} s: "
        f"{summary.documents_per_second:,.0f} documents a second, each checked, flushed to disk "
        "and acknowledged.\n"
    )
    examples = {error.rule: error for error in reversed(summary.reasons)}
    for error in examples.values():
        console.print(f"  [red]{error.rule}[/]  {error.document_id}")
        console.print(Padding(Text(error.reason), (0, 0, 0, 4)))
    if len(summary.reasons) > len(examples):
        console.print(f"  and {len(summary.reasons) - len(examples)} more of these kinds")
    if summary.reasons and summary.as_planted:
        console.print("\nThese documents were broken on purpose; their bytes are kept.")
    for line in problem_lines(summary.problems):
        console.print(f"[yellow]{line}[/]")
    errors_only = " --status error" if summary.reasons else ""
    console.print(f"\nThe documents are in {_shown(summary.folder)}. Look again with")
    console.print(
        f"DOSSIERPOST_STATE_DIR={_shown(summary.state)} dossierpost documents{errors_only}",
        style="bold",
        soft_wrap=True,
    )
    console.print("Next: README.md, 'Five minutes to a real set-up'")


def _shown(path: str) -> Path:
    """A path as a person types it here."""
    given, here = Path(path), Path.cwd()
    return given.relative_to(here) if given.is_relative_to(here) else given
