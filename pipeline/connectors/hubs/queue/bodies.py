"""The bytes of a document out of the answer that holds them; decoded once, never re-encoded."""

import base64
import binascii
import hashlib

import anyio.to_thread

from pipeline.connectors.answers import Answer
from pipeline.connectors.hubs.queue.profile import Content, Encoding
from pipeline.connectors.hubs.queue.requests import decoded
from pipeline.connectors.hubs.queue.values import pick
from pipeline.domain.documents import DocumentRef
from pipeline.domain.errors import DocumentRejected
from pipeline.ports.hub import Fetched

_AROUND = 2**20
_UNPACKED_AT_ONCE = 2**18


def largest_answer(content: Content, max_bytes: int) -> int:
    """How large the answer of a document of ``max_bytes`` may be."""
    if content.encoding is Encoding.RAW:
        return max_bytes
    return content.factor * max_bytes + _AROUND


async def fetched(ref: DocumentRef, answer: Answer, content: Content, max_bytes: int) -> Fetched:
    """The document in an answer; a large one is unpacked in a thread.

    Raises:
        DocumentRejected: it is larger than ``max_bytes``, or the hub keeps no body of it.
        TransientError: the answer is none of this hub.
    """
    if len(answer.body) <= _UNPACKED_AT_ONCE:
        return _fetched(ref, answer, content, max_bytes)
    return await anyio.to_thread.run_sync(_fetched, ref, answer, content, max_bytes)


def _fetched(ref: DocumentRef, answer: Answer, content: Content, max_bytes: int) -> Fetched:
    body = _body(ref, answer, content)
    if len(body) > max_bytes:
        raise too_large(ref, max_bytes)
    kind = answer.headers.get("Content-Type") if content.encoding is Encoding.RAW else None
    return Fetched(body, hashlib.sha256(body).hexdigest(), kind or ref.content_type)


def _body(ref: DocumentRef, answer: Answer, content: Content) -> bytes:
    if content.encoding is Encoding.RAW:
        return answer.body
    text = pick(decoded(answer.body), content.field)
    if not isinstance(text, str):
        msg = f"The hub keeps no content of document {ref.key}. Ask its sender for it."
        raise DocumentRejected(msg, rule="gone")
    if content.encoding is Encoding.TEXT:
        return text.encode("utf-8")
    return _from_base64(ref, text)


def _from_base64(ref: DocumentRef, text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        msg = f"The hub gives document {ref.key} in a form that cannot be read: {error}. Ask it."
        raise DocumentRejected(msg, rule="refused") from error


def too_large(ref: DocumentRef, max_bytes: int) -> DocumentRejected:
    """A document that is larger than the limit."""
    msg = (
        f"Document {ref.key} is larger than the {max_bytes} bytes that are accepted. Raise the "
        "limit, or book it by hand."
    )
    return DocumentRejected(msg, rule="size")
