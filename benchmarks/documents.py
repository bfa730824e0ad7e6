"""The documents of a benchmark: UBL invoices of about 15 kB, in turn over the dossiers."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random

from pipeline.testing.documents.invoice import S21, draw_invoice
from pipeline.testing.documents.parties import belgian_party
from pipeline.testing.documents.ubl import render_ubl

LINES_OF_15_KB = 8
LINES_OF_10_KB = 1
LARGE_BYTES = 5 * 10**6
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
    """So many dossiers with so many documents each; the same seed gives the same bytes.

    ``huge`` documents belong to one more dossier, the last. One in ``large_every`` has a picture of
    5 MB in it, none when that is 0.
    """

    dossiers: int
    per_dossier: int
    lines: int = LINES_OF_15_KB
    seed: int = 1
    huge: int = 0
    large_every: int = 0

    def __len__(self) -> int:
        return self.dossiers * self.per_dossier + self.huge

    def __iter__(self) -> Iterator[BenchDocument]:
        return map(self.document, range(len(self)))

    @property
    def dossier_ids(self) -> Sequence[str]:
        """All dossiers, the huge one too."""
        return [dossier_id(number) for number in range(self.dossiers + bool(self.huge))]

    def document(self, index: int) -> BenchDocument:
        """Document ``index``, the same at every call."""
        rng = Random(f"{self.seed}/{index}")  # noqa: S311 - test data
        is_large = bool(self.large_every) and index % self.large_every == 0
        body = invoice(rng, self.lines, picture_bytes=LARGE_BYTES if is_large else 0)
        is_of_huge = index >= self.dossiers * self.per_dossier
        return BenchDocument(
            id=f"document-{index:07d}",
            dossier_id=dossier_id(self.dossiers if is_of_huge else index % self.dossiers),
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


def invoice(rng: Random, lines: int, *, picture_bytes: int = 0) -> bytes:
    """A valid invoice with about so many lines, and so many bytes of picture as base64 in it."""
    drawn = draw_invoice(
        rng,
        supplier=belgian_party(rng),
        customer=belgian_party(rng),
        taxes=(S21,) * lines,
        issued_on=date(2026, 1, 1) + timedelta(days=int(rng.random() * 300)),
    )
    return render_ubl(drawn, pdf=rng.randbytes(picture_bytes * 3 // 4) or None)
