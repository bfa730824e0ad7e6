"""Follow a hub: keep its dossiers, and wake those that have something to fetch."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from zlib import crc32

from pipeline.domain.shards import WHOLE, Shard
from pipeline.engine.scheduler import Pace, Scheduler
from pipeline.engine.wakeup import Alarm
from pipeline.ports.clock import Clock
from pipeline.ports.hub import Hint, Hub
from pipeline.ports.state import StateStore
from pipeline.usecases.keep_directory import Directory
from pipeline.usecases.keep_due import DueBook

_ACCOUNT = "account"
LINKED_WITHIN = timedelta(minutes=1)
"""Until dossiers are linked anew; a hub is asked for them no more often than it may be polled."""


@dataclass(slots=True)
class FollowHub:
    """What is awake of one hub.

    A hub with a change feed answers for all its dossiers at once; the cursor is stored together
    with the dossiers it made due, so a kill in between forgets none. The dossiers of a hub without
    a feed are listed one by one when the scheduler says so. An event only wakes; polling stays.

    Of several processes each schedules the dossiers of its ``shard`` and follows the feed with a
    cursor of its own, stored with those of its dossiers that it made due: whatever the others do,
    and whatever shards there were before, no news before a cursor is forgotten.
    """

    hub: Hub
    state: StateStore
    directory: Directory
    scheduler: Scheduler
    due: DueBook
    clock: Clock
    pace: Pace
    interval: timedelta
    refresh_every: timedelta
    prepare_destinations: Callable[[], Awaitable[None]]
    shard: Shard = WHOLE
    _refreshed_at: float | None = field(default=None, init=False)
    _linked_at: int = field(default=0, init=False)
    _is_poked: bool = field(default=False, init=False)
    _alarm: Alarm = field(init=False)

    def __post_init__(self) -> None:
        self._alarm = Alarm(self.clock)

    async def catch_up(self, *, everything: bool = False) -> None:
        """Ask for the dossiers, then wake those with news; raises what the hub raises.

        ``everything`` wakes every dossier, whatever the feed says.
        """
        self.schedule_known()
        await self.turn()
        if everything or not self.hub.capabilities.has_change_feed:
            self._wake_all()

    async def refresh(self) -> None:
        """Ask the hub for its dossiers, open where they lead to, schedule those that are linked."""
        linked_at = self.directory.office_changes
        change = await self.directory.refresh(self.hub)
        self._linked_at = linked_at
        self._refreshed_at = self.clock.monotonic()
        await self.prepare_destinations()
        for tenant in change.unlinked:
            self.scheduler.remove(tenant)
        self._schedule(change.linked)
        self.scheduler.wake_all(change.linked)  # the feed may have told their news before

    async def poll(self) -> None:
        """Catch up again and again, at once after `poke`; never returns."""
        while True:
            self._is_poked = False
            await self.turn()
            if not self._is_poked:
                await self._alarm.wait(self.clock.monotonic() + self.interval.total_seconds())

    async def turn(self) -> None:
        """One turn of `poll`; the scheduler alone wakes the dossiers of a hub without a feed."""
        if self._is_refresh_due():
            await self.refresh()
        if self.hub.capabilities.has_change_feed:
            await self._read_changes()
        await self._wake_due()

    async def listen(self) -> None:
        """Wake dossiers as events come in; returns when the hub has none."""
        async for hint in self.hub.events():
            self.hear(hint)

    def knows(self, hint: Hint) -> bool:
        """Whether a hint is about a dossier that is scheduled, or about all."""
        return hint.dossier_id is None or self._tenant(hint.dossier_id) in self.scheduler

    def hear(self, hint: Hint) -> None:
        """Wake what a hint is about; a change feed tells which of all dossiers have news."""
        if hint.dossier_id is not None:
            self.scheduler.wake(self._tenant(hint.dossier_id))
        elif self.hub.capabilities.has_change_feed:
            self.poke()
        else:
            self._wake_all()

    def poke(self) -> None:
        """Read the feed now."""
        self._is_poked = True
        self._alarm.ring()

    def schedule_known(self) -> None:
        """Schedule the dossiers that the state remembers, before the hub was asked."""
        self._schedule(each.tenant for each in self.directory.of(self.hub.name) if each.is_linked)

    def _tenant(self, dossier_id: str) -> str:
        return f"{self.hub.name}/{dossier_id}"

    def _wake_all(self) -> None:
        self.scheduler.wake_all([each.tenant for each in self.directory.of(self.hub.name)])

    def _schedule(self, tenants: Iterable[str]) -> None:
        """A feed tells what has news, so that the sweep over all dossiers is spread out."""
        has_feed = self.hub.capabilities.has_change_feed
        sweep_s = self.pace.minimum.total_seconds() if has_feed else 0.0
        mine = filter(self.shard.has, tenants)
        self.scheduler.add_all(((each, sweep_s * _place(each)) for each in mine), pace=self.pace)

    async def _read_changes(self) -> None:
        scope = self.shard.scope(_ACCOUNT)
        cursor = await self.state.load_cursor(self.hub.name, scope)
        more = True
        while more:
            page = await self.hub.changes(cursor)
            if page.dossiers_changed and cursor is not None:  # at first they were just asked for
                await self.refresh()
            due = [each for each in page.dossier_ids if self.shard.has(self._tenant(each))]
            if page.cursor != cursor or due:
                await self.state.save_cursor(self.hub.name, scope, page.cursor, due)
            more = page.more and page.cursor != cursor
            cursor = page.cursor

    async def _wake_due(self) -> None:
        for tenant in self.due.learn(self.hub.name, await self.state.load_due(self.hub.name)):
            self.scheduler.wake(tenant)

    def _is_refresh_due(self) -> bool:
        if self._refreshed_at is None:
            return True
        every = self.refresh_every
        if self._is_link_due():
            every = min(self.hub.capabilities.minimum_poll, LINKED_WITHIN)
        return self.clock.monotonic() - self._refreshed_at >= every.total_seconds()

    def _is_link_due(self) -> bool:
        """Whether the office's own dossiers changed, which those of this hub are linked to."""
        is_linked = self.hub.name in self.directory.links.hubs
        return is_linked and self._linked_at != self.directory.office_changes


def _place(tenant: str) -> float:
    """Where in a sweep a tenant has its turn, from 0 to 1; always the same."""
    return crc32(tenant.encode("utf-8", "surrogatepass")) / 2**32
