"""Several workers of one office side by side in this process, as their supervisor runs them."""

import math
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Self

import anyio

from pipeline.app.installation import Installation, WorkerPlace, open_installation
from pipeline.app.service import StopSignal, SyncResult, sync_once
from pipeline.app.workers.roots import Roots, open_roots
from pipeline.domain.errors import TransientError
from pipeline.domain.shards import Shard
from pipeline.ports.faults import FaultPoint, no_faults
from pipeline.settings import Settings


class Until(StopSignal):
    """Asked to stop after so many seconds, for many by default."""

    def __init__(self, seconds: float = math.inf) -> None:
        super().__init__()
        self._seconds = seconds

    def __enter__(self) -> Self:
        return self

    async def __call__(self) -> None:
        await anyio.sleep(self._seconds)


@asynccontextmanager
async def supervised(settings: Settings, workers: int) -> AsyncIterator[Roots]:
    """What a supervisor does before it starts workers."""
    async with open_roots(settings, workers) as roots:
        await roots.prepare(lambda _: None)
        yield roots


@asynccontextmanager
async def worker(
    settings: Settings, roots: Roots, shard: Shard, faultpoint: FaultPoint = no_faults
) -> AsyncIterator[Installation]:
    """One worker, let into the roots that are recovered."""

    async def admit(root: str) -> None:
        roots.want(root)
        await roots.prepare(lambda _: None)
        if root not in roots.recovered:
            raise TransientError(f"{root} is not recovered.")

    place = WorkerPlace(shard, admit)
    async with open_installation(settings, faultpoint=faultpoint, place=place) as opened:
        yield opened


async def sync_together(
    settings: Settings, shards: Sequence[Shard], *, seconds: float = math.inf
) -> list[SyncResult]:
    """One pass of a worker for each shard, all at the same time, stopped after ``seconds``."""
    results: list[SyncResult] = []
    async with AsyncExitStack() as stack:
        roots = await stack.enter_async_context(supervised(settings, len(shards)))
        opened = [
            await stack.enter_async_context(worker(settings, roots, shard)) for shard in shards
        ]

        async def sync(installation: Installation) -> None:
            results.append(await sync_once(installation, stop=Until(seconds)))

        async with anyio.create_task_group() as tasks:
            for installation in opened:
                tasks.start_soon(sync, installation)
    return results


def shards_of(workers: int) -> list[Shard]:
    """All of them."""
    return [Shard(number, workers) for number in range(1, workers + 1)]
