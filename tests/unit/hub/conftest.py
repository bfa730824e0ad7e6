import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import pytest
from argon2 import PasswordHasher

from pipeline.domain.documents import Location
from pipeline.hub.server import EmbeddedHub
from pipeline.hub.wire import Dossier, Package
from pipeline.testing.clock import VirtualClock
from tests.unit.hub.hub_client import CREDENTIALS, HubClient, Starts


@pytest.fixture
def anyio_backend() -> str:
    """Plain asyncio; modules in which the transport matters ask for `BOTH_LOOPS`."""
    return "asyncio"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture(scope="session")
def made_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a hub that was set up once, with a password that is cheap to check."""
    data = tmp_path_factory.mktemp("hub")

    async def make() -> None:
        async with EmbeddedHub(data, clock=VirtualClock(), credentials=CREDENTIALS) as hub:
            await hub.seed(packages=[PACKAGE], dossiers=DOSSIERS)
            await hub._core.database.write(
                lambda store: store.execute("UPDATE users SET password_hash = ?", (cheap,))
            )

    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(CREDENTIALS.password)
    anyio.run(make)
    return data


PACKAGE = Package(
    id="winbooks",
    name="Winbooks",
    locations={Location.PURCHASE_INVOICES: r"C:\Winbooks\Data\[accounting_file_id]\inbound"},
    same_location_for_invoices=True,
)
DOSSIERS = [
    Dossier(
        id=f"d{number}", enterprise_name=f"Enterprise {number}", accounting_package_id="winbooks"
    )
    for number in range(1, 4)
]


@pytest.fixture
def data(tmp_path: Path, made_data: Path) -> Path:
    shutil.copytree(made_data, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def start(data: Path, clock: VirtualClock) -> Starts:
    """Starts a hub on the test's folder; may be used again after it ended."""

    @asynccontextmanager
    async def started(**options: Any) -> AsyncIterator[EmbeddedHub]:
        async with EmbeddedHub(data, clock=clock, allow_failures=True, **options) as hub:
            yield hub

    return started


@pytest.fixture
async def hub(start: Starts) -> AsyncIterator[EmbeddedHub]:
    async with start() as hub:
        yield hub


@pytest.fixture
async def client(hub: EmbeddedHub) -> AsyncIterator[HubClient]:
    """A client signed in with both scopes; three dossiers d1 to d3 exist."""
    jar = aiohttp.CookieJar(unsafe=True)  # keeps cookies of an IP address too
    async with aiohttp.ClientSession(hub.url, cookie_jar=jar) as session:
        client = HubClient(session)
        await client.sign_in()
        yield client
