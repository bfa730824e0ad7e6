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

    ``existing`` is the part of its folder that a person must have made.
    """

    dossier: Dossier
    package: AccountingPackage
    location: Location
    template: PathTemplate
    lane: str
    existing: str

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
        template = _template(package, location, self.platform, self.root)
        return Route(dossier, package, location, template, lane, _existing(template, self.root))


def _template(
    package: AccountingPackage, location: Location, platform: Platform, root: str | None
) -> PathTemplate:
    try:
        return _parsed(package.locations[location], platform, root)
    except ConfigurationError as refused:
        raise LocationUnusable(
            f"{refused} (location of {location.words} in accounting package {package.name})"
        ) from refused


@functools.lru_cache(maxsize=4096)
def _existing(template: PathTemplate, root: str | None) -> str:
    """Folders below the configured root are made; elsewhere a missing one is a mistake."""
    is_made = root is not None and template.is_below(root)
    return template.root if is_made else template.literal_prefix


@functools.lru_cache(maxsize=4096)
def _parsed(text: str, platform: Platform, root: str | None) -> PathTemplate:
    return PathTemplate.parse(text, platform=platform, root=root)
