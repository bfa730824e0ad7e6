"""A message as it waits in a folder: whose it is, and the ids of its documents."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parsedate_to_datetime
from hashlib import blake2s
from urllib.parse import quote_from_bytes

from pipeline.connectors.hubs.imap.structure import Part
from pipeline.domain.documents import DocumentKind

HEADERS = (
    "MESSAGE-ID", "DATE", "FROM", "TO", "CC", "DELIVERED-TO", "X-ORIGINAL-TO", "ENVELOPE-TO",
    "RECEIVED",
)  # fmt: skip
"""What is read of a message before its attachments."""
_LONGEST_HEADER = 8192
_LONGEST_ID, _TAG_BYTES = 120, 10
EVERYONE = "*"


@dataclass(slots=True)
class Message:
    """A message and its documents, by id; ``settled`` are those that were acknowledged here."""

    uid: int
    received_at: datetime
    dossiers: tuple[str, ...]
    documents: Mapping[str, Part]
    kinds: dict[str, DocumentKind] = field(default_factory=dict)
    settled: set[tuple[str, str]] = field(default_factory=set)

    @classmethod
    def unreadable(cls, uid: int) -> "Message":
        """A message that is nobody's, so that it is not asked for again and again."""
        return cls(uid, datetime.fromtimestamp(0, UTC), (), {})

    def would_be_settled(self, more: Collection[tuple[str, str]]) -> bool:
        """Whether with these every document is acknowledged for every dossier that it is for."""
        needed = {(dossier, each) for dossier in self.dossiers for each in self.documents}
        return needed <= self.settled.union(more)


@dataclass(frozen=True, slots=True)
class Heading:
    """The headers of a message as far as they matter here; ``trace`` is the way that it took."""

    message_id: bytes
    date: bytes
    senders: tuple[str, ...]
    envelope: tuple[str, ...]
    recipients: tuple[str, ...]
    trace: bytes = b""

    def document_id(self, part: Part, received_at: datetime) -> str:
        """The id of an attachment: that of its message, and a digest of what tells parts apart.

        It stays the same when the message is moved, copied or counted anew, and another message
        that was given the same id by a careless program has other ones.
        """
        arrival = b"" if self.message_id else received_at.isoformat().encode() + self.trace
        described = "\x1f".join(
            (part.section, part.content_type, part.name, part.encoding, str(part.octets))
        )
        sender = ",".join(self.senders).encode()
        told = (self.message_id, self.date, sender, arrival, described.encode("utf-8", "replace"))
        digest = blake2s(b"\x1e".join(told), digest_size=_TAG_BYTES).hexdigest()
        return f"{quote_from_bytes(self.message_id[:_LONGEST_ID], safe='@<>')}#{digest}"


def heading_of(headers: bytes) -> Heading:
    """The heading in the raw lines of `HEADERS`."""
    message = BytesHeaderParser().parsebytes(headers)
    given = [(name.lower(), value.strip()) for name, value in message.raw_items()]
    return Heading(
        message_id=_first(given, "message-id"),
        date=_first(given, "date"),
        senders=_addresses(given, "from"),
        envelope=_addresses(given, "delivered-to", "x-original-to", "envelope-to"),
        recipients=_addresses(given, "to", "cc"),
        trace=" ".join(value for name, value in given if name == "received").encode(
            "utf-8", "surrogateescape"
        ),
    )


def is_allowed(heading: Heading, allowed: Collection[str]) -> bool:
    """Whether all senders of a message are allowed, by address or as ``@domain``."""
    if EVERYONE in allowed:
        return True
    return bool(heading.senders) and all(
        sender in allowed or "@" + sender.rpartition("@")[2] in allowed
        for sender in heading.senders
    )


def dossiers_of(heading: Heading, known: Mapping[str, str]) -> tuple[str, ...]:
    """The dossiers that a message is for, by address or plus tag; ``known`` has them in lower case.

    What the last server noted counts more than what the sender wrote.
    """
    return _matching(heading.envelope, known) or _matching(heading.recipients, known)


def moment_of(internal_date: bytes) -> datetime:
    """When the server received a message (aware, UTC)."""
    text = internal_date.decode("ascii", "replace").strip().replace("-", " ", 2)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _matching(addresses: Sequence[str], known: Mapping[str, str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for address in addresses:
        tag = address.rpartition("@")[0].partition("+")[2]
        dossier_id = known.get(address) or known.get(tag)
        if dossier_id:
            found[dossier_id] = None
    return tuple(found)


def _first(given: Sequence[tuple[str, str]], name: str) -> bytes:
    """A header as it was sent."""
    found = next((value for each, value in given if each == name), "")
    return found.encode("utf-8", "surrogateescape")


def _addresses(given: Sequence[tuple[str, str]], *names: str) -> tuple[str, ...]:
    """The addresses in headers, in lower case, and rather one too many than one too few.

    Whoever writes to the mailbox writes these headers too: what the library cannot make sense of
    has no addresses, and what follows the first kilobytes is nobody's.
    """
    values = [value[:_LONGEST_HEADER] for name, value in given if name in names]
    try:
        found = getaddresses(values)
    except (RecursionError, ValueError, IndexError, AttributeError):
        return ()
    return tuple(address.lower() for _, address in found if "@" in address)
