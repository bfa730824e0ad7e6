"""Keep the list of dossiers as the hubs have it, in memory and in the state."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from types import MappingProxyType

from pipeline.domain.customers import Dossier
from pipeline.domain.links import NO_LINKS, DossierLinks
from pipeline.ports.hub import Hub
from pipeline.ports.state import StateStore

SAVED_AT_ONCE = 1000
"""Dossiers in one call of the state, which others wait for."""


@dataclass(frozen=True, slots=True)
class DirectoryChange:
    """Tenants that appeared, and those that are not to be synchronised any more."""

    linked: tuple[str, ...]
    unlinked: tuple[str, ...]


@dataclass(slots=True)
class Directory:
    """The `DossierDirectory` of a running installation.

    ``links`` tell which dossiers are another channel of one of the office's own; ``office_changes``
    counts how often the office's own were found different, after which the others are looked at
    again.
    """

    state: StateStore
    links: DossierLinks = NO_LINKS
    office_changes: int = field(default=0, init=False)
    _dossiers: dict[str, dict[str, Dossier]] = field(default_factory=dict, init=False)

    def get(self, hub: str, dossier_id: str) -> Dossier | None:
        """The dossier, or None when its hub does not list it (any more)."""
        return self._dossiers.get(hub, _NONE).get(dossier_id)

    def of(self, hub: str) -> Collection[Dossier]:
        """The dossiers of one hub."""
        return self._dossiers.get(hub, _NONE).values()

    def __iter__(self) -> Iterator[Dossier]:
        return chain.from_iterable(each.values() for each in self._dossiers.values())

    def __len__(self) -> int:
        return sum(map(len, self._dossiers.values()))

    async def load(self, hubs: Iterable[str]) -> None:
        """Start from what the state remembers, so that a hub may be down at start."""
        for hub in hubs:
            self._dossiers[hub] = {each.id: each for each in await self.state.load_dossiers(hub)}

    async def refresh(self, hub: Hub) -> DirectoryChange:
        """Ask a hub for all its dossiers and remember them; raises what `Hub.tenants` raises.

        The dossiers that a hub does not list any more keep their history in the state.
        """
        before = self._dossiers.get(hub.name, _NONE)
        found = await self._listed(hub, before)
        changed = [each for each in found.values() if before.get(each.id) is not each]
        gone = [each for each in before.values() if each.id not in found]
        for start in range(0, len(changed), SAVED_AT_ONCE):
            await self.state.save_dossiers(changed[start : start + SAVED_AT_ONCE])
        if gone:
            await self.state.retain_dossiers(hub.name, list(found))
        self._dossiers[hub.name] = found
        if (changed or gone) and hub.name not in self.links.hubs:
            self.office_changes += 1
        were = {each.tenant for each in gone if each.is_linked}
        were |= {each.tenant for each in _known(changed, before) if each.is_linked}
        are = {each.tenant for each in changed if each.is_linked}
        return DirectoryChange(tuple(sorted(are - were)), tuple(sorted(were - are)))

    async def _listed(self, hub: Hub, before: Mapping[str, Dossier]) -> dict[str, Dossier]:
        """What a hub lists, by id: the very objects of ``before`` where nothing changed."""
        found: dict[str, Dossier] = {}
        link = self.links.among(self)
        async for page in hub.tenants():
            for each in map(link, page):
                known = before.get(each.id)
                dossier = known if known == each else each
                found[dossier.id] = dossier
        return found


def _known(dossiers: Iterable[Dossier], before: Mapping[str, Dossier]) -> Iterator[Dossier]:
    """Those dossiers as they were before, as far as they were known."""
    return (before[each.id] for each in dossiers if each.id in before)


_NONE: Mapping[str, Dossier] = MappingProxyType({})
