import os

import pytest
from hypothesis import settings

from tests.native.build import SANITIZE, checked_extension, values_library

if os.environ.get(SANITIZE):
    checked_extension()  # before anything imports the one that is installed

settings.register_profile("checked", deadline=None, max_examples=500)


@pytest.fixture(scope="session")
def compiled_values() -> None:
    """The value layer compiled, before a test is timed."""
    values_library()
