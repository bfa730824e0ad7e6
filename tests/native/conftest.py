import pytest
from hypothesis import settings

from tests.native.build import values_library

settings.register_profile("checked", deadline=None, max_examples=500)


@pytest.fixture(scope="session")
def compiled_values() -> None:
    """The value layer compiled, before a test is timed."""
    values_library()
