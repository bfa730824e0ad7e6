"""The documents of a benchmark: UBL invoices of about 15 kB, in turn over the dossiers."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random

from pipeline.testing.documents.invoice import S21, draw_invoice
from pipeline.testing.documents.parties import belgian_party
from pipeline.testing.documents.ubl import render_ubl

LINES_OF_15_KB = 8
_FIRST = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class BenchDocument:
    """A document as the hub has it."""

    id: str
    dossier_id: str
    received_at: datetime
    body: bytes = field(repr=False)
    sha256: str


@dataclass(frozen=True, slots=True)
class Corpus:
    """So many dossiers with so many documents each; the same seed gives the same bytes."""

    dossiers: int
    per_dossier: int
    lines: int = LINES_OF_15_KB
    seed: int = 1

    def __len__(self) -> int:
        return self.dossiers * self.per_dossier

    def __iter__(self) -> Iterator[BenchDocument]:
        return map(self.document, range(len(self)))

    def document(self, index: int) -> BenchDocument:
        """Document ``index``, the same at every call."""
        body = invoice(Random(f"{self.seed}/{index}"), self.lines)  # noqa: S311 - test data
        return BenchDocument(
            id=f"document-{index:07d}",
            dossier_id=dossier_id(index % self.dossiers),
            received_at=_FIRST + timedelta(seconds=index),
            body=body,
            sha256=hashlib.sha256(body).hexdigest(),
        )

    def digests(self) -> Counter[str]:
        """How often each content is to be found in the folders."""
        return Counter(document.sha256 for document in self)


def dossier_id(number: int) -> str:
    """The id of a dossier at the hub, which is its number in the accounting package too."""
    return f"{number:06d}"


def invoice(rng: Random, lines: int) -> bytes:
    """A valid invoice with about so many lines."""
    drawn = draw_invoice(
        rng,
        supplier=belgian_party(rng),
        customer=belgian_party(rng),
        taxes=(S21,) * lines,
        issued_on=date(2026, 1, 1) + timedelta(days=int(rng.random() * 300)),
    )
    return render_ubl(drawn, pdf=None)
