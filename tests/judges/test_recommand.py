"""Recommand's description of its interface judges what our client asks, and our emulator."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from pipeline.connectors.declarations import HubSetup
from pipeline.connectors.hubs.queue import CONNECTORS, build
from pipeline.connectors.hubs.queue.profile import Call, Profile
from pipeline.connectors.hubs.queue.profiles import RECOMMAND
from pipeline.connectors.limits import Limiters
from pipeline.domain.errors import PipelineError
from pipeline.ports.hub import ErrorReport, Forwarded, Hub
from pipeline.ports.webhooks import WebhookRegistrar
from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.hub_bench import DOSSIER, dossier_of, listing, unknown_ref
from pipeline.testing.emulators.recommand import ACCOUNT, JWT, RecommandEmulator
from pipeline.testing.memory_credentials import MemoryCredentials
from tests.contracts.queue_bench import LINKS
from tests.judges.prism import Judge, judging, needs_prism

pytestmark = [needs_prism("recommand"), pytest.mark.slow, pytest.mark.timeout(120)]

BASIC = {"key": ACCOUNT[0], "secret": ACCOUNT[1]}
CONNECTOR = next(each for each in CONNECTORS if each.name == "recommand")


@dataclass
class Court:
    """An emulator behind its judge."""

    emulator: RecommandEmulator
    judge: Judge
    clock: VirtualClock

    def hub(self, profile: Profile = RECOMMAND, key: Mapping[str, str] = BASIC) -> Hub:
        given = {"url": str(self.judge.url / "api/v1"), "allow_private": "yes", "dossiers": LINKS}
        limiters = Limiters(self.clock)
        values = {**given, **key}
        setup = HubSetup("recommand", values, self.clock, MemoryCredentials(), limiters)
        return build(profile, CONNECTOR.completed(setup))


@pytest.fixture(scope="module")
async def running() -> AsyncIterator[Court]:
    clock = VirtualClock()
    emulator = RecommandEmulator(clock, DOSSIER)
    async with emulator.serving() as url, judging("recommand", url) as judge:
        yield Court(emulator, judge, clock)


@pytest.fixture
def court(running: Court) -> Court:
    running.judge.asked.clear()
    running.judge.verdicts.clear()
    running.emulator.documents.clear()
    for number in range(3):
        running.emulator.receive(DOSSIER, f"doc_{number}", b"<Invoice/>")
    return running


async def use_everything(hub: Hub) -> None:
    """Ask for all that a hub can be asked for."""
    dossier = await dossier_of(hub)
    taken, bad, *_ = await listing(hub)
    await hub.fetch(taken, max_bytes=1000)
    await hub.ack([Forwarded(taken.key)])
    await hub.report_error([ErrorReport(bad.key, "xsd", "not valid", is_kept=True)])
    await hub.redeliver(dossier, datetime(2020, 1, 1, tzinfo=UTC))
    await hub.health()


@pytest.mark.parametrize("key", [BASIC, {"key": JWT}], ids=["key and secret", "jwt"])
async def test_every_request_of_the_client_is_as_the_vendor_describes(
    court: Court, key: dict[str, str]
) -> None:
    hub = court.hub(key=key)

    await use_everything(hub)
    await hub.close()

    assert court.judge.on_requests == []
    assert {line.split("?")[0] for line in court.judge.asked} == {
        "GET /api/v1/companies",
        "GET /api/v1/inbox",
        "GET /api/v1/documents",
        "GET /api/v1/documents/doc_2",
        "POST /api/v1/documents/doc_2/mark-as-read",
        "POST /api/v1/documents/doc_1/mark-as-read",
    }


async def test_webhooks_are_registered_and_ended_as_the_vendor_describes(court: Court) -> None:
    hub = court.hub()
    assert isinstance(hub, WebhookRegistrar)
    url = "https://hooks.office.example/webhooks/recommand/token"

    made = await hub.register_webhook(None, url)
    again = await hub.register_webhook(None, url)
    await hub.unregister_webhook(None, made.id)
    await hub.close()

    assert again == made
    assert court.judge.verdicts == []
    assert court.judge.asked == [
        "GET /api/v1/webhooks",
        "POST /api/v1/webhooks",
        "GET /api/v1/webhooks",
        f"DELETE /api/v1/webhooks/{made.id}",
    ]


async def test_the_emulator_answers_as_the_vendor_describes_but_for_totals_as_text(
    court: Court,
) -> None:
    hub = court.hub()

    await use_everything(hub)
    with pytest.raises(PipelineError):
        await hub.fetch(unknown_ref(hub), max_bytes=1000)
    await hub.close()

    assert {each.place for each in court.judge.on_answers} == {"response.body.pagination.total"}


def wrong_body(profile: Profile) -> Profile:
    call = replace(profile.taking.call, body={"read": "yes"})
    return replace(profile, taking=replace(profile.taking, call=call))


def wrong_path(profile: Profile) -> Profile:
    return replace(profile, listing=replace(profile.listing, call=Call("GET", "inboxes")))


def wrong_method(profile: Profile) -> Profile:
    call = replace(profile.taking.call, method="PUT")
    return replace(profile, taking=replace(profile.taking, call=call))


def page_too_large(profile: Profile) -> Profile:
    assert profile.relisting is not None
    found = replace(profile.relisting.found, size=500)
    return replace(profile, relisting=replace(profile.relisting, found=found))


@pytest.mark.parametrize(
    ("spoil", "place"),
    [
        (wrong_body, "request.body.read"),
        (wrong_path, "request"),
        (wrong_method, "request"),
        (page_too_large, "request.query.limit"),
    ],
)
async def test_a_client_that_asks_wrongly_is_found_out(
    court: Court, spoil: Callable[[Profile], Profile], place: str
) -> None:
    hub = court.hub(spoil(RECOMMAND))

    with suppress(PipelineError):  # the emulator may be lenient
        await use_everything(hub)
    await hub.close()

    assert place in {each.place for each in court.judge.on_requests}
