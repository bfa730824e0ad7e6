"""Rule files at their publishers, as far as their digest is known for certain.

A digest is added when it is known from more than one independent source; for a newer release,
``dossierpost rules fetch --url ... --sha256 ...`` does the same without this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.validation.rule_files import RuleSetName


@dataclass(frozen=True, slots=True)
class Published:
    """One release of a rule file: what `rules fetch` may store, and nothing else."""

    ruleset: RuleSetName
    version: str
    url: str
    sha256: str


PUBLISHED: Mapping[RuleSetName, Published] = {
    RuleSetName.PEPPOL: Published(
        ruleset=RuleSetName.PEPPOL,
        version="Peppol BIS Billing 3.0.20",
        url=(
            "https://raw.githubusercontent.com/OpenPEPPOL/peppol-bis-invoice-3/v3.0.20"
            "/rules/sch/PEPPOL-EN16931-UBL.sch"
        ),
        sha256="5ddf3a2f6633147b20b7805df9902d825af1a984f10014fcee186d4170364b1d",
    )
}
