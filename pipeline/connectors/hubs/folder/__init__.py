"""Folders as hub: what a scanner, a transfer program or a person puts there is delivered."""

from pathlib import Path

from pipeline.connectors.declarations import HubConnector, HubSetting, HubSetup
from pipeline.connectors.hubs.folder.hub import FolderHub
from pipeline.domain.customers import AccountingPackage
from pipeline.domain.documents import Location
from pipeline.domain.errors import ConfigurationError

_MOVE, _DELETE = "move", "delete"


def build(setup: HubSetup) -> FolderHub:
    """A hub from its settings; see `CONNECTOR`."""
    root, after = Path(setup.values["root"]), setup.values["after"]
    if not root.is_absolute():
        raise ConfigurationError(f"Hub {setup.name!r}: root {root} is not an absolute folder.")
    if after not in (_MOVE, _DELETE):
        msg = f"Hub {setup.name!r}: after must be {_MOVE!r} or {_DELETE!r}, not {after!r}."
        raise ConfigurationError(msg)
    return FolderHub(
        setup.name,
        root,
        clock=setup.clock,
        deletes=after == _DELETE,
        package=_package(setup),
    )


def _package(setup: HubSetup) -> AccountingPackage | None:
    """The package of dossiers that name none."""
    locations = {loc: setup.values[loc.value] for loc in Location if setup.values[loc.value]}
    if not locations:
        return None
    return AccountingPackage(id=setup.name, name=setup.name, locations=locations)


CONNECTOR = HubConnector(
    name="folder",
    title="Folders",
    settings=(
        HubSetting("root", "Folder with a sub-folder for each dossier"),
        HubSetting("after", "What happens to a delivered file: move or delete", default=_MOVE),
        *(
            HubSetting(location.value, f"Path template for {location.value}", default="")
            for location in Location
        ),
    ),
    build=build,
)
