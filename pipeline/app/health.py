"""Whether a process can work, and whether it does."""

from pipeline.app.installation import Installation


class Readiness:
    """Why the process cannot work now; nothing when it can."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._has_started = False

    def started(self) -> None:
        """Recovery is done."""
        self._has_started = True

    def __call__(self) -> list[str]:
        """The reasons, each a sentence."""
        if not self._has_started:
            return ["Recovering what the last run left."]
        return [
            f"{lane}: {problem}"
            for lane, problem in self._installation.destinations.problems().items()
        ]


class Watchdog:
    """Whether the line moves: something was completed since the last look, or nothing is due."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._last = -1

    def __call__(self) -> bool:
        """Whether the service manager should go on waiting."""
        now = self._installation.snapshot()
        settled = sum(stage.passed + stage.errors for stage in now.stages)
        moves = settled != self._last or now.in_flight == 0
        self._last = settled
        return moves
