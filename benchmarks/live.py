"""An embedded hub in this process, and the service that follows it as a process of its own."""

import os
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import anyio.to_thread
import msgspec

from benchmarks.documents import BenchDocument, Corpus
from benchmarks.hubs import HubAddress, hub_dossier
from benchmarks.idle import inherited, service
from benchmarks.job import IN_THREADS, environment_for
from benchmarks.standin import PACKAGE
from pipeline.connectors.clock import SystemClock
from pipeline.domain.documents import DocumentKind
from pipeline.hub.arrivals import NewDocument
from pipeline.hub.server import EmbeddedHub
from pipeline.hub.wire import Failure, Package

FEED_S = 1


@dataclass(frozen=True, slots=True)
class Followed:
    """The hub, and the process id of the service."""

    hub: EmbeddedHub
    pid: int


@asynccontextmanager
async def followed(
    folder: Path,
    corpus: Corpus,
    failures: Sequence[Failure] = (),
    *,
    settings: Mapping[str, str] = IN_THREADS,
) -> AsyncIterator[Followed]:
    """A hub that has the dossiers of a corpus, and a service that is ready."""
    with tempfile.TemporaryDirectory() as data:
        async with EmbeddedHub(Path(data), clock=SystemClock(), allow_failures=True) as hub:
            await hub.seed(
                packages=[msgspec.convert(PACKAGE, Package)],
                dossiers=map(hub_dossier, corpus.dossier_ids),
            )
            hub.fail(*failures)
            address = HubAddress(hub.url, hub.client_id, hub.client_secret, os.getpid())
            environment = {
                **inherited(),
                **environment_for(address, folder),
                **settings,
                "DOSSIERPOST_METRICS_PORT": "0",
                "DOSSIERPOST_FEED_SECONDS": str(FEED_S),
            }
            running = service(environment, folder / "notify")
            # In a thread, because the hub has to answer meanwhile.
            process, _ = await anyio.to_thread.run_sync(running.__enter__)
            try:
                yield Followed(hub, process.pid)
            finally:
                await anyio.to_thread.run_sync(running.__exit__, None, None, None)


def arriving(document: BenchDocument) -> NewDocument:
    """A document as it comes to the hub, now."""
    return NewDocument(
        dossier_id=document.dossier_id,
        id=document.id,
        kind=DocumentKind.PURCHASE_INVOICE,
        body=document.body,
        received_at=datetime.now(UTC),  # noqa: TID251 - real time is measured
        content_type="application/xml",
        file_name=f"{document.id}.xml",
    )
