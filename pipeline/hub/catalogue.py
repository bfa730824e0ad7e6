"""Accounting packages and dossiers in the store; each function is one part of a transaction."""

import sqlite3
from collections.abc import Iterable

import msgspec

from pipeline.domain.documents import Location
from pipeline.hub.cursors import Position, decode_after, encode_after
from pipeline.hub.feed import configured, current
from pipeline.hub.wire import Dossier, DossierPage, Package, PackageFields

_DOSSIER = (
    "seq, id, package_id, enterprise_name, enterprise_identifier, accounting_file_id,"
    " shares_documents"
)


class UnknownPackage(LookupError):
    """A dossier names an accounting package that does not exist."""


def with_invoice_location(package: Package) -> Package:
    """The package with ``sales_invoices`` filled in when both kinds of invoices share a place."""
    if not package.same_location_for_invoices:
        return package
    locations = dict(package.locations)
    locations.pop(Location.SALES_INVOICES, None)
    if Location.PURCHASE_INVOICES in locations:
        locations[Location.SALES_INVOICES] = locations[Location.PURCHASE_INVOICES]
    return msgspec.structs.replace(package, locations=locations)


def save_packages(connection: sqlite3.Connection, packages: Iterable[Package]) -> Position:
    """Insert or replace packages."""
    connection.executemany(
        "INSERT INTO packages VALUES (?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET name = excluded.name, fields = excluded.fields",
        ((package.id, package.name, msgspec.json.encode(package)) for package in packages),
    )
    return configured(connection)


def list_packages(connection: sqlite3.Connection) -> list[Package]:
    """All packages, by name."""
    rows = connection.execute("SELECT id, fields FROM packages ORDER BY name, id")
    return [_package(package_id, fields) for package_id, fields in rows]


def save_dossiers(connection: sqlite3.Connection, dossiers: Iterable[Dossier]) -> Position:
    """Insert or replace dossiers; one that shares its documents (again) enters the feed.

    Raises:
        UnknownPackage: a dossier names a package that is not there.
    """
    known = {row[0] for row in connection.execute("SELECT id FROM packages")}
    change = current(connection).change
    for dossier in dossiers:
        if dossier.accounting_package_id not in known | {None}:
            raise UnknownPackage(dossier.accounting_package_id)
        change += 1
        _save_dossier(connection, dossier, change)
    return configured(connection)


def _save_dossier(connection: sqlite3.Connection, dossier: Dossier, change: int) -> None:
    connection.execute(
        "INSERT INTO dossiers (id, package_id, enterprise_name, enterprise_identifier,"
        " accounting_file_id, shares_documents, change) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET package_id = excluded.package_id,"
        " enterprise_name = excluded.enterprise_name,"
        " enterprise_identifier = excluded.enterprise_identifier,"
        " accounting_file_id = excluded.accounting_file_id,"
        " shares_documents = excluded.shares_documents, change = excluded.change",
        (
            dossier.id,
            dossier.accounting_package_id,
            dossier.enterprise_name,
            dossier.enterprise_identifier,
            dossier.accounting_file_id,
            dossier.shares_documents,
            change,
        ),
    )


def find_dossier(connection: sqlite3.Connection, dossier_id: str) -> Dossier | None:
    """One dossier."""
    row = connection.execute(
        f"SELECT {_DOSSIER} FROM dossiers WHERE id = ?",  # noqa: S608  # constant columns
        (dossier_id,),
    ).fetchone()
    return None if row is None else _dossier(row)


def list_dossiers(connection: sqlite3.Connection, after: str | None, limit: int) -> DossierPage:
    """A page of dossiers in the order in which they were added."""
    rows = connection.execute(
        f"SELECT {_DOSSIER} FROM dossiers WHERE seq > ? ORDER BY seq LIMIT ?",  # noqa: S608
        (decode_after(after), limit + 1),
    ).fetchall()
    following = encode_after(rows[limit - 1][0]) if len(rows) > limit else None
    return DossierPage([_dossier(row) for row in rows[:limit]], following)


def _package(package_id: str, fields: bytes) -> Package:
    known = msgspec.json.decode(fields, type=PackageFields)
    return Package(id=package_id, **msgspec.structs.asdict(known))


def _dossier(row: tuple[int, str, str | None, str, str, str, int]) -> Dossier:
    _, dossier_id, package_id, name, identifier, file_id, shares = row
    return Dossier(
        id=dossier_id,
        accounting_package_id=package_id,
        enterprise_name=name,
        enterprise_identifier=identifier,
        accounting_file_id=file_id,
        shares_documents=bool(shares),
    )
