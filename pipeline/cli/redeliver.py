"""``dossierpost redeliver``."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.exits import Exit
from pipeline.cli.output import print_json, say
from pipeline.cli.session import load_settings, run_logged

if TYPE_CHECKING:
    from pipeline.usecases.redeliver import PlannedDossier, Redeliver, Request


def command(
    since: Annotated[
        datetime, typer.Option(help="Received at the hub since this moment (local time).")
    ],
    hub: Annotated[str | None, typer.Option(help="Only this hub.")] = None,
    dossier: Annotated[str | None, typer.Option(help="Only this dossier (the hub's id).")] = None,
    *,
    again: Annotated[
        bool, typer.Option("--again", help="Deliver what is Forwarded once more, too.")
    ] = False,
    plan_only: Annotated[bool, typer.Option("--plan", help="Show the plan and stop.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Ask the hubs to list documents again.

    First shows what would come of it, for each dossier. What was delivered here before is
    acknowledged again and not delivered again, unless --again is given. A run that is ended goes
    on where it was when the same is asked for again. Exits with 1 when a hub could not be asked.
    """
    from pipeline.app.redelivery import open_redelivery
    from pipeline.app.report import find_dossier
    from pipeline.usecases.redeliver import Request

    settings = load_settings()
    request = Request(since.astimezone(), hub=hub, dossier=dossier, again=again)

    async def main() -> int:
        if dossier is not None:
            await find_dossier(settings, dossier)
        async with open_redelivery(settings) as redeliver:
            plan = [each async for each in redeliver.plan(request)]
            if not as_json:
                _show(plan, request)
            done = None if plan_only else await _run(redeliver, request, plan, yes=yes)
        if as_json:
            print_json(_as_object(request, plan, done))
        return _exit(plan, done, plan_only=plan_only)

    run_logged(main, settings, event_loop="asyncio")


async def _run(
    redeliver: "Redeliver", request: "Request", plan: "Sequence[PlannedDossier]", *, yes: bool
) -> int | None:
    """How many dossiers were asked for; None when the person did not want it."""
    steps = sum(each.is_to_do(request) for each in plan)
    if not steps:
        return 0
    # Waits on the loop: nothing else runs, and a Ctrl-C ends the question.
    if not yes and not typer.confirm(f"Ask for {steps} dossiers?", err=True):
        return None
    done = 0
    async for each in redeliver.run(request, plan):
        done += 1
        say(f"{done} of {steps} · {each.hub} · {each.enterprise_name}")
    say("They are fetched at the next pass of their dossiers.")
    return done


def _exit(plan: "Sequence[PlannedDossier]", done: int | None, *, plan_only: bool) -> Exit:
    if any(each.problem for each in plan):
        return Exit.SOME_ERRORS
    return Exit.NOTHING_DONE if done is None and not plan_only else Exit.DONE


def _show(plan: "Sequence[PlannedDossier]", request: "Request") -> None:
    from pipeline.cli.tables import Column, print_table

    print_table(
        f"Received since {request.since:%Y-%m-%d %H:%M}",
        (
            "hub",
            "dossier",
            Column("name", may_shrink=True),
            "listed again",
            "forwarded here",
            "errors here",
            Column("what happens", is_detail=True),
        ),
        (
            (
                each.hub,
                each.dossier,
                each.enterprise_name,
                "" if each.listed is None else str(each.listed),
                str(each.forwarded),
                str(each.failed),
                _words(each, request),
            )
            for each in plan
        ),
    )


def _words(each: "PlannedDossier", request: "Request") -> str:
    if each.problem:
        return each.problem
    if each.is_done:
        return "Done by the run that was ended."
    if request.again and each.can_fetch_again:
        return f"{each.forwarded} documents are delivered once more. {each.hint}".rstrip()
    return each.hint or "What is forwarded here is acknowledged again, not delivered again."


def _as_object(
    request: "Request", plan: "Sequence[PlannedDossier]", done: int | None
) -> dict[str, Any]:
    return {"since": request.since, "again": request.again, "done": done, "dossiers": plan}
