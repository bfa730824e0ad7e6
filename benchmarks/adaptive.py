"""``adaptive``: requests that a hub gets at once while its capacity changes, in virtual time."""

from collections.abc import Sequence

import anyio

from benchmarks.report import Cell, Options, Report, Table
from benchmarks.rounds import median
from pipeline.connectors.limits import CredentialLimiter
from pipeline.domain.errors import TransientError
from pipeline.testing.capacity import SERVICE_S, HubOfCapacity
from pipeline.testing.clock import VirtualClock

MOST = 64
WANTED = 128
PHASES = (64, 8, 32, 4, 64)
"""Capacities, one after the other."""
PHASE_S = 60
SETTLED_S = 30
"""The second part of a phase, which shows where the limit ends."""


def run(_options: Options) -> Report:
    """One hub whose capacity changes, and one client that always wants more than it can do."""
    return anyio.run(_run)


async def _run() -> Report:
    report = Report()
    rows: list[Sequence[Cell]] = []
    clock = VirtualClock()
    limiter = CredentialLimiter(clock, concurrency=MOST)
    hub = HubOfCapacity(clock, MOST, queue=MOST)
    async with clock.running(), anyio.create_task_group() as group:
        for _ in range(WANTED):
            group.start_soon(_ask, limiter, hub)
        for number, capacity in enumerate(PHASES, 1):
            hub.capacity = capacity
            await clock.sleep(PHASE_S - SETTLED_S)
            seen, answered = [], hub.answered
            for _ in range(SETTLED_S):
                await clock.sleep(1)
                seen.append(limiter.concurrency)
            used = (hub.answered - answered) * SERVICE_S / SETTLED_S / capacity
            rows.append((str(number), capacity, min(seen), median(seen), max(seen), used * 100))
            report.figures[f"adaptive_used_percent_phase_{number}"] = used * 100
        group.cancel_scope.cancel()
    columns = ("phase", "capacity", "limit, least", "median", "most", "capacity used %")
    note = f"The last {SETTLED_S} of {PHASE_S} virtual seconds; each request takes {SERVICE_S} s."
    report.tables.append(Table("A hub whose capacity changes", columns, rows, note))
    return report


async def _ask(limiter: CredentialLimiter, hub: HubOfCapacity) -> None:
    while True:
        try:
            async with limiter:
                await hub.answer()
        except TransientError:
            await hub.clock.sleep(SERVICE_S)
