from datetime import UTC, datetime

import pytest

from pipeline.testing.documents.office import Office, generate_office


@pytest.fixture(scope="session")
def office() -> Office:
    return generate_office(7, 20, 1500, before=datetime(2026, 3, 1, 12, tzinfo=UTC))
