"""Keep the list of dossiers as the hubs have it, in memory and in the state."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.domain.customers import Dossier
from pipeline.domain.links import NO_LINKS, DossierLinks
from pipeline.ports.hub import Hub
from pipeline.ports.state import StateStore


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
    _dossiers: dict[str, Dossier] = field(default_factory=dict, init=False)

    def get(self, hub: str, dossier_id: str) -> Dossier | None:
        """The dossier, or None when its hub does not list it (any more)."""
        return self._dossiers.get(f"{hub}/{dossier_id}")

    def __iter__(self) -> Iterator[Dossier]:
        return iter(self._dossiers.values())

    def __len__(self) -> int:
        return len(self._dossiers)

    async def load(self, hubs: Iterable[str]) -> None:
        """Start from what the state remembers, so that a hub may be down at start."""
        for hub_name in hubs:
            for dossier in await self.state.load_dossiers(hub_name):
                self._dossiers[dossier.tenant] = dossier

    async def refresh(self, hub: Hub) -> DirectoryChange:
        """Ask a hub for all its dossiers and remember them; raises what `Hub.tenants` raises.

        The dossiers that a hub does not list any more keep their history in the state.
        """
        before = {each.tenant for each in self if each.hub == hub.name and each.is_linked}
        found: dict[str, Dossier] = {}
        link = self.links.among(self)
        async for listed in hub.tenants():
            page = [link(each) for each in listed]
            await self.state.save_dossiers(
                [each for each in page if self._dossiers.get(each.tenant) != each]
            )
            found |= {each.tenant: each for each in page}
        await self.state.retain_dossiers(hub.name, [each.id for each in found.values()])
        self._count_changes(hub.name, found)
        self._replace(hub.name, found)
        after = {tenant for tenant, each in found.items() if each.is_linked}
        return DirectoryChange(tuple(sorted(after - before)), tuple(sorted(before - after)))

    def _count_changes(self, hub_name: str, found: Mapping[str, Dossier]) -> None:
        if hub_name not in self.links.hubs:
            before = {
                tenant: each for tenant, each in self._dossiers.items() if each.hub == hub_name
            }
            self.office_changes += before != found

    def _replace(self, hub_name: str, found: Mapping[str, Dossier]) -> None:
        gone = [
            tenant
            for tenant, each in self._dossiers.items()
            if each.hub == hub_name and tenant not in found
        ]
        for tenant in gone:
            del self._dossiers[tenant]
        self._dossiers.update(found)
