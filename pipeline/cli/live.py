"""Live progress of a line in the terminal: a row for each stage, four times a second."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio
from rich.console import Console
from rich.live import Live
from rich.table import Table

from pipeline.engine.metrics import Snapshot, StageCounts
from pipeline.engine.runner import the_cause

_PERIOD_S = 0.25
_LINE_EVERY = 40
"""Without a terminal: one line of text for so many periods (10 s)."""


@asynccontextmanager
async def live_progress(
    snapshot: Callable[[], Snapshot | None], console: Console
) -> AsyncIterator[None]:
    """Show the line while the context lasts; a table on a terminal, else a line every 10 s.

    What is raised inside comes out as it was, not in a group: exit codes depend on its class.
    """
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_table if console.is_terminal else _lines, snapshot, console)
            yield
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise the_cause(group) from None


async def _table(snapshot: Callable[[], Snapshot | None], console: Console) -> None:
    first = before = None
    with Live(console=console, auto_refresh=False, transient=False) as live:
        try:
            while True:
                now = snapshot()
                if now is not None:
                    first, before = first or now, before or now
                    live.update(progress_table(now, before, first), refresh=True)
                    before = now if now.at - before.at >= 1 else before
                await anyio.sleep(_PERIOD_S)
        finally:
            now = snapshot()
            if now is not None and first is not None:
                live.update(progress_table(now, first, first), refresh=True)


async def _lines(snapshot: Callable[[], Snapshot | None], console: Console) -> None:
    while True:
        await anyio.sleep(_PERIOD_S * _LINE_EVERY)
        if (now := snapshot()) is not None:
            errors = sum(stage.errors for stage in now.stages)
            console.print(
                f"{now.completed} forwarded, {errors} errors or retries, "
                f"{now.queued} waiting, {now.in_flight} under way"
            )


def progress_table(now: Snapshot, before: Snapshot, first: Snapshot) -> Table:
    """One row for each stage: what waits, what is worked on, done, a second, and errors."""
    seconds = now.at - first.at
    table = Table(
        title=f"{now.completed} forwarded · {now.tenants} dossiers · {seconds:.1f} s",
        title_justify="left",
        show_edge=False,
        pad_edge=False,
    )
    table.add_column("stage")
    for heading in ("waiting", "at work", "done", "a second", "errors"):
        table.add_column(heading, justify="right")
    table.add_row("list", str(now.queued), str(now.passes_running), "", "", "")
    earlier = {stage.name: stage for stage in before.stages}
    for stage in now.stages:
        table.add_row(
            stage.name,
            str(stage.queued),
            str(stage.busy),
            str(stage.passed),
            _rate(stage, earlier.get(stage.name), now.at - before.at),
            str(stage.errors) if stage.errors else "",
        )
    return table


def _rate(stage: StageCounts, earlier: StageCounts | None, seconds: float) -> str:
    if earlier is None or seconds <= 0:
        return ""
    return f"{(stage.passed - earlier.passed) / seconds:.0f}"
