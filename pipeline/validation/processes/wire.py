"""What pool and worker say to each other, each message with its length before it.

Requests are pickled: a worker trusts its parent. Answers are not, because a worker reads what
strangers wrote, and what it says is decoded into these types or refused. Bodies go through the
pipe as they are: for 16 kB that takes 11 us and shared memory 8, for a megabyte 230 and 50, which
is nothing beside checking it, and a pipe leaves nothing behind when its owner is killed.
"""

import pickle
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import BinaryIO, TypeAlias

import msgspec

from pipeline.domain.documents import (
    Document,
    DocumentKey,
    DocumentKind,
    DocumentRef,
    ValidationReport,
)
from pipeline.domain.errors import DocumentRejected

_HEAD = struct.Struct("<IQ")
_LENGTH = struct.Struct("<Q")
_CHUNK_BYTES = 64 * 2**10
"""What a pipe takes at once; small requests travel together."""
_NOWHERE = DocumentKey("", "", "")
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Request:
    """What is needed of a document to look into it: not whose it is."""

    kind: DocumentKind
    file_name: str | None
    content_type: str | None
    wants_attachments: bool
    body: bytes = field(repr=False)
    is_awaited: bool = True
    """Whether its answer is sent at once, with those that were held back; only read from a pipe."""

    @classmethod
    def of(cls, document: Document, *, wants_attachments: bool) -> "Request":
        """The request for a document."""
        ref = document.ref
        return cls(ref.kind, ref.file_name, ref.content_type, wants_attachments, document.body)

    @property
    def document(self) -> Document:
        """The document, nobody's."""
        ref = DocumentRef(
            _NOWHERE,
            self.kind,
            _NEVER,
            file_name=self.file_name,
            content_type=self.content_type,
        )
        return Document(ref, self.body, "")


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The rules are loaded."""


class Unusable(msgspec.Struct, frozen=True, tag=True):
    """The rules cannot be used, whoever tries: a `ConfigurationError`."""

    message: str


class Reported(msgspec.Struct, frozen=True, tag=True):
    """A document was looked into; a worker that ``is_spent`` is not to be given another batch."""

    report: ValidationReport
    is_spent: bool


class Refused(msgspec.Struct, frozen=True, tag=True):
    """A document may not be delivered."""

    message: str
    rule: str
    report: ValidationReport | None
    is_spent: bool


Answer: TypeAlias = Ready | Unusable | Reported | Refused

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Answer)


def answer_of(outcome: ValidationReport | DocumentRejected, *, is_spent: bool) -> Answer:
    """An outcome as it travels."""
    if isinstance(outcome, ValidationReport):
        return Reported(outcome, is_spent)
    return Refused(str(outcome), outcome.rule, outcome.report, is_spent)


def outcome_of(answer: Reported | Refused) -> ValidationReport | DocumentRejected:
    """An outcome as it was."""
    if isinstance(answer, Reported):
        return answer.report
    return DocumentRejected(answer.message, rule=answer.rule, report=answer.report)


def chunks_of(requests: Sequence[Request], *, one_by_one: bool = False) -> Iterator[bytes]:
    """Requests as they travel: small ones together, a large body by itself and not copied.

    The answers to all but the last may be held back for a moment, unless they are wanted
    ``one_by_one``.
    """
    together = bytearray()
    for left, request in zip(range(len(requests) - 1, -1, -1), requests, strict=True):
        head = _head_of(request, is_awaited=one_by_one or not left)
        together += _HEAD.pack(len(head), len(request.body)) + head
        if len(request.body) < _CHUNK_BYTES:
            together += request.body
        if len(together) >= _CHUNK_BYTES or len(request.body) >= _CHUNK_BYTES:
            yield bytes(together)
            together.clear()
        if len(request.body) >= _CHUNK_BYTES:
            yield request.body
    if together:
        yield bytes(together)


def _head_of(request: Request, *, is_awaited: bool) -> bytes:
    return pickle.dumps(
        (
            request.kind.value,
            request.file_name,
            request.content_type,
            request.wants_attachments,
            is_awaited,
        )
    )


def read_request(stream: BinaryIO) -> Request | None:
    """The next request, or None when the parent wants no more, or is gone."""
    sizes = stream.read(_HEAD.size)
    if len(sizes) < _HEAD.size:
        return None
    head_size, body_size = _HEAD.unpack(sizes)
    head, body = stream.read(head_size), stream.read(body_size)
    if len(head) < head_size or len(body) < body_size:
        return None
    kind, name, content_type, wants_attachments, is_awaited = pickle.loads(head)  # noqa: S301 - from the parent
    return Request(DocumentKind(kind), name, content_type, wants_attachments, body, is_awaited)


def write_answer(stream: BinaryIO, answer: Answer) -> None:
    """Add an answer to those that are sent when the stream is flushed."""
    data = _encoder.encode(answer)
    stream.write(_LENGTH.pack(len(data)) + data)


class Answers:
    """Answers as they come, in pieces of any size."""

    def __init__(self) -> None:
        self._received = bytearray()

    def feed(self, data: bytes) -> None:
        """Add a piece."""
        self._received += data

    def take(self) -> Answer | None:
        """The next answer, None when it is not there to its end; `ValueError` for what is none."""
        if len(self._received) < _LENGTH.size:
            return None
        (size,) = _LENGTH.unpack_from(self._received)
        end = _LENGTH.size + size
        if len(self._received) < end:
            return None
        data = bytes(self._received[_LENGTH.size : end])
        del self._received[:end]
        try:
            answer: Answer = _decoder.decode(data)
        except msgspec.MsgspecError as error:
            raise ValueError("a worker answered what is no answer") from error
        return answer
