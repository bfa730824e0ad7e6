"""Time, so that tests and the simulation own it."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Source of time; no decision of the pipeline uses wall time."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary moment; never goes back."""
        ...

    def now(self) -> datetime:
        """Wall time, aware, UTC; for people and names only."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds``; zero or less yields once to the other tasks."""
        ...
