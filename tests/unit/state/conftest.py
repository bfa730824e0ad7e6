"""Both event loops for every asynchronous test here."""

import pytest

from pipeline.testing.clock import VirtualClock


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param}


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()
