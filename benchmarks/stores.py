"""SFTP with several requests in flight against a client that fetches one file after the other.

``python -m benchmarks.stores`` prints a table; `compare` gives the figures to others.
"""

import os
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import asyncssh

from pipeline.connectors.clock import SystemClock
from pipeline.connectors.declarations import HubSetup
from pipeline.connectors.hubs.sftp import CONNECTOR
from pipeline.connectors.limits import Limiters
from pipeline.domain.customers import Dossier
from pipeline.domain.documents import DocumentRef
from pipeline.ports.hub import Forwarded, Hub
from pipeline.testing.cable import cable_to
from pipeline.testing.memory_credentials import MemoryCredentials
from pipeline.testing.openssh import OpenSshServer, openssh_server

_BODY = b"<Invoice xmlns='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2'/>"
_IN_FLIGHT = (1, 4, 16, 64)
_LONG_AGO, _MAX_BYTES = 1_700_000_000, 2**20
_DOSSIER = Dossier("sftp", "acme", "Acme")


def body_of(number: int, size: int) -> bytes:
    """An invoice of that size, like no other."""
    return (_BODY + f"<!--{number}-->".encode()).ljust(size)


@dataclass(frozen=True, slots=True)
class StoreRun:
    """How long one client took to list, fetch and take away all files of a folder."""

    client: str
    round_trip_ms: float
    files: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Files a second."""
        return self.files / self.seconds


async def compare(
    *, files: int = 400, file_bytes: int = 8_000, round_trip_ms: float = 0.0
) -> list[StoreRun]:
    """The sequential client first, then the hub with more and more requests in flight."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        with openssh_server(root) as server:
            async with cable_to(server.port, delay_s=round_trip_ms / 2000) as cable:
                place = _Place(root / "files", server, cable.port, files, file_bytes)
                seconds = {"one after the other": await _sequential(place)}
                for number in _IN_FLIGHT:
                    seconds[f"{number} in flight"] = await _with_hub(place, number)
    return [StoreRun(name, round_trip_ms, files, taken) for name, taken in seconds.items()]


@dataclass(frozen=True, slots=True)
class _Place:
    """A folder on a server, filled anew for each client."""

    root: Path
    server: OpenSshServer
    port: int
    files: int
    file_bytes: int

    def fill(self) -> None:
        folder = self.root / "acme"
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(self.files):
            path = folder / f"{number:06}.xml"
            path.write_bytes(body_of(number, self.file_bytes))
            os.utime(path, (_LONG_AGO, _LONG_AGO))


async def _sequential(place: _Place) -> float:
    """What the tools of providers do: list, then get and delete each file."""
    place.fill()
    began = time.perf_counter()
    async with (
        asyncssh.connect(
            "127.0.0.1",
            place.port,
            username=place.server.user,
            client_keys=[str(place.server.key_file)],
            known_hosts=None,
            config=None,
        ) as connection,
        connection.start_sftp_client() as client,
    ):
        folder = str(place.root / "acme")
        names = [str(name) for name in await client.listdir(folder) if str(name)[0] != "."]
        for name in names:
            path = f"{folder}/{name}"
            async with client.open(path, "rb") as file:
                await file.read()
            await client.remove(path)
    assert len(names) == place.files
    return time.perf_counter() - began


async def _with_hub(place: _Place, at_once: int) -> float:
    place.fill()
    async with _hub(place, at_once) as hub:
        began = time.perf_counter()
        listed = 0
        cursor: str | None = None
        while True:
            page = await hub.list(_DOSSIER, cursor, hub.capabilities.list_page)
            listed += len(page.refs)
            await _fetch_all(hub, page.refs)
            size = hub.capabilities.ack_batch
            for start in range(0, len(page.refs), size):
                batch = page.refs[start : start + size]
                await hub.ack([Forwarded(ref.key) for ref in batch])
            cursor = page.cursor
            if cursor is None:
                break
        assert listed == place.files
        return time.perf_counter() - began


async def _fetch_all(hub: Hub, refs: Sequence[DocumentRef]) -> None:
    async def fetch(ref: DocumentRef) -> None:
        await hub.fetch(ref, max_bytes=_MAX_BYTES)

    async with anyio.create_task_group() as group:
        for ref in refs:
            group.start_soon(fetch, ref)


@asynccontextmanager
async def _hub(place: _Place, at_once: int) -> AsyncIterator[Hub]:
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as state:
        values = {
            "host": "127.0.0.1",
            "port": str(place.port),
            "user": place.server.user,
            "key_file": str(place.server.key_file),
            "root": str(place.root),
            "requests": str(at_once),
            "after": "delete",
        }
        hub = CONNECTOR.connect(
            HubSetup(
                "sftp", values, clock, MemoryCredentials(), Limiters(clock), state_dir=Path(state)
            )
        )
        try:
            yield hub
        finally:
            await hub.close()


async def _main() -> None:
    for round_trip_ms in (0.0, 20.0):
        for run in await compare(round_trip_ms=round_trip_ms):
            print(
                f"{run.round_trip_ms:4.0f} ms  {run.client:20}"
                f"{run.seconds:7.2f} s {run.per_second:8.0f} files/s"
            )


if __name__ == "__main__":
    anyio.run(_main, backend_options={"use_uvloop": True})
