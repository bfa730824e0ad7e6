"""Requests to a native hub: signed in, within the limits of the credential, errors translated."""

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import quote, urlencode

import msgspec
from yarl import URL

from pipeline.connectors.answers import Answer, error_for
from pipeline.connectors.http import LARGEST_ANSWER, HttpClient
from pipeline.connectors.hubs.native.events import Event, parse_events
from pipeline.connectors.limits import CredentialLimiter
from pipeline.connectors.patience import Patience
from pipeline.connectors.tokens import TokenSource
from pipeline.domain.errors import DocumentRejected, TenantBlocked, TransientError
from pipeline.ports.clock import Clock
from pipeline.ports.credentials import Secret

Message = TypeVar("Message")
_PLAIN = re.compile(r"[A-Za-z0-9_-]++(?:/[A-Za-z0-9_-]++)*+")
_EVENT_PATIENCE = Patience(read_s=90, total_s=None)


@dataclass(frozen=True, slots=True)
class NativeSession:
    """An account at a hub; ``url`` is the root of the hub's API."""

    url: URL
    http: HttpClient
    tokens: TokenSource
    limiter: CredentialLimiter
    clock: Clock

    def at(self, *parts: str, **query: str | int | None) -> URL:
        """A URL of the API; each part is one path segment, parameters that are None are left out.

        Parts come from the hub: one that is ``..`` or holds a slash must not lead elsewhere.
        """
        root, asked = self.url, {name: text for name, text in query.items() if text is not None}
        return URL.build(
            scheme=root.scheme,
            authority=root.raw_authority,
            path=f"{root.raw_path.rstrip('/')}/{_path(parts)}",
            query_string=urlencode(asked) if asked else "",
            encoded=True,
        )

    async def get(self, url: URL, answer_type: type[Message], action: str) -> Message:
        """A decoded answer."""
        return decode(await self.ask("GET", url, action), answer_type)

    async def post(
        self, url: URL, message: object, answer_type: type[Message], action: str
    ) -> Message:
        """The decoded answer to a message."""
        return decode(await self.ask("POST", url, action, message=message), answer_type)

    async def ask(
        self,
        method: str,
        url: URL,
        action: str,
        *,
        message: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """An answer that is 2xx or 304; what the hub does not have blocks the dossier."""
        body = None if message is None else msgspec.json.encode(message)
        sent = {"Content-Type": "application/json", **(headers or {})} if body else headers or {}
        try:
            return await self._answer(method, url, action, headers=sent, body=body)
        except DocumentRejected as error:
            raise TenantBlocked(str(error)) from error

    def download(self, url: URL, action: str, *, max_bytes: int) -> Awaitable[Answer]:
        """The bytes of a document; raises `AnswerTooLarge` above ``max_bytes``."""
        return self._answer("GET", url, action, headers={}, max_bytes=max_bytes)

    async def events(self, last_id: str | None) -> AsyncGenerator[Event]:
        """Events of one connection; it counts as one request, but holds no slot of the limit."""
        token = await self.tokens.access()
        headers = {"Accept": "text/event-stream", **_bearer(token)}
        if last_id is not None:
            headers["Last-Event-ID"] = last_id
        async with self.limiter:
            pass
        async with self.http.stream(
            self.at("events"), headers=headers, patience=_EVENT_PATIENCE
        ) as stream:
            if stream.status == HTTPStatus.UNAUTHORIZED:
                await self.tokens.instead_of(token)
            if stream.status != HTTPStatus.OK:
                answer = Answer(stream.status, stream.headers, b"")
                raise error_for(answer, "stream events", now=self.clock.now())
            async for event in parse_events(stream.chunks):
                yield event

    async def _answer(
        self,
        method: str,
        url: URL,
        action: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        max_bytes: int = LARGEST_ANSWER,
    ) -> Answer:
        """Ask once; a second time, with another token, when the first was refused."""
        token = await self.tokens.access()
        request = partial(self.http.request, method, url, body=body, max_bytes=max_bytes)
        answer = await self._limited(request, {**headers, **_bearer(token)})
        if answer.status == HTTPStatus.UNAUTHORIZED:
            token = await self.tokens.instead_of(token)
            answer = await self._limited(request, {**headers, **_bearer(token)})
        if answer.is_ok or answer.status == HTTPStatus.NOT_MODIFIED:
            return answer
        raise self._error(answer, action)

    async def _limited(
        self, request: Callable[..., Awaitable[Answer]], headers: Mapping[str, str]
    ) -> Answer:
        async with self.limiter:
            return await request(headers=headers)

    def _error(self, answer: Answer, action: str) -> Exception:
        """The error for an answer; a hint to wait holds for everything with this credential."""
        error = error_for(answer, action, now=self.clock.now())
        self.limiter.heed(error)
        return error


def decode(answer: Answer, answer_type: type[Message]) -> Message:
    """A message out of an answer.

    Raises:
        TransientError: it is another message, or no message at all (a page of a proxy).
    """
    try:
        return msgspec.json.decode(answer.body, type=answer_type)
    except msgspec.DecodeError as error:
        msg = f"The hub's answer is not a {answer_type.__name__}: {error}."
        raise TransientError(msg) from error


def _path(parts: Sequence[str]) -> str:
    """Path segments that nothing splits or normalises."""
    path = "/".join(parts)
    if _PLAIN.fullmatch(path) and path.count("/") == len(parts) - 1:
        return path
    return "/".join([quote(part, safe="").replace(".", "%2E") for part in parts])


def _bearer(token: Secret) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token.reveal()}"}
