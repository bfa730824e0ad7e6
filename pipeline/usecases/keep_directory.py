"""Keep the list of dossiers as the hubs have it, in memory and in the state."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.domain.customers import Dossier
from pipeline.ports.hub import Hub
from pipeline.ports.state import StateStore


@dataclass(frozen=True, slots=True)
class DirectoryChange:
    """Tenants that appeared, and those that are not to be synchronised any more."""

    linked: tuple[str, ...]
    unlinked: tuple[str, ...]


@dataclass(slots=True)
class Directory:
    """The `DossierDirectory` of a running installation."""

    state: StateStore
    _dossiers: dict[str, Dossier] = field(default_factory=dict, init=False)

    def get(self, hub: str, dossier_id: str) -> Dossier | None:
        """The dossier, or None when its hub does not list it (any more)."""
        return self._dossiers.get(f"{hub}/{dossier_id}")

    def __iter__(self) -> Iterator[Dossier]:
        return iter(self._dossiers.values())

    def __len__(self) -> int:
        return len(self._dossiers)

    async def load(self, hubs: Mapping[str, Hub]) -> None:
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
        async for page in hub.tenants():
            await self.state.save_dossiers(
                [each for each in page if self._dossiers.get(each.tenant) != each]
            )
            found |= {each.tenant: each for each in page}
        await self.state.retain_dossiers(hub.name, [each.id for each in found.values()])
        self._replace(hub.name, found)
        after = {tenant for tenant, each in found.items() if each.is_linked}
        return DirectoryChange(tuple(sorted(after - before)), tuple(sorted(before - after)))

    def _replace(self, hub_name: str, found: Mapping[str, Dossier]) -> None:
        gone = [
            tenant
            for tenant, each in self._dossiers.items()
            if each.hub == hub_name and tenant not in found
        ]
        for tenant in gone:
            del self._dossiers[tenant]
        self._dossiers.update(found)
