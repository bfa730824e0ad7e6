"""What commands share: settings from the environment, and a main function in an event loop."""

import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NoReturn

import anyio
import typer

if TYPE_CHECKING:
    from pipeline.settings import Settings


def environment() -> dict[str, str]:
    """The environment of this process, for those who are handed it."""
    return dict(os.environ)


def wants_colour() -> bool:
    """Whether nobody said otherwise, see no-color.org."""
    return not environment().get("NO_COLOR")


def load_settings() -> "Settings":
    """Read the settings of this process; unknown or invalid ones raise `ConfigurationError`."""
    from pipeline.settings import Settings

    return Settings.load(environment())


def run_async(main: Callable[[], Awaitable[int]], *, event_loop: str = "auto") -> NoReturn:
    """Run ``main`` to its end and exit with the code it returns."""
    raise typer.Exit(anyio.run(main, backend_options={"loop_factory": loop_factory(event_loop)}))


def run_logged(
    main: Callable[[], Awaitable[int]],
    settings: "Settings | None" = None,
    *,
    event_loop: str | None = None,
) -> NoReturn:
    """As `run_async`, for what reaches beyond the state: log lines go to stderr, as settings say.

    The event loop is that of the settings unless one is named.
    """
    from pipeline.app.logs import logged

    chosen = event_loop or (settings.event_loop if settings else "auto")
    with logged(settings, in_colour=wants_colour()):
        run_async(main, event_loop=chosen)


def loop_factory(event_loop: str) -> Callable[[], object] | None:
    """The factory of an event loop by its setting: auto takes the fast one where it imports."""
    if event_loop == "asyncio":
        return None
    try:
        if os.name == "nt":
            import winloop as fast_loop
        else:
            import uvloop as fast_loop
    except ImportError:
        return None
    factory: Callable[[], object] = fast_loop.new_event_loop
    return factory
