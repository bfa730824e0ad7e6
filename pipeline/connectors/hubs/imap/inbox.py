"""The messages that wait in one folder of a mailbox."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio
import anyio.to_thread
import structlog

from pipeline.connectors.hubs.imap.connection import AnswerTooLarge, ImapConnection, parsed
from pipeline.connectors.hubs.imap.messages import HEADERS, Heading, Message, heading_of, moment_of
from pipeline.connectors.hubs.imap.pool import ImapPool
from pipeline.connectors.hubs.imap.structure import Part, parts_of
from pipeline.connectors.hubs.imap.taking import TakeAway
from pipeline.connectors.hubs.imap.transfer import most_octets, start_of
from pipeline.connectors.hubs.imap.wire import Answer
from pipeline.domain.documents import DocumentKind
from pipeline.domain.errors import HubUnavailable, TransientError
from pipeline.ports.hub import AckOutcome

log = structlog.get_logger()

_AT_ONCE = 200
_MOST_MESSAGES = 20_000
"""The oldest so many are looked at; a folder with more is read in several rounds."""
_LARGEST_DESCRIPTION = 2**25
_DESCRIBED = (
    b"(UID INTERNALDATE BODYSTRUCTURE BODY.PEEK[HEADER.FIELDS ("
    + " ".join(HEADERS).encode()
    + b")])"
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A document that waits, and its place in the listing."""

    message: Message
    document_id: str
    number: int

    @property
    def part(self) -> Part:
        """The attachment."""
        return self.message.documents[self.document_id]

    @property
    def kind(self) -> DocumentKind | None:
        """What it is, None while nobody looked."""
        return self.message.kinds.get(self.document_id)


class Inbox:
    """What waits in a folder, looked at once for each message.

    ``dossiers_of`` says whose a message is: nobody's when its sender is not allowed. A message is
    taken away when all its documents were acknowledged for everyone it is for; what was
    acknowledged before that is known to this process only, and asked for again by the next.
    """

    def __init__(
        self,
        pool: ImapPool,
        folder: str,
        *,
        dossiers_of: Callable[[Heading], tuple[str, ...]],
        take_away: TakeAway,
    ) -> None:
        self._pool = pool
        self._folder = folder
        self._dossiers_of = dossiers_of
        self._take_away = take_away
        self._turn = anyio.Lock()
        self._messages: dict[int, Message] = {}
        self.validity = 0

    async def refresh(self) -> set[str]:
        """Look what waits now, and return the dossiers that have something new."""
        async with self._turn:
            async with self._pool.connection(self._folder) as connection:
                await connection.command(b"NOOP")  # some servers tell of new messages only then
                answers = await connection.command(b"UID SEARCH " + self._take_away.criteria)
                validity = connection.validity
            uids = sorted(_uids(answers, self._pool.login.server))[:_MOST_MESSAGES]
            if validity != self.validity:
                self._messages, self.validity = {}, validity
            known = self._messages
            self._messages = {uid: known[uid] for uid in uids if uid in known}
            return await self._describe([uid for uid in uids if uid not in known])

    def waiting(self, dossier_id: str) -> Iterator[Waiting]:
        """Documents of a dossier that were not acknowledged, oldest message first, each once."""
        seen: set[str] = set()
        for uid in sorted(self._messages):
            message = self._messages[uid]
            if dossier_id not in message.dossiers:
                continue
            for number, document_id in enumerate(message.documents):
                is_settled = (dossier_id, document_id) in message.settled
                if document_id not in seen and not is_settled:
                    seen.add(document_id)
                    yield Waiting(message, document_id, number)

    async def heads(self, waiting: Sequence[Waiting], size: int) -> Sequence[bytes]:
        """Up to ``size`` bytes from the start of documents; one request for each section."""
        found: dict[tuple[int, str], bytes] = {}
        async with self._opened() as connection:
            for section in dict.fromkeys(each.part.section for each in waiting):
                uids = [each.message.uid for each in waiting if each.part.section == section]
                octets = most_octets(size, "base64")
                item = f"BODY.PEEK[{section}]<0.{octets}>"
                largest = len(uids) * (octets + _AT_ONCE)
                bodies = await self._bodies(connection, uids, item, largest=largest)
                found |= {(uid, section): body for uid, body in bodies.items()}
        return [
            start_of(found.get((each.message.uid, each.part.section), b""), each.part.encoding)
            for each in waiting
        ]

    async def read(self, document_id: str, *, max_bytes: int) -> tuple[Part, bytes | None] | None:
        """A document as it travels, None when it is gone; the body is None when it is too large."""
        for message in await self._having(document_id):
            part = message.documents[document_id]
            largest = most_octets(max_bytes, part.encoding)
            if part.octets > largest:
                return part, None
            async with self._opened() as connection:
                item = f"BODY.PEEK[{part.section}]<0.{largest}>"
                bodies = await self._bodies(
                    connection, [message.uid], item, largest=largest + _AT_ONCE
                )
            if message.uid in bodies:
                return part, bodies[message.uid]
            self._messages.pop(message.uid, None)
        return None

    async def settle(self, dossier_id: str, document_ids: Sequence[str]) -> list[AckOutcome]:
        """Note documents as acknowledged, and take away the messages that are done with."""
        if any(not self._known(each) for each in document_ids):
            await self.refresh()
        outcomes: list[AckOutcome] = []
        done: dict[int, set[tuple[str, str]]] = {}
        for document_id in document_ids:
            messages = self._known(document_id)
            outcomes.append(AckOutcome.OK if messages else AckOutcome.GONE)
            for message in messages:
                done.setdefault(message.uid, set()).add((dossier_id, document_id))
        await self._take(done)
        return outcomes

    # -- inside -------------------------------------------------------------------------------
    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[ImapConnection]:
        """A connection on which messages have the numbers that they have here."""
        async with self._pool.connection(self._folder) as connection:
            if connection.validity != self.validity:
                self.validity = 0
                msg = f"Folder {self._folder!r} has new message numbers and is looked at again."
                raise TransientError(msg)
            yield connection

    async def _describe(self, uids: Sequence[int]) -> set[str]:
        """Learn about messages, a number of them at a time; the dossiers that they are for."""
        news: set[str] = set()
        for start in range(0, len(uids), _AT_ONCE):
            news |= await self._describe_some(uids[start : start + _AT_ONCE])
        return news

    async def _describe_some(self, uids: Sequence[int]) -> set[str]:
        """The same in one request; a message that nobody can read does not hide the others."""
        try:
            async with self._opened() as connection:
                line = b"UID FETCH " + _set_of(uids) + b" " + _DESCRIBED
                answers = await connection.command(line, largest=_LARGEST_DESCRIPTION)
        except AnswerTooLarge:
            half = len(uids) // 2
            if half:
                first = await self._describe_some(uids[:half])
                return first | await self._describe_some(uids[half:])
            log.warning("message passed over, its description is too large", folder=self._folder)
            self._messages[uids[0]] = Message.unreadable(uids[0])
            return set()
        messages = await anyio.to_thread.run_sync(self._understand, answers)
        self._messages |= {message.uid: message for message in messages}
        return {dossier for each in messages if each.documents for dossier in each.dossiers}

    def _understand(self, answers: Sequence[Answer]) -> list[Message]:
        """The messages that answers are about; takes its time, as long as strangers want."""
        messages = []
        for answer in answers:
            try:
                described = parsed([answer], b"FETCH", self._pool.login.server)
            except HubUnavailable:
                log.warning("message passed over, its parts make no sense", folder=self._folder)
                continue
            message = self._message(_items(described[0])) if described else None
            if message is not None:
                messages.append(message)
        return messages

    def _message(self, items: dict[bytes, object]) -> Message | None:
        uid, structure = items.get(b"UID"), items.get(b"BODYSTRUCTURE")
        if not isinstance(uid, bytes) or structure is None:
            return None  # the server tells of flags that changed
        headers = next((v for name, v in items.items() if name.startswith(b"BODY[HEADER")), b"")
        heading = heading_of(headers if isinstance(headers, bytes) else b"")
        date = items.get(b"INTERNALDATE")
        received_at = moment_of(date if isinstance(date, bytes) else b"")
        dossiers = self._dossiers_of(heading)
        parts = [part for part in parts_of(structure) if part.is_document] if dossiers else []
        return Message(
            uid=int(uid),
            received_at=received_at,
            dossiers=dossiers,
            documents={heading.document_id(part, received_at): part for part in parts},
        )

    async def _bodies(
        self, connection: ImapConnection, uids: Sequence[int], item: str, *, largest: int
    ) -> dict[int, bytes]:
        line = b"UID FETCH " + _set_of(uids) + b" (UID " + item.encode() + b")"
        answers = await connection.command(line, largest=largest + _AT_ONCE * len(uids))
        bodies: dict[int, bytes] = {}
        for values in parsed(answers, b"FETCH", self._pool.login.server):
            items = _items(values)
            uid = items.get(b"UID")
            body = [value for name, value in items.items() if name.startswith(b"BODY[")]
            if isinstance(uid, bytes) and body:
                bodies[int(uid)] = body[0] if isinstance(body[0], bytes) else b""
        return bodies

    async def _having(self, document_id: str) -> Sequence[Message]:
        if not self._known(document_id):
            await self.refresh()
        return self._known(document_id)

    def _known(self, document_id: str) -> Sequence[Message]:
        return [each for each in self._messages.values() if document_id in each.documents]

    async def _take(self, done: dict[int, set[tuple[str, str]]]) -> None:
        """Take away what is settled by this, then note it: after a failure it is told again."""
        finished = [
            uid
            for uid, settled in done.items()
            if (message := self._messages.get(uid)) and message.would_be_settled(settled)
        ]
        if finished:
            async with self._opened() as connection:
                await self._take_away(connection, _set_of(finished))
        for uid, settled in done.items():
            if uid in self._messages:
                self._messages[uid].settled |= settled


def _uids(answers: Sequence[Answer], server: str) -> Iterator[int]:
    for values in parsed(answers, b"SEARCH", server):
        yield from (int(each) for each in values[1:] if isinstance(each, bytes) and each.isdigit())


def _items(values: Sequence[object]) -> dict[bytes, object]:
    """The items of a FETCH answer by name."""
    listed = values[2] if len(values) > 2 and isinstance(values[2], list) else []  # noqa: PLR2004
    pairs = zip(listed[::2], listed[1::2], strict=False)
    return {name.upper(): value for name, value in pairs if isinstance(name, bytes)}


def _set_of(uids: Sequence[int]) -> bytes:
    return ",".join(map(str, uids)).encode()
