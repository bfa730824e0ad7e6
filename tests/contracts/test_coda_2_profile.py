"""CODA 2 statements hold the contract of every profile."""

from datetime import UTC, datetime

import pytest

from pipeline.domain.documents import DocumentKind
from pipeline.ports.profile import DocumentValidator
from pipeline.testing.contracts.profile import ProfileContract, Samples
from pipeline.testing.documents.broken import Defect, break_document
from pipeline.testing.documents.office import generate_office
from pipeline.validation.profiles.coda_2 import Coda2
from pipeline.validation.validator import Validator

PROFILE = Coda2()


def draw_samples() -> Samples:
    office = generate_office(3, 4, 500, before=datetime(2026, 3, 1, tzinfo=UTC))
    kind = DocumentKind.BANK_STATEMENT
    bodies = [one.body for one in office.documents() if one.kind is kind and not one.expected_rule]
    wrong_digit, rule = break_document(bodies[0], Defect.WRONG_DIGIT)
    lines = bodies[0].splitlines(keepends=True)
    broken = {
        rule: wrong_digit,
        "coda-length": bodies[0][:-20],
        "coda-truncated": b"".join(lines[:-1]),
        "coda-record": b"".join(lines[1:]),
        "coda-count": b"".join(lines[:3] + lines[4:]),
    }
    return Samples(kind, bodies[:12], broken)


SAMPLES = draw_samples()


class TestCoda2(ProfileContract):
    @pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
    def anyio_backend(self, request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
        return "asyncio", {"use_uvloop": request.param}

    @pytest.fixture
    def validator(self) -> DocumentValidator:
        return Validator([PROFILE])

    @pytest.fixture
    def samples(self) -> Samples:
        return SAMPLES
