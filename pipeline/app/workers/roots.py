"""What the supervisor does for all workers: it recovers roots before they deliver there."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from anyio import to_thread

from pipeline.app.destinations import FolderDestinations
from pipeline.app.hubs import dossier_links
from pipeline.app.installation import only_instance
from pipeline.app.names import hub_names
from pipeline.app.opening import DestinationOpener, note_unfinished
from pipeline.connectors.clock import SystemClock
from pipeline.connectors.state.sqlite import SqliteState
from pipeline.engine.wakeup import Alarm
from pipeline.ports.clock import Clock
from pipeline.settings import Settings
from pipeline.usecases.keep_directory import Directory

PREPARE = timedelta(seconds=5)
"""Between two looks at roots that cannot be used now."""
SHARES = timedelta(minutes=15)
"""Between two looks at network shares for moves that their server lost."""

Admit = Callable[[str], None]


@dataclass(slots=True)
class Roots:
    """The roots of all locations; the supervisor holds each as a process that works alone would.

    So everything in any staging folder there is settled before a worker is let in, whatever
    workers there were before, and no other installation gets in while they work. ``recovered``
    are those that workers may use.
    """

    clock: Clock
    destinations: FolderDestinations
    recovered: set[str]
    _alarm: Alarm = field(init=False)

    def __post_init__(self) -> None:
        self._alarm = Alarm(self.clock)

    @property
    def problems(self) -> Mapping[str, str]:
        """Why roots cannot be used now."""
        return self.destinations.problems()

    def want(self, root: str) -> None:
        """A worker has documents for it."""
        self.destinations.note_lane(root)
        self._alarm.ring()

    async def prepare(self, admit: Admit) -> None:
        """Recover what can be; tell of each root that workers may use from now on.

        Raises:
            AnotherInstance: a staging folder belongs to another installation, or is in use.
        """
        await self.destinations.prepare()
        for root in self.destinations.ready - self.recovered:
            self.recovered.add(root)
            admit(root)

    async def keep(self, admit: Admit) -> None:
        """Do that again and again; never returns."""
        looked_at = self.clock.monotonic()
        while True:
            await self._alarm.wait(self.clock.monotonic() + PREPARE.total_seconds())
            if self.clock.monotonic() - looked_at >= SHARES.total_seconds():
                looked_at = self.clock.monotonic()
                self.destinations.doubt_shares()
            await self.prepare(admit)


@asynccontextmanager
async def open_roots(
    settings: Settings, workers: int, *, take_over: bool = False
) -> AsyncIterator[Roots]:
    """The roots that the state knows of, none of them recovered yet.

    Raises:
        AnotherInstance: another process works on this state.
        ConfigurationError: the state cannot be used.
    """
    clock, recovered = SystemClock(), set[str]()

    def at_work(root: str) -> Collection[int]:
        return range(1, workers + 1) if root in recovered else ()

    async with AsyncExitStack() as stack:
        stack.enter_context(only_instance(settings.state_dir))
        state = await SqliteState.open(settings.state_dir, clock)
        stack.push_async_callback(state.close)
        opener = DestinationOpener(
            settings=settings, clock=clock, state=state, take_over=take_over, at_work=at_work
        )
        destinations = opener.destinations()
        stack.push_async_callback(destinations.close)
        directory = Directory(state, await to_thread.run_sync(dossier_links, settings))
        await directory.load(await to_thread.run_sync(hub_names, settings))
        destinations.note(directory)
        await note_unfinished(state, destinations)
        yield Roots(clock, destinations, recovered)
