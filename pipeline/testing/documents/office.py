"""An accountant's office: dossiers, and as many documents as wanted, each drawn on its own.

Document number ``n`` of a seed is always the same document, whatever was drawn before, so that a
hundred thousand of them need no memory and any of them can be made again. Bank statements still
follow each other: the balance after statement ``k`` is a function of the seed, and its movements
are drawn to arrive there.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from random import Random

from pipeline.domain.documents import DocumentKind
from pipeline.testing.documents.broken import break_document
from pipeline.testing.documents.coda import Statement, draw_movements, render_coda
from pipeline.testing.documents.goods import PHRASES
from pipeline.testing.documents.invoice import (
    DOMESTIC_MIXES,
    EXPORT,
    INTRA,
    Invoice,
    Tax,
    draw_invoice,
)
from pipeline.testing.documents.parties import (
    Party,
    belgian_party,
    overseas_party,
    union_party,
)
from pipeline.testing.documents.pdf import render_pdf
from pipeline.testing.documents.plan import cycle_of, defect_of, kind_of
from pipeline.testing.documents.ubl import render_ubl

_CREDIT_NOTES = (DocumentKind.PURCHASE_CREDIT_NOTE, DocumentKind.SALES_CREDIT_NOTE)
_PURCHASES = (DocumentKind.PURCHASE_INVOICE, DocumentKind.PURCHASE_CREDIT_NOTE)
_CONTENT_TYPES = {DocumentKind.BANK_STATEMENT: "text/plain", DocumentKind.OTHER: "application/pdf"}
_SUPPLIERS = 400


@dataclass(frozen=True, slots=True)
class GeneratedDossier:
    """A client of the office: its VAT number, and its number in the accounting software."""

    id: str
    name: str
    vat: str
    dossier_number: str


@dataclass(frozen=True, slots=True)
class GeneratedDocument:
    """A document as a hub has it; ``expected_rule`` is None when it is to be delivered."""

    dossier_index: int
    id: str
    kind: DocumentKind
    file_name: str
    content_type: str
    body: bytes = field(repr=False)
    received_at: datetime
    expected_rule: str | None = None


@dataclass(frozen=True, slots=True)
class Office:
    """Dossiers, and documents numbered from 0, oldest first, in turn over the dossiers."""

    seed: int
    dossiers: tuple[GeneratedDossier, ...]
    count: int
    before: datetime
    span: timedelta

    def documents(self) -> Iterator[GeneratedDocument]:
        """All documents, each made when it is asked for."""
        return map(self.document, range(self.count))

    def document(self, index: int) -> GeneratedDocument:
        """Document ``index``, the same at every call."""
        rng = Random(f"{self.seed}/document/{index}")  # noqa: S311 - test data, no secret
        kind = self.kind(index)
        received_at = self.before - self.span * (1 - (index + rng.random()) / self.count)
        body, file_name = self._render(rng, index, kind, received_at)
        defect = defect_of(index, len(self.dossiers))
        rule = None
        if defect is not None:
            body, rule = break_document(body, defect)
        return GeneratedDocument(
            dossier_index=index % len(self.dossiers),
            id=f"{index:07d}-{rng.getrandbits(32):08x}",
            kind=kind,
            file_name=file_name,
            content_type=_CONTENT_TYPES.get(kind, "application/xml"),
            body=body,
            received_at=received_at,
            expected_rule=rule,
        )

    def kind(self, index: int) -> DocumentKind:
        """The kind of document ``index``, without making it."""
        return kind_of(index, len(self.dossiers))

    def _render(
        self, rng: Random, index: int, kind: DocumentKind, received_at: datetime
    ) -> tuple[bytes, str]:
        client = _dossier_party(self.seed, index % len(self.dossiers))
        if kind is DocumentKind.BANK_STATEMENT:
            return self._statement(rng, index, client, received_at)
        if kind is DocumentKind.OTHER:
            return _letter(client, index), f"letter-{index}.pdf"
        invoice = self._invoice(rng, kind, client, received_at)
        pdf = _picture(rng, invoice) if rng.random() < 0.3 else None  # noqa: PLR2004 - 30 %
        return render_ubl(invoice, pdf=pdf), f"{invoice.number.replace('/', '-')}.xml"

    def _invoice(
        self, rng: Random, kind: DocumentKind, client: Party, received_at: datetime
    ) -> Invoice:
        partner, taxes = self._partner(rng, is_purchase=kind in _PURCHASES)
        supplier, customer = (partner, client) if kind in _PURCHASES else (client, partner)
        return draw_invoice(
            rng,
            supplier=supplier,
            customer=customer,
            taxes=taxes,
            issued_on=received_at.date() - timedelta(days=int(rng.random() * 10)),
            is_credit_note=kind in _CREDIT_NOTES,
        )

    def _partner(self, rng: Random, *, is_purchase: bool) -> tuple[Party, tuple[Tax, ...]]:
        """Whom the client trades with, the same few hundred companies again and again."""
        number = int(rng.random() * _SUPPLIERS)
        draw = Random(f"{self.seed}/partner/{number}")  # noqa: S311 - test data, no secret
        if number % 20 == 0:
            return union_party(draw), (INTRA,)
        if number % 20 == 1 and not is_purchase:
            return overseas_party(draw), (EXPORT,)
        return belgian_party(draw), rng.choice(DOMESTIC_MIXES)

    def _statement(
        self, rng: Random, index: int, client: Party, received_at: datetime
    ) -> tuple[bytes, str]:
        dossier = index % len(self.dossiers)
        place = cycle_of(index, len(self.dossiers))
        old, new = (self._balance(dossier, place + step) for step in (0, 1))
        names = [self._partner(rng, is_purchase=True)[0].name for _ in range(3)]
        statement = Statement(
            account=client.iban,
            holder=client.name,
            number=place % 999 + 1,
            old_on=received_at.date() - timedelta(days=8),
            new_on=received_at.date() - timedelta(days=1),
            old_balance=old,
            movements=draw_movements(rng, new - old, names),
        )
        return render_coda(statement), f"{client.iban}-{statement.number:03d}.cod"

    def _balance(self, dossier: int, place: int) -> int:
        draw = Random(f"{self.seed}/balance/{dossier}/{place}")  # noqa: S311 - test data
        return draw.randrange(-500_000, 9_000_000)


def generate_office(
    seed: int, dossiers: int, documents: int, *, before: datetime, days: int = 30
) -> Office:
    """An office of ``dossiers`` clients and what they received in the ``days`` before a moment.

    The same arguments give the same bytes. ``before`` is aware; nothing here reads a clock.
    """
    clients = (_dossier_party(seed, place) for place in range(dossiers))
    return Office(
        seed=seed,
        dossiers=tuple(
            GeneratedDossier(f"dossier-{place:05d}", party.name, party.vat or "", f"{place:06d}")
            for place, party in enumerate(clients, start=1)
        ),
        count=documents,
        before=before,
        span=timedelta(days=days),
    )


@lru_cache(maxsize=4096)
def _dossier_party(seed: int, place: int) -> Party:
    return belgian_party(Random(f"{seed}/dossier/{place}"))  # noqa: S311 - test data, no secret


def _picture(rng: Random, invoice: Invoice) -> bytes:
    """The invoice as a page for people, with a page or more of conditions."""
    phrases = PHRASES[invoice.supplier.language]
    total = f"{invoice.totals.payable // 100}.{invoice.totals.payable % 100:02d} EUR"
    conditions = [phrases.terms + ". " + phrases.note] * int(rng.random() * 150)
    lines = [line.item.name for line in invoice.lines]
    return render_pdf([invoice.supplier.name, invoice.number, *lines, total, *conditions])


def _letter(client: Party, index: int) -> bytes:
    """No two are the same: a client's second one would be held as a possible duplicate."""
    return render_pdf([client.name, *PHRASES[client.language].letter, f"{index:07d}"])
