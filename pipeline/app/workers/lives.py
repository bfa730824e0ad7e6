"""What follows when a worker ends by itself: it starts again after a pause, or is given up."""

import signal
from dataclasses import dataclass, field
from datetime import timedelta

from pipeline.engine.supervisor import RestartPolicy

NOTHING_DONE, NOT_OWNER, BUG = 2, 6, 70
"""Exit codes, see `pipeline.cli.exits`."""
FINAL = frozenset({NOTHING_DONE, NOT_OWNER})
"""What ends for these reasons would end for them again."""
MOST_DEATHS = 5


@dataclass(slots=True)
class Lives:
    """How often one worker died soon after it was started."""

    policy: RestartPolicy = field(default_factory=RestartPolicy)
    _deaths: int = field(default=0, init=False)

    def pause_after(self, code: int, seconds: float) -> timedelta | None:
        """How long to wait before it is started again; None when it is given up.

        One that lived for long before it died begins anew.
        """
        if seconds >= self.policy.longest.total_seconds():
            self._deaths = 0
        self._deaths += 1
        if code in FINAL or self._deaths >= MOST_DEATHS:
            return None
        pause = self.policy.first * int(2 ** (self._deaths - 1))
        return min(pause, self.policy.longest)


def exit_code_of(code: int) -> int:
    """The exit code of the service when a worker is given up that ended with ``code``."""
    return code if code in FINAL else BUG


def how_it_ended(code: int) -> str:
    """In words, for a person."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
