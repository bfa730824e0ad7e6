"""``dossierpost sync``."""

from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.exits import Exit
from pipeline.cli.output import print_json, say
from pipeline.cli.session import load_settings, run_async
from pipeline.domain.errors import AnotherInstance

if TYPE_CHECKING:
    from pipeline.app.service import SyncResult
    from pipeline.settings import Settings


def command(
    dossier: Annotated[
        list[str] | None, typer.Option(help="This dossier, whatever the feed says; repeatable.")
    ] = None,
    *,
    once: Annotated[
        bool, typer.Option("--once", help="Do it in this process, even if the service runs.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="List every dossier, not only those with news.")
    ] = False,
    take_over: Annotated[
        bool, typer.Option(help="Take staging folders over from another installation.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The result as one JSON object.")] = False,
) -> None:
    """Sync now: fetch what is due from the hubs and place it.

    When the service runs, it is asked to; with --once, or when it does not run, this process does
    it. Exits with 0 when every document is Forwarded, 1 when some are Error, 75 when some were
    left for later.
    """
    from pipeline.app.logs import logged

    settings = load_settings()
    dossiers = tuple(dossier or ())

    async def main() -> int:
        try:
            result = await _sync_here(
                settings, dossiers, everything=everything, take_over=take_over, quiet=as_json
            )
        except AnotherInstance:
            if once or take_over:
                raise
            return await _ask_service(settings, dossiers, everything=everything)
        _tell(result, as_json=as_json)
        return _exit_code(result)

    with logged(settings):
        run_async(main, event_loop=settings.event_loop)


async def _sync_here(
    settings: "Settings",
    dossiers: tuple[str, ...],
    *,
    everything: bool,
    take_over: bool,
    quiet: bool,
) -> "SyncResult":
    from rich.console import Console

    from pipeline.app.installation import open_installation
    from pipeline.app.service import sync_once
    from pipeline.cli.live import live_progress

    console = Console(stderr=True, quiet=quiet)
    async with (
        open_installation(settings, take_over=take_over) as installation,
        live_progress(installation.snapshot, console),
    ):
        return await sync_once(installation, dossiers=dossiers, everything=everything)


async def _ask_service(settings: "Settings", dossiers: tuple[str, ...], *, everything: bool) -> int:
    from pipeline.app.report import ask_for_sync

    count = await ask_for_sync(settings, dossiers, everything=everything)
    say(f"The running service was asked to sync {count} dossiers; see dossierpost status.")
    return Exit.DONE


def _tell(result: "SyncResult", *, as_json: bool) -> None:
    if as_json:
        print_json(result)
        return
    say(
        f"{result.forwarded} forwarded, {result.errors} errors, {result.held} held, "
        f"{result.postponed} left for later, in {result.seconds} s."
    )
    for tenant, problem in result.problems.items():
        say(f"{tenant}: {problem}")


def _exit_code(result: "SyncResult") -> Exit:
    if result.errors or result.held:
        return Exit.SOME_ERRORS
    return Exit.TRY_LATER if result.postponed or result.problems else Exit.DONE
