"""``dossierpost hubs``: the hubs of an installation, and how their dossiers are linked."""

from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.exits import Exit
from pipeline.cli.hub_questions import Given, ask, completed
from pipeline.cli.hub_webhooks import webhooks
from pipeline.cli.output import print_json, say
from pipeline.cli.session import load_settings, run_async, run_logged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.app.hub_links import ChannelLine
    from pipeline.app.hub_setup import HubLine
    from pipeline.usecases.try_hub import HubTrial

app = typer.Typer(
    help="Add, list, try and remove hubs; link their dossiers.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Name = Annotated[str, typer.Argument(help="Name of the hub, see hubs list.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document.")]
Set = Annotated[list[str] | None, typer.Option("--set", help="setting=value; may be repeated.")]
SecretFile = Annotated[
    list[str] | None,
    typer.Option("--secret-file", help="setting=file with the secret; - reads standard input."),
]
Place = Annotated[
    list[str] | None,
    typer.Option("--location", help="location=path template, for dossiers the office has not."),
]
Package = Annotated[str | None, typer.Option(help="Accounting package that imports there.")]
Office = Annotated[
    bool | None,
    typer.Option("--office/--channel", help="Its dossiers are the office's own, with packages."),
]
Silent = Annotated[bool, typer.Option("--no-input", help="Ask nothing; fail instead.")]


@app.command()
def add(
    kind: Annotated[
        str | None, typer.Argument(help="Kind of hub; asked for when left out.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the hub; its kind by default.")] = None,
    values: Set = None,
    secrets: SecretFile = None,
    location: Place = None,
    package: Package = None,
    *,
    office: Office = None,
    no_input: Silent = False,
) -> None:
    """Add a hub, asking for what is not given."""
    from pipeline.app.hub_setup import add_hub, hub_kind, hub_kinds

    settings = load_settings()
    given = Given.of(values, secrets, location, package=package, office=office)
    asks = not no_input and ask.is_possible()
    if kind is None:
        kind = ask.kind(hub_kinds(), asks=asks)
    answers = completed(hub_kind(kind), given, asks=asks)
    name = name or kind
    add_hub(settings, name, kind, answers)
    say(
        f"Hub {name} is added, and used from the next start on. "
        f"Try it: dossierpost hubs test {name}"
    )


@app.command()
def change(
    name: Name,
    values: Set = None,
    secrets: SecretFile = None,
    location: Place = None,
    package: Package = None,
    *,
    office: Office = None,
) -> None:
    """Change what a hub is set up with; the rest stays."""
    from pipeline.app.hub_setup import change_hub

    given = Given.of(values, secrets, location, package=package, office=office)
    change_hub(load_settings(), name, given.answers())
    say(f"Hub {name} is changed; the next start uses it.")


@app.command(name="list")
def list_(*, as_json: AsJson = False) -> None:
    """List the hubs; secrets are named, never shown."""
    from pipeline.app.hub_setup import list_hubs

    found = list_hubs(load_settings())
    if as_json:
        print_json(found)
    else:
        _show_hubs(found)


@app.command(name="test")
def try_(name: Name, *, as_json: AsJson = False) -> None:
    """List one page and download one document.

    Nothing is delivered, and nothing acknowledged.
    """
    from pipeline.app.hub_setup import try_hub

    settings = load_settings()

    async def main() -> int:
        trial = await try_hub(settings, name)
        if as_json:
            print_json(trial)
        else:
            _show_trial(trial)
        return Exit.CHECK_FAILED if trial.problem else Exit.DONE

    run_logged(main, settings, event_loop="asyncio")


app.command()(webhooks)


@app.command()
def remove(
    name: Name, *, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> None:
    """Remove a hub and its secrets.

    What was delivered from it stays known.
    """
    from pipeline.app.hub_setup import remove_hub

    settings = load_settings()
    if not yes:
        typer.confirm(f"Remove hub {name} and its secrets?", abort=True, err=True)
    remove_hub(settings, name)
    say(f"Hub {name} is removed. A running service goes on with it until it is started again.")


@app.command()
def links(*, as_json: AsJson = False) -> None:
    """List how dossiers of added hubs are linked.

    A dossier is linked to the office's own of that VAT number, or else dossier number.
    """
    from pipeline.app.hub_links import list_channels

    settings = load_settings()

    async def main() -> int:
        found = await list_channels(settings)
        if as_json:
            print_json(found)
        else:
            _show_channels(found)
        return Exit.DONE

    run_async(main, event_loop="asyncio")


@app.command()
def link(
    hub: Name,
    dossier: Annotated[str, typer.Argument(help="Id of the dossier at that hub.")],
    own: Annotated[str, typer.Argument(help="The office's own dossier: its id, or hub/id.")],
) -> None:
    """Link a dossier by hand.

    For one whose VAT number or dossier number does not tell which of the office's own it is.
    """
    from pipeline.app.hub_links import link_dossier

    settings = load_settings()

    async def main() -> int:
        tenant = await link_dossier(settings, hub, dossier, own)
        say(f"Documents of {hub}/{dossier} go where those of {tenant} go, from the next start on.")
        return Exit.DONE

    run_async(main, event_loop="asyncio")


@app.command()
def unlink(
    hub: Name, dossier: Annotated[str, typer.Argument(help="Id of the dossier at that hub.")]
) -> None:
    """Forget a link made by hand."""
    from pipeline.app.hub_links import unlink_dossier

    settings = load_settings()

    async def main() -> int:
        await unlink_dossier(settings, hub, dossier)
        say(f"Dossier {hub}/{dossier} is linked by its numbers again, from the next start on.")
        return Exit.DONE

    run_async(main, event_loop="asyncio")


def _show_hubs(found: "Sequence[HubLine]") -> None:
    from pipeline.cli.tables import Column, print_table

    print_table(
        "Hubs",
        (
            "hub",
            "kind",
            "from",
            "dossiers",
            "secrets",
            "package",
            Column("settings", is_detail=True),
        ),
        (
            (
                each.name,
                each.kind,
                "hubs add" if each.is_added else "settings",
                "own" if each.is_office else "linked",
                ", ".join(each.secrets),
                each.package,
                ", ".join(f"{key}={value}" for key, value in each.values.items() if value),
            )
            for each in found
        ),
    )


def _show_trial(trial: "HubTrial") -> None:
    say(trial.text)
    if trial.dossiers:
        say(f"It lists {trial.dossiers} dossiers.")
    if trial.dossier:
        say(f"Dossier {trial.dossier} has {trial.listed} documents on its first page.")
    if trial.size_bytes is not None:
        say(f"Document {trial.document} ({trial.kind}) was fetched: {trial.size_bytes} bytes.")
    elif not trial.problem:
        say("No dossier that was looked at has a document waiting.")
    say(f"Problem: {trial.problem}" if trial.problem else "Nothing was acknowledged or delivered.")


def _show_channels(found: "Sequence[ChannelLine]") -> None:
    from pipeline.cli.tables import Column, print_table

    print_table(
        "Dossiers of added hubs",
        (
            "hub",
            "dossier",
            Column("enterprise", may_shrink=True),
            "VAT",
            "number",
            "own dossier",
            "linked by",
            "package",
        ),
        (
            (
                each.hub,
                each.dossier,
                each.enterprise_name,
                each.enterprise_identifier,
                each.accounting_file_id,
                each.linked_to,
                ("hand" if each.by_hand else "number") if each.linked_to else "",
                each.package or "waits",
            )
            for each in found
        ),
    )
