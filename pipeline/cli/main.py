"""The ``dossierpost`` command; heavy imports live inside the command functions."""

import sys
import traceback
from typing import Annotated

import typer

from pipeline.cli import (
    check,
    demo,
    documents,
    dossiers,
    hub,
    hubs,
    login,
    redeliver,
    release,
    retry,
    rules,
    run,
    settings,
    status,
    sync,
    validate,
    version,
    worker,
)
from pipeline.cli.exits import Exit, exit_for
from pipeline.cli.output import say
from pipeline.domain.errors import PipelineError

app = typer.Typer(
    name="dossierpost",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def program(
    *,
    show_version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", is_eager=True, callback=version.print_and_exit
        ),
    ] = False,
) -> None:
    """Fetch documents from e-invoicing hubs and place them, once and whole, in folders."""


for module in (
    demo, hub, run, sync, status, dossiers, documents, retry, release, redeliver, check, login,
    validate, settings, version,
):  # fmt: skip
    app.command(name=module.__name__.rpartition(".")[2])(module.command)
app.command(name="worker", hidden=True)(worker.command)
app.add_typer(hubs.app, name="hubs")
app.add_typer(rules.app, name="rules")


def main() -> None:
    """Run a command; every planned error becomes a sentence on stderr and an exit code."""
    try:
        app(prog_name="dossierpost")
    except PipelineError as error:
        say(str(error))
        code = exit_for(error)
        if code is Exit.NOT_SIGNED_IN:
            say("To sign in: dossierpost login")
        sys.exit(code)
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)
    except Exception:  # noqa: BLE001 - a script must not take a bug for "some documents are Error"
        traceback.print_exc()
        say("This is a fault of the program. Please report it with the lines above.")
        sys.exit(Exit.BUG)
