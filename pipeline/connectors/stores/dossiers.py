"""Dossiers of a store: its sub-folders, or what the file ``dossiers.json`` lists."""

from collections.abc import Sequence
from pathlib import Path

import anyio.to_thread
import msgspec

from pipeline.connectors.stores.files import PROCESSED, as_text
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
    delivers_duplicates: bool = False
    file_name: str | None = None

    def to_domain(self) -> AccountingPackage:
        """The same as a value of the domain."""
        return AccountingPackage(
            id=self.id,
            name=self.name,
            locations=self.locations,
            extracts_embedded_pdf=self.extracts_embedded_pdf,
            shares_folders=self.shares_folders,
            blocks_on_fatal=self.blocks_on_fatal,
            delivers_duplicates=self.delivers_duplicates,
            file_name=self.file_name,
        )


class DossierEntry(msgspec.Struct, forbid_unknown_fields=True):
    """A dossier; ``folder`` is the name of its sub-folder, or its tag or address in a mailbox."""

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


def listed_dossiers(
    text: bytes, hub: str, default: AccountingPackage | None, *, where: str
) -> list[Dossier]:
    """Dossiers in a file's text, by folder; ``default`` is the package of those without one.

    Raises:
        TransientError: the file is wrong, or half written.
    """
    try:
        file = msgspec.json.decode(text, type=DossierFile)
    except msgspec.DecodeError as error:
        raise TransientError(f"{where} is not usable: {error}. Correct it.") from error
    packages = {entry.id: entry.to_domain() for entry in file.packages}
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


async def read_dossiers(path: Path, hub: str, default: AccountingPackage | None) -> list[Dossier]:
    """Dossiers in a local file, which must be there; raises as `listed_dossiers` does."""

    def read() -> bytes:
        with path.open("rb") as file:
            return file.read(LARGEST_FILE)

    try:
        text = await anyio.to_thread.run_sync(read)
    except OSError as error:
        msg = f"The list of dossiers {path} cannot be read: {error.strerror}. Check its place."
        raise TransientError(msg) from error
    return listed_dossiers(text, hub, default, where=str(path))


def named_dossiers(
    folders: Sequence[str], hub: str, package: AccountingPackage | None
) -> list[Dossier]:
    """A dossier for each folder that can be one."""
    return [
        Dossier(hub=hub, id=name, enterprise_name=name, package=package)
        for name in sorted(folders)
        if is_folder_name(name) and name != as_text(PROCESSED)
    ]


def is_folder_name(name: str) -> bool:
    """Whether a name can be that of a dossier's folder: one visible component."""
    return bool(name) and not name.startswith(".") and not set(name) & set("/\\\0")
