"""What fills the variables of templates: values of a dossier, and of one document."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date

from pipeline.domain.customers import Dossier
from pipeline.domain.documents import NO_KEY_DATA, DocumentRef, KeyData

DOSSIER_VARIABLES: Mapping[str, str] = {
    "enterprise_name": "the name of the enterprise",
    "enterprise_identifier": "the VAT number",
    "accounting_file_id": "the dossier number in the accounting software",
}
"""Variables that a dossier fills, once, when it is linked; with what they are called to people."""

DOCUMENT_VARIABLES = ("iban", "kind", "month", "number", "supplier", "year")
"""Variables that each document fills when it is placed."""


def dossier_values(dossier: Dossier) -> dict[str, str]:
    """Return the dossier's values by variable; unset ones are empty."""
    return {name: getattr(dossier, name) for name in DOSSIER_VARIABLES}


def document_date(ref: DocumentRef, key_data: KeyData) -> date:
    """Return the issue date, or the day of arrival (UTC) when there is none that can be read."""
    try:
        return date.fromisoformat((key_data.issue_date or "")[:10])
    except ValueError:
        return ref.received_at.astimezone(UTC).date()


@dataclass(frozen=True, slots=True)
class DocumentValues:
    """Values of one document by variable; ``year`` has four digits, ``month`` two."""

    kind: str
    year: str
    month: str
    iban: str = ""
    supplier: str = ""
    number: str = ""

    @classmethod
    def of(cls, ref: DocumentRef, key_data: KeyData = NO_KEY_DATA) -> "DocumentValues":
        """Collect the values; year and month are those of the issue date, else of the arrival."""
        day = document_date(ref, key_data)
        return cls(
            kind=ref.kind.value,
            year=f"{day.year:04}",
            month=f"{day.month:02}",
            iban=key_data.iban or "",
            supplier=key_data.supplier_name or "",
            number=key_data.number or "",
        )

    def by_variable(self) -> dict[str, str]:
        """Return the values by variable name."""
        return {name: getattr(self, name) for name in DOCUMENT_VARIABLES}
