import signal
from typing import Any

import pytest

from pipeline.connectors import http

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A test run in the background of a shell ignores Ctrl-C, and so would every command it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(
    params=[
        pytest.param(("asyncio", {"use_uvloop": False}), id="asyncio"),
        pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop"),
    ]
)
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    """Both event loops; a folder or module whose tests are slow overrides this with one."""
    return request.param


@pytest.fixture(params=["lean", "aiohttp"])
def http_path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways that a plain request may take; what holds for one holds for the other."""
    path: str = request.param
    if path == "aiohttp":
        monkeypatch.setattr(http, "LEAN_METHODS", frozenset())
    return path
