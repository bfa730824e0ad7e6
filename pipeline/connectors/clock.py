"""The clock of the machine."""

import time
from datetime import UTC, datetime

import anyio


class SystemClock:
    """See `pipeline.ports.clock.Clock`; the one place that asks the machine for the time."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary moment; never goes back."""
        return time.monotonic()

    def now(self) -> datetime:
        """Wall time, aware, UTC."""
        return datetime.now(UTC)  # noqa: TID251 - this is the Clock port

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds``; zero or less yields once to the other tasks."""
        await anyio.sleep(max(seconds, 0))
