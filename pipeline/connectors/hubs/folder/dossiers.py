"""Dossiers of a directory tree: its sub-folders, or the file ``dossiers.json`` in its root."""

from pathlib import Path

import msgspec

from pipeline.domain.customers import AccountingPackage, Dossier
from pipeline.domain.documents import Location
from pipeline.domain.errors import TransientError

FILE_NAME = "dossiers.json"
LARGEST_FILE = 16 * 2**20


class PackageEntry(msgspec.Struct, forbid_unknown_fields=True):
    """An accounting package and its path templates."""

    id: str
    name: str
    locations: dict[Location, str]
    extracts_embedded_pdf: bool = False
    shares_folders: bool = False
    blocks_on_fatal: bool = False
    file_name: str | None = None


class DossierEntry(msgspec.Struct, forbid_unknown_fields=True):
    """A dossier; ``folder`` is the name of its sub-folder."""

    folder: str
    enterprise_name: str
    enterprise_identifier: str = ""
    accounting_file_id: str = ""
    shares_documents: bool = True
    package: str | None = None


class DossierFile(msgspec.Struct, forbid_unknown_fields=True):
    """Content of ``dossiers.json``."""

    dossiers: list[DossierEntry]
    packages: list[PackageEntry] = []


def read_dossiers(root: Path, hub: str, default: AccountingPackage | None) -> list[Dossier]:
    """Dossiers under ``root``, by folder name; ``default`` is the package of those without one.

    Raises:
        TransientError: the folder or its file cannot be read now.
    """
    try:
        text = _read(root / FILE_NAME)
        if text is not None:
            return _listed(msgspec.json.decode(text, type=DossierFile), hub, default)
        names = sorted(entry.name for entry in root.iterdir() if entry.is_dir())
    except msgspec.DecodeError as error:
        raise TransientError(f"{root / FILE_NAME} is not usable: {error}. Correct it.") from error
    except OSError as error:
        msg = f"Folder {root} cannot be read: {error.strerror}. Check that it is there."
        raise TransientError(msg) from error
    return [
        Dossier(hub=hub, id=name, enterprise_name=name, package=default)
        for name in names
        if is_folder_name(name)
    ]


def is_folder_name(name: str) -> bool:
    """Whether a name can be that of a dossier's folder: one visible component."""
    return bool(name) and not name.startswith(".") and not set(name) & set("/\\\0")


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_FILE)
    except FileNotFoundError:
        return None


def _listed(file: DossierFile, hub: str, default: AccountingPackage | None) -> list[Dossier]:
    packages = {entry.id: _package(entry) for entry in file.packages}
    return [
        Dossier(
            hub=hub,
            id=entry.folder,
            enterprise_name=entry.enterprise_name,
            enterprise_identifier=entry.enterprise_identifier,
            accounting_file_id=entry.accounting_file_id,
            shares_documents=entry.shares_documents,
            package=packages.get(entry.package) if entry.package else default,
        )
        for entry in sorted(file.dossiers, key=lambda entry: entry.folder)
        if is_folder_name(entry.folder)
    ]


def _package(entry: PackageEntry) -> AccountingPackage:
    return AccountingPackage(
        id=entry.id,
        name=entry.name,
        locations=entry.locations,
        extracts_embedded_pdf=entry.extracts_embedded_pdf,
        shares_folders=entry.shares_folders,
        blocks_on_fatal=entry.blocks_on_fatal,
        file_name=entry.file_name,
    )
