"""The half of the in-memory state that knows dossiers, folders and log marks, no documents."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from anyio.lowlevel import checkpoint

from pipeline.domain.customers import AccountingPackage, Dossier
from pipeline.domain.documents import DocumentKey, Location
from pipeline.domain.duplicates import client_of
from pipeline.ports.state import FolderClaim, LogMark, PassRecord, PinnedFolder


class MemoryDossiers:
    """What `StateStore` says of dossiers, cursors, folders and marks, kept in dictionaries."""

    def __init__(self, installation_id: str) -> None:
        self._installation_id = installation_id
        self._dossiers: dict[tuple[str, str], Dossier] = {}
        self._packages: dict[tuple[str, str], AccountingPackage] = {}
        self._cursors: dict[tuple[str, str], str] = {}
        self._due: dict[tuple[str, str], int] = {}
        self._last_mark = 0
        self._passes: dict[str, PassRecord] = {}
        self._pins: dict[tuple[str, str, Location], PinnedFolder] = {}
        self._claims: dict[str, dict[str, FolderClaim]] = {}
        self._marks: dict[str, LogMark] = {}

    async def installation_id(self) -> str:
        """The id given at construction, so that simulations repeat."""
        await checkpoint()
        return self._installation_id

    # -- dossiers -----------------------------------------------------------------------------
    async def save_dossiers(self, dossiers: Sequence[Dossier]) -> None:
        """Insert or replace dossiers and their packages."""
        await checkpoint()
        for dossier in dossiers:
            self._dossiers[dossier.hub, dossier.id] = dossier
            if dossier.package is not None:
                self._packages[dossier.hub, dossier.package.id] = dossier.package

    def _client(self, key: DocumentKey) -> str:
        dossier = self._dossiers.get((key.hub, key.dossier))
        return client_of(dossier or Dossier(key.hub, key.dossier, enterprise_name=""))

    async def retain_dossiers(self, hub: str, ids: Sequence[str]) -> None:
        """Mark the other dossiers of the hub as not shared."""
        await checkpoint()
        kept = set(ids)
        for (dossier_hub, dossier_id), dossier in self._dossiers.items():
            if dossier_hub == hub and dossier_id not in kept:
                self._dossiers[hub, dossier_id] = replace(dossier, shares_documents=False)

    async def load_dossiers(self, hub: str) -> Sequence[Dossier]:
        """Dossiers of a hub, by id, each with its package as saved last."""
        await checkpoint()
        found = [dossier for key, dossier in sorted(self._dossiers.items()) if key[0] == hub]
        return [self._with_package(dossier) for dossier in found]

    def _with_package(self, dossier: Dossier) -> Dossier:
        if dossier.package is None:
            return dossier
        return replace(dossier, package=self._packages[dossier.hub, dossier.package.id])

    async def save_cursor(
        self, hub: str, scope: str, cursor: str, due_dossiers: Sequence[str] = ()
    ) -> None:
        """Store a cursor and what it made due, together."""
        await checkpoint()
        self._cursors[hub, scope] = cursor
        self._make_due(hub, due_dossiers)

    async def load_cursor(self, hub: str, scope: str) -> str | None:
        """The cursor last saved."""
        await checkpoint()
        return self._cursors.get((hub, scope))

    async def mark_due(self, hub: str, dossier_ids: Sequence[str]) -> None:
        """Remember that dossiers must be listed."""
        await checkpoint()
        self._make_due(hub, dossier_ids)

    def _make_due(self, hub: str, dossier_ids: Sequence[str]) -> None:
        self._last_mark += bool(dossier_ids)
        self._due.update(dict.fromkeys(((hub, each) for each in dossier_ids), self._last_mark))

    async def load_due(self, hub: str) -> Mapping[str, int]:
        """The dossiers marked as due, in their order, with their markings."""
        await checkpoint()
        return {dossier: mark for (of, dossier), mark in sorted(self._due.items()) if of == hub}

    async def end_passes(
        self, records: Sequence[PassRecord], settled: Mapping[str, Mapping[str, int]]
    ) -> None:
        """Replace what is known of last passes; forget markings that no later one replaced."""
        await checkpoint()
        self._passes.update((record.tenant, record) for record in records)
        for hub, marks in settled.items():
            for dossier_id, mark in marks.items():
                if self._due.get((hub, dossier_id)) == mark:
                    del self._due[hub, dossier_id]

    async def last_passes(self) -> Mapping[str, PassRecord]:
        """The last pass of every dossier that had one."""
        await checkpoint()
        return dict(self._passes)

    # -- folders ------------------------------------------------------------------------------
    async def pin_folders(self, pins: Sequence[PinnedFolder]) -> Sequence[PinnedFolder]:
        """Store pins unless those with their templates are there; return those in force."""
        await checkpoint()
        return [self._pin(pin) for pin in pins]

    def _pin(self, pin: PinnedFolder) -> PinnedFolder:
        place = (pin.hub, pin.dossier, pin.location)
        known = self._pins.get(place)
        if known is None or known.template != pin.template:
            self._pins[place] = pin
        return self._pins[place]

    async def claim_folders(self, claims: Sequence[FolderClaim]) -> Sequence[str]:
        """Give each folder to its first tenant, or to all who agree to share it."""
        await checkpoint()
        return [self._claim(claim) for claim in claims]

    def _claim(self, claim: FolderClaim) -> str:
        held = self._claims.setdefault(claim.folder_key, {})
        owner = next(iter(held), claim.tenant)
        is_agreed = claim.is_shared and all(other.is_shared for other in held.values())
        if owner != claim.tenant and not is_agreed:
            return owner
        held[claim.tenant] = claim
        return claim.tenant

    # -- delivery log -------------------------------------------------------------------------
    async def marked_destinations(self) -> Sequence[str]:
        """Every destination that has a mark."""
        await checkpoint()
        return sorted(self._marks)

    async def load_mark(self, destination: str) -> LogMark | None:
        """The mark last committed for a destination."""
        await checkpoint()
        return self._marks.get(destination)

    async def save_marks(self, marks: Mapping[str, LogMark]) -> None:
        """Store marks."""
        await checkpoint()
        self._marks.update(marks)
