"""``dossierpost login``."""

from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.output import say
from pipeline.cli.session import load_settings, run_logged

if TYPE_CHECKING:
    from pipeline.ports.credentials import DeviceRequest


def command(
    *,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Show a code to type on another device.")
    ] = False,
) -> None:
    """Sign in at the hub, once, with a manager's account."""
    from pipeline.app.sign_in import open_sign_in

    settings = load_settings()

    async def main() -> int:
        async with open_sign_in(settings) as (sign_in, receiver):
            if no_browser:
                await sign_in.on_device(_show_code)
            else:
                await sign_in.in_browser(receiver, _open_browser)
        say("Signed in. Next: dossierpost check")
        return 0

    run_logged(main, settings, event_loop="asyncio")


async def _open_browser(url: str) -> None:
    import webbrowser

    from anyio import to_thread

    say("Sign in with a manager's account. If no browser opens, visit:")
    say(url)
    await to_thread.run_sync(webbrowser.open, url)


async def _show_code(request: "DeviceRequest") -> None:
    say(f"On any device, open {request.verification_uri} and type {request.user_code}")
