"""When two documents of one client are the same, whatever channel they came by.

The same invoice may reach an office by two hubs, by two accounts at one hub, or twice by one hub
under two ids. Booked twice, it is paid twice. So what repeats a document that is placed, or about
to be, waits for a person; nothing is dropped on such a suspicion.
"""

import enum
from typing import NamedTuple

from pipeline.domain.customers import Dossier
from pipeline.domain.delivery import DocumentRow, RowStatus
from pipeline.domain.documents import KeyData
from pipeline.domain.links import enterprise_number

PLACED = frozenset({RowStatus.INTENT, RowStatus.DELIVERED, RowStatus.ACKED})
"""Statuses of documents that are in their folder, or about to be."""


class Sameness(enum.StrEnum):
    """What two documents have in common; the first that holds is given."""

    CONTENT = "content"
    INVOICE = "invoice"
    STATEMENT = "statement"


class InvoiceIdentity(NamedTuple):
    """What an invoice or credit note is known by to the one who sent it and to a tax office."""

    supplier: str
    number: str
    issue_date: str
    type_code: str


def identity_of(key_data: KeyData) -> InvoiceIdentity | None:
    """The identity of an invoice; None when a part of it is not known, as in a bank statement.

    The number is taken as it is written: two numbers that differ in a sign are two invoices.
    """
    supplier = enterprise_number(key_data.supplier_id or "")
    if not (supplier and key_data.number and key_data.issue_date):
        return None
    return InvoiceIdentity(supplier, key_data.number, key_data.issue_date, key_data.type_code or "")


def client_of(dossier: Dossier) -> str:
    """What all dossiers of one client have in common, at whatever hub they are.

    A dossier that is linked, by its numbers or by a person, has the numbers of the office's own.
    """
    if enterprise := enterprise_number(dossier.enterprise_identifier):
        return f"enterprise/{enterprise}"
    if dossier.accounting_file_id:
        return f"dossier/{dossier.accounting_file_id}"
    return f"tenant/{dossier.owner}"


def may_be_placed(row: DocumentRow) -> bool:
    """Whether a document is in its folder, or may yet come there without being fetched again.

    One that is refused but names files may have its tokens in staging: recovery delivers it.
    """
    return row.status in PLACED or bool(row.files)
