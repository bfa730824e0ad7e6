"""Compose the embedded hub to run alone, with generated documents when asked for."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
from anyio import to_thread

from pipeline.app.demo import PACKAGES, hub_document, hub_dossiers
from pipeline.connectors.clock import SystemClock
from pipeline.hub.accounts import HubCredentials
from pipeline.hub.server import EmbeddedHub
from pipeline.ports.clock import Clock
from pipeline.testing.documents.office import generate_office

CREDENTIALS = "credentials.json"
SEEDED = "seeded.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class HubOptions:
    """Where the hub keeps its store, where it listens, and what it starts with."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 0
    public_url: str | None = None
    dossiers: int = 0
    documents: int = 0
    seed: int = 1
    allow_failures: bool = False


@dataclass(frozen=True, slots=True)
class HubReady:
    """What scripts read when the hub is ready; a stable form."""

    url: str
    client_id: str
    client_secret: str
    office: str
    manager: str
    manager_password: str


@asynccontextmanager
async def open_hub(options: HubOptions) -> AsyncIterator[HubReady]:
    """A hub that listens; a folder that was seeded before is not seeded again.

    The credentials of a first start are kept beside the store in a file of mode 0600, so that a
    hub that is started again can tell them again.
    """
    clock = SystemClock()
    known = await to_thread.run_sync(_read_credentials, options.data)
    async with EmbeddedHub(
        options.data,
        clock=clock,
        host=options.host,
        port=options.port,
        public_url=options.public_url,
        credentials=known,
        allow_failures=options.allow_failures,
    ) as hub:
        if known is None:
            await to_thread.run_sync(_keep_credentials, options.data, hub.credentials)
        await _seed(hub, options, clock)
        given = hub.credentials
        yield HubReady(
            hub.url,
            given.client_id,
            given.client_secret,
            hub.office,
            given.user,
            given.password,
        )


async def _seed(hub: EmbeddedHub, options: HubOptions, clock: Clock) -> None:
    marker = options.data / SEEDED
    if options.dossiers == 0 or marker.exists():
        return
    office = generate_office(options.seed, options.dossiers, options.documents, before=clock.now())
    await hub.seed(
        packages=PACKAGES,
        dossiers=hub_dossiers(office),
        documents=(hub_document(office, each) for each in office.documents()),
    )
    marker.write_text(f'{{"dossiers": {options.dossiers}, "documents": {options.documents}}}')


def _read_credentials(data: Path) -> HubCredentials | None:
    try:
        return msgspec.json.decode((data / CREDENTIALS).read_bytes(), type=HubCredentials)
    except FileNotFoundError:
        return None


def _keep_credentials(data: Path, credentials: HubCredentials) -> None:
    descriptor = os.open(data / CREDENTIALS, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(credentials))
