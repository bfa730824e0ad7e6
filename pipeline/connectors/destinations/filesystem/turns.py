"""Turns: batches share a destination, recovery has it alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio


class Turns:
    """Any number of users at once, or one that is alone; who wants to be alone goes first."""

    def __init__(self) -> None:
        self._users = 0
        self._alone = anyio.Lock()
        self._left = anyio.Event()

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        """Use it beside others."""
        async with self._alone:
            self._users += 1
        try:
            yield
        finally:
            self._users -= 1
            self._left.set()

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[None]:
        """Use it when everybody else has left, and let nobody in meanwhile."""
        async with self._alone:
            while self._users:
                self._left = anyio.Event()
                await self._left.wait()
            yield
