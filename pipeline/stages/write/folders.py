"""Folders: pinned when a dossier first needs them, claimed so that no two dossiers share one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import anyio

from pipeline.domain.documents import CheckedDocument
from pipeline.domain.errors import LocationUnusable, PipelineError
from pipeline.domain.paths import DocumentValues, PathTemplate, folder_key
from pipeline.ports.state import FolderClaim, PinnedFolder, StateStore
from pipeline.stages.write.routes import Route

_REMEMBERED = 100_000
"""Places kept in memory; beyond that all are forgotten and asked of the state again."""


@dataclass(frozen=True, slots=True)
class Place:
    """What decides a folder: equal places have the same folder.

    ``owner`` is the dossier that the folder is pinned and claimed for, see `Dossier.owner`.
    """

    owner: str
    template: PathTemplate
    values: DocumentValues | None
    is_shared: bool
    route: Route = field(compare=False)

    @classmethod
    def of(cls, route: Route, item: CheckedDocument) -> "Place":
        """The place of a document; its own values count only where the template uses some."""
        values = None
        if route.template.document_variables:
            values = DocumentValues.of(item.document.ref, item.report.key_data)
        owner, is_shared = route.dossier.owner, route.package.shares_folders
        return cls(owner, route.template, values, is_shared, route)


@dataclass(frozen=True, slots=True)
class Folders:
    """Knows the folder of each place; new ones are committed to the state first."""

    state: StateStore
    known: dict[Place, str] = field(default_factory=dict)

    async def of(self, places: Iterable[Place]) -> Mapping[Place, str | PipelineError]:
        """The folder of each place, or why it has none.

        New places are learnt side by side, so that their commits share one flush.
        """
        wanted = dict.fromkeys(places)
        found: dict[Place, str | PipelineError] = {
            place: self.known[place] for place in wanted if place in self.known
        }
        if len(found) < len(wanted):
            async with anyio.create_task_group() as tasks:
                for place in wanted.keys() - found.keys():
                    tasks.start_soon(self._learn, place, found)
        return found

    async def _learn(self, place: Place, found: dict[Place, str | PipelineError]) -> None:
        try:
            folder = await self._claimed(place, await self._pinned(place))
        except PipelineError as error:
            found[place] = error
            return
        if len(self.known) >= _REMEMBERED:
            self.known.clear()
        found[place] = self.known[place] = folder

    async def _pinned(self, place: Place) -> str:
        route, template = place.route, place.template
        hub, _, dossier = place.owner.partition("/")
        pin = await self.state.pin_folder(
            PinnedFolder(
                hub=hub,
                dossier=dossier,
                location=route.location,
                template=template.text,
                folder=template.pin(route.dossier),
            )
        )
        return template.render(pin.folder, place.values) if place.values else pin.folder

    async def _claimed(self, place: Place, folder: str) -> str:
        key = folder_key(folder)
        claim = FolderClaim(key, folder, place.owner, is_shared=place.is_shared)
        owner = (await self.state.claim_folders([claim]))[key]
        if owner != place.owner:
            raise LocationUnusable(
                f"Folder {folder} already receives the documents of dossier {owner}. Give dossier"
                f" {place.owner} a folder of its own by a variable in {place.route.setting}, or"
                " allow that package to share folders."
            )
        return folder
