"""Hear what hubs push: wake the dossiers it is about, however often they are named."""

from collections.abc import Mapping
from datetime import timedelta

from pipeline.engine.calm import Calm
from pipeline.ports.clock import Clock
from pipeline.ports.hub import Hint
from pipeline.usecases.follow_hub import FollowHub

GAP = timedelta(seconds=10)
"""Between two listings of a dossier that events ask for; the first event is followed at once."""


class HearEvents:
    """A flood of events costs as much as one event in `GAP`; none of them delivers anything."""

    def __init__(
        self, followers: Mapping[str, FollowHub], clock: Clock, *, gap: timedelta = GAP
    ) -> None:
        self._followers = followers
        self._calm = Calm[tuple[str, Hint]](clock, gap, self._wake)

    def __len__(self) -> int:
        return len(self._calm)

    def hear(self, hub: str, hint: Hint) -> None:
        """Take a hint; one about a dossier that is not known here is nothing to remember."""
        if hub in self._followers and self._followers[hub].knows(hint):
            self._calm.ask((hub, hint))

    async def work(self) -> None:
        """Follow what came while dossiers rested; never returns."""
        await self._calm.work()

    def _wake(self, key: tuple[str, Hint]) -> None:
        hub, hint = key
        self._followers[hub].hear(hint)
