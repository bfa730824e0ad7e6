"""Try a hub out before documents depend on it: nothing is delivered, nothing acknowledged."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.domain.customers import Dossier
from pipeline.domain.documents import DocumentRef
from pipeline.domain.errors import PipelineError
from pipeline.ports.hub import Hub

_DOSSIERS_TRIED = 25


@dataclass(frozen=True, slots=True)
class HubTrial:
    """How far a trial came; ``problem`` is what stood in the way, None when nothing did.

    ``listed`` documents were on the first page of ``dossier``, the first that has any; the first
    of them was fetched.
    """

    hub: str
    text: str
    dossiers: int = 0
    dossier: str | None = None
    listed: int = 0
    document: str | None = None
    kind: str | None = None
    size_bytes: int | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class TryHub:
    """Asks a hub who is there, lists one page and fetches one document."""

    hub: Hub
    max_bytes: int

    async def __call__(self) -> HubTrial:
        """Try it; what goes wrong is told, not raised."""
        health = await self.hub.health()
        trial = HubTrial(self.hub.name, health.text)
        if not (health.is_reachable and health.is_authenticated):
            return replace(trial, problem=health.text)
        try:
            dossiers = [each async for page in self.hub.tenants() for each in page]
        except PipelineError as error:
            return replace(trial, problem=str(error))
        return await self._listed(replace(trial, dossiers=len(dossiers)), dossiers)

    async def _listed(self, trial: HubTrial, dossiers: Sequence[Dossier]) -> HubTrial:
        """List dossiers in turn until one has a document; one that is blocked is passed by."""
        for dossier in dossiers[:_DOSSIERS_TRIED]:
            try:
                page = await self.hub.list(dossier, None, self.hub.capabilities.list_page)
            except PipelineError as error:
                trial = replace(trial, problem=trial.problem or str(error))
                continue
            if page.refs:
                found = replace(trial, dossier=dossier.id, listed=len(page.refs), problem=None)
                return await self._fetched(found, page.refs[0])
        return trial

    async def _fetched(self, trial: HubTrial, ref: DocumentRef) -> HubTrial:
        trial = replace(trial, document=ref.key.document_id, kind=ref.kind.value)
        try:
            fetched = await self.hub.fetch(ref, max_bytes=self.max_bytes)
        except PipelineError as error:
            return replace(trial, problem=str(error))
        return replace(trial, size_bytes=len(fetched.body))
