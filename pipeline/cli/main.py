"""The ``dossierpost`` command.

Only the module of the command that is asked for is imported, and heavy imports live inside the
command functions.
"""

import sys
import traceback
from collections.abc import Collection, Sequence
from importlib import import_module
from typing import Annotated

import typer

from pipeline.cli.exits import Exit, exit_for
from pipeline.cli.output import say
from pipeline.cli.version import print_and_exit
from pipeline.domain.errors import PipelineError

COMMANDS = (
    "demo", "hub", "run", "sync", "status", "dossiers", "documents", "retry", "release",
    "redeliver", "check", "login", "validate", "settings", "version",
)  # fmt: skip
"""In the order of the help; each is a module beside this one with a function ``command``."""
GROUPS = ("hubs", "rules")
"""Modules with a program of their own, ``app``."""
NOT_FOR_PEOPLE = ("worker",)
EVERYTHING = (*COMMANDS, *NOT_FOR_PEOPLE, *GROUPS)


def program(
    *,
    show_version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", is_eager=True, callback=print_and_exit
        ),
    ] = False,
) -> None:
    """Fetch documents from e-invoicing hubs and place them, once and whole, in folders."""


def program_with(names: Collection[str] = EVERYTHING) -> typer.Typer:
    """The program with these commands and groups of commands."""
    app = typer.Typer(
        name="dossierpost",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(program)
    for name in (each for each in EVERYTHING if each in names):
        module = import_module(f"pipeline.cli.{name}")
        if name in GROUPS:
            app.add_typer(module.app, name=name)
        else:
            app.command(name=name, hidden=name in NOT_FOR_PEOPLE)(module.command)
    return app


def program_for(words: Sequence[str]) -> typer.Typer:
    """The program, as far as these words of a command line need it; help needs all of it."""
    named = [word for word in words[:1] if word in EVERYTHING]
    return program_with(named or EVERYTHING)


def main() -> None:
    """Run a command; every planned error becomes a sentence on stderr and an exit code."""
    try:
        program_for(sys.argv[1:])(prog_name="dossierpost")
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
