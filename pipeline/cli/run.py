"""``dossierpost run``."""

from typing import Annotated

import typer

from pipeline.cli.session import environment, load_settings, run_logged


def command(
    *,
    take_over: Annotated[
        bool,
        typer.Option("--take-over", help="Take staging folders over from another installation."),
    ] = False,
) -> None:
    """Run the service until SIGTERM or Ctrl-C.

    What is under way is finished within 10 seconds then.
    """
    from pipeline.app.garbage import hold_collector
    from pipeline.app.heap import keep_large_blocks_apart
    from pipeline.app.imports import leave_out_rich

    hold_collector()
    keep_large_blocks_apart()
    leave_out_rich()
    from pipeline.app.daemon import run_service

    settings = load_settings()

    async def main() -> int:
        return await run_service(settings, environment(), take_over=take_over)

    run_logged(main, settings)
