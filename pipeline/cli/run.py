"""``dossierpost run``."""

from typing import Annotated

import typer

from pipeline.cli.session import environment, load_settings, run_async


def command(
    *,
    take_over: Annotated[
        bool, typer.Option(help="Take staging folders over from another installation.")
    ] = False,
) -> None:
    """Run the service until SIGTERM or Ctrl-C; what is under way is finished within 10 seconds."""
    import sys

    from pipeline.app.daemon import run_service
    from pipeline.connectors.logs import logging_to

    settings = load_settings()
    secret = settings.hub_client_secret.get_secret_value()

    async def main() -> int:
        return await run_service(settings, environment(), take_over=take_over)

    with logging_to(
        sys.stderr, form=settings.log_format, level=settings.log_level, secrets=[secret]
    ):
        run_async(main, event_loop=settings.event_loop)
