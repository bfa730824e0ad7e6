"""Documents that nobody here wrote, where they are at hand; nothing of them is in the project."""

import os
from pathlib import Path

import pytest

from pipeline.domain.documents import DocumentKind, ValidationReport, Verdict
from pipeline.testing.contracts.profile import listed, rule_of
from pipeline.validation.profiles.coda_2 import Coda2
from pipeline.validation.profiles.ubl_2_1 import Ubl21
from pipeline.validation.validator import Validator

SHARED = Path(os.environ.get("DOSSIERPOST_SHARED") or Path(__file__).parents[4] / "shared")
UBL = sorted((SHARED / "samples" / "ubl-be").glob("*.xml"))
CODA = {
    "sample1.cod": None,
    "sample2.cod": ("coda-balance", "25836.320", "23154.685"),
    "sample3.cod": ("coda-count", "6", "16"),
    "sample4.cod": ("coda-count", "9", "16"),
    "sample5.cod": ("coda-count", "14", "15"),
    "sample6.cod": ("coda-count", "14", "15"),
    "sample7.cod": ("coda-count", "20", "22"),
    "sample8.cod": None,
    "sample9.cod": ("coda-count", "7", "22"),
    "sample10.cod": None,
    "sample11.cod": None,
}
"""Their authors made names and amounts anonymous, and cut records out, without new totals."""

pytestmark = pytest.mark.skipif(
    not UBL, reason=f"NOT RUN: the real samples are not at {SHARED}; set DOSSIERPOST_SHARED"
)


async def test_all_invoices_of_the_belgian_test_set_hold_the_schema() -> None:
    validator = Validator([Ubl21()], wants_attachments=lambda _: True)

    outcomes = await validator.validate(
        [listed(path.read_bytes(), DocumentKind.PURCHASE_INVOICE, path.name) for path in UBL]
    )

    assert len(outcomes) == 36
    for path, outcome in zip(UBL, outcomes, strict=True):
        assert isinstance(outcome, ValidationReport), path.name
        assert outcome.verdict is Verdict.UNCHECKED
        assert not outcome.findings
        assert len(outcome.attachments) == 1
        assert outcome.key_data.type_code in ("380", "381")
        assert path.name.startswith(f"UBLBE_BE0000000196_{(outcome.key_data.number or '')[:3]}")


@pytest.mark.parametrize("name", CODA)
async def test_statements_end_as_a_person_reads_them(name: str) -> None:
    body = (SHARED / "samples" / "coda" / name).read_bytes()

    (outcome,) = await Validator([Coda2()]).validate([listed(body, DocumentKind.BANK_STATEMENT)])

    expected = CODA[name]
    assert rule_of(outcome) == (expected and expected[0])
    assert expected is None or all(number in str(outcome) for number in expected[1:])
