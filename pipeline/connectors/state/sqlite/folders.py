"""Statements for pinned folders and the claims on concrete ones."""

from collections.abc import Sequence

from pipeline.connectors.state.sqlite.session import Session
from pipeline.ports.state import FolderClaim, PinnedFolder


def pin_folder(session: Session, pin: PinnedFolder) -> PinnedFolder:
    """Store a pin unless one with its template is there; return the one in force."""
    session.run(
        "INSERT INTO pin VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
        " SET template = excluded.template, folder = excluded.folder"
        " WHERE template <> excluded.template",
        [pin.hub, pin.dossier, pin.location, pin.template, pin.folder],
    )
    in_force = session.ask(
        "SELECT folder FROM pin WHERE hub = ? AND dossier = ? AND location = ?",
        [pin.hub, pin.dossier, pin.location],
    )
    return PinnedFolder(pin.hub, pin.dossier, pin.location, pin.template, in_force[0][0])


def claim_folders(session: Session, claims: Sequence[FolderClaim]) -> list[str]:
    """Owners of the folders, in order, as the claims are heard one after the other."""
    return [_claim(session, claim) for claim in claims]


def _claim(session: Session, claim: FolderClaim) -> str:
    held = session.ask(
        "SELECT tenant, is_shared FROM claim WHERE folder_key = ? ORDER BY id", [claim.folder_key]
    )
    owner = held[0][0] if held else claim.tenant
    is_agreed = claim.is_shared and all(is_shared for _, is_shared in held)
    if owner != claim.tenant and not is_agreed:
        return str(owner)
    session.run(
        "INSERT INTO claim (folder_key, tenant, folder, is_shared) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET folder = excluded.folder, is_shared = excluded.is_shared",
        [claim.folder_key, claim.tenant, claim.folder, claim.is_shared],
    )
    return claim.tenant
