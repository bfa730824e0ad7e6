"""Several hubs side by side: one office, each client where its documents really are."""

import json
import os
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import anyio.to_thread
import pytest

from pipeline.app.hub_links import link_dossier, list_channels, unlink_dossier
from pipeline.app.hub_setup import HubAnswers, add_hub, change_hub, list_hubs, remove_hub, try_hub
from pipeline.connectors.clock import SystemClock
from pipeline.domain.documents import DocumentKind
from pipeline.domain.errors import ConfigurationError
from pipeline.hub.wire import Dossier
from pipeline.testing.emulators.codabox import ACCOUNT, SOFTWARE, CodaboxEmulator
from pipeline.testing.emulators.e_invoice_be import EInvoiceBeEmulator
from tests.acceptance.command_line import CommandLine, Finished
from tests.acceptance.office import AccountantsOffice, document_of, winbooks

BAKERY = Dossier(
    id="customer-1",
    enterprise_name="Bakery BV",
    enterprise_identifier="BE0400000000",
    accounting_file_id="B01",
    accounting_package_id="winbooks",
)
GARAGE = Dossier(
    id="customer-2",
    enterprise_name="Garage BV",
    enterprise_identifier="BE0400000044",
    accounting_file_id="G01",
    accounting_package_id="winbooks",
)
KEY = "BE0400000000"
STATEMENT, INVOICE = DocumentKind.BANK_STATEMENT, DocumentKind.PURCHASE_INVOICE


@dataclass
class Hubs:
    """Two hubs on the internet, and an office that has accounts at them."""

    office: AccountantsOffice
    codabox: CodaboxEmulator
    codabox_url: str
    e_invoice: EInvoiceBeEmulator
    e_invoice_url: str

    def add_codabox(self, name: str = "codabox", **locations: str) -> None:
        user, password = ACCOUNT
        values = {
            "url": self.codabox_url,
            "user": user,
            "software": SOFTWARE,
            "allow_private": "yes",
        }
        secrets = {"password": password}
        answers = HubAnswers(values=values, secrets=secrets, locations=locations)
        add_hub(self.office.settings, name, "codabox", answers)

    def add_e_invoice(self) -> None:
        values = {"url": self.e_invoice_url, "allow_private": "yes"}
        answers = HubAnswers(values=values, secrets={"keys": f"{KEY}=key-{KEY}"})
        add_hub(self.office.settings, "peppol", "e_invoice_be", answers)

    def statement(self, client: str, seed: int = 7) -> None:
        body = document_of(BAKERY, STATEMENT, seed=seed).body
        self.codabox.deliver(client, f"statement {seed}", body)


@pytest.fixture
async def hubs(office: AccountantsOffice) -> AsyncIterator[Hubs]:
    codabox = CodaboxEmulator(SystemClock(), "baker", "grocer")
    e_invoice = EInvoiceBeEmulator(SystemClock(), KEY)
    await office.link(winbooks(), BAKERY, GARAGE)
    (office.books / "winbooks").mkdir()
    async with codabox.serving() as codabox_url, e_invoice.serving() as e_invoice_url:
        yield Hubs(office, codabox, str(codabox_url / "v2"), e_invoice, str(e_invoice_url))


async def test_the_documents_of_a_client_come_together_from_every_hub_it_is_at(
    hubs: Hubs,
) -> None:
    hubs.add_codabox()
    hubs.add_e_invoice()
    await hubs.office.receive(document_of(BAKERY, STATEMENT, seed=8))
    hubs.statement("baker")
    hubs.e_invoice.arrive(KEY, "1", document_of(BAKERY, INVOICE).body)

    result = await hubs.office.sync()

    assert (result.listed, result.forwarded, result.problems) == (3, 3, {})
    assert hubs.office.folders() == {"winbooks/B01/coda", "winbooks/B01/purchase"}
    assert hubs.codabox.waiting("baker") == []
    assert {row.key.hub for row in await hubs.office.rows()} == {"native", "codabox", "peppol"}


async def test_what_was_delivered_once_is_never_delivered_again(hubs: Hubs) -> None:
    hubs.add_codabox()
    hubs.add_e_invoice()
    hubs.statement("baker")
    hubs.e_invoice.arrive(KEY, "1", document_of(BAKERY, INVOICE).body)
    await hubs.office.sync()
    before = hubs.office.placed()

    again = await hubs.office.sync()

    assert again.listed == 0
    assert hubs.office.placed() == before


async def test_two_accounts_of_one_kind_of_hub_are_two_hubs(hubs: Hubs) -> None:
    hubs.add_codabox("codabox")
    hubs.add_codabox("codabox-branch")

    await hubs.office.sync()

    channels = await list_channels(hubs.office.settings)
    assert {(each.hub, each.dossier) for each in channels} == {
        (hub, client) for hub in ("codabox", "codabox-branch") for client in ("baker", "grocer")
    }
    assert {each.linked_to for each in channels} == {"native/customer-1", None}


async def test_a_client_that_the_office_has_no_dossier_of_waits_or_goes_to_the_hubs_own_folder(
    hubs: Hubs,
) -> None:
    hubs.add_codabox()
    hubs.statement("grocer")
    assert (await hubs.office.sync()).listed == 0

    locations = {"bank_statements": "winbooks/others/[accounting_file_id]"}
    change_hub(hubs.office.settings, "codabox", HubAnswers(locations=locations))
    await hubs.office.sync()

    assert hubs.office.folders() == {"winbooks/others/D001"}


async def test_a_client_is_linked_by_hand_where_numbers_do_not_tell(hubs: Hubs) -> None:
    settings = hubs.office.settings
    hubs.add_codabox()
    hubs.statement("grocer")
    await hubs.office.sync()

    assert await link_dossier(settings, "codabox", "grocer", GARAGE.id) == "native/customer-2"
    await hubs.office.sync()

    grocer = next(each for each in await list_channels(settings) if each.dossier == "grocer")
    assert (grocer.linked_to, grocer.by_hand) == ("native/customer-2", True)
    assert hubs.office.folders() == {"winbooks/G01/coda"}
    await unlink_dossier(settings, "codabox", "grocer")
    with pytest.raises(ConfigurationError, match="not linked by hand"):
        await unlink_dossier(settings, "codabox", "grocer")


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        (("native", "customer-1", "customer-2"), "was not added"),
        (("codabox", "nobody", "customer-2"), "listed no dossier"),
        (("codabox", "grocer", "nobody"), "See dossierpost dossiers"),
        (("codabox", "grocer", "codabox/baker"), "beyond doubt"),
    ],
)
async def test_a_link_that_leads_nowhere_is_refused(
    hubs: Hubs, link: tuple[str, str, str], reason: str
) -> None:
    hubs.add_codabox()
    await hubs.office.sync()

    with pytest.raises(ConfigurationError, match=reason):
        await link_dossier(hubs.office.settings, *link)


async def test_a_hub_that_fails_does_not_hold_up_the_others(hubs: Hubs) -> None:
    hubs.add_codabox()
    hubs.add_e_invoice()
    hubs.e_invoice.companies.clear()
    hubs.statement("baker")

    result = await hubs.office.sync()

    assert result.forwarded == 1
    assert list(result.problems) == [f"peppol/{KEY}"]


class _Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize(
    "step", ["staged", "intended", "renamed", "delivered", "ack_sent", "acked"]
)
async def test_a_kill_at_any_step_loses_and_repeats_nothing_of_a_feed_and_a_window(
    hubs: Hubs, step: str
) -> None:
    hubs.add_codabox()
    hubs.add_e_invoice()
    for seed in (7, 8, 9):
        hubs.statement("baker", seed)
        hubs.e_invoice.arrive(KEY, str(seed), document_of(BAKERY, INVOICE, seed=seed).body)

    def kill(name: str, /) -> None:
        if name == step:
            raise _Killed

    with pytest.raises(_Killed):
        await hubs.office.sync(faultpoint=kill)
    await hubs.office.sync()

    assert len(hubs.office.placed()) == 6
    assert hubs.codabox.waiting("baker") == []
    assert (await hubs.office.sync()).listed == 0


# -- setting up -------------------------------------------------------------------------------
async def test_a_hub_is_tried_without_telling_it_anything(hubs: Hubs) -> None:
    hubs.add_codabox()
    hubs.statement("grocer")

    trial = await try_hub(hubs.office.settings, "codabox")

    assert (trial.dossiers, trial.dossier, trial.listed) == (2, "grocer", 1)
    assert trial.size_bytes
    assert trial.problem is None
    assert len(hubs.codabox.waiting("grocer")) == 1


async def test_secrets_are_in_private_files_and_never_shown(hubs: Hubs) -> None:
    hubs.add_codabox()
    folder = hubs.office.settings.state_dir / "hubs"

    shown = json.dumps([repr(each) for each in list_hubs(hubs.office.settings)])

    assert ACCOUNT[1] not in shown
    assert ACCOUNT[1] not in (folder / "hubs.json").read_text()
    assert (folder / "codabox.password").read_text() == ACCOUNT[1]
    if os.name == "posix":
        modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
        assert modes == {0o600}


async def test_a_removed_hub_is_gone_with_its_secrets_and_what_it_delivered_stays_known(
    hubs: Hubs,
) -> None:
    settings = hubs.office.settings
    hubs.add_codabox()
    hubs.statement("baker")
    await hubs.office.sync()

    remove_hub(settings, "codabox")

    assert [each.name for each in list_hubs(settings)] == ["native"]
    assert [path.name for path in (settings.state_dir / "hubs").iterdir()] == ["hubs.json"]
    assert (await hubs.office.sync()).listed == 0
    with pytest.raises(ConfigurationError, match="another kind"):
        add_hub(settings, "codabox", "folder", HubAnswers(values={"root": "/scans"}))


@pytest.mark.parametrize(
    ("name_and_kind", "answers", "reason"),
    [
        (("native", "codabox"), HubAnswers(), "already"),
        (("Coda Box", "codabox"), HubAnswers(), "small letters"),
        (("codabox", "telex"), HubAnswers(), "no kind of hub"),
        (("codabox", "codabox"), HubAnswers(), "needs the setting"),
        (("codabox", "codabox"), HubAnswers(values={"password": "x"}), "secret"),
        (("scans", "folder"), HubAnswers(values={"root": "scans"}), "absolute"),
        (("scans", "folder"), HubAnswers(locations={"cellar": "/wine"}), "no location"),
    ],
)
async def test_a_hub_that_cannot_work_is_not_added(
    office: AccountantsOffice, name_and_kind: tuple[str, str], answers: HubAnswers, reason: str
) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        add_hub(office.settings, *name_and_kind, answers)

    assert not (office.settings.state_dir / "hubs").exists()


# -- on the command line ----------------------------------------------------------------------
async def test_hubs_are_added_tried_and_removed_on_the_command_line(
    hubs: Hubs, tmp_path: Path
) -> None:
    line = CommandLine(tmp_path)
    user, password = ACCOUNT
    (tmp_path / "password").write_text(f"{password}\n")
    hubs.statement("baker")

    async def run(*arguments: str) -> Finished:
        return await anyio.to_thread.run_sync(lambda: line.run("hubs", *arguments))

    values = {"url": hubs.codabox_url, "user": user, "software": SOFTWARE, "allow_private": "yes"}
    sets = [part for name, value in values.items() for part in ("--set", f"{name}={value}")]
    added = await run("add", "codabox", *sets, "--secret-file", f"password={tmp_path}/password")
    tried = await run("test", "codabox", "--json")
    removed = await run("remove", "codabox", "--yes")

    assert added.code == removed.code == 0
    assert "dossierpost hubs test codabox" in added.stderr
    assert json.loads(tried.stdout)["listed"] == 1
    assert password not in added.stderr + tried.stdout + tried.stderr
    assert not (tmp_path / "state" / "hubs" / "codabox.password").exists()


async def test_a_hub_that_refuses_its_key_fails_the_trial(hubs: Hubs, tmp_path: Path) -> None:
    hubs.add_e_invoice()
    hubs.e_invoice.companies.clear()
    line = CommandLine(tmp_path, {"DOSSIERPOST_STATE_DIR": str(hubs.office.settings.state_dir)})

    tried = await anyio.to_thread.run_sync(lambda: line.run("hubs", "test", "peppol"))

    assert tried.code == 7
    assert KEY in tried.stderr
    assert f"key-{KEY}" not in tried.stderr
