"""Refused events in the log: the first of a kind at once, those that follow once a minute."""

from dataclasses import dataclass

import structlog

from pipeline.ports.clock import Clock

log = structlog.get_logger()

PAUSE_S = 60.0


@dataclass(slots=True)
class _Line:
    written_at: float
    kept_back: int = 0


class Refusals:
    """Bounded: there are as many kinds as hubs times reasons."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lines: dict[tuple[str, str], _Line] = {}

    def note(self, hub: str, reason: str) -> None:
        """Log a refusal, or count it for the next line."""
        now = self._clock.monotonic()
        line = self._lines.setdefault((hub, reason), _Line(now - PAUSE_S))
        line.kept_back += 1
        if now - line.written_at >= PAUSE_S:
            log.warning("webhooks were refused", hub=hub, reason=reason, count=line.kept_back)
            line.written_at, line.kept_back = now, 0
