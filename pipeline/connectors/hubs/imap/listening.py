"""Listens to a folder: the server tells of new messages by itself (IDLE, RFC 2177)."""

from collections.abc import AsyncIterator

import anyio

from pipeline.connectors.hubs.imap.connection import ImapConnection
from pipeline.connectors.hubs.imap.pool import ImapPool
from pipeline.domain.errors import PipelineError
from pipeline.ports.clock import Clock

_RENEWED_AFTER_S = 25 * 60.0
"""Servers end an IDLE after half an hour."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 300.0


class Listener:
    """Says when to look into a folder; polling stays, so that a lost word costs only time."""

    def __init__(self, pool: ImapPool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._closed = anyio.Event()
        self._connection: ImapConnection | None = None

    async def close(self) -> None:
        """End `new_messages`; idempotent."""
        self._closed.set()
        await self._hang_up()

    async def new_messages(self, folder: str) -> AsyncIterator[None]:
        """Yield when something is new and at each connect; ends when closed or not supported."""
        pause_s = _FIRST_PAUSE_S
        while not self._closed.is_set():
            try:
                is_new = await self._listen(folder)
                pause_s = _FIRST_PAUSE_S
            except PipelineError:
                await self._hang_up()
                await self._pause(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
                continue
            if is_new is None:
                return
            if is_new:
                yield

    async def _listen(self, folder: str) -> bool | None:
        """Whether something is new by now; None when this server cannot tell."""
        if self._connection is not None:
            return await self._connection.idle(_RENEWED_AFTER_S)
        connection = await self._pool.open_apart(folder)
        if self._closed.is_set() or b"IDLE" not in connection.capabilities:
            await connection.close()
            return None
        self._connection = connection
        return True

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _pause(self, seconds: float) -> None:
        """Wait before the next attempt, or until closed."""

        async def sleep() -> None:
            await self._clock.sleep(seconds)
            group.cancel_scope.cancel()

        async with anyio.create_task_group() as group:
            group.start_soon(sleep)
            await self._closed.wait()
            group.cancel_scope.cancel()
