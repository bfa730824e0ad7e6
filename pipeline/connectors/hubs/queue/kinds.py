"""What kind of document a hub's word for it means; all hubs use the same few words."""

import re

from pipeline.domain.documents import DocumentKind

_KINDS = (
    (("response",), DocumentKind.OTHER),
    (("selfbilling", "creditnote"), DocumentKind.SALES_CREDIT_NOTE),
    (("selfbilling",), DocumentKind.SALES_INVOICE),
    (("creditnote",), DocumentKind.PURCHASE_CREDIT_NOTE),
    (("invoice",), DocumentKind.PURCHASE_INVOICE),
)
"""The first whose words all occur. Who receives a self-billed invoice is its seller."""
_NO_LETTER = re.compile(r"[^a-z]")


def kind_of(word: str) -> DocumentKind:
    """The kind of ``creditNote``, ``CREDIT_NOTE``, or of a Peppol document type in full.

    Without a word, or with a number for one, it is an invoice: that is what these hubs carry.
    """
    letters = _NO_LETTER.sub("", word.lower())
    if not letters:
        return DocumentKind.PURCHASE_INVOICE
    for parts, kind in _KINDS:
        if all(part in letters for part in parts):
            return kind
    return DocumentKind.OTHER
