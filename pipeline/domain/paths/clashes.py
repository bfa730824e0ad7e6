"""Two dossiers, one folder: the mistake that books one client's invoices for another."""

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.domain.documents import Location


@dataclass(frozen=True, slots=True)
class LocationClash:
    """Two dossiers whose documents would go to one folder, in the order they were given."""

    folder_key: str
    first_tenant: str
    first_location: Location
    second_tenant: str
    second_location: Location

    def __str__(self) -> str:
        return (
            f"{_words(self.first_location)} of dossier {self.first_tenant} and"
            f" {_words(self.second_location)} of dossier {self.second_tenant} would share the"
            f" folder {self.folder_key}. Give one of them another folder, or allow sharing in the"
            " accounting package."
        )


def location_clash(claims: Iterable[tuple[str, Location, str]]) -> list[LocationClash]:
    """Find folders claimed by more than one dossier.

    ``claims`` are (tenant, location, `folder_key` of the pinned folder). The first claim of a
    folder stands; each other dossier that claims it gives one clash. Two locations of one dossier
    may share a folder: that is written in one place, by somebody who sees both.
    """
    owners: dict[str, tuple[str, Location]] = {}
    clashes: dict[tuple[str, str], LocationClash] = {}
    for tenant, location, key in claims:
        first_tenant, first_location = owners.setdefault(key, (tenant, location))
        if first_tenant != tenant:
            clash = LocationClash(key, first_tenant, first_location, tenant, location)
            clashes.setdefault((key, tenant), clash)
    return list(clashes.values())


def _words(location: Location) -> str:
    return location.value.replace("_", " ")
