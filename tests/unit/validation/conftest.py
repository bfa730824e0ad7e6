import pytest

from pipeline.validation.profiles.coda_2 import Coda2
from pipeline.validation.profiles.ubl_2_1 import Ubl21
from pipeline.validation.validator import Validator

PROFILES = (Ubl21(), Coda2())


@pytest.fixture
def validator() -> Validator:
    return Validator(PROFILES)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
