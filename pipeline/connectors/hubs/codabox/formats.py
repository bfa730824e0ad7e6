"""Which formats of a document are taken, and what kind of document each is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.domain.documents import DocumentKind
from pipeline.domain.errors import ConfigurationError

DEFAULT = "coda:cod purchase_invoice:xml sales_invoice:xml expense:pdf soda:pdf"
_LAST_RESORT = "xml"
_KINDS: Mapping[tuple[str, str], DocumentKind] = {
    ("coda", "cod"): DocumentKind.BANK_STATEMENT,
    ("coda", "xml"): DocumentKind.BANK_STATEMENT,
    ("purchase_invoice", "xml"): DocumentKind.PURCHASE_INVOICE,
    ("sales_invoice", "xml"): DocumentKind.SALES_INVOICE,
}
CONTENT_TYPES: Mapping[str, str] = {
    "cod": "application/vnd.coda",
    "pdf": "application/pdf",
    "xml": "application/xml",
}


@dataclass(frozen=True, slots=True)
class Formats:
    """The formats an office wants, by CodaBox's name for the kind of document, in its order."""

    wanted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> "Formats":
        """Read ``kind:format+format`` words.

        Raises:
            ConfigurationError: a word has another form.
        """
        wanted = {}
        for word in text.replace(",", " ").split():
            model, _, formats = word.partition(":")
            chosen = tuple(filter(None, formats.split("+")))
            if not model or not chosen:
                msg = f"formats has {word!r}; write it as kind:format, such as coda:cod+pdf."
                raise ConfigurationError(msg)
            wanted[model] = chosen
        return cls(wanted)

    def of(self, model: str, allowed: Mapping[str, list[str] | None]) -> tuple[str, ...]:
        """The formats to take of a document; at least one, so that none is passed over.

        Those wanted that are allowed; else the first allowed. Of a kind that CodaBox does not
        describe, the first wanted.
        """
        wanted = self.wanted.get(model, ())
        offered = allowed.get(model)
        if not offered:
            return wanted[:1] or (_LAST_RESORT,)
        other = _LAST_RESORT if _LAST_RESORT in offered else offered[0]
        return tuple(each for each in wanted if each in offered) or (other,)


def kind_of(model: str, format_: str) -> DocumentKind:
    """The kind that decides the location; what accounting software cannot read is another one."""
    return _KINDS.get((model, format_), DocumentKind.OTHER)
