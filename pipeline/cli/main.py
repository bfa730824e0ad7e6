"""The ``dossierpost`` command; heavy imports live inside the command functions."""

import sys

import typer

from pipeline.cli import (
    check,
    demo,
    documents,
    dossiers,
    hub,
    login,
    redeliver,
    release,
    retry,
    run,
    settings,
    status,
    sync,
    version,
)
from pipeline.cli.exits import Exit, exit_for
from pipeline.cli.output import say
from pipeline.domain.errors import PipelineError

app = typer.Typer(
    name="dossierpost",
    help="Fetches documents from e-invoicing hubs and places them, once and whole, in folders.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

for module in (
    demo, hub, run, sync, status, dossiers, documents, retry, release, redeliver, check, login,
    settings, version,
):  # fmt: skip
    app.command(name=module.__name__.rpartition(".")[2])(module.command)


def main() -> None:
    """Run a command; every planned error becomes a sentence on stderr and an exit code."""
    try:
        app()
    except PipelineError as error:
        say(str(error))
        sys.exit(exit_for(error))
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)
