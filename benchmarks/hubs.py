"""A hub in a process of its own: ``python -m benchmarks.hubs SPEC`` tells where it is.

It ends when its standard input does.
"""

import http.client
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from http import HTTPStatus
from pathlib import Path

import anyio
import anyio.to_thread
import msgspec

from benchmarks.cores import on_core
from benchmarks.documents import Corpus
from benchmarks.nginx import nginx
from benchmarks.standin import PACKAGE, StandIn, serve
from benchmarks.tls import server_context
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
    authority: str = ""


def list_again(hub: HubAddress) -> None:
    """Let the hub list what it was told about, as before the first run."""
    connection = http.client.HTTPConnection(hub.url.removeprefix("http://"), timeout=10)
    connection.request("POST", "/v1/redeliver", body=b"{}")
    assert connection.getresponse().status == HTTPStatus.OK
    connection.close()


class HubSpec(msgspec.Struct, frozen=True):
    """Which hub: a stand-in may be far away, so that answers take ``after_s``, and speak TLS."""

    kind: str
    corpus: Corpus
    after_s: float = 0
    is_tls: bool = False


@contextmanager
def hub_process(
    kind: str,
    corpus: Corpus,
    core: int | None = None,
    *,
    after_s: float = 0,
    is_tls: bool = False,
) -> Iterator[HubAddress]:
    """A hub that has a corpus, until the end of the context; on one core if that is given."""
    spec = msgspec.json.encode(HubSpec(kind, corpus, after_s, is_tls)).decode()
    command = [*on_core(core), sys.executable, "-m", "benchmarks.hubs", spec]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603
        assert process.stdout is not None
        yield msgspec.json.decode(process.stdout.readline(), type=HubAddress)
        process.communicate()


async def _main(spec: HubSpec) -> None:
    async with KINDS[spec.kind](spec) as address:
        print(msgspec.json.encode(address).decode(), flush=True)
        await anyio.to_thread.run_sync(sys.stdin.read)


@asynccontextmanager
async def _standin(spec: HubSpec) -> AsyncIterator[HubAddress]:
    with tempfile.TemporaryDirectory(dir=_STORES) as folder:
        tls, authority = server_context(Path(folder)) if spec.is_tls else (None, "")
        server, url = await serve(StandIn(spec.corpus), after_s=spec.after_s, tls=tls)
        async with server:
            yield HubAddress(url, "office", "secret", os.getpid(), str(authority))


@asynccontextmanager
async def _embedded(spec: HubSpec) -> AsyncIterator[HubAddress]:
    with tempfile.TemporaryDirectory(dir=_STORES) as folder:
        async with EmbeddedHub(Path(folder), clock=SystemClock()) as hub:
            await hub.seed(
                packages=[msgspec.convert(PACKAGE, Package)],
                dossiers=map(hub_dossier, spec.corpus.dossier_ids),
                documents=_documents(spec.corpus),
            )
            yield HubAddress(hub.url, hub.client_id, hub.client_secret, os.getpid())


@asynccontextmanager
async def _nginx(spec: HubSpec) -> AsyncIterator[HubAddress]:
    with nginx(spec.corpus, _STORES) as (url, pid):
        yield HubAddress(url, "office", "secret", pid)


KINDS: Mapping[str, Callable[[HubSpec], AbstractAsyncContextManager[HubAddress]]] = {
    "standin": _standin,
    "embedded": _embedded,
    "nginx": _nginx,
}


def hub_dossier(dossier: str) -> Dossier:
    """A dossier as the embedded hub has it."""
    return Dossier(
        id=dossier,
        enterprise_name=f"Bakery {dossier} BV",
        accounting_file_id=dossier,
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
        msgspec.json.decode(sys.argv[1], type=HubSpec),
        backend_options={"use_uvloop": True},
    )
