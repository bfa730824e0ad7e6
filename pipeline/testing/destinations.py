"""Destinations chosen by the folder a location lies below; for tests and simulations."""

from collections.abc import Mapping, Sequence

from pipeline.domain.customers import Dossier
from pipeline.domain.documents import Location
from pipeline.domain.errors import DestinationUnavailable, DocumentRejected
from pipeline.ports.destination import Destination


class ListedDestinations:
    """`Destinations` over a fixed list; keys are the folders that locations begin with.

    ``doubted`` are the lanes that must be recovered before anybody gets them again.
    """

    def __init__(self, by_root: Mapping[str, Destination]) -> None:
        self._by_root = dict(by_root)
        self._by_lane = {each.name: each for each in by_root.values()}
        self.doubted: set[str] = set()

    def lane_for(self, dossier: Dossier, location: Location) -> str:
        """See `Destinations.lane_for`."""
        template = dossier.package.locations.get(location) if dossier.package else None
        for root, destination in self._by_root.items():
            if template is not None and template.startswith(root):
                return destination.name
        raise DocumentRejected(
            f"Dossier {dossier.tenant} has no location for {location.words}. Give its accounting"
            " package one, then retry the document.",
            rule="location",
        )

    def get(self, lane: str) -> Destination:
        """See `Destinations.get`."""
        if lane in self.doubted:
            raise DestinationUnavailable(f"Destination {lane} is looked at.")
        return self._by_lane[lane]

    def doubt(self, lane: str) -> None:
        """See `Destinations.doubt`."""
        self.doubted.add(lane)

    def all(self) -> Sequence[Destination]:
        """See `Destinations.all`."""
        return [self._by_lane[lane] for lane in sorted(self._by_lane)]
