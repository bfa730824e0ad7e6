"""Requests to a hub with an HTTP API: within the limits of a credential, errors translated."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import quote, urlencode

import anyio.to_thread
import msgspec
from yarl import URL

from pipeline.connectors.answers import Answer, error_for
from pipeline.connectors.http import LARGEST_ANSWER, HttpClient
from pipeline.connectors.limits import CredentialLimiter
from pipeline.domain.documents import DocumentRef
from pipeline.domain.errors import DocumentRejected, TenantBlocked, TransientError
from pipeline.ports.clock import Clock
from pipeline.ports.hub import Fetched

Message = TypeVar("Message")
_DIGESTED_AT_ONCE = 2**18


@dataclass(frozen=True, slots=True)
class RestAccount:
    """An account at a hub that is told who asks by headers which never change.

    ``url`` is the root of the hub's API.
    """

    url: URL
    http: HttpClient
    limiter: CredentialLimiter
    clock: Clock
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def at(self, *parts: str, **query: str | int | None) -> URL:
        """A URL of the API; each part is one path segment, parameters that are None are left out.

        An empty last part ends the path with a slash. Parts come from the hub: one that is ``..``
        or holds a slash must not lead elsewhere.
        """
        given = {name: value for name, value in query.items() if value is not None}
        path = "/".join(map(_segment, parts))
        root = str(self.url).rstrip("/")
        return URL(f"{root}/{path}{'?' if given else ''}{urlencode(given)}", encoded=True)

    async def get(
        self,
        url: URL,
        answer_type: type[Message],
        action: str,
        *,
        max_bytes: int = LARGEST_ANSWER,
    ) -> Message:
        """A decoded answer; ``action`` completes "The hub refused to ...".

        Raises:
            TenantBlocked: the hub does not have it; it is no document, so that is no matter of one.
        """
        try:
            answer = await self.ask("GET", url, action, max_bytes=max_bytes)
        except DocumentRejected as error:
            raise TenantBlocked(str(error)) from error
        return decode(answer, answer_type)

    async def ask(
        self,
        method: str,
        url: URL,
        action: str,
        *,
        message: object = None,
        max_bytes: int = LARGEST_ANSWER,
        tolerated: Collection[int] = (),
    ) -> Answer:
        """An answer that is 2xx, or of a status that is ``tolerated``.

        Raises:
            PipelineError: as `answers.error_for` tells; a hint to wait holds for every request
                with this credential.
        """
        sent = dict(self.headers)
        body = None
        if message is not None:
            body, sent["Content-Type"] = msgspec.json.encode(message), "application/json"
        async with self.limiter:
            answer = await self.http.request(
                method, url, headers=sent, body=body, max_bytes=max_bytes
            )
        if answer.status in tolerated:
            return answer
        if not answer.is_ok:
            raise self.refused(answer, action)
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            raise TransientError(f"The hub shows a web page instead of an answer: {action}.")
        return answer

    def refused(self, answer: Answer, action: str) -> Exception:
        """The error for an answer that is not 2xx."""
        error = error_for(answer, action, now=self.clock.now())
        self.limiter.heed(error)
        return error


def decode(answer: Answer, answer_type: type[Message]) -> Message:
    """A message out of an answer; numbers may be written as text.

    Raises:
        TransientError: it is another message, or no message at all (a page of a proxy).
    """
    try:
        return msgspec.json.decode(answer.body, type=answer_type, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        msg = f"The hub's answer is not what its description says: {error}."
        raise TransientError(msg) from error


async def fetched(ref: DocumentRef, answer: Answer, *, size_bytes: int | None = None) -> Fetched:
    """The bytes of a document with their digest; a large one is digested in a thread.

    Raises:
        TransientError: it has another length than the hub claims.
    """
    body = answer.body
    for claimed in (ref.size_bytes, size_bytes):
        if claimed not in (None, len(body)):
            msg = f"Document {ref.key} came with {len(body)} bytes, not {claimed}."
            raise TransientError(msg)
    digest = hashlib.sha256
    if len(body) <= _DIGESTED_AT_ONCE:
        sha256 = digest(body).hexdigest()
    else:
        sha256 = await anyio.to_thread.run_sync(lambda: digest(body).hexdigest())
    return Fetched(body, sha256, answer.headers.get("Content-Type"))


def too_large(ref: DocumentRef, max_bytes: int) -> DocumentRejected:
    """The rejection of a document that has more bytes than are accepted."""
    msg = (
        f"Document {ref.key} is larger than the {max_bytes} bytes that are accepted. Raise the "
        "limit, or book it by hand."
    )
    return DocumentRejected(msg, rule="size")


def is_gone(error: Exception) -> bool:
    """Whether the hub does not have what was asked for."""
    return isinstance(error, DocumentRejected) and error.rule == "gone"


def _segment(part: str) -> str:
    """A path segment that nothing splits or normalises."""
    return part if part.isalnum() and part.isascii() else quote(part, safe="").replace(".", "%2E")
