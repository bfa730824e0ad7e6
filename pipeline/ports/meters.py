"""Counters, gauges and durations that the engine and the stages report."""

from typing import Protocol


class Meters(Protocol):
    """Receiver of measurements named in ``engine.metrics``; cheap, and never raises.

    Labels are bounded in number by the caller: stage, hub, destination and outcome names only,
    never a dossier or a document.
    """

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add ``amount`` to a counter."""
        ...

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""
        ...

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Record one duration."""
        ...
