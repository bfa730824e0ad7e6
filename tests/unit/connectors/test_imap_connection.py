"""Mail servers of all kinds: old, strict, hostile; played by a script."""

import base64
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
from anyio.abc import ByteStream, SocketAttribute
from anyio.streams.buffered import BufferedByteReceiveStream
from anyio.streams.tls import TLSStream

from pipeline.connectors.declarations import HubSetup
from pipeline.connectors.hubs.imap import CONNECTOR
from pipeline.connectors.hubs.imap.connection import AnswerTooLarge, ImapConnection, Login
from pipeline.connectors.hubs.imap.login import tls_context
from pipeline.connectors.hubs.imap.taking import Mark, Move
from pipeline.connectors.limits import Limiters
from pipeline.domain.customers import Dossier
from pipeline.domain.errors import CredentialsRejected, HubUnavailable, TenantBlocked
from pipeline.ports.credentials import Secret
from pipeline.ports.hub import Hub
from pipeline.testing.clock import VirtualClock
from pipeline.testing.memory_credentials import MemoryCredentials
from tests.security.test_s12_weak_tls import DAY, NOW, Authority, authority

__all__ = ["authority"]

PDF = b'("application" "pdf" ("name" "a.pdf") NIL NIL "base64" 9 NIL ("attachment" NIL) NIL NIL)'
CAPABILITIES = b"* CAPABILITY IMAP4rev1\r\n"
Answers = dict[bytes, bytes]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Played:
    """A server that answers commands as a script says, OK to everything else."""

    def __init__(self, answers: Answers, greeting: bytes = b"* OK ready\r\n") -> None:
        self.answers = {b"CAPABILITY": CAPABILITIES} | answers
        self.greetings = [greeting]
        self.heard: list[bytes] = []
        self.port = 0
        self.tls: ssl.SSLContext | None = None
        self.is_tls_at_once = False

    async def __call__(self, stream: ByteStream) -> None:
        try:
            if self.is_tls_at_once:
                stream = await self._encrypted(stream)
            await stream.send(
                self.greetings.pop(0) if len(self.greetings) > 1 else self.greetings[0]
            )
            await self._talk(stream)
        except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.IncompleteRead, OSError):
            pass
        finally:
            await anyio.aclose_forcefully(stream)

    async def _talk(self, stream: ByteStream) -> None:
        while True:
            line = await BufferedByteReceiveStream(stream).receive_until(b"\r\n", 10_000)
            tag, _, command = line.partition(b" ")
            self.heard.append(command)
            name = next((name for name in self.answers if command.startswith(name)), b"")
            answer = self.answers.get(name, b"")
            if answer.endswith(b"{cut}"):
                await stream.send(answer.removesuffix(b"{cut}"))
                return
            if answer.endswith(b"{hold}"):
                await stream.send(answer.removesuffix(b"{hold}"))
                await self._wait_for_done(stream, tag)
                continue
            is_final = any(each in answer for each in (b"{tag}", b"BYE"))
            await stream.send(
                answer.replace(b"{tag}", tag) + (b"" if is_final else tag + b" OK\r\n")
            )
            if command == b"STARTTLS":
                stream = await self._encrypted(stream)

    async def _wait_for_done(self, stream: ByteStream, tag: bytes) -> None:
        self.heard.append((await stream.receive()).strip())
        await stream.send(b"* 4 EXISTS\r\n" + tag + b" OK\r\n")

    async def _encrypted(self, stream: ByteStream) -> ByteStream:
        return await TLSStream.wrap(
            stream, ssl_context=self.tls, server_side=True, standard_compatible=False
        )


@asynccontextmanager
async def played(server: Played) -> AsyncIterator[Played]:
    failure: Exception | None = None
    async with (
        await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
        anyio.create_task_group() as group,
    ):
        server.port = listener.extra(SocketAttribute.local_port)  # noqa: S610 -- anyio's
        group.start_soon(listener.serve, server)
        try:
            yield server
        except Exception as error:  # noqa: BLE001 -- raised below, outside the task group
            failure = error
        group.cancel_scope.cancel()
    if failure is not None:
        raise failure


@asynccontextmanager
async def signed_in(
    answers: Answers, greeting: bytes = b"* OK ready\r\n"
) -> AsyncIterator[tuple[ImapConnection, Played]]:
    async with played(Played(answers, greeting)) as server:
        connection = await ImapConnection.open(login(server))
        try:
            yield connection, server
        finally:
            await connection.close()


def login(server: Played, **values: object) -> Login:
    given = {"host": "127.0.0.1", "user": 'o"ffice', "password": Secret("p\\ä"), "tls": None}
    return Login(port=server.port, **{**given, **values})  # type: ignore[arg-type]


# -- signing in -------------------------------------------------------------------------------
async def test_a_password_is_sent_in_the_way_the_server_wants() -> None:
    modern = {b"CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\n"}
    async with signed_in({}) as (_, old), signed_in(modern) as (_, new):
        pass

    assert 'LOGIN "o\\"ffice" "p\\\\ä"'.encode() in old.heard
    plain = base64.b64encode('\0o"ffice\0p\\ä'.encode())
    assert b"AUTHENTICATE PLAIN " + plain in new.heard


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"{tag} NO [AUTHENTICATIONFAILED] no\r\n", CredentialsRejected),
        (b"{tag} NO no\r\n", CredentialsRejected),
        (b"{tag} NO [UNAVAILABLE] later\r\n", HubUnavailable),
        (b"{tag} NO [LIMIT] too many\r\n", HubUnavailable),
        (b"* BYE overloaded\r\n", HubUnavailable),
        (b"{tag} BAD what\r\n", HubUnavailable),
    ],
)
async def test_a_refused_sign_in_tells_whether_a_person_must_act(
    answer: bytes, expected: type[Exception]
) -> None:
    with pytest.raises(expected) as refused:
        async with signed_in({b"LOGIN": answer}):
            pass

    assert "p\\" not in str(refused.value)


@pytest.mark.parametrize("greeting", [b"* BYE full\r\n", b"220 mail ESMTP\r\n"])
async def test_a_server_that_turns_us_away_is_unavailable(greeting: bytes) -> None:
    with pytest.raises(HubUnavailable):
        async with signed_in({}, greeting):
            pass


# -- encryption -------------------------------------------------------------------------------
@pytest.mark.parametrize("starts_tls", [True, False], ids=["starttls", "tls"])
async def test_a_way_that_is_encrypted_is_checked(
    authority: Authority, *, starts_tls: bool
) -> None:
    server = Played({})
    server.tls, server.is_tls_at_once = authority.server(), not starts_tls
    trusted = tls_context(str(authority.file))
    async with played(server):
        connection = await ImapConnection.open(login(server, tls=trusted, starts_tls=starts_tls))
        await connection.command(b"NOOP")
        await connection.close()

        with pytest.raises(HubUnavailable, match="certificate"):
            await ImapConnection.open(login(server, tls=tls_context(""), starts_tls=starts_tls))

    assert server.heard.count(b"NOOP") == 1
    assert sum(line.startswith(b"LOGIN") for line in server.heard) == 1


WRONG: dict[str, Callable[[Authority], ssl.SSLContext]] = {
    "expired": lambda authority: authority.server(ends=NOW - DAY),
    "of another host": lambda authority: authority.server(name="127.0.0.2"),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
async def test_a_certificate_that_does_not_hold_is_refused(
    authority: Authority, wrong: Callable[[Authority], ssl.SSLContext]
) -> None:
    server = Played({})
    server.tls, server.is_tls_at_once = wrong(authority), True
    async with played(server):
        with pytest.raises(HubUnavailable, match="not valid"):
            await ImapConnection.open(login(server, tls=tls_context(str(authority.file))))

    assert server.heard == []


async def test_what_is_said_before_the_encryption_is_not_believed(authority: Authority) -> None:
    server = Played({b"STARTTLS": b"{tag} OK go\r\nA2 OK [CAPABILITY IMAP4rev1] injected\r\n"})
    server.tls = authority.server()
    async with played(server):
        with pytest.raises(HubUnavailable, match="before"):
            await ImapConnection.open(
                login(server, tls=tls_context(str(authority.file)), starts_tls=True)
            )


async def test_a_server_without_encryption_gets_no_password() -> None:
    server = Played({b"STARTTLS": b"{tag} BAD unknown\r\n"})
    async with played(server):
        with pytest.raises(HubUnavailable):
            await ImapConnection.open(login(server, tls=tls_context(""), starts_tls=True))

    assert server.heard == [b"STARTTLS"]


# -- hostile answers --------------------------------------------------------------------------
SENT = b"* 1 FETCH (BODY[1] {5000}\r\n" + b"x" * 5000 + b")\r\n"


@pytest.mark.parametrize(
    "answer", [b"* 1 FETCH (BODY[1] {99999999}\r\n", SENT], ids=["claimed", "sent"]
)
async def test_more_than_was_asked_for_is_not_taken(answer: bytes) -> None:
    async with signed_in({b"UID FETCH": answer}) as (connection, _):
        with pytest.raises(AnswerTooLarge):
            await connection.command(b"UID FETCH 1 (BODY.PEEK[1])", largest=1000)


async def test_many_small_answers_are_not_taken_without_end() -> None:
    async with signed_in({b"NOOP": b"* 1 EXISTS\r\n" * 1000}) as (connection, _):
        with pytest.raises(AnswerTooLarge):
            await connection.command(b"NOOP", largest=1000)


@pytest.mark.parametrize("answer", [b"* OK hal{cut}", b"* 1 FETCH (BODY[1] {10}\r\nxx{cut}"])
async def test_a_server_that_hangs_up_in_an_answer_is_unavailable(answer: bytes) -> None:
    async with signed_in({b"NOOP": answer}) as (connection, _):
        with pytest.raises(HubUnavailable):
            await connection.command(b"NOOP")


# -- servers without extensions ---------------------------------------------------------------
async def test_a_server_that_cannot_move_copies_and_removes_those_alone() -> None:
    plus = {b"CAPABILITY": b"* CAPABILITY IMAP4rev1 UIDPLUS\r\n"}
    async with signed_in(plus) as (connection, server):
        await Move("INBOX/done")(connection, b"4,5")

    assert server.heard[-3:] == [
        b'UID COPY 4,5 "INBOX/done"',
        rb"UID STORE 4,5 +FLAGS.SILENT (\Deleted)",
        b"UID EXPUNGE 4,5",
    ]


async def test_a_server_that_cannot_remove_some_removes_none() -> None:
    async with signed_in({}) as (connection, server):
        await Move("INBOX/done")(connection, b"4")

    assert not any(b"EXPUNGE" in line for line in server.heard)


async def test_a_server_that_keeps_no_marks_is_told_to_a_person() -> None:
    answers = {b"SELECT": rb"* OK [PERMANENTFLAGS (\Seen)] limited" + b"\r\n"}
    async with signed_in(answers) as (connection, _):
        await connection.select(b"INBOX")

        with pytest.raises(TenantBlocked, match="move"):
            await Mark()(connection, b"4")


async def test_a_server_may_end_the_listening_by_itself() -> None:
    async with signed_in({b"IDLE": b"+ idling\r\n{tag} OK enough\r\n"}) as (connection, _):
        assert not await connection.idle(5)


async def test_listening_is_renewed_and_what_came_meanwhile_is_not_missed() -> None:
    async with signed_in({b"IDLE": b"+ idling\r\n{hold}"}) as (connection, server):
        assert await connection.idle(0.02)

    assert server.heard[-2:] == [b"IDLE", b"DONE"]


# -- a whole mailbox --------------------------------------------------------------------------
ENDLESS = b"* 1 FETCH (UID 1 BODYSTRUCTURE {99999999}\r\n{cut}"


def described(uid: int, structure: bytes = PDF, headers: bytes = b"") -> bytes:
    headers = headers or b"Message-ID: <%d@x>\r\n\r\n" % uid
    literal = b"{%d}\r\n%s" % (len(headers), headers)
    return b"* %d FETCH (UID %d BODYSTRUCTURE %s BODY[HEADER.FIELDS (FROM)]<0> %s)\r\n" % (
        uid, uid, structure, literal,
    )  # fmt: skip


def hub_of(server: Played, clock: VirtualClock | None = None, **values: str) -> Hub:
    clock = clock or VirtualClock()
    given = {
        "host": "127.0.0.1", "port": str(server.port), "security": "none", "user": "u",
        "password": "p", "senders": "*", "by": "folder", **values,
    }  # fmt: skip
    return CONNECTOR.connect(HubSetup("imap", given, clock, MemoryCredentials(), Limiters(clock)))


async def names_in(server: Played) -> list[str | None]:
    async with played(server):
        hub = hub_of(server)
        page = await hub.list(Dossier("imap", "acme", "Acme"), None, 10)
        await hub.close()
        return [ref.file_name for ref in page.refs]


async def test_a_description_without_end_hides_no_other_message() -> None:
    answers = {
        b"UID SEARCH": b"* SEARCH 1 2 3 4\r\n",
        b"UID FETCH 1,2 ": ENDLESS,
        b"UID FETCH 1,2,3,4 ": ENDLESS,
        b"UID FETCH 1 ": ENDLESS,
        b"UID FETCH 2 ": described(2),
        b"UID FETCH 3,4 ": described(3) + described(4),
    }

    assert await names_in(Played(answers)) == ["a.pdf"] * 3


async def test_a_description_that_makes_no_sense_hides_no_other_message() -> None:
    flags = b"* 9 FETCH (FLAGS (\\Seen))\r\n"
    deep = described(1, b"(" * 60 + b")" * 60)
    answers = {
        b"UID SEARCH": b"* SEARCH 1 2\r\n",
        b"UID FETCH": flags + deep + b"* 8 FETCH (UID 8 (((\r\n" + described(2),
    }

    assert await names_in(Played(answers)) == ["a.pdf"]


async def test_a_server_without_push_is_only_polled(tmp_path: Path) -> None:
    async with played(Played({})) as server:
        hub = hub_of(server, by="address", dossiers=str(_list_of(tmp_path)))

        assert [hint async for hint in hub.events()] == []
        await hub.close()


async def test_listening_begins_as_soon_as_the_server_lets_it(tmp_path: Path) -> None:
    answers = {
        b"CAPABILITY": b"* CAPABILITY IMAP4rev1 IDLE\r\n",
        b"UID SEARCH": b"* SEARCH 1\r\n",
        b"UID FETCH": described(1, headers=b"To: docs+acme@office.example\r\n\r\n"),
    }
    server = Played(answers)
    server.greetings = [b"* BYE full\r\n", b"* BYE full\r\n", b"* OK ready\r\n"]
    clock = VirtualClock()
    async with played(server):
        hub = hub_of(server, clock, by="address", dossiers=str(_list_of(tmp_path)))
        async with clock.running():
            hint = await anext(hub.events())
        await hub.close()

    assert hint.dossier_id == "acme"
    assert clock.monotonic() == 3  # a second, then two


def _list_of(folder: Path) -> Path:
    path = folder / "list.json"
    path.write_text('{"dossiers": [{"folder": "acme", "enterprise_name": "Acme"}]}')
    return path
