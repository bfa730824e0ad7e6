"""The dossiers this installation serves, as last heard from the hubs."""

from typing import Protocol

from pipeline.domain.customers import Dossier


class DossierDirectory(Protocol):
    """In-memory look-up; never blocks."""

    def get(self, hub: str, dossier_id: str) -> Dossier | None:
        """The dossier, or None when the hub does not list it (any more)."""
        ...
