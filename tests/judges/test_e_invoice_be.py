"""The description of e-invoice.be judges what our client asks, and our emulator."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest

from pipeline.domain.errors import PipelineError
from pipeline.ports.hub import Hub
from pipeline.ports.webhooks import WebhookRegistrar
from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.hub_bench import DOSSIER, OTHER_DOSSIER, listing, unknown_ref
from pipeline.testing.emulators.e_invoice_be import EInvoiceBeEmulator
from tests.contracts.test_e_invoice_be_hub import connected
from tests.judges.prism import Judge, judging, needs_prism

pytestmark = [needs_prism("e-invoice-be"), pytest.mark.slow, pytest.mark.timeout(120)]
KEY = {"Authorization": f"Bearer key-{DOSSIER}"}


@dataclass
class Court:
    """An emulator behind its judge, and a client."""

    emulator: EInvoiceBeEmulator
    judge: Judge
    hub: Hub


@pytest.fixture(scope="module")
async def running() -> AsyncIterator[Court]:
    clock = VirtualClock()
    emulator = EInvoiceBeEmulator(clock, DOSSIER, OTHER_DOSSIER)
    async with emulator.serving() as url, judging("e-invoice-be", url) as judge:
        hub = connected(str(judge.url), clock)
        yield Court(emulator, judge, hub)
        await hub.close()


@pytest.fixture
def court(running: Court) -> Court:
    running.judge.asked.clear()
    running.judge.verdicts.clear()
    for number in range(3):
        running.emulator.arrive(DOSSIER, f"{number}", b"<Invoice/>")
    return running


async def test_client_and_emulator_speak_as_the_vendor_describes(court: Court) -> None:
    for ref in await listing(court.hub, page=2):
        await court.hub.fetch(ref, max_bytes=1000)
    await court.hub.health()
    with pytest.raises(PipelineError):
        await court.hub.fetch(unknown_ref(court.hub), max_bytes=1000)

    assert court.judge.verdicts == []
    asked = [line.partition("?")[0] for line in court.judge.asked]
    assert {"GET /api/inbox/", "GET /api/me/"} < set(asked)
    assert sum(line.endswith("/ubl") for line in asked) == 4


async def test_webhooks_are_registered_and_ended_as_the_vendor_describes(court: Court) -> None:
    assert isinstance(court.hub, WebhookRegistrar)
    url = "https://hooks.office.example/webhooks/peppol/token"

    made = await court.hub.register_webhook(DOSSIER, url)
    again = await court.hub.register_webhook(DOSSIER, url)
    await court.hub.unregister_webhook(DOSSIER, made.id)
    await court.hub.unregister_webhook(DOSSIER, made.id)

    assert again == made
    assert court.judge.verdicts == []
    assert [line.split()[0] for line in court.judge.asked] == [
        *("GET", "POST", "GET"),
        *("DELETE", "DELETE"),
    ]


@pytest.mark.parametrize(
    ("path", "headers", "place"),
    [
        ("/api/inbox/?page_size=500", KEY, "request.query.page_size"),
        ("/api/inbox/?sort_order=sideways", KEY, "request.query.sort_order"),
        ("/api/inbox/?page=0", KEY, "request.query.page"),
        ("/api/inbox/", {}, "request"),
        ("/api/messages/", KEY, "request"),
    ],
)
async def test_a_client_that_asks_wrongly_is_found_out(
    court: Court, path: str, headers: dict[str, str], place: str
) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{court.judge.url.origin()}{path}", headers=headers),
    ):
        pass

    assert place in {each.place for each in court.judge.on_requests}
