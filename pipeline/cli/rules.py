"""``dossierpost rules``: list, verify and fetch."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.exits import Exit
from pipeline.cli.output import print_json, say
from pipeline.cli.session import load_settings, run_async

if TYPE_CHECKING:
    from pipeline.app.rules import RuleStatus

app = typer.Typer(no_args_is_help=True, help="Show the rules that invoices are checked against.")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON array.")]


@app.command("list")
def list_command(*, as_json: AsJson = False) -> None:
    """Show what each rule set is taken from."""
    from pipeline.app.rules import list_rules

    _finish(list_rules(load_settings()), as_json=as_json)


@app.command("verify")
def verify_command(*, as_json: AsJson = False) -> None:
    """Compile every rule file from its source, and compare fetched ones with their digest.

    Exits with 7 when one cannot be used.
    """
    from pipeline.app.rules import verify_rules

    _finish(verify_rules(load_settings()), as_json=as_json)


@app.command("fetch")
def fetch_command(
    ruleset: Annotated[str, typer.Argument(help="peppol or en16931.")] = "peppol",
    url: Annotated[str | None, typer.Option(help="Address of another release.")] = None,
    sha256: Annotated[str | None, typer.Option(help="Its SHA-256, from its publisher.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Fetch the publisher's own rule file and use it from the next start on.

    Run it as the account of the service. Only the very file that is meant is stored: its SHA-256
    is known beforehand. What breaks off goes on at the next call.
    """
    from pipeline.app.rules import fetch_rules, list_rules, published, rule_set

    settings = load_settings()
    wanted = published(rule_set(ruleset), url, sha256)

    async def main() -> int:
        say(f"Fetching {wanted.version} from {wanted.url}.")
        await fetch_rules(settings, wanted)
        _show(list_rules(settings), as_json=as_json)
        return Exit.DONE

    run_async(main, event_loop="asyncio")


def _finish(found: "Sequence[RuleStatus]", *, as_json: bool) -> None:
    _show(found, as_json=as_json)
    raise typer.Exit(Exit.CHECK_FAILED if any(each.problem for each in found) else Exit.DONE)


def _show(found: "Sequence[RuleStatus]", *, as_json: bool) -> None:
    from pipeline.cli.tables import Column, print_table

    if as_json:
        print_json(list(found))
        return
    print_table(
        "Rules",
        (
            "rules",
            "from",
            Column("version", may_shrink=True),
            "engine",
            Column("file, or what is wrong", is_detail=True),
        ),
        (
            (each.ruleset, each.origin, each.version, each.engine, each.problem or each.path)
            for each in found
        ),
    )
