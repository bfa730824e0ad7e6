from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.acceptance.office import AccountantsOffice, opened_office


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[AccountantsOffice]:
    async with opened_office(tmp_path) as opened:
        yield opened
