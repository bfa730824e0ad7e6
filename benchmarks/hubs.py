"""A hub in a process of its own: ``python -m benchmarks.hubs KIND CORPUS`` tells where it is.

It ends when its standard input does.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path

import anyio
import anyio.to_thread
import msgspec

from benchmarks.cores import on_core
from benchmarks.documents import Corpus, dossier_id
from benchmarks.nginx import nginx
from benchmarks.standin import PACKAGE, StandIn, serve
from pipeline.connectors.clock import SystemClock
from pipeline.domain.documents import DocumentKind
from pipeline.hub.arrivals import NewDocument
from pipeline.hub.server import EmbeddedHub
from pipeline.hub.wire import Dossier, Package

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - the disk of the hub is not what is measured
_STORES = _SHARED_MEMORY if _SHARED_MEMORY.is_dir() else None


class HubAddress(msgspec.Struct, frozen=True):
    """Where a hub is and how to sign in there."""

    url: str
    client_id: str
    client_secret: str
    pid: int


@contextmanager
def hub_process(kind: str, corpus: Corpus, core: int | None = None) -> Iterator[HubAddress]:
    """A hub that has a corpus, until the end of the context; on one core if that is given."""
    command = [sys.executable, "-m", "benchmarks.hubs", kind, msgspec.json.encode(corpus).decode()]
    with subprocess.Popen(  # noqa: S603
        [*on_core(core), *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        yield msgspec.json.decode(process.stdout.readline(), type=HubAddress)
        process.communicate()


async def _main(kind: str, corpus: Corpus) -> None:
    async with KINDS[kind](corpus) as address:
        print(msgspec.json.encode(address).decode(), flush=True)
        await anyio.to_thread.run_sync(sys.stdin.read)


@asynccontextmanager
async def _standin(corpus: Corpus) -> AsyncIterator[HubAddress]:
    server, url = await serve(StandIn(corpus))
    async with server:
        yield HubAddress(url, "office", "secret", os.getpid())


@asynccontextmanager
async def _embedded(corpus: Corpus) -> AsyncIterator[HubAddress]:
    with tempfile.TemporaryDirectory(dir=_STORES) as folder:
        async with EmbeddedHub(Path(folder), clock=SystemClock()) as hub:
            await hub.seed(
                packages=[msgspec.convert(PACKAGE, Package)],
                dossiers=(_dossier(number) for number in range(corpus.dossiers)),
                documents=_documents(corpus),
            )
            yield HubAddress(hub.url, hub.client_id, hub.client_secret, os.getpid())


@asynccontextmanager
async def _nginx(corpus: Corpus) -> AsyncIterator[HubAddress]:
    with nginx(corpus, _STORES) as (url, pid):
        yield HubAddress(url, "office", "secret", pid)


KINDS: Mapping[str, Callable[[Corpus], AbstractAsyncContextManager[HubAddress]]] = {
    "standin": _standin,
    "embedded": _embedded,
    "nginx": _nginx,
}


def _dossier(number: int) -> Dossier:
    return Dossier(
        id=dossier_id(number),
        enterprise_name=f"Bakery {number} BV",
        accounting_file_id=dossier_id(number),
        accounting_package_id=str(PACKAGE["id"]),
    )


def _documents(corpus: Corpus) -> Iterator[NewDocument]:
    for document in corpus:
        yield NewDocument(
            dossier_id=document.dossier_id,
            id=document.id,
            kind=DocumentKind.PURCHASE_INVOICE,
            body=document.body,
            received_at=document.received_at,
            content_type="application/xml",
            file_name=f"{document.id}.xml",
        )


if __name__ == "__main__":
    anyio.run(
        _main,
        sys.argv[1],
        msgspec.json.decode(sys.argv[2], type=Corpus),
        backend_options={"use_uvloop": True},
    )
