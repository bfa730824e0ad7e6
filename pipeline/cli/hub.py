"""``dossierpost hub``."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.output import print_json, say
from pipeline.cli.session import run_logged


def command(
    data: Annotated[Path, typer.Option(help="Folder of the hub's own store.")],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    public_url: Annotated[
        str | None,
        typer.Option(
            help="What clients call the hub, when a proxy that ends TLS stands before it; "
            "needed to listen on an address that other machines reach.",
        ),
    ] = None,
    seed_dossiers: Annotated[int, typer.Option(min=0, help="Generate so many dossiers.")] = 0,
    seed_documents: Annotated[int, typer.Option(min=0, help="Generate so many documents.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same documents.")] = 1,
    *,
    allow_failures: Annotated[
        bool,
        typer.Option(
            "--allow-failures", help="Let tests switch failures on (POST /v1/test/failures)."
        ),
    ] = False,
) -> None:
    """Run the embedded hub alone.

    Prints one JSON line with its address, a client and the manager's account when it is ready.
    """
    from pipeline.app.hub import HubOptions, open_hub
    from pipeline.app.service import StopSignal

    options = HubOptions(
        data=data.absolute(),
        host=host,
        port=port,
        public_url=public_url,
        dossiers=seed_dossiers,
        documents=seed_documents,
        seed=seed,
        allow_failures=allow_failures,
    )

    async def main() -> int:
        async with open_hub(options) as ready:
            with StopSignal() as stop_requested:
                print_json(ready)
                say(f"Hub at {ready.url}; Ctrl-C ends it.")
                await stop_requested()
        return 0

    run_logged(main)
