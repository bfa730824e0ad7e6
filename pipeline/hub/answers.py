"""What the hub answers: JSON bodies, and faults as problems (RFC 9457)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import anyio
import msgspec
import orjson
from aiohttp import web

T = TypeVar("T")

PROBLEM_TYPE = "urn:dossierpost:problem:"
MAX_JSON_BYTES = 1 << 20
BODY_TIMEOUT_S = 60.0


class Problem(Exception):
    """A request that cannot be served, as the client is told."""

    def __init__(
        self, status: int, name: str, detail: str, *, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.name = name
        self.detail = detail
        self.headers = headers or {}

    def response(self) -> web.Response:
        """The problem document."""
        body = {
            "type": PROBLEM_TYPE + self.name,
            "title": self.name.replace("-", " ").capitalize(),
            "status": self.status,
            "detail": self.detail,
        }
        return web.Response(
            status=self.status,
            body=orjson.dumps(body),
            content_type="application/problem+json",
            headers=self.headers,
        )


def malformed(detail: str) -> Problem:
    """The request is not what ``openapi.yaml`` describes."""
    return Problem(400, "malformed", detail)


def not_found(what: str) -> Problem:
    """The path names something that does not exist."""
    return Problem(404, "not-found", f"There is no such {what}.")


def json_answer(value: Any, *, status: int = 200, **headers: str) -> web.Response:
    """A message as JSON; ``headers`` are named with underscores."""
    return web.Response(
        status=status,
        body=msgspec.json.encode(value),
        content_type="application/json",
        headers={name.replace("_", "-"): text for name, text in headers.items()},
    )


@contextmanager
def body_deadline() -> Iterator[None]:
    """Give a body a minute to come in.

    Raises:
        Problem: it did not.
    """
    try:
        with anyio.fail_after(BODY_TIMEOUT_S):
            yield
    except TimeoutError as error:
        raise Problem(408, "request-timeout", "The body came too slowly.") from error


async def read_json(request: web.Request, kind: type[T]) -> T:
    """The body of a request as a message.

    Raises:
        Problem: it is too slow, too large, not JSON, or not that message.
    """
    if (request.content_length or 0) > MAX_JSON_BYTES:
        raise Problem(413, "too-large", f"A JSON body has at most {MAX_JSON_BYTES} bytes.")
    with body_deadline():
        body = await request.read()
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise malformed(f"The body is not understood: {error}.") from error


def read_number(request: web.Request, name: str, *, default: int, maximum: int) -> int:
    """A positive whole number from the query."""
    text = request.query.get(name)
    if text is None:
        return default
    is_short = text.isascii() and text.isdigit() and len(text) <= len(str(maximum))
    if not (is_short and 1 <= int(text) <= maximum):
        raise malformed(f"{name} is a whole number from 1 to {maximum}.")
    return int(text)
