"""Folders: pinned when a dossier first needs them, claimed so that no two dossiers share one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from pipeline.domain.documents import CheckedDocument
from pipeline.domain.errors import LocationUnusable, PipelineError
from pipeline.domain.paths import DocumentValues, PathTemplate, folder_key
from pipeline.ports.state import FolderClaim, PinnedFolder, StateStore
from pipeline.stages.write.routes import Route

P = ParamSpec("P")
T = TypeVar("T")

_REMEMBERED = 100_000
"""Places kept in memory; beyond that all are forgotten and asked of the state again."""


@dataclass(frozen=True, slots=True)
class Place:
    """What decides a folder: equal places have the same folder.

    ``owner`` is the dossier that the folder is pinned and claimed for, see `Dossier.owner`. A
    template is a tree, slow to hash, and an owner has few of them.
    """

    owner: str
    template: PathTemplate = field(hash=False)
    values: DocumentValues | None
    is_shared: bool
    route: Route = field(compare=False)

    @classmethod
    def of(cls, route: Route, item: CheckedDocument) -> "Place":
        """The place of a document; its own values count only where the template uses some."""
        values = None
        if route.varies:
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

        New places are pinned in one commit and claimed in another.
        """
        found: dict[Place, str | PipelineError] = {}
        new: list[Place] = []
        for place in dict.fromkeys(places):
            folder = self.known.get(place)
            if folder is None:
                new.append(place)
            else:
                found[place] = folder
        return found | await self._learn(new) if new else found

    async def _learn(self, places: Sequence[Place]) -> dict[Place, str | PipelineError]:
        found = await self._pinned(places)
        claimed = await self._claimed(
            {place: folder for place, folder in found.items() if isinstance(folder, str)}
        )
        if len(self.known) >= _REMEMBERED:
            self.known.clear()
        self.known.update(
            (place, folder) for place, folder in claimed.items() if isinstance(folder, str)
        )
        return found | claimed

    async def _pinned(self, places: Sequence[Place]) -> dict[Place, str | PipelineError]:
        """The folder of each place, by the pin in force."""
        pins = {place: attempted(_pin, place) for place in places}
        asked = [pin for pin in pins.values() if isinstance(pin, PinnedFolder)]
        in_force = iter(await self.state.pin_folders(asked))
        return {
            place: attempted(_folder, place, next(in_force))
            if isinstance(pin, PinnedFolder)
            else pin
            for place, pin in pins.items()
        }

    async def _claimed(self, folders: Mapping[Place, str]) -> dict[Place, str | PipelineError]:
        claims = [
            FolderClaim(folder_key(folder), folder, place.owner, is_shared=place.is_shared)
            for place, folder in folders.items()
        ]
        owners = await self.state.claim_folders(claims)
        return {
            place: folder if owner == place.owner else _taken(place, folder, owner)
            for (place, folder), owner in zip(folders.items(), owners, strict=True)
        }


def attempted(call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T | PipelineError:
    """The result, or the error that concerns one document or one folder alone."""
    try:
        return call(*args, **kwargs)
    except PipelineError as error:
        return error


def _pin(place: Place) -> PinnedFolder:
    route, template = place.route, place.template
    hub, _, dossier = place.owner.partition("/")
    return PinnedFolder(hub, dossier, route.location, template.text, template.pin(route.dossier))


def _folder(place: Place, pin: PinnedFolder) -> str:
    return place.template.render(pin.folder, place.values) if place.values else pin.folder


def _taken(place: Place, folder: str, owner: str) -> LocationUnusable:
    return LocationUnusable(
        f"Folder {folder} already receives the documents of dossier {owner}. Give dossier"
        f" {place.owner} a folder of its own by a variable in {place.route.setting}, or"
        " allow that package to share folders."
    )
