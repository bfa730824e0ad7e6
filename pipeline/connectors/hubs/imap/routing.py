"""Which dossier a message is for: by the folder it lies in, or by the address it was sent to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipeline.connectors.hubs.imap.messages import Heading, dossiers_of
from pipeline.connectors.hubs.imap.pool import ImapPool
from pipeline.connectors.stores.dossiers import named_dossiers, read_dossiers
from pipeline.domain.customers import AccountingPackage, Dossier


class Routing(Protocol):
    """Knows the dossiers of a mailbox, and where their messages are."""

    @property
    def shared_folder(self) -> str | None:
        """The folder that the messages of all dossiers come into, None when each has its own."""
        ...

    async def dossiers(self) -> Sequence[Dossier]:
        """All dossiers, as listed now."""
        ...

    async def folder_of(self, dossier_id: str) -> str:
        """The folder that messages of a dossier come into."""
        ...

    async def dossiers_in(self, folder: str) -> "Claim":
        """Whose a message in a folder is, by its heading."""
        ...


class Claim(Protocol):
    """Says whose a message is."""

    def __call__(self, heading: Heading) -> tuple[str, ...]:
        """The dossiers it is for."""
        ...


@dataclass(frozen=True, slots=True)
class ByFolder:
    """A folder for each dossier, below ``folder``."""

    hub: str
    pool: ImapPool
    folder: str
    processed: str
    package: AccountingPackage | None
    dossier_file: Path | None

    shared_folder: str | None = None

    async def dossiers(self) -> Sequence[Dossier]:
        """See `Routing.dossiers`."""
        if self.dossier_file is not None:
            return await read_dossiers(self.dossier_file, self.hub, self.package)
        names = [name for name in await self.pool.below(self.folder) if name != self.processed]
        return named_dossiers(names, self.hub, self.package)

    async def folder_of(self, dossier_id: str) -> str:
        """See `Routing.folder_of`."""
        return self.folder + await self.pool.delimiter() + dossier_id

    async def dossiers_in(self, folder: str) -> Claim:
        """See `Routing.dossiers_in`."""
        dossier_id = folder.removeprefix(self.folder + await self.pool.delimiter())
        return lambda _heading: (dossier_id,)


@dataclass(slots=True)
class ByAddress:
    """One folder; the tag or the whole address that a message was sent to says whose it is."""

    hub: str
    folder: str
    package: AccountingPackage | None
    dossier_file: Path
    _known: Mapping[str, str] | None = None

    @property
    def shared_folder(self) -> str | None:
        """See `Routing.shared_folder`."""
        return self.folder

    async def dossiers(self) -> Sequence[Dossier]:
        """See `Routing.dossiers`."""
        dossiers = await read_dossiers(self.dossier_file, self.hub, self.package)
        self._known = {each.id.lower(): each.id for each in dossiers}
        return dossiers

    async def folder_of(self, dossier_id: str) -> str:  # noqa: ARG002
        """See `Routing.folder_of`."""
        return self.folder

    async def dossiers_in(self, folder: str) -> Claim:  # noqa: ARG002
        """See `Routing.dossiers_in`."""
        if self._known is None:
            await self.dossiers()
        known = self._known or {}
        return lambda heading: dossiers_of(heading, known)
