"""``dossierpost release``."""

from typing import Annotated

import typer

from pipeline.cli.again import fetch_again


def command(
    document: Annotated[list[str] | None, typer.Argument(help="Document ids at the hub.")] = None,
    dossier: Annotated[str | None, typer.Option(help="Every one of this dossier.")] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Every one there is.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Deliver held documents after all.

    Held are possible duplicates, documents that changed at the hub after their delivery, and
    invalid ones where the accounting package blocks those.
    Exits with 1 when a document that was named has another status.
    """
    fetch_again(
        lambda manage, selection: manage.release(selection),
        document or (),
        dossier,
        everything=everything,
        as_json=as_json,
    )
