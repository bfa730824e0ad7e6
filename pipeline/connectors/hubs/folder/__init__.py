"""Folders as hub: what a scanner, a transfer program or a person puts there is delivered."""

from datetime import timedelta
from pathlib import Path

from pipeline.connectors.declarations import HubConnector, HubSetting, HubSetup
from pipeline.connectors.hubs.folder.tree import FolderTree
from pipeline.connectors.stores import setup as stores
from pipeline.connectors.stores.hub import StoreHub
from pipeline.domain.errors import ConfigurationError
from pipeline.ports.hub import Acknowledgement, Consumption, HubCapabilities, Redelivery

FOLDER_CAPABILITIES = HubCapabilities(
    consumption=Consumption.STORE,
    acknowledgement=Acknowledgement.DESTRUCTIVE,
    redelivery=Redelivery(
        hint="It keeps no documents. Put the files back with a new time (touch)."
    ),
    ack_batch=100,
    list_page=200,
    has_events=True,
    minimum_poll=timedelta(seconds=10),
    concurrency=4,
)
SETTLED = timedelta(minutes=1)
"""A file that nobody wrote to for so long is complete at first sight."""


def build(setup: HubSetup) -> StoreHub:
    """A hub from its settings; see `CONNECTOR`."""
    root, profile = Path(setup.values["root"]), stores.profile_of(setup)
    if not root.is_absolute():
        raise ConfigurationError(f"Hub {setup.name!r}: root {root} is not an absolute folder.")
    tree = FolderTree(
        root,
        profile=profile,
        deletes=stores.deletes(setup, by_default=profile.deletes),
        threads=FOLDER_CAPABILITIES.concurrency,
    )
    return StoreHub(
        setup.name,
        tree,
        clock=setup.clock,
        capabilities=FOLDER_CAPABILITIES,
        profile=profile,
        settled=SETTLED,
        package=stores.package_of(setup),
        dossier_file=stores.dossier_file_of(setup),
    )


CONNECTOR = HubConnector(
    name="folder",
    title="Folders",
    settings=(
        HubSetting("root", "Folder with a sub-folder for each dossier"),
        stores.PROFILE,
        stores.AFTER,
        stores.DOSSIERS,
        *stores.LOCATIONS,
    ),
    build=build,
)
