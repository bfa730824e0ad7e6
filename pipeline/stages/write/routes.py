"""Routes: from a document to the dossier, accounting package and location it belongs to."""

import functools
from dataclasses import dataclass

from pipeline.domain.customers import AccountingPackage, Dossier
from pipeline.domain.documents import CheckedDocument, Location
from pipeline.domain.errors import ConfigurationError, LocationUnusable, TenantBlocked
from pipeline.domain.paths import PathTemplate, Platform
from pipeline.ports.destination import Destinations
from pipeline.ports.dossiers import DossierDirectory


@dataclass(frozen=True, slots=True)
class Route:
    """Where a document goes, before anything of the document itself is filled in.

    ``existing`` is the part of its folder that a person must have made; ``varies`` says that the
    documents of one dossier go to different folders.
    """

    dossier: Dossier
    package: AccountingPackage
    location: Location
    template: PathTemplate
    lane: str
    existing: str
    varies: bool

    @property
    def setting(self) -> str:
        """The setting a person would change, in words."""
        return f"the location of {self.location.words} in accounting package {self.package.name}"


@dataclass(frozen=True, slots=True)
class Routes:
    """Finds routes; ``root`` is the folder under which relative locations lie."""

    dossiers: DossierDirectory
    destinations: Destinations
    platform: Platform
    root: str | None

    def of(self, item: CheckedDocument) -> Route:
        """The route of a document.

        Raises `DocumentRejected` when the package has no such location, `TenantBlocked` when the
        dossier is not shared any more, `LocationUnusable` when the location is refused.
        """
        key, location = item.key, item.document.ref.kind.location
        dossier = self.dossiers.get(key.hub, key.dossier)
        if dossier is None or dossier.package is None:
            raise TenantBlocked(
                f"Dossier {key.dossier} is not shared by hub {key.hub} any more, or has no"
                " accounting package. Choose one for it at the hub."
            )
        lane = self.destinations.lane_for(dossier, location)
        package = dossier.package
        template, existing, varies = _parsed(package, location, self.platform, self.root)
        return Route(dossier, package, location, template, lane, existing, varies)


def _parsed(
    package: AccountingPackage, location: Location, platform: Platform, root: str | None
) -> tuple[PathTemplate, str, bool]:
    try:
        return _parts_of(package.locations[location], platform, root)
    except ConfigurationError as refused:
        raise LocationUnusable(
            f"{refused} (location of {location.words} in accounting package {package.name})"
        ) from refused


@functools.lru_cache(maxsize=4096)
def _parts_of(text: str, platform: Platform, root: str | None) -> tuple[PathTemplate, str, bool]:
    """What all documents of a location share: template, existing part, and whether it varies."""
    template = PathTemplate.parse(text, platform=platform, root=root)
    return template, _existing(template, root), bool(template.document_variables)


def _existing(template: PathTemplate, root: str | None) -> str:
    """Folders below the configured root are made; elsewhere a missing one is a mistake."""
    is_made = root is not None and template.is_below(root)
    return template.root if is_made else template.literal_prefix
