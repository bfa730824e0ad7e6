"""Names of hub instances, and what to say of a dossier that none of them has."""

from pipeline.connectors.hub_book import HubBookFile
from pipeline.domain.errors import ConfigurationError
from pipeline.settings import Settings

NATIVE = "native"
FOLDER = "folder"


def hub_names(settings: Settings) -> tuple[str, ...]:
    """Every hub that documents can be of, by the name that is part of every document key.

    Also those that are not configured any more.
    """
    return (NATIVE, FOLDER, *HubBookFile.of(settings.state_dir).load().names)


def no_such_dossier(dossier_id: str) -> ConfigurationError:
    """The error for a dossier that a person named and no hub has."""
    return ConfigurationError(
        f"No hub lists a dossier {dossier_id} that is linked to an accounting package. "
        "See dossierpost dossiers."
    )
