"""Which kind of document has which number, and which documents are broken: arithmetic only."""

from functools import lru_cache

from pipeline.domain.documents import DocumentKind
from pipeline.testing.documents.broken import Defect

_KINDS = (
    (DocumentKind.PURCHASE_INVOICE,) * 7
    + (DocumentKind.SALES_INVOICE,) * 3
    + (DocumentKind.BANK_STATEMENT,)
    + (DocumentKind.PURCHASE_INVOICE,) * 6
    + (DocumentKind.PURCHASE_CREDIT_NOTE,)
    + (DocumentKind.SALES_INVOICE,) * 2
    + (DocumentKind.OTHER,)
    + (DocumentKind.SALES_CREDIT_NOTE,)
)
_DEFECTS = tuple(Defect)
_BLOCK = 167
"""One document in 167 is broken: 0.6 %."""


def kind_of(index: int, dossiers: int) -> DocumentKind:
    """The kind of document ``index`` of an office with so many dossiers."""
    return _KINDS[_turn(index, dossiers) % len(_KINDS)]


def cycle_of(index: int, dossiers: int) -> int:
    """How often its dossier went through all kinds before this document."""
    return _turn(index, dossiers) // len(_KINDS)


def defect_of(index: int, dossiers: int) -> Defect | None:
    """What is wrong with document ``index``; None for most."""
    block = index // _BLOCK
    return _DEFECTS[block % len(_DEFECTS)] if index == _broken_in(block, dossiers) else None


def _turn(index: int, dossiers: int) -> int:
    """The place among the documents of its dossier, with another start for every dossier."""
    turn, dossier = divmod(index, dossiers)
    return turn + dossier * 7 % len(_KINDS)


@lru_cache(maxsize=1024)
def _broken_in(block: int, dossiers: int) -> int | None:
    """The first document from the middle of a block that its defect fits, None if there is none."""
    wants_statement = _DEFECTS[block % len(_DEFECTS)].is_for_statements
    for index in range(block * _BLOCK + _BLOCK // 2, (block + 1) * _BLOCK):
        kind = kind_of(index, dossiers)
        if kind is DocumentKind.BANK_STATEMENT if wants_statement else kind.is_ubl:
            return index
    return None
