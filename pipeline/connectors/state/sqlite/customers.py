"""Statements for the installation, its dossiers and their accounting packages."""

import json
from collections.abc import Sequence

from pipeline.connectors.state.sqlite.session import Record, Session
from pipeline.domain.customers import AccountingPackage, Dossier
from pipeline.domain.documents import Location
from pipeline.domain.duplicates import client_of


def installation_id(session: Session) -> str:
    """The id made when the database was first opened."""
    records = session.ask("SELECT value FROM meta WHERE name = 'installation_id'")
    return str(records[0][0])


def ensure_installation_id(session: Session, new_id: str) -> None:
    """Store an id unless there is one."""
    session.run("INSERT OR IGNORE INTO meta VALUES ('installation_id', ?)", [new_id])


def save_dossiers(session: Session, dossiers: Sequence[Dossier]) -> None:
    """Insert or replace dossiers, their packages first."""
    packages = [(dossier.hub, dossier.package) for dossier in dossiers if dossier.package]
    session.many(
        "INSERT INTO package VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET name = excluded.name, locations = excluded.locations,"
        " extracts_embedded_pdf = excluded.extracts_embedded_pdf,"
        " shares_folders = excluded.shares_folders, file_name = excluded.file_name,"
        " blocks_on_fatal = excluded.blocks_on_fatal,"
        " delivers_duplicates = excluded.delivers_duplicates",
        [_package_record(hub, package) for hub, package in packages],
    )
    session.many(
        "INSERT OR REPLACE INTO dossier VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [_dossier_record(dossier) for dossier in dossiers],
    )
    session.many(
        "INSERT INTO tenant (hub, dossier, client) VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET client = excluded.client WHERE client IS NOT excluded.client",
        [(dossier.hub, dossier.id, client_of(dossier)) for dossier in dossiers],
    )


def retain_dossiers(session: Session, hub: str, ids: Sequence[str]) -> None:
    """Mark every other dossier of the hub as not shared."""
    session.run("DELETE FROM asked")
    session.many("INSERT INTO asked (dossier) VALUES (?)", [(dossier_id,) for dossier_id in ids])
    session.run(
        "UPDATE dossier SET shares_documents = 0"
        " WHERE hub = ? AND id NOT IN (SELECT dossier FROM asked)",
        [hub],
    )


def load_dossiers(session: Session, hub: str) -> list[Dossier]:
    """Dossiers of a hub by id; those of one package share the object."""
    packages = {
        record[0]: _package(record)
        for record in session.ask(
            "SELECT id, name, locations, extracts_embedded_pdf, shares_folders, file_name,"
            " blocks_on_fatal, delivers_duplicates FROM package WHERE hub = ?",
            [hub],
        )
    }
    records = session.each(
        "SELECT id, enterprise_name, enterprise_identifier, accounting_file_id, shares_documents,"
        " package, linked_to FROM dossier WHERE hub = ? ORDER BY id",
        [hub],
    )
    return [
        Dossier(hub, dossier_id, name, number, file_id, shares != 0, packages.get(package), linked)
        for dossier_id, name, number, file_id, shares, package, linked in records
    ]


def _package_record(hub: str, package: AccountingPackage) -> Record:
    return (
        *(hub, package.id, package.name, json.dumps(dict(package.locations))),
        *(package.extracts_embedded_pdf, package.shares_folders, package.file_name),
        *(package.blocks_on_fatal, package.delivers_duplicates),
    )


def _package(record: Record) -> AccountingPackage:
    package_id, name, locations, extracts, shares, file_name, blocks, repeats = record
    return AccountingPackage(
        id=package_id,
        name=name,
        locations={Location(place): path for place, path in json.loads(locations).items()},
        extracts_embedded_pdf=bool(extracts),
        shares_folders=bool(shares),
        file_name=file_name,
        blocks_on_fatal=bool(blocks),
        delivers_duplicates=bool(repeats),
    )


def _dossier_record(dossier: Dossier) -> Record:
    return (
        *(dossier.hub, dossier.id, dossier.enterprise_name, dossier.enterprise_identifier),
        *(dossier.accounting_file_id, dossier.shares_documents),
        *(dossier.package.id if dossier.package else None, dossier.linked_to),
    )
