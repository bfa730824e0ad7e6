"""Compose the destinations: one for each root that a location of an accounting package leads to."""

import contextlib
import functools
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field

import anyio

from pipeline.domain.customers import Dossier
from pipeline.domain.documents import Location
from pipeline.domain.errors import (
    AnotherInstance,
    ConfigurationError,
    DestinationUnavailable,
    DocumentRejected,
    LocationUnusable,
    TransientError,
)
from pipeline.domain.paths import PathTemplate, Platform
from pipeline.ports.destination import Destination

Make = Callable[[str], Destination]
LaneOf = Callable[[str], str]
Open = Callable[[Destination], Awaitable[None]]


@dataclass(slots=True)
class FolderDestinations:
    """The `Destinations` port: a destination is made when a dossier first leads to it.

    ``root`` is the folder under which relative locations lie. A destination that cannot be opened
    holds up only the dossiers that lead to it, and is tried again by every `prepare`. ``lane_of``
    gives the lane in which this process delivers below a root, from the name of any destination
    there.
    """

    platform: Platform
    root: str | None
    make: Make
    open: Open
    lane_of: LaneOf
    _destinations: dict[str, Destination] = field(default_factory=dict, init=False)
    _problems: dict[str, ConfigurationError | LocationUnusable | TransientError] = field(
        default_factory=dict, init=False
    )
    _ready: set[str] = field(default_factory=set, init=False)
    _turn: anyio.Lock = field(default_factory=anyio.Lock, init=False)

    def lane_for(self, dossier: Dossier, location: Location) -> str:
        """See `Destinations.lane_for`; raises `LocationUnusable` for a location that is refused."""
        package = dossier.package
        text = package.locations.get(location) if package else None
        if package is None or not text:
            raise DocumentRejected(
                f"Dossier {dossier.enterprise_name} has no location for {location.words} in "
                f"accounting package {package.name if package else '(none)'}. Give the package "
                "that location, then retry the document.",
                rule="location",
            )
        try:
            lane = self.lane_of(_root_of(text, self.platform, self.root))
        except ConfigurationError as error:
            raise LocationUnusable(
                f"{error} (location of {location.words} in accounting package {package.name})"
            ) from error
        if lane not in self._destinations:
            self.note_lane(lane)
        return lane

    def get(self, lane: str) -> Destination:
        """See `Destinations.get`; raises why it cannot be used while it is not open."""
        match self._problems.get(lane):
            case None:
                pass
            case TransientError() as problem:
                raise DestinationUnavailable(str(problem)) from problem
            case problem:
                raise LocationUnusable(str(problem)) from problem
        if lane not in self._ready:
            raise DestinationUnavailable(f"Folder {lane} is still being looked at.")
        return self._destinations[lane]

    def all(self) -> Sequence[Destination]:
        """See `Destinations.all`."""
        return [self._destinations[lane] for lane in sorted(self._destinations)]

    def note(self, dossiers: Iterable[Dossier]) -> None:
        """Make the destinations that dossiers lead to, so that `prepare` opens them."""
        seen: set[str] = set()
        for dossier in dossiers:
            if dossier.package is not None and dossier.package.id not in seen:
                seen.add(dossier.package.id)
                for location in dossier.package.locations:
                    with contextlib.suppress(DocumentRejected, LocationUnusable):
                        self.lane_for(dossier, location)

    def note_lane(self, name: str) -> None:
        """Make the destination of that root, for deliveries that were begun there."""
        lane = self.lane_of(name)
        if lane not in self._destinations:
            self._destinations[lane] = self.make(lane)

    def doubt_shares(self) -> None:
        """Have the next `prepare` look again at what lies on network shares."""
        for lane in [each for each in self._ready if self._destinations[each].is_network]:
            self.doubt(lane)

    async def prepare_for(self, dossiers: Iterable[Dossier]) -> None:
        """Make and open the destinations that dossiers lead to; see `prepare`."""
        self.note(dossiers)
        await self.prepare()

    async def prepare(self) -> None:
        """Open what is not open; raises `AnotherInstance` when a destination is not ours."""
        async with self._turn:
            for lane in sorted(self._destinations.keys() - self._ready):
                await self._prepare(lane)

    async def _prepare(self, lane: str) -> None:
        try:
            await self.open(self._destinations[lane])
        except AnotherInstance:
            raise
        except (ConfigurationError, LocationUnusable, TransientError) as error:
            self._problems[lane] = error
        else:
            self._problems.pop(lane, None)
            self._ready.add(lane)

    def doubt(self, lane: str) -> None:
        """Use a destination no more until `prepare` opened it again and recovered what it holds."""
        self._ready.discard(lane)

    @property
    def ready(self) -> frozenset[str]:
        """The lanes that are open and recovered."""
        return frozenset(self._ready)

    def problems(self) -> dict[str, str]:
        """Why destinations cannot be used now, by lane."""
        return {lane: str(error) for lane, error in self._problems.items()}

    async def close(self) -> None:
        """Close every destination."""
        for destination in self.all():
            await destination.close()


@functools.lru_cache(maxsize=4096)
def _root_of(text: str, platform: Platform, root: str | None) -> str:
    return PathTemplate.parse(text, platform=platform, root=root).root
