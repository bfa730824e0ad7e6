"""``dossierpost sync``."""

from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.exits import Exit
from pipeline.cli.output import print_json, say
from pipeline.cli.session import load_settings, run_logged
from pipeline.domain.errors import AnotherInstance

if TYPE_CHECKING:
    from pipeline.app.service import StopSignal, SyncResult
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
        bool,
        typer.Option("--take-over", help="Take staging folders over from another installation."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The result as one JSON object.")] = False,
) -> None:
    """Sync now: fetch what is due from the hubs and place it.

    When the service runs, it is asked to; with --once, or when it does not run, this process does
    it. Exits with 0 when every document is Forwarded, 1 when some are Error, 75 when some were
    left for later, 130 when it was interrupted: what was under way is finished first.
    """
    from pipeline.app.service import StopSignal

    settings = load_settings()
    dossiers = tuple(dossier or ())

    async def main() -> int:
        stop = StopSignal()
        try:
            result = await _sync_here(
                settings, dossiers, stop, everything=everything, take_over=take_over
            )
        except AnotherInstance:
            if once or take_over:
                raise
            await _ask_service(settings, dossiers, everything=everything, as_json=as_json)
            return Exit.DONE
        _tell(result, as_json=as_json)
        return Exit.INTERRUPTED if stop.has_come else _exit_code(result)

    run_logged(main, settings)


async def _sync_here(
    settings: "Settings",
    dossiers: tuple[str, ...],
    stop: "StopSignal",
    *,
    everything: bool,
    take_over: bool,
) -> "SyncResult":
    from rich.console import Console

    from pipeline.app.garbage import spare_collector
    from pipeline.app.installation import open_installation
    from pipeline.app.service import sync_once
    from pipeline.cli.live import live_progress

    async with (
        open_installation(settings, take_over=take_over) as installation,
        live_progress(installation.snapshot, Console(stderr=True)),
    ):
        spare_collector()
        return await sync_once(installation, dossiers=dossiers, everything=everything, stop=stop)


async def _ask_service(
    settings: "Settings", dossiers: tuple[str, ...], *, everything: bool, as_json: bool
) -> None:
    from pipeline.app.report import ask_for_sync

    asked = await ask_for_sync(settings, dossiers, everything=everything)
    if as_json:
        print_json({"asked": asked})
    elif asked:
        say(f"The running service was asked to sync {asked} dossiers; see dossierpost status.")
    else:
        say("The service is running and fetches what is new by itself; --all asks for all of it.")


def _tell(result: "SyncResult", *, as_json: bool) -> None:
    if as_json:
        print_json(result)
        return
    say(
        f"{result.forwarded} forwarded, {result.errors} errors, {result.held} held, "
        f"{result.postponed} left for later, in {result.seconds:.1f} s."
    )
    for line in problem_lines(result.problems):
        say(line)


def problem_lines(problems: dict[str, str]) -> list[str]:
    """Problems in words, each once: one folder that is missing may stop a thousand dossiers."""
    tenants: dict[str, list[str]] = {}
    for tenant, problem in problems.items():
        tenants.setdefault(problem, []).append(tenant)
    return [f"{_some(names)}: {problem}" for problem, names in tenants.items()]


def _some(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more dossiers"


def _exit_code(result: "SyncResult") -> Exit:
    if result.errors or result.held:
        return Exit.SOME_ERRORS
    return Exit.TRY_LATER if result.postponed or result.problems else Exit.DONE
