"""Webhooks: a document is in its folder without waiting for the next look at its hub."""

import json
import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import monotonic

import anyio
import anyio.to_thread
import pytest

from pipeline.app.hub_setup import HubAnswers, add_hub, change_hub, remove_hub
from pipeline.app.installation import Installation, open_installation
from pipeline.app.logs import logged
from pipeline.app.meters import DEFINITIONS
from pipeline.app.service import serve
from pipeline.app.webhook_setup import WebhookLine, end_webhooks, rotate_webhooks, show_webhooks
from pipeline.app.webhooks import open_webhooks
from pipeline.connectors.clock import SystemClock
from pipeline.connectors.metrics import PrometheusMeters
from pipeline.connectors.registry import find_hubs
from pipeline.domain.documents import DocumentKind
from pipeline.domain.errors import ConfigurationError
from pipeline.domain.shards import Shard
from pipeline.hub.wire import Dossier
from pipeline.testing.emulators.e_invoice_be import EInvoiceBeEmulator
from pipeline.testing.emulators.pushing import Push, pushed
from pipeline.testing.emulators.queue import Asked, QueueEmulator
from pipeline.testing.emulators.recommand import ACCOUNT, RecommandEmulator
from tests.acceptance.command_line import CommandLine
from tests.acceptance.office import AccountantsOffice, document_of, winbooks

BAKER, GROCER = "BE0400000000", "BE0400000001"
BAKERY = Dossier(
    id="customer-1",
    enterprise_name="Bakery BV",
    enterprise_identifier=BAKER,
    accounting_file_id="B01",
    accounting_package_id="winbooks",
)
GROCERY = Dossier(
    id="customer-2",
    enterprise_name="Grocery BV",
    enterprise_identifier=GROCER,
    accounting_file_id="G01",
    accounting_package_id="winbooks",
)
INVOICE = DocumentKind.PURCHASE_INVOICE
PATIENCE_S = 20.0
"""Far below the next look at a hub, which comes after an hour."""


@dataclass
class Pushing:
    """An office whose server hears webhooks, and two hubs that send them."""

    office: AccountantsOffice
    e_invoice: EInvoiceBeEmulator
    recommand: RecommandEmulator

    def arrive_at_e_invoice(self, name: str, seed: int = 7) -> list[Push]:
        kept = self.e_invoice.arrive(BAKER, name, document_of(BAKERY, INVOICE, seed=seed).body)
        return list(self.e_invoice.events(kept))

    def arrive_at_recommand(self, name: str, seed: int = 8) -> list[Push]:
        body = document_of(BAKERY, INVOICE, seed=seed).body
        return list(self.recommand.events(self.recommand.receive("baker", name, body)))

    async def addresses(self, hub: str) -> list[WebhookLine]:
        return await show_webhooks(self.office.settings, hub)

    def is_looked_at(self) -> bool:
        """Whether every dossier was listed since the emulators run."""
        inboxes = [asked for _, asked in self.e_invoice.asked if asked.path[1] == "inbox"]
        keys = {asked.bearer().removeprefix("key-") for asked in inboxes}
        companies = {asked.query["companyId"] for asked in listings_of(self.recommand)}
        return keys | companies >= {BAKER, GROCER, "baker"}

    @asynccontextmanager
    async def service(self) -> AsyncIterator["Service"]:
        """The service, after its first look at every dossier."""
        meters = PrometheusMeters(DEFINITIONS)
        async with (
            open_installation(self.office.settings, meters=meters) as installation,
            open_webhooks(installation) as webhooks,
            anyio.create_task_group() as tasks,
        ):
            assert webhooks is not None
            stop = anyio.Event()
            run = partial(serve, installation, stop=stop.wait, beside=webhooks.side_tasks)
            tasks.start_soon(run)
            service = Service(self, installation, meters)
            await until(service.has_looked_everywhere)
            yield service
            stop.set()


@dataclass
class Service:
    """A service that runs."""

    pushing: Pushing
    installation: Installation
    meters: PrometheusMeters

    def has_looked_everywhere(self) -> bool:
        return self.pushing.is_looked_at() and not self.installation.scheduler.running

    async def has(self, count: int) -> None:
        """Return when so many documents are in their folders."""
        await until(lambda: len(self.pushing.office.placed()) == count)

    def counted(self, hub: str, outcome: str) -> float:
        """How many events of a hub became what."""
        value = self.meters.registry.get_sample_value(
            "dossierpost_webhooks_total", {"hub": hub, "outcome": outcome}
        )
        return value or 0.0


def listings_of(emulator: QueueEmulator) -> list[Asked]:
    """What a queue hub was asked for with a company."""
    return [asked for _, asked in emulator.asked if "companyId" in asked.query]


async def until(is_so: Callable[[], bool]) -> None:
    with anyio.fail_after(PATIENCE_S):
        while not is_so():  # noqa: ASYNC110 -- folders and counters tell nobody
            await anyio.sleep(0.01)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
async def pushing(office: AccountantsOffice) -> AsyncIterator[Pushing]:
    port = free_port()
    office.settings_of_this_test |= {
        "DOSSIERPOST_WEBHOOK_PORT": str(port),
        "DOSSIERPOST_WEBHOOK_URL": f"http://127.0.0.1:{port}/",
        "DOSSIERPOST_POLL_SECONDS": "3600",
    }
    e_invoice = EInvoiceBeEmulator(SystemClock(), BAKER, GROCER)
    recommand = RecommandEmulator(SystemClock(), "baker")
    await office.link(winbooks(), BAKERY, GROCERY)
    (office.books / "winbooks").mkdir()
    await office.sync()
    async with e_invoice.serving() as e_invoice_url, recommand.serving() as recommand_url:
        keys = f"{BAKER}=key-{BAKER} {GROCER}=key-{GROCER}"
        values = {"url": str(e_invoice_url), "allow_private": "yes"}
        answers = HubAnswers(values=values, secrets={"keys": keys})
        add_hub(office.settings, "peppol", "e_invoice_be", answers)
        key, secret = ACCOUNT
        links = json.dumps({"baker": {"enterprise_identifier": BAKER}})
        answers = HubAnswers(
            values={
                "url": str(recommand_url / "api/v1"),
                "allow_private": "yes",
                "dossiers": links,
            },
            secrets={"key": key, "secret": secret},
        )
        add_hub(office.settings, "recommand", "recommand", answers)
        yield Pushing(office, e_invoice, recommand)


def test_every_hub_that_pushes_is_tried_here() -> None:
    pushing = {name for name, connector in find_hubs().items() if connector.webhook is not None}

    assert pushing == {"e_invoice_be", "recommand"}


# -- documents --------------------------------------------------------------------------------
async def test_a_document_at_e_invoice_be_is_in_its_folder_at_once(pushing: Pushing) -> None:
    await pushing.addresses("peppol")
    async with pushing.service() as service:
        assert await pushed(*pushing.arrive_at_e_invoice("1")) == [200]
        await service.has(1)

        assert service.counted("peppol", "woken") == 1
        assert pushing.office.folders() == {"winbooks/B01/purchase"}


async def test_a_document_at_recommand_is_in_its_folder_at_once(pushing: Pushing) -> None:
    await pushing.addresses("recommand")
    async with pushing.service() as service:
        assert await pushed(*pushing.arrive_at_recommand("1")) == [200]
        await service.has(1)

        await until(lambda: not pushing.recommand.untaken("baker"))
        assert service.counted("recommand", "woken") == 1


async def test_without_any_event_every_document_still_arrives(pushing: Pushing) -> None:
    """Events are hints: those of hubs that do not sign are sent once and never again."""
    await pushing.addresses("peppol")
    pushing.arrive_at_e_invoice("1")
    pushing.arrive_at_recommand("1")

    async with pushing.service() as service:
        await service.has(2)

        assert service.counted("peppol", "woken") == 0


async def test_an_event_that_names_no_document_we_know_delivers_nothing(pushing: Pushing) -> None:
    (line,) = await pushing.addresses("recommand")
    event = {"eventType": "document.received", "documentId": "../../x", "companyId": "baker"}
    async with pushing.service() as service:
        before = len(listings_of(pushing.recommand))
        assert await pushed(Push(line.address, json.dumps(event).encode())) == [200]
        await until(lambda: len(listings_of(pushing.recommand)) > before)

        assert pushing.office.placed() == {}
        assert service.counted("recommand", "woken") == 1


# -- lies and floods --------------------------------------------------------------------------
async def test_forged_and_replayed_events_cost_no_listing(pushing: Pushing) -> None:
    await pushing.addresses("peppol")
    async with pushing.service() as service:
        (genuine,) = pushing.arrive_at_e_invoice("1")
        forged = replace(genuine, headers={"X-Signature": "sha256=" + "0" * 64})
        guessed = replace(genuine, url=f"{genuine.url[:-1]}!")
        assert await pushed(forged, guessed, genuine) == [401, 404, 200]
        await service.has(1)
        await until(lambda: not service.installation.scheduler.running)
        before = len(pushing.e_invoice.asked)

        assert await pushed(*[genuine] * 20, *[forged] * 20) == [409] * 20 + [401] * 20
        assert len(pushing.e_invoice.asked) == before
        assert service.counted("peppol", "replayed") == 20
        assert service.counted("peppol", "forged") == 21
        assert service.counted("peppol", "unknown") == 1


@pytest.mark.slow
@pytest.mark.timeout(90)
async def test_ten_thousand_events_cost_a_handful_of_listings(pushing: Pushing) -> None:
    await pushing.addresses("recommand")
    async with pushing.service() as service:
        before = len(listings_of(pushing.recommand))
        (event,) = pushing.arrive_at_recommand("1")
        said = json.loads(event.body)
        began = monotonic()

        async def flood(start: int) -> None:
            numbers = range(start, start + 1250)
            events = [{**said, "documentId": f"{number}"} for number in numbers]
            await pushed(*[replace(event, body=json.dumps(each).encode()) for each in events])

        async with anyio.create_task_group() as tasks:
            for part in range(8):
                tasks.start_soon(flood, part * 1250)
        await service.has(1)

        listed = len(listings_of(pushing.recommand)) - before
        assert listed <= 3 + (monotonic() - began) / 10
        outcomes = ("woken", "limited")
        assert sum(service.counted("recommand", each) for each in outcomes) == 10_000
        assert service.counted("recommand", "limited") > 0


async def test_events_are_answered_within_a_second_while_the_line_is_busy(
    pushing: Pushing,
) -> None:
    await pushing.addresses("recommand")
    async with pushing.service() as service:
        events = [
            event
            for number in range(150)
            for event in pushing.arrive_at_recommand(f"{number}", seed=number)
        ]
        slowest, busiest = 0.0, 0
        for event in events:
            began = monotonic()
            assert await pushed(event) == [200]
            slowest = max(slowest, monotonic() - began)
            busiest = max(busiest, service.installation.snapshot().in_flight)

        assert slowest < 1
        assert busiest > 1


# -- setting up -------------------------------------------------------------------------------
async def test_a_hub_is_told_a_secret_address_for_each_company_or_one_for_all(
    pushing: Pushing,
) -> None:
    peppol, (recommand,) = [await pushing.addresses(each) for each in ("peppol", "recommand")]

    assert await pushing.addresses("peppol") == peppol
    assert {each.dossier: each.is_signed for each in peppol} == {BAKER: True, GROCER: True}
    told = {each.url: each.company for each in pushing.e_invoice.webhooks.values()}
    assert told == {each.address: each.dossier for each in peppol}
    assert (recommand.dossier, recommand.is_signed) == (None, False)
    assert list(pushing.recommand.webhooks.values()) == [recommand.address]
    assert all(each.is_registered for each in (*peppol, recommand))
    assert all(len(each.address.rpartition("/")[2]) == 43 for each in (*peppol, recommand))


@pytest.mark.parametrize("hub", ["peppol", "recommand"])
async def test_a_registration_whose_answer_was_lost_is_found_again(
    pushing: Pushing, hub: str
) -> None:
    first = await pushing.addresses(hub)
    file = pushing.office.settings.state_dir / "hubs" / f"{hub}.webhooks"
    kept = json.loads(file.read_text())
    file.write_text(json.dumps([{**each, "id": None, "secret": None} for each in kept]))

    assert await pushing.addresses(hub) == first
    assert len(pushing.e_invoice.webhooks) + len(pushing.recommand.webhooks) == len(first)
    assert json.loads(file.read_text()) == kept


async def test_a_company_whose_key_is_refused_says_so_and_keeps_the_others_from_nothing(
    pushing: Pushing,
) -> None:
    settings = pushing.office.settings
    pushing.e_invoice.companies.remove(BAKER)
    refused, told = await pushing.addresses("peppol")
    assert (refused.dossier, refused.is_registered, told.is_registered) == (BAKER, False, True)
    assert refused.problem is not None
    assert f"key-{BAKER}" not in refused.problem
    assert told.problem is None

    pushing.e_invoice.companies.insert(0, BAKER)
    assert all(each.is_registered for each in await pushing.addresses("peppol"))

    pushing.e_invoice.companies.remove(BAKER)
    ended = await end_webhooks(settings, "peppol")
    assert (ended.count, len(ended.problems)) == (2, 1)
    assert not (settings.state_dir / "hubs" / "peppol.webhooks").exists()


async def test_rotated_addresses_work_at_once_and_the_old_ones_no_more(
    pushing: Pushing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.app.webhooks.READ_AGAIN_S", 0.05)
    before = await pushing.addresses("peppol")
    async with pushing.service() as service:
        (old,) = pushing.arrive_at_e_invoice("1")
        after = await rotate_webhooks(pushing.office.settings, "peppol")
        assert {each.address for each in before}.isdisjoint(each.address for each in after)
        assert len(pushing.e_invoice.webhooks) == 2

        (new,) = pushing.arrive_at_e_invoice("2", seed=9)
        await until_answered(new, 200)
        assert await pushed(old) == [404]
        await service.has(2)


async def until_answered(push: Push, status: int) -> None:
    with anyio.fail_after(PATIENCE_S):
        while await pushed(push) != [status]:  # noqa: ASYNC110 -- asks another server
            await anyio.sleep(0.05)


async def test_ended_webhooks_are_gone_there_and_here(pushing: Pushing) -> None:
    await pushing.addresses("peppol")
    pushing.e_invoice.webhooks.pop("wh_1")

    ended = await end_webhooks(pushing.office.settings, "peppol")

    assert (ended.count, ended.problems) == (2, ())
    assert pushing.e_invoice.webhooks == {}
    assert not (pushing.office.settings.state_dir / "hubs" / "peppol.webhooks").exists()


async def test_a_company_that_leaves_takes_its_address_along(pushing: Pushing) -> None:
    await pushing.addresses("peppol")
    answers = HubAnswers(secrets={"keys": f"{GROCER}=key-{GROCER}"})
    change_hub(pushing.office.settings, "peppol", answers)

    assert [each.dossier for each in await pushing.addresses("peppol")] == [GROCER]


async def test_the_addresses_leave_with_their_hub(pushing: Pushing) -> None:
    await pushing.addresses("recommand")

    remove_hub(pushing.office.settings, "recommand")

    assert not list((pushing.office.settings.state_dir / "hubs").glob("recommand.*"))


async def test_addresses_and_secrets_never_come_into_a_log(
    pushing: Pushing, capsys: pytest.CaptureFixture[str]
) -> None:
    (line,) = await pushing.addresses("recommand")
    await pushing.addresses("peppol")
    token = line.address.rpartition("/")[2]
    secrets = [each.secret for each in pushing.e_invoice.webhooks.values()]

    with logged(pushing.office.settings):
        logging.getLogger("pipeline").warning("%s %s", line.address, secrets)

    shown = capsys.readouterr().err
    assert "recommand" in shown
    assert not [each for each in (token, *secrets) if each in shown]


@pytest.mark.parametrize(
    ("hub", "settings", "reason"),
    [
        ("nobody", {}, "No hub is named"),
        ("recommand", {"DOSSIERPOST_WEBHOOK_URL": ""}, "DOSSIERPOST_WEBHOOK_URL"),
        ("scans", {}, "no webhooks"),
    ],
)
async def test_webhooks_that_cannot_work_are_not_made(
    pushing: Pushing, hub: str, settings: dict[str, str], reason: str
) -> None:
    answers = HubAnswers(values={"root": str(pushing.office.folder / "scans")})
    add_hub(pushing.office.settings, "scans", "folder", answers)
    pushing.office.settings_of_this_test |= settings

    with pytest.raises(ConfigurationError, match=reason):
        await pushing.addresses(hub)

    assert not list((pushing.office.settings.state_dir / "hubs").glob("*.webhooks"))


async def test_without_a_port_nobody_listens(pushing: Pushing) -> None:
    pushing.office.settings_of_this_test |= {"DOSSIERPOST_WEBHOOK_PORT": "0"}

    async with (
        open_installation(pushing.office.settings) as installation,
        open_webhooks(installation) as webhooks,
    ):
        assert webhooks is None


async def test_webhooks_are_shown_and_renewed_on_the_command_line(
    pushing: Pushing, tmp_path: Path
) -> None:
    url = {"DOSSIERPOST_WEBHOOK_URL": "https://hooks.office.example"}
    line = CommandLine(tmp_path, url)

    async def run(*arguments: str) -> tuple[int, str, str]:
        ended = await anyio.to_thread.run_sync(lambda: line.run("hubs", "webhooks", *arguments))
        return ended.code, ended.stdout, ended.stderr

    first, shown, said = await run("recommand")
    rotated, other, _ = await run("recommand", "--rotate", "--json")
    ended, _, count = await run("recommand", "--end")

    (line_of_it,) = json.loads(other)
    assert first == rotated == ended == 0
    assert "https://hooks.office.example/webhooks/recommand/" in shown
    assert "DOSSIERPOST_WEBHOOK_PORT" in said
    assert line_of_it["is_registered"] is True
    assert line_of_it["address"] not in shown
    assert count.startswith("1 ")
    assert pushing.recommand.webhooks == {}


@pytest.mark.parametrize("workers", [1, 2], ids=["one process", "another worker is meant"])
async def test_the_service_as_a_process_hears_webhooks_and_tells_nobody_their_address(
    pushing: Pushing, tmp_path: Path, workers: int
) -> None:
    assert not Shard(1, 2).has("recommand/baker"), "the first worker is the one that hears"
    pushing.office.settings_of_this_test["DOSSIERPOST_WORKERS"] = str(workers)
    (webhook,) = await pushing.addresses("recommand")
    service = CommandLine(tmp_path, pushing.office.variables)
    with service.running("run", DOSSIERPOST_LOG_LEVEL="debug") as process:
        await until(pushing.is_looked_at)
        (event,) = pushing.arrive_at_recommand("1")
        assert await pushed(replace(event, url=f"{event.url}x"), event) == [404, 200]
        await until(lambda: len(pushing.office.placed()) == 1)
        ended = await anyio.to_thread.run_sync(process.end, signal.SIGTERM)

    assert ended.code == 0
    assert "webhooks were refused" in ended.stderr
    assert webhook.address.rpartition("/")[2] not in ended.stderr
