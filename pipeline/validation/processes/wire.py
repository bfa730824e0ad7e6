"""What pool and worker say to each other, each message with its length before it.

Requests are pickled: a worker trusts its parent. Answers are not, because a worker reads what
strangers wrote, and what it says is decoded into these types or refused. Bodies go through the
pipe as they are: for 16 kB that takes 11 us and shared memory 8, for a megabyte 230 and 50, which
is nothing beside checking it, and a pipe leaves nothing behind when its owner is killed.
"""

import pickle
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import BinaryIO, TypeAlias

import msgspec

from pipeline.domain.documents import Document, ValidationReport
from pipeline.domain.errors import DocumentRejected

_HEAD = struct.Struct("<IQ")
_LENGTH = struct.Struct("<Q")


@dataclass(frozen=True, slots=True)
class Request:
    """A document to look into."""

    document: Document
    wants_attachments: bool


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
Receive: TypeAlias = Callable[[int], Awaitable[bytes]]

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


def request_parts(request: Request) -> tuple[bytes, bytes]:
    """The two parts of a request, to be sent one after the other: the body is not copied."""
    body = request.document.body
    bare = replace(request, document=replace(request.document, body=b""))
    head = pickle.dumps(bare)
    return _HEAD.pack(len(head), len(body)) + head, body


def read_request(stream: BinaryIO) -> Request | None:
    """The next request, or None when the parent wants no more, or is gone."""
    sizes = stream.read(_HEAD.size)
    if len(sizes) < _HEAD.size:
        return None
    head_size, body_size = _HEAD.unpack(sizes)
    head, body = stream.read(head_size), stream.read(body_size)
    if len(head) < head_size or len(body) < body_size:
        return None
    request: Request = pickle.loads(head)  # noqa: S301 - from the parent
    return replace(request, document=replace(request.document, body=body))


def write_answer(stream: BinaryIO, answer: Answer) -> None:
    """Send an answer at once."""
    data = _encoder.encode(answer)
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


async def read_answer(receive_exactly: Receive) -> Answer:
    """The next answer; raises `ValueError` for what is none, and what ``receive_exactly`` does."""
    (size,) = _LENGTH.unpack(await receive_exactly(_LENGTH.size))
    try:
        answer: Answer = _decoder.decode(await receive_exactly(size))
    except msgspec.MsgspecError as error:
        raise ValueError("a worker answered what is no answer") from error
    return answer
