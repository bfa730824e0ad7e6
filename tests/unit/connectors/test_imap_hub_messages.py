"""What is in a mailbox, and what becomes of it; against Dovecot."""

import itertools
import json
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import anyio
import pytest

from pipeline.connectors.declarations import HubSetup
from pipeline.connectors.hubs.imap import CONNECTOR
from pipeline.connectors.limits import Limiters
from pipeline.domain.customers import Dossier
from pipeline.domain.documents import DocumentKind, DocumentRef
from pipeline.domain.errors import (
    ConfigurationError,
    CredentialsRejected,
    DocumentRejected,
    HubUnavailable,
    TransientError,
)
from pipeline.ports.hub import AckOutcome, Forwarded, Hub
from pipeline.testing.clock import VirtualClock
from pipeline.testing.dovecot import PACKAGE, PASSWORD, PROGRAM, Dovecot, dovecot_server
from pipeline.testing.memory_credentials import MemoryCredentials
from pipeline.testing.programs import find_program

INVOICE = b'<?xml version="1.0"?><Invoice xmlns="urn:x"/>'
NUMBERS = itertools.count()
ACME, BETA = Dossier("imap", "acme", "Acme"), Dossier("imap", "beta", "Beta")
REQUIRED = {"host": "mail.example", "user": "u", "password": "p", "senders": "*", "by": "folder"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    if find_program(PROGRAM) is None:
        pytest.skip(f"NOT VERIFIED AGAINST DOVECOT: install the package {PACKAGE}")
    with dovecot_server() as server:
        yield server


class Mailroom:
    """A mailbox, the hubs that read it, and the people who write to it."""

    def __init__(self, server: Dovecot, folder: Path) -> None:
        self.server = server
        self.user = f"mailroom{next(NUMBERS)}"
        self.inbox = server.make_folder(self.user)
        self.clock = VirtualClock()
        self.list = folder / "list.json"
        self.know("acme", "beta")
        self.opened: list[Hub] = []

    def know(self, *dossiers: str) -> None:
        entries = [{"folder": each, "enterprise_name": each} for each in dossiers]
        self.list.write_text(json.dumps({"dossiers": entries}))

    def hub(self, **values: str) -> Hub:
        given = {
            "host": "127.0.0.1",
            "port": str(self.server.port),
            "security": "none",
            "user": self.user,
            "password": PASSWORD,
            "senders": "@supplier.example",
            "dossiers": str(self.list),
            **values,
        }
        setup = HubSetup("imap", given, self.clock, MemoryCredentials(), Limiters(self.clock))
        self.opened.append(CONNECTOR.connect(setup))
        return self.opened[-1]

    def send(self, *attachments: tuple[str, bytes], **headers: str) -> Path:
        message = EmailMessage()
        given = {
            "From": "a@supplier.example",
            "To": "docs+acme@office.example",
            "Message_ID": f"<{next(NUMBERS)}@supplier.example>",
        }
        for name, value in {**given, **headers}.items():
            message[name.replace("_", "-")] = value
        message.set_content("Please find attached.")
        for name, body in attachments:
            message.add_attachment(body, "application", "octet-stream", filename=name)
        return self.server.deliver(self.inbox, message.as_bytes(policy=SMTP))

    def count_anew(self) -> None:
        """Have the server number the messages again, as after a restore."""
        path = self.inbox / "dovecot-uidlist"
        path.write_text(
            re.sub(r" V\d+ N\d+ ", " V4000000000 N900 ", path.read_text().split("\n")[0]) + "\n"
        )
        for index in self.inbox.glob("dovecot.index*"):
            index.unlink()

    def left(self, *folder: str) -> int:
        """How many messages a folder has."""
        place = self.inbox.parent / self.user / "".join(f".{name}" for name in folder)
        return sum(1 for name in ("cur", "new") for _ in (place / name).glob("*"))


@pytest.fixture
async def room(dovecot: Dovecot, tmp_path: Path) -> AsyncIterator[Mailroom]:
    room = Mailroom(dovecot, tmp_path)
    yield room
    for hub in room.opened:
        await hub.close()


async def listed(hub: Hub, dossier: Dossier = ACME) -> Sequence[DocumentRef]:
    return (await hub.list(dossier, None, 100)).refs


async def acknowledge(hub: Hub, *refs: DocumentRef) -> Sequence[AckOutcome]:
    return await hub.ack([Forwarded(ref.key) for ref in refs])


# -- a message and its documents ----------------------------------------------------------------
async def test_each_attachment_is_a_document_of_its_kind(room: Mailroom) -> None:
    room.send(("i.xml", INVOICE), ("i.pdf", b"%PDF"), ("daily.cod", b"0000"))

    refs = await listed(room.hub())

    assert [(ref.file_name, ref.kind) for ref in refs] == [
        ("i.xml", DocumentKind.PURCHASE_INVOICE),
        ("i.pdf", DocumentKind.OTHER),
        ("daily.cod", DocumentKind.BANK_STATEMENT),
    ]
    assert len({ref.key for ref in refs}) == 3


async def test_a_message_goes_away_with_the_last_of_its_documents(room: Mailroom) -> None:
    room.send(("1.xml", INVOICE), ("2.xml", INVOICE))
    hub = room.hub()
    first, second = await listed(hub)

    assert await acknowledge(hub, first) == [AckOutcome.OK]
    assert room.left() == 1
    assert await listed(hub) == [second]
    assert await acknowledge(hub, second) == [AckOutcome.OK]
    assert (room.left(), room.left("INBOX", "processed")) == (0, 1)


async def test_another_start_of_the_program_asks_again_for_what_was_acknowledged(
    room: Mailroom,
) -> None:
    room.send(("1.xml", INVOICE), ("2.xml", INVOICE))
    hub = room.hub()
    refs = await listed(hub)
    await acknowledge(hub, refs[0])

    again = room.hub()

    assert await listed(again) == refs
    assert await acknowledge(again, *refs) == [AckOutcome.OK] * 2
    assert room.left() == 0


async def test_a_document_is_acknowledged_although_it_was_never_listed_here(room: Mailroom) -> None:
    room.send(("1.xml", INVOICE))
    refs = await listed(room.hub())

    assert await acknowledge(room.hub(), *refs) == [AckOutcome.OK]
    assert await acknowledge(room.hub(), *refs) == [AckOutcome.GONE]


async def test_a_message_for_two_dossiers_waits_for_both(room: Mailroom) -> None:
    room.send(("1.xml", INVOICE), To="docs+acme@office.example", Cc="docs+beta@office.example")
    hub = room.hub()
    [for_acme], [for_beta] = await listed(hub), await listed(hub, BETA)

    await acknowledge(hub, for_acme)
    assert room.left() == 1
    assert not await listed(hub)
    await acknowledge(hub, for_beta)

    assert room.left() == 0


async def test_a_message_that_came_twice_is_one_document_and_goes_away_twice(
    room: Mailroom,
) -> None:
    for _ in range(2):
        room.send(("1.xml", INVOICE), Message_ID="<same@x>", Date="Thu, 01 Jan 2026 09:00:00 +0100")
    hub = room.hub()

    refs = await listed(hub)
    await acknowledge(hub, *refs)

    assert len(refs) == 1
    assert (room.left(), room.left("INBOX", "processed")) == (0, 2)


async def test_other_content_under_the_same_message_id_is_another_document(room: Mailroom) -> None:
    for body in (INVOICE, INVOICE + b"<!-- corrected -->"):
        room.send(("1.xml", body), Message_ID="<same@x>", Date="Thu, 01 Jan 2026 09:00:00 +0100")

    assert len(await listed(room.hub())) == 2


async def test_messages_of_others_and_messages_without_documents_stay(room: Mailroom) -> None:
    room.send(("1.xml", INVOICE), From="thief@evil.example")
    room.send(("1.xml", INVOICE), From="a@supplier.example, thief@evil.example")
    room.send(("1.xml", INVOICE), To="docs+nobody@office.example")
    room.send()
    good = room.send(("1.xml", INVOICE))
    hub = room.hub()

    await acknowledge(hub, *await listed(hub))

    assert not good.exists()
    assert room.left() == 4


async def test_names_and_encodings_of_all_kinds_are_read(room: Mailroom) -> None:
    room.server.deliver(
        room.inbox,
        b"From: a@supplier.example\r\nTo: docs+acme@office.example\r\n"
        b"Content-Type: text/xml; charset=latin-1; name*=utf-8''t%C3%A9l%C3%A9com.xml\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n<Invoice>=E9=3D</Invoice>=\r\n",
    )
    hub = room.hub()

    [ref] = await listed(hub)

    assert ref.file_name == "télécom.xml"
    assert (await hub.fetch(ref, max_bytes=100)).body == b"<Invoice>\xe9=</Invoice>"


async def test_an_attachment_that_is_damaged_is_rejected(room: Mailroom) -> None:
    room.server.deliver(
        room.inbox,
        b"From: a@supplier.example\r\nTo: docs+acme@office.example\r\n"
        b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nPElud\r\n",
    )
    hub = room.hub()
    [ref] = await listed(hub)

    with pytest.raises(DocumentRejected) as refused:
        await hub.fetch(ref, max_bytes=100)

    assert refused.value.rule == "encoding"


async def test_a_large_attachment_is_rejected_before_it_is_fetched(room: Mailroom) -> None:
    room.send(("1.pdf", b"x" * 100_000))
    hub = room.hub()
    [ref] = await listed(hub)

    with pytest.raises(DocumentRejected) as refused:
        await hub.fetch(ref, max_bytes=1000)

    assert refused.value.rule == "size"


@pytest.mark.parametrize(
    "sender", [b"x@y.example," * 50_000, b"(" * 50_000, b'"' * 50_000, b"<" * 50_000]
)
async def test_a_message_with_endless_headers_does_not_hide_the_others(
    room: Mailroom, sender: bytes
) -> None:
    content = b"Content-Type: application/xml\r\n\r\n<Invoice/>\r\n"
    room.server.deliver(room.inbox, b"From: " + sender + b"\r\n" + content)
    room.server.deliver(room.inbox, b"To: " + sender + b"\r\n" + content)
    room.send(("good.xml", INVOICE))

    with anyio.fail_after(5):
        assert [ref.file_name for ref in await listed(room.hub())] == ["good.xml"]


async def test_a_message_that_somebody_else_moved_is_gone(room: Mailroom) -> None:
    room.send(("1.xml", INVOICE))
    hub, another = room.hub(), room.hub()
    [ref] = await listed(hub)
    await acknowledge(another, ref)

    with pytest.raises(DocumentRejected) as refused:
        await another.fetch(ref, max_bytes=1000)

    assert refused.value.rule == "gone"
    assert (await acknowledge(hub, ref))[0].is_settled
    assert not await listed(hub)


# -- the mailbox ------------------------------------------------------------------------------
async def test_a_delivered_message_can_be_marked_instead_of_moved(room: Mailroom) -> None:
    room.send(("1.xml", INVOICE))
    hub = room.hub(after="flag")

    await acknowledge(hub, *await listed(hub))

    assert room.left() == 1
    assert not await listed(hub)
    assert not await listed(room.hub(after="flag"))


async def test_new_message_numbers_change_no_document_and_lose_no_message(room: Mailroom) -> None:
    room.send(("1.xml", INVOICE))
    room.send(("2.xml", INVOICE))
    hub = room.hub()
    page = await hub.list(ACME, None, 1)
    refs = [*page.refs, *(await hub.list(ACME, page.cursor, 10)).refs]
    await hub.close()
    room.count_anew()

    with pytest.raises(TransientError, match="new message numbers"):
        await hub.fetch(refs[0], max_bytes=1000)
    again = await hub.list(ACME, page.cursor, 10)

    assert list(again.refs) == refs
    assert await acknowledge(hub, *refs) == [AckOutcome.OK] * 2
    assert room.left() == 0


async def test_folders_below_the_folder_are_dossiers(room: Mailroom) -> None:
    for name in ("acme", "processed", "&AMk-milie"):
        room.server.make_folder(room.user, "INBOX", name)
    hub = room.hub(by="folder", dossiers="")

    dossiers = [each async for page in hub.tenants() for each in page]

    assert [each.id for each in dossiers] == ["acme", "Émilie"]
    assert not await listed(hub, dossiers[1])
    assert [hint async for hint in hub.events()] == []


async def test_a_dossier_that_is_new_in_the_list_gets_the_messages_that_wait(
    room: Mailroom,
) -> None:
    gamma = Dossier("imap", "gamma@office.example", "Gamma")
    room.send(("1.xml", INVOICE), To="gamma@office.example")
    hub = room.hub()
    assert not await listed(hub, gamma)

    room.know("acme", gamma.id)
    assert [page async for page in hub.tenants()]

    assert len(await listed(hub, gamma)) == 1


async def test_a_folder_that_is_not_there_is_told(room: Mailroom) -> None:
    with pytest.raises(TransientError, match="SELECT"):
        await listed(room.hub(folder="Nowhere"))


async def test_listening_goes_on_after_the_line_was_cut(room: Mailroom) -> None:
    hub = room.hub()
    events = hub.events()

    with anyio.fail_after(10):
        room.send(("1.xml", INVOICE))
        assert (await anext(events)).dossier_id == "acme"
        await hub._listener._connection.close()  # type: ignore[attr-defined]
        room.send(("2.xml", INVOICE), To="docs+beta@office.example")
        async with room.clock.running():
            assert (await anext(events)).dossier_id == "beta"


# -- signing in -------------------------------------------------------------------------------
async def test_a_wrong_password_is_told_and_the_password_is_not(room: Mailroom) -> None:
    hub = room.hub(password="not-this-one")  # noqa: S106 -- of nobody

    with pytest.raises(CredentialsRejected, match=room.user) as refused:
        await listed(hub)

    assert "not-this-one" not in str(refused.value)
    health = await hub.health()
    assert health.is_reachable
    assert not health.is_authenticated


async def test_a_server_that_is_not_there_is_unavailable(room: Mailroom) -> None:
    hub = room.hub(port="1")

    with pytest.raises(HubUnavailable):
        await listed(hub)

    assert not (await hub.health()).is_reachable


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"security": "none"}, "readable"),
        ({"security": "ssl"}, "security"),
        ({"senders": ""}, "senders"),
        ({"senders": "supplier.example"}, "supplier"),
        ({"by": "subject"}, "by must be"),
        ({"by": "address"}, "dossiers"),
        ({"after": "delete"}, "after"),
        ({"port": "imap"}, "port"),
        ({"ca_file": "/nowhere.pem"}, "nowhere"),
    ],
)
def test_settings_that_cannot_work_are_told(values: dict[str, str], text: str) -> None:
    clock = VirtualClock()
    setup = HubSetup("m", {**REQUIRED, **values}, clock, MemoryCredentials(), Limiters(clock))

    with pytest.raises(ConfigurationError, match=text):
        CONNECTOR.connect(setup)
