"""The hub of a crash run: the embedded one, in a process that survives, and what it was told."""

import socket
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import anyio

from pipeline.connectors.clock import SystemClock
from pipeline.hub.accounts import HubCredentials
from pipeline.hub.arrivals import NewDocument
from pipeline.hub.server import EmbeddedHub
from pipeline.hub.wire import Dossier
from tests.crash.documents import PACKAGE
from tests.crash.processes import Child, fork

CREDENTIALS = HubCredentials("manager", "a password of no use", "office", "a secret of no use")
_STORE = "hub.sqlite"


@dataclass(frozen=True, slots=True)
class HubProcess:
    """A hub that listens at ``url``."""

    url: str
    child: Child

    def stop(self) -> None:
        """End it, at once."""
        self.child.end()


def start_hub(data: Path, log: Path, *, is_new: bool = False) -> HubProcess:
    """Start a hub and wait until it listens; a new one is given its credentials."""
    child = fork(partial(_serve, data=data, is_new=is_new), log)
    url = child.channel.recv(200).decode()
    if not url:
        child.must_be_well()
    return HubProcess(url, child)


def fill_hub(
    data: Path, log: Path, dossiers: Sequence[Dossier], documents: Sequence[NewDocument]
) -> None:
    """Put dossiers and documents into the store of a hub that does not run."""

    async def fill() -> None:
        credentials = CREDENTIALS if not (data / _STORE).exists() else None
        async with EmbeddedHub(data, clock=SystemClock(), credentials=credentials) as hub:
            await hub.seed(packages=[PACKAGE], dossiers=dossiers, documents=documents)

    fork(lambda _: anyio.run(fill), log).must_be_well()


def told(data: Path) -> dict[str, str]:
    """What the hub believes of each document, by id: to_fetch, forwarded or error."""
    with closing(sqlite3.connect(f"file:{data / _STORE}?mode=ro", uri=True)) as store:
        return dict(store.execute("SELECT id, status FROM documents").fetchall())


def _serve(channel: socket.socket, *, data: Path, is_new: bool) -> None:
    async def main() -> None:
        credentials = CREDENTIALS if is_new else None
        async with EmbeddedHub(data, clock=SystemClock(), credentials=credentials) as hub:
            channel.send(hub.url.encode())
            await anyio.sleep_forever()

    anyio.run(main)
