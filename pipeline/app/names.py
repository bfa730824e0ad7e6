"""Names of hub instances, and what to say of a dossier that none of them has."""

from pipeline.domain.errors import ConfigurationError

NATIVE = "native"
FOLDER = "folder"

HUBS = (NATIVE, FOLDER)
"""Every instance there can be, by the name that is part of every document key."""


def no_such_dossier(dossier_id: str) -> ConfigurationError:
    """The error for a dossier that a person named and no hub has."""
    return ConfigurationError(
        f"No hub lists a dossier {dossier_id} that is linked to an accounting package. "
        "See dossierpost dossiers."
    )
