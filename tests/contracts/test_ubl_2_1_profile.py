"""UBL 2.1 invoices hold the contract of every profile."""

from datetime import UTC, datetime

import pytest

from pipeline.domain.documents import DocumentKind
from pipeline.ports.profile import DocumentValidator
from pipeline.testing.contracts.profile import ProfileContract, Samples
from pipeline.testing.documents.broken import Defect, break_document
from pipeline.testing.documents.office import generate_office
from pipeline.validation.profiles.ubl_2_1 import Ubl21
from pipeline.validation.validator import Validator

DEFECTS = (Defect.TRUNCATED, Defect.ENTITY, Defect.INCOMPLETE)

PROFILE = Ubl21()


def draw_samples() -> Samples:
    office = generate_office(3, 4, 160, before=datetime(2026, 3, 1, tzinfo=UTC))
    kind = DocumentKind.PURCHASE_INVOICE
    bodies = [one.body for one in office.documents() if one.kind is kind and not one.expected_rule]
    broken = [break_document(bodies[0], defect) for defect in DEFECTS]
    return Samples(kind, bodies[:20], {rule: body for body, rule in broken})


SAMPLES = draw_samples()


class TestUbl21(ProfileContract):
    @pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
    def anyio_backend(self, request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
        return "asyncio", {"use_uvloop": request.param}

    @pytest.fixture
    def validator(self) -> DocumentValidator:
        return Validator([PROFILE])

    @pytest.fixture
    def samples(self) -> Samples:
        return SAMPLES
