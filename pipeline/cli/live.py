"""Live progress of a line: redrawn in place on a terminal, else a line of text now and then."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import anyio
from anyio import to_thread
from rich.console import Console
from rich.live import Live

from pipeline.cli.progress import Progress
from pipeline.engine.metrics import Snapshot
from pipeline.engine.runner import the_cause

TakeSnapshot = Callable[[], Snapshot | None]

_DRAW_S = 0.25
_LINE_S = 10.0


@asynccontextmanager
async def live_progress(
    snapshot: TakeSnapshot, console: Console, *, total: int | None = None
) -> AsyncIterator[None]:
    """Show the line while the context lasts; its last state stays on a terminal.

    ``total`` is the number of documents there will be, if known. What is raised inside comes out
    as it was, not in a group: exit codes depend on its class.
    """
    show = _drawn if console.is_terminal else _told
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(show, snapshot, console, Progress(total))
            yield
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise the_cause(group) from None


async def _drawn(snapshot: TakeSnapshot, console: Console, progress: Progress) -> None:
    """Draw four times a second, in a thread, because a terminal may be halted (Ctrl-S).

    Standard output is not touched; log lines appear above.
    """
    with Live(console=console, auto_refresh=False, redirect_stdout=False) as live:
        try:
            while True:
                _look(snapshot, progress)
                draw = partial(live.update, progress.view(), refresh=True)
                await to_thread.run_sync(draw, abandon_on_cancel=True)
                await anyio.sleep(_DRAW_S)
        finally:
            _look(snapshot, progress)
            progress.finish()
            live.transient = not progress.has_begun
            live.update(progress.view(), refresh=True)


async def _told(snapshot: TakeSnapshot, console: Console, progress: Progress) -> None:
    """A line of text every ten seconds, for logs and pipes."""
    _look(snapshot, progress)
    while True:
        await anyio.sleep(_LINE_S)
        _look(snapshot, progress)
        if progress.has_begun:
            console.print(progress.sentence(), soft_wrap=True)


def _look(snapshot: TakeSnapshot, progress: Progress) -> None:
    if (now := snapshot()) is not None:
        progress.note(now)
