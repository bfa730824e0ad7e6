"""A bounded number of calls at once, for stores where each call waits for a network."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import anyio

T = TypeVar("T")
R = TypeVar("R")


async def in_parallel(
    call: Callable[[T], Awaitable[R]], items: Sequence[T], *, at_once: int
) -> list[R]:
    """The results in order, with at most ``at_once`` calls under way; the first error ends all."""
    results: dict[int, R] = {}
    remaining = iter(enumerate(items))

    async def work() -> None:
        for index, item in remaining:
            results[index] = await call(item)

    try:
        async with anyio.create_task_group() as group:
            for _ in range(min(at_once, len(items))):
                group.start_soon(work)
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from failures
    return [results[index] for index in range(len(items))]
