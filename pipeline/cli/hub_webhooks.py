"""``dossierpost hubs webhooks``: the addresses that a hub pushes its events to."""

from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.exits import Exit
from pipeline.cli.output import print_json, say
from pipeline.cli.session import load_settings, run_logged
from pipeline.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.app.webhook_setup import EndedWebhooks, WebhookLine


def webhooks(
    name: Annotated[str, typer.Argument(help="Name of the hub, see hubs list.")],
    *,
    rotate: Annotated[bool, typer.Option("--rotate", help="Make new addresses.")] = False,
    end: Annotated[bool, typer.Option("--end", help="End the webhooks of this hub.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Show where a hub pushes its events to, making the addresses at first.

    The hub is told over its API. Keep the addresses to yourself: they are secrets.
    """
    from pipeline.app.webhook_setup import end_webhooks, rotate_webhooks, show_webhooks

    if rotate and end:
        raise ConfigurationError("Give --rotate or --end, not both.")
    settings = load_settings()

    async def main() -> int:
        if end:
            return _say_ended(name, await end_webhooks(settings, name))
        found = await (rotate_webhooks if rotate else show_webhooks)(settings, name)
        if as_json:
            print_json(found)
        else:
            _show(found)
        if not settings.webhook_port:
            say("Nobody listens yet: set DOSSIERPOST_WEBHOOK_PORT and start the service again.")
        return Exit.CHECK_FAILED if any(each.problem for each in found) else Exit.DONE

    run_logged(main, settings, event_loop="asyncio")


def _show(found: "Sequence[WebhookLine]") -> None:
    from pipeline.cli.tables import Column, print_table

    print_table(
        "Webhooks",
        ("hub", "dossier", "signed", "registered", Column("address", is_detail=True)),
        (
            (
                each.hub,
                each.dossier or "all",
                "yes" if each.is_signed else "no",
                "yes" if each.is_registered else "no",
                each.address,
            )
            for each in found
        ),
    )
    for each in found:
        if each.problem:
            say(f"The hub was not told of {each.dossier or 'the address'}: {each.problem}")
    for hint in dict.fromkeys(each.hint for each in found if not each.is_registered):
        say(f"Run this again, or give the address to the hub yourself. {hint}".strip())


def _say_ended(name: str, ended: "EndedWebhooks") -> int:
    say(f"{ended.count} webhooks of hub {name} are answered no more.")
    for problem in ended.problems:
        say(f"End one at the hub by hand: {problem}")
    return Exit.CHECK_FAILED if ended.problems else Exit.DONE
