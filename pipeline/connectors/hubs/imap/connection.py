"""One connection to a mail server: commands and their answers, with a limit on everything."""

import base64
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import anyio
from anyio.abc import ByteStream
from anyio.streams.tls import TLSStream

from pipeline.connectors.hubs.imap.wire import Answer, MalformedAnswer, quoted
from pipeline.domain.errors import CredentialsRejected, HubUnavailable, TransientError
from pipeline.ports.credentials import Secret

_SILENCE_S, _GOODBYE_S = 60.0, 2.0
_AT_ONCE = 2**16
_LONGEST_LINE, _LARGEST_ANSWER = 2**20, 2**25
_LITERAL = re.compile(rb"\{(\d+)\}$")
_CRLF = b"\r\n"
_LATER = (b"UNAVAILABLE", b"INUSE", b"LIMIT", b"SERVERBUG")
"""Codes of refusals that pass by themselves (RFC 5530)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Where to sign in, and as whom; without ``tls`` nothing is encrypted."""

    host: str
    port: int
    user: str
    password: Secret
    tls: ssl.SSLContext | None
    starts_tls: bool = False

    @property
    def server(self) -> str:
        """The server, for messages."""
        return f"{self.host}:{self.port}"


class CommandRefused(TransientError):
    """The server answered NO; ``code`` says why when the server does."""

    def __init__(self, message: str, *, code: bytes) -> None:
        super().__init__(message)
        self.code = code


class AnswerTooLarge(HubUnavailable):
    """The server sent more than can be meant; nothing more is read of this connection."""


class ImapConnection:
    """A signed-in connection; one command at a time.

    Raises `HubUnavailable` when the server hangs, hangs up, or talks gibberish; after any error but
    `CommandRefused` the connection is to be closed.
    """

    def __init__(self, stream: ByteStream, server: str) -> None:
        self._stream = stream
        self._server = server
        self._buffer = bytearray()
        self._number = 0
        self.capabilities: frozenset[bytes] = frozenset()
        self.folder: bytes | None = None
        self.validity = 0
        self.keeps_keywords = False

    @classmethod
    async def open(cls, login: Login) -> Self:
        """Connect and sign in.

        Raises:
            CredentialsRejected: the server refuses the user or the password.
        """
        stream = await _connect(login)
        connection = cls(stream, login.server)
        try:
            await connection._greet(login)
            await connection._sign_in(login)
        except BaseException:
            await connection.close()
            raise
        return connection

    async def command(
        self, line: bytes, *, largest: int = _LARGEST_ANSWER, hidden: bool = False
    ) -> list[Answer]:
        """Send a command and return its untagged answers, of ``largest`` bytes together.

        ``hidden`` keeps the text of a refusal out of messages.
        """
        tag = await self._send(line)
        answers: list[Answer] = []
        while True:
            answer = await self._answer(largest)
            largest -= sum(map(len, answer.pieces))
            if largest < 0:
                raise AnswerTooLarge(f"Mail server {self._server} sends more than was asked for.")
            if answer.tag == tag:
                self._require_ok(answer, b"..." if hidden else line)
                return answers
            self._note(answer)
            answers.append(answer)

    async def select(self, folder: bytes) -> None:
        """Open a folder for the commands to come; one that is open already stays."""
        if self.folder == folder:
            return
        self.folder, self.validity, self.keeps_keywords = None, 0, False
        await self.command(b"SELECT " + quoted(folder))
        self.folder = folder

    async def idle(self, patience_s: float) -> bool:
        """Wait until the server tells of messages (RFC 2177) or patience ends; whether it did."""
        tag = await self._send(b"IDLE")
        is_new = False
        with anyio.move_on_after(patience_s):
            while not is_new:
                answer = await self._answer(_LARGEST_ANSWER, patient=True)
                if answer.tag == tag:
                    self._require_ok(answer, b"IDLE")
                    return False
                is_new = self._note(answer)
        await self._write(b"DONE" + _CRLF)
        while (answer := await self._answer(_LARGEST_ANSWER)).tag != tag:
            is_new = self._note(answer) or is_new
        self._require_ok(answer, b"IDLE")
        return is_new

    async def close(self) -> None:
        """Hang up; idempotent."""
        with anyio.move_on_after(_GOODBYE_S, shield=True):
            try:
                await self._stream.aclose()
            except (OSError, anyio.BrokenResourceError, ssl.SSLError):
                return

    # -- signing in ---------------------------------------------------------------------------
    async def _greet(self, login: Login) -> None:
        greeting = await self._answer(_LONGEST_LINE)
        if greeting.word not in (b"OK", b"PREAUTH"):
            raise HubUnavailable(f"Mail server {self._server} turns us away: {_words(greeting)}.")
        if login.starts_tls and login.tls is not None:
            await self.command(b"STARTTLS")
            if self._buffer:
                raise HubUnavailable(f"Mail server {self._server} speaks before it is encrypted.")
            self._stream = await _encrypted(self._stream, login)
        await self._ask_capabilities()

    async def _sign_in(self, login: Login) -> None:
        user, password = login.user.encode(), login.password.reveal().encode()
        line = b"LOGIN " + quoted(user) + b" " + quoted(password)
        if {b"AUTH=PLAIN", b"SASL-IR"} <= self.capabilities:
            line = b"AUTHENTICATE PLAIN " + base64.b64encode(b"\0".join((b"", user, password)))
        try:
            await self.command(line, hidden=True)
        except CommandRefused as error:
            if error.code in _LATER:
                raise HubUnavailable(f"Mail server {self._server} is not ready: {error}") from error
            msg = (
                f"Mail server {self._server} refuses user {login.user!r}. Check the user and the "
                "password of this mailbox with the provider; many want one made for programs."
            )
            raise CredentialsRejected(msg) from error
        await self._ask_capabilities()

    async def _ask_capabilities(self) -> None:
        for answer in await self.command(b"CAPABILITY"):
            if answer.word == b"CAPABILITY":
                self.capabilities = frozenset(answer.text.upper().split()[1:])

    # -- talking ------------------------------------------------------------------------------
    async def _send(self, line: bytes) -> bytes:
        self._number += 1
        tag = b"A%d" % self._number
        await self._write(tag + b" " + line + _CRLF)
        return tag

    async def _write(self, data: bytes) -> None:
        try:
            with anyio.fail_after(_SILENCE_S):
                await self._stream.send(data)
        except (TimeoutError, OSError, ssl.SSLError, *_BROKEN) as error:
            raise self._lost(error) from error

    async def _answer(self, largest: int, *, patient: bool = False) -> Answer:
        """One answer with its literals, of at most ``largest`` bytes."""
        pieces = [await self._line(patient=patient)]
        while literal := _LITERAL.search(pieces[-1]):
            size = int(literal[1])
            largest -= size
            if largest < 0:
                raise AnswerTooLarge(f"Mail server {self._server} sends more than was asked for.")
            pieces[-1] = pieces[-1][: literal.start()]
            pieces += [await self._exactly(size), await self._line()]
        tag, _, pieces[0] = pieces[0].partition(b" ")
        return Answer(tag, pieces)

    async def _line(self, *, patient: bool = False) -> bytes:
        start = 0
        while (end := self._buffer.find(_CRLF, start)) < 0:
            start = max(len(self._buffer) - 1, 0)
            if start > _LONGEST_LINE:
                raise AnswerTooLarge(f"Mail server {self._server} sends a line without an end.")
            await self._receive(patient=patient)
        line = bytes(self._buffer[:end])
        del self._buffer[: end + len(_CRLF)]
        return line

    async def _exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            await self._receive()
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    async def _receive(self, *, patient: bool = False) -> None:
        try:
            with anyio.fail_after(None if patient else _SILENCE_S):
                self._buffer += await self._stream.receive(_AT_ONCE)
        except (TimeoutError, OSError, ssl.SSLError, *_BROKEN) as error:
            raise self._lost(error) from error

    # -- understanding ------------------------------------------------------------------------
    def _note(self, answer: Answer) -> bool:
        """Take notice of what a server says by itself; whether it tells how many messages exist."""
        name, value = answer.code
        if answer.word == b"BYE":
            raise HubUnavailable(f"Mail server {self._server} hangs up: {_words(answer)}.")
        if answer.word == b"OK" and name == b"UIDVALIDITY" and value.isdigit():
            self.validity = int(value)
        elif answer.word == b"OK" and name == b"PERMANENTFLAGS":
            self.keeps_keywords = rb"\*" in value
        return answer.text.upper().endswith(b" EXISTS")

    def _require_ok(self, answer: Answer, line: bytes) -> None:
        if answer.word == b"OK":
            return
        shown = line.partition(b" ")[0].decode("ascii", "replace")
        msg = f"Mail server {self._server} refuses {shown}: {_words(answer)}."
        if answer.word == b"NO":
            raise CommandRefused(msg, code=answer.code[0])
        raise HubUnavailable(msg)

    def _lost(self, error: BaseException) -> HubUnavailable:
        reason = str(error) or "no answer in time, or the line was cut"
        return HubUnavailable(f"Mail server {self._server} cannot be used now: {reason}.")


_BROKEN = (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError)


async def _connect(login: Login) -> ByteStream:
    try:
        with anyio.fail_after(_SILENCE_S):
            stream: ByteStream = await anyio.connect_tcp(login.host, login.port)
            if login.tls is None or login.starts_tls:
                return stream
            return await _encrypted(stream, login)
    except (TimeoutError, OSError) as error:
        reason = str(error) or "no answer in time"
        msg = f"Mail server {login.server} cannot be reached: {reason}."
        raise HubUnavailable(msg) from error


async def _encrypted(stream: ByteStream, login: Login) -> ByteStream:
    """The same stream in TLS; mail servers hang up without saying goodbye in it."""
    try:
        with anyio.fail_after(_SILENCE_S):
            return await TLSStream.wrap(
                stream, hostname=login.host, ssl_context=login.tls, standard_compatible=False
            )
    except ssl.SSLCertVerificationError as error:
        await anyio.aclose_forcefully(stream)
        msg = (
            f"Mail server {login.server} shows a certificate that is not valid for it: "
            f"{error.verify_message}. Check the name of the server, or name its authority."
        )
        raise HubUnavailable(msg) from error
    except (TimeoutError, OSError, *_BROKEN) as error:
        await anyio.aclose_forcefully(stream)
        msg = f"Mail server {login.server} cannot be spoken to in TLS: {error}."
        raise HubUnavailable(msg) from error


def _words(answer: Answer) -> str:
    return answer.text.partition(b" ")[2][:300].decode("utf-8", "replace").rstrip(".")


def parsed(answers: Sequence[Answer], word: bytes, server: str) -> list[list[object]]:
    """Values of the answers of a kind; ``FETCH`` is told by its second word.

    Raises:
        HubUnavailable: an answer cannot be understood.
    """
    found: list[list[object]] = []
    for answer in answers:
        words = answer.text.split(b" ", 2)
        if word not in (each.upper() for each in words[:2]):
            continue
        try:
            found.append(list(answer.values()))
        except MalformedAnswer as error:
            raise HubUnavailable(f"Mail server {server} cannot be understood: {error}.") from error
    return found
