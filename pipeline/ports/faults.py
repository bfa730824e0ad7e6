"""Named moments at which a crash test may kill the process; does nothing otherwise."""

from typing import Protocol


class FaultPoint(Protocol):
    """Called with the name of the step that has just become true.

    Names, in the order of the delivery protocol: reserved, staged, staging_flushed, logged,
    intended, renamed, flushed, delivered, ack_sent, acked.
    """

    def __call__(self, name: str, /) -> None:
        """Return at once, or never."""
        ...


def no_faults(_name: str) -> None:
    """The fault point of every run that is not a crash test."""
