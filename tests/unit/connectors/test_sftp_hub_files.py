"""What an SFTP server shows, and whom we believe it to be."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import anyio
import asyncssh
import pytest

from pipeline.connectors.declarations import HubSetup
from pipeline.connectors.hubs.sftp import CONNECTOR
from pipeline.connectors.limits import Limiters
from pipeline.connectors.stores.sightings import MINIMUM_AGE_S
from pipeline.domain.customers import Dossier
from pipeline.domain.documents import DocumentKind, DocumentRef, Location
from pipeline.domain.errors import (
    ConfigurationError,
    CredentialsRejected,
    DocumentRejected,
    HubUnavailable,
    TransientError,
)
from pipeline.ports.hub import AckOutcome, Forwarded, Hub
from pipeline.testing.clock import VirtualClock
from pipeline.testing.memory_credentials import MemoryCredentials
from pipeline.testing.sftp_server import PASSWORD, USER, Mishap, Request, SftpSite, sftp_server

ACME = Dossier("sftp", "acme", "Acme")
INVOICE = b'<?xml version="1.0"?><Invoice xmlns="urn:x"/>'


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Channel:
    """A server of a provider, the hub that reads it, and the hand of the provider."""

    def __init__(self, site: SftpSite, folder: Path) -> None:
        self.site = site
        self.state = folder / "state"
        self.clock = VirtualClock()
        self.limiters = Limiters(self.clock)
        self.opened: list[Hub] = []

    def hub(self, **values: str) -> Hub:
        given = {
            "host": "127.0.0.1",
            "port": str(self.site.port),
            "user": USER,
            "password": PASSWORD,
            **values,
        }
        setup = HubSetup(
            "sftp", given, self.clock, MemoryCredentials(), self.limiters, state_dir=self.state
        )
        self.opened.append(CONNECTOR.connect(setup))
        return self.opened[-1]

    def put(self, path: bytes | str, body: bytes = INVOICE) -> Path:
        target = self.site.root / os.fsdecode(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
        return target

    def paths(self) -> list[str]:
        files = (path for path in self.site.root.rglob("*") if path.is_file())
        return sorted(str(path.relative_to(self.site.root)) for path in files)

    async def listed(self, hub: Hub) -> Sequence[DocumentRef]:
        await hub.list(ACME, None, 100)
        await self.clock.advance(MINIMUM_AGE_S)
        return (await hub.list(ACME, None, 100)).refs


@pytest.fixture
async def channel(tmp_path: Path) -> AsyncIterator[Channel]:
    (tmp_path / "files").mkdir()
    async with sftp_server(SftpSite(tmp_path / "files")) as site:
        channel = Channel(site, tmp_path)
        yield channel
        for hub in channel.opened:
            await hub.close()


# -- whom we talk to --------------------------------------------------------------------------
async def test_the_host_key_is_pinned_at_the_first_sign_in_and_told(channel: Channel) -> None:
    hub = channel.hub()

    health = await hub.health()

    fingerprint = channel.site.host_key.get_fingerprint()
    [pinned] = (channel.state / "host-keys").iterdir()
    [known_host] = asyncssh.read_known_hosts(str(pinned)).match("127.0.0.1", "", channel.site.port)[
        0
    ]
    assert health.is_authenticated
    assert fingerprint in health.text
    assert known_host.get_fingerprint() == fingerprint
    assert pinned.stat().st_mode & 0o777 == 0o600


async def test_a_server_with_another_host_key_gets_no_password(channel: Channel) -> None:
    await channel.hub().health()
    first = channel.site
    other = replace(SftpSite(first.root), port=0)
    async with sftp_server(other):
        [pinned] = (channel.state / "host-keys").iterdir()
        pinned.rename(pinned.with_name(f"127.0.0.1_{other.port}.known_host"))
        channel.site = other
        hub = channel.hub()

        with pytest.raises(CredentialsRejected) as refused:
            await hub.list(ACME, None, 10)
        health = await hub.health()

    assert first.host_key.get_fingerprint() in str(refused.value)
    assert other.host_key.get_fingerprint() in str(refused.value)
    assert other.sign_ins == 0
    assert health.is_reachable
    assert not health.is_authenticated


async def test_a_key_of_another_kind_is_compared_too(channel: Channel) -> None:
    await channel.hub().health()
    other = SftpSite(
        channel.site.root, host_key=asyncssh.generate_private_key("ecdsa-sha2-nistp256")
    )
    async with sftp_server(other):
        [pinned] = (channel.state / "host-keys").iterdir()
        pinned.rename(pinned.with_name(f"127.0.0.1_{other.port}.known_host"))
        channel.site = other

        with pytest.raises(CredentialsRejected, match=r"SHA256:.*SHA256:"):
            await channel.hub().list(ACME, None, 10)


async def test_a_fingerprint_in_the_settings_needs_no_pinned_key(channel: Channel) -> None:
    right = channel.hub(fingerprint=channel.site.host_key.get_fingerprint())
    wrong = channel.hub(fingerprint="SHA256:" + "A" * 43)

    assert (await right.health()).is_authenticated
    with pytest.raises(CredentialsRejected, match="correct the fingerprint"):
        await wrong.list(ACME, None, 10)
    assert not (channel.state / "host-keys").exists()


async def test_a_pinned_key_that_is_no_key_is_told(channel: Channel) -> None:
    await channel.hub().health()
    [pinned] = (channel.state / "host-keys").iterdir()
    pinned.write_text("rubbish")

    with pytest.raises(ConfigurationError, match="holds no host key"):
        await channel.hub().list(ACME, None, 10)


async def test_a_wrong_password_is_told_and_the_password_is_not(channel: Channel) -> None:
    hub = channel.hub(password="a wrong one")  # noqa: S106 -- of nobody

    with pytest.raises(CredentialsRejected, match="office") as refused:
        await hub.list(ACME, None, 10)

    assert "a wrong one" not in str(refused.value)


async def test_a_key_signs_in_where_others_cannot_read_it(channel: Channel, tmp_path: Path) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    channel.site.user_key = key
    path = tmp_path / "key"
    key.write_private_key(path)
    path.chmod(0o600)

    assert (await channel.hub(password="", key_file=str(path)).health()).is_authenticated
    path.chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod go-rwx"):
        channel.hub(password="", key_file=str(path))


async def test_a_key_with_a_passphrase_needs_the_right_one(
    channel: Channel, tmp_path: Path
) -> None:
    key = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
    channel.site.user_key = key
    path = tmp_path / "key"
    right, wrong = "the right one", "the wrong one"
    key.write_private_key(path, "pkcs8-pem", passphrase=right)
    path.chmod(0o600)
    values = {"password": "", "key_file": str(path)}

    assert (await channel.hub(**values, key_passphrase=right).health()).is_authenticated
    for given in ("", wrong):
        with pytest.raises(ConfigurationError, match="passphrase") as refused:
            channel.hub(**values, key_passphrase=given)
        assert wrong not in str(refused.value)


def test_those_who_use_no_sftp_do_not_load_its_library() -> None:
    program = (
        "import sys; from pipeline.connectors.registry import find_hubs; "
        "print('sftp' in find_hubs(), 'asyncssh' in sys.modules)"
    )

    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)

    assert told.stdout.split() == [b"True", b"False"]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"password": ""}, "password or a key_file"),
        ({"key_file": "/nowhere/key"}, "/nowhere/key"),
        ({"fingerprint": "MD5:00"}, "SHA256"),
        ({"port": "0"}, "port"),
        ({"requests": "a few"}, "requests"),
        ({"profile": "other"}, "profile"),
        ({"dossiers": "dossiers.json"}, "absolute"),
    ],
)
async def test_settings_that_cannot_work_are_told(
    channel: Channel, values: dict[str, str], text: str
) -> None:
    with pytest.raises(ConfigurationError, match=text):
        channel.hub(**values)


# -- the connection ---------------------------------------------------------------------------
async def test_several_documents_are_under_way_on_one_connection(channel: Channel) -> None:
    for number in range(40):
        channel.put(f"acme/{number:02}.pdf", b"%PDF")
    hub = channel.hub(requests="8")
    refs = await channel.listed(hub)

    async def fetch(ref: DocumentRef) -> None:
        await hub.fetch(ref, max_bytes=100)

    async with anyio.create_task_group() as group:
        for ref in refs:
            group.start_soon(fetch, ref)

    assert channel.site.most_open == 8
    assert channel.site.sign_ins == 1


async def test_a_server_that_is_away_is_unavailable_until_it_is_back(
    tmp_path: Path,
) -> None:
    (tmp_path / "files" / "acme").mkdir(parents=True)
    site = SftpSite(tmp_path / "files")
    channel = Channel(site, tmp_path)
    async with sftp_server(site):
        hub = channel.hub()
        await hub.list(ACME, None, 10)
    with pytest.raises(HubUnavailable):
        await hub.list(ACME, None, 10)
    with pytest.raises(HubUnavailable):
        await hub.list(ACME, None, 10)
    assert not (await hub.health()).is_reachable

    async with sftp_server(site):
        assert not (await hub.list(ACME, None, 10)).refs
        assert site.sign_ins == 2
        await hub.close()


# -- files ------------------------------------------------------------------------------------
async def test_a_delivered_file_is_set_aside_and_nothing_there_is_overwritten(
    channel: Channel,
) -> None:
    hub = channel.hub()
    for body in (b"<Invoice>1</Invoice>", b"<Invoice>22</Invoice>", b"<Invoice>333</Invoice>"):
        channel.put("acme/in/a.xml", body)
        refs = await channel.listed(hub)
        assert await hub.ack([Forwarded(refs[0].key)]) == [AckOutcome.OK]

    kept = channel.paths()
    assert len(kept) == 3
    assert "acme/in/processed/a.xml" in kept
    assert all(path.startswith("acme/in/processed/a.") for path in kept)


async def test_files_delivered_together_make_their_folder_once(channel: Channel) -> None:
    for number in range(30):
        channel.put(f"acme/{number}.pdf")
    hub = channel.hub()
    refs = await channel.listed(hub)

    outcomes = await hub.ack([Forwarded(ref.key) for ref in refs])

    assert outcomes == [AckOutcome.OK] * 30
    assert all(path.startswith("acme/processed/") for path in channel.paths())


async def test_hidden_half_written_and_processed_files_and_links_are_passed_over(
    channel: Channel,
) -> None:
    secret = channel.put("secret.xml")
    for path in (".a.xml", ".b/a.xml", "processed/a.xml", "a.xml.filepart", "b.xml.part"):
        channel.put(f"acme/{path}")
    (channel.site.root / "acme" / "link.xml").symlink_to(secret)
    (channel.site.root / "acme" / "loop").symlink_to(channel.site.root / "acme")
    channel.put("acme/Unprocessed BV/good.xml")

    assert [ref.file_name for ref in await channel.listed(channel.hub())] == ["good.xml"]


async def test_a_name_that_is_no_text_is_delivered_like_any_other(channel: Channel) -> None:
    channel.put(b"acme/\xe9\xe8/\xff\n#%.xml")
    hub = channel.hub()

    [ref] = await channel.listed(hub)
    ref.key.document_id.encode("ascii")

    assert ref.kind is DocumentKind.PURCHASE_INVOICE
    assert (await hub.fetch(ref, max_bytes=1000)).body == INVOICE
    assert await hub.ack([Forwarded(ref.key)]) == [AckOutcome.OK]
    assert not await channel.listed(hub)


async def test_a_file_that_was_replaced_or_vanished_is_gone(channel: Channel) -> None:
    channel.put("acme/a.xml", b"<Invoice>first</Invoice>")
    channel.put("acme/b.xml")
    hub = channel.hub()
    refs = await channel.listed(hub)
    channel.put("acme/a.xml", b"<Invoice>the second</Invoice>")
    (channel.site.root / "acme" / "b.xml").unlink()

    for ref in refs:
        with pytest.raises(DocumentRejected) as refused:
            await hub.fetch(ref, max_bytes=1000)
        assert refused.value.rule == "gone"
    assert await hub.ack([Forwarded(ref.key) for ref in refs]) == [AckOutcome.GONE] * 2
    assert channel.paths() == ["acme/a.xml"]


async def test_a_file_that_cannot_be_taken_away_now_is_asked_for_again(channel: Channel) -> None:
    channel.put("acme/a.xml")
    channel.put("acme/b.xml")
    hub = channel.hub()
    refs = await channel.listed(hub)
    channel.site.mishaps[Request.TAKE_AWAY] = Mishap.REFUSED

    outcomes = await hub.ack([Forwarded(ref.key) for ref in refs])

    assert sorted(outcomes) == [AckOutcome.OK, AckOutcome.RETRY]


async def test_a_file_that_the_server_refuses_is_tried_again_and_the_others_go_on(
    channel: Channel,
) -> None:
    channel.put("acme/a.xml")
    hub = channel.hub()
    [ref] = await channel.listed(hub)
    channel.site.mishaps[Request.READ] = Mishap.REFUSED

    with pytest.raises(TransientError, match="disk has a fault") as refused:
        await hub.fetch(ref, max_bytes=1000)

    assert not isinstance(refused.value, HubUnavailable)
    assert (await hub.fetch(ref, max_bytes=1000)).body == INVOICE


async def test_a_new_file_wakes_its_dossier_when_it_may_be_complete(channel: Channel) -> None:
    channel.put("acme/a.xml")
    hub = channel.hub()
    await hub.list(ACME, None, 10)

    async with channel.clock.running():
        hint = await anext(hub.events())

    assert hint.dossier_id == "acme"
    assert channel.clock.monotonic() == MINIMUM_AGE_S


# -- trees of others --------------------------------------------------------------------------
CODABOX = {
    "acme/2026/BE68539007547034/daily.cod": DocumentKind.BANK_STATEMENT,
    "acme/2026/BE68539007547034/daily.pdf": DocumentKind.OTHER,
    "acme/2026/BE68539007547034/daily.xml": DocumentKind.BANK_STATEMENT,
    "acme/2026/SODA-from-2026-01/wages.xml": DocumentKind.OTHER,
    "acme/2026/CARO/card.xml": DocumentKind.OTHER,
    "acme/2026/Invoices-IN-01/in.xml": DocumentKind.PURCHASE_INVOICE,
    "acme/2026/Invoices-OUT-01/out.xml": DocumentKind.SALES_INVOICE,
}


async def test_the_tree_of_codabox_is_read_and_emptied(channel: Channel) -> None:
    for path, kind in CODABOX.items():
        channel.put(path, INVOICE if kind.is_ubl else b"<other/>")
    hub = channel.hub(profile="codabox")

    refs = await channel.listed(hub)
    await hub.ack([Forwarded(ref.key) for ref in refs])

    names = {path.rpartition("/")[2]: kind for path, kind in CODABOX.items()}
    assert {ref.file_name: ref.kind for ref in refs} == names
    assert channel.paths() == []


async def test_a_billit_export_tells_sales_by_their_folder(channel: Channel) -> None:
    for folder in ("Incoming invoices", "Sales invoices", "Outgoing"):
        channel.put(f"acme/{folder}/{folder}.xml")

    refs = await channel.listed(channel.hub(profile="billit"))

    assert {ref.file_name: ref.kind for ref in refs} == {
        "Incoming invoices.xml": DocumentKind.PURCHASE_INVOICE,
        "Sales invoices.xml": DocumentKind.SALES_INVOICE,
        "Outgoing.xml": DocumentKind.SALES_INVOICE,
    }


@pytest.mark.parametrize("after", ["move", "delete"])
async def test_the_receipt_of_an_access_point_goes_away_with_its_document(
    channel: Channel, after: str
) -> None:
    channel.put("acme/9915_sender/one.doc.xml")
    channel.put("acme/9915_sender/one.receipt.dat", b"receipt")
    channel.put("acme/9915_sender/two.doc.xml")
    channel.put("acme/9915_sender/other.txt")
    hub = channel.hub(profile="oxalis", after=after)

    refs = await channel.listed(hub)
    outcomes = await hub.ack([Forwarded(ref.key) for ref in refs])

    left = [path for path in channel.paths() if "/processed/" not in path]
    assert [ref.file_name for ref in refs] == ["one.doc.xml", "two.doc.xml"]
    assert outcomes == [AckOutcome.OK] * 2
    assert left == ["acme/9915_sender/other.txt"]


# -- dossiers ---------------------------------------------------------------------------------
LIST = b"""{"packages": [{"id": "w", "name": "Winbooks",
                         "locations": {"purchase_invoices": "/books/[accounting_file_id]"}}],
           "dossiers": [{"folder": "acme", "enterprise_name": "Acme NV",
                         "accounting_file_id": "A1", "package": "w"}]}"""


async def dossiers_of(hub: Hub) -> list[Dossier]:
    return [dossier async for page in hub.tenants() for dossier in page]


async def test_every_visible_folder_but_processed_is_a_dossier(channel: Channel) -> None:
    for path in ("acme/a.xml", "beta/a.xml", ".hidden/a.xml", "processed/a.xml", "a file"):
        channel.put(path)

    assert [each.id for each in await dossiers_of(channel.hub())] == ["acme", "beta"]


async def test_a_list_on_the_server_or_here_links_folders_to_dossiers(
    channel: Channel, tmp_path: Path
) -> None:
    channel.put("dossiers.json", LIST)
    here = tmp_path / "list.json"
    here.write_bytes(LIST.replace(b"Acme NV", b"Acme of here"))

    [there] = await dossiers_of(channel.hub())
    [local] = await dossiers_of(channel.hub(dossiers=str(here)))

    assert (there.enterprise_name, local.enterprise_name) == ("Acme NV", "Acme of here")
    assert there.package is not None
    assert there.package.locations == {Location.PURCHASE_INVOICES: "/books/[accounting_file_id]"}


async def test_a_root_or_a_list_that_is_not_there_is_told(channel: Channel) -> None:
    with pytest.raises(TransientError, match="nowhere"):
        await dossiers_of(channel.hub(root="nowhere"))
    with pytest.raises(TransientError, match=r"/nowhere/list\.json"):
        await dossiers_of(channel.hub(dossiers="/nowhere/list.json"))
