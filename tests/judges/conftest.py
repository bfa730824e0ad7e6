import pytest


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One event loop: what is judged here is the same on each, and servers start once a module."""
    return "asyncio"
