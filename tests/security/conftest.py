import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.data.hostile.watched_file import WatchedFile


@pytest.fixture
def watched_file(tmp_path: Path) -> Iterator[WatchedFile]:
    if sys.platform != "linux":
        pytest.skip("opened files are seen through inotify, which only Linux has")
    file = WatchedFile(tmp_path / "secret.dtd")
    yield file
    file.close()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server
