"""Ways in which a hub misbehaves, made on purpose for tests of its clients."""

import random
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web

from pipeline.hub.answers import Problem, read_json
from pipeline.hub.core import Core
from pipeline.hub.guard import unauthorized
from pipeline.hub.routes import Handler, Route
from pipeline.hub.tampering import append_as_new_version, append_in_place
from pipeline.hub.wire import Failure, FailureMode, Failures

HTML = "<!doctype html><title>Maintenance</title><p>We will be back soon."
CUTS = ("reset", "truncated", "wrong_length")


@dataclass(slots=True)
class _Armed:
    """A failure in force, and how often it may still happen."""

    failure: Failure
    left: float


class FailurePlan:
    """Decides for each request whether something goes wrong, and makes it go wrong.

    With the same seed and the same order of requests it decides the same.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._armed: list[_Armed] = []
        self._random = random.Random(0)  # noqa: S311  # chances, not secrets

    def routes(self) -> list[Route]:
        """The operation that switches failures."""
        return [Route("setFailures", "POST", "/v1/test/failures", self._set, "manage")]

    def replace(self, failures: Failures) -> None:
        """Make these the only failures."""
        self._random.seed(failures.seed)
        self._armed = [_Armed(one, one.count or float("inf")) for one in failures.failures]

    def expose(self, route: Route) -> Route:
        """The route with its failures."""

        async def exposed(request: web.Request) -> web.StreamResponse:
            failure = self._pick(route.operation)
            if failure is None:
                return await route.handler(request)
            return await self._fail(request, route.handler, failure)

        return Route(route.operation, route.method, route.path, exposed, route.scope)

    async def _set(self, request: web.Request) -> web.Response:
        self.replace(await read_json(request, Failures))
        return web.Response(status=204)

    def _pick(self, operation: str) -> Failure | None:
        for armed in self._armed:
            failure = armed.failure
            is_meant = not failure.operations or operation in failure.operations
            if is_meant and armed.left > 0 and self._random.random() < failure.probability:
                armed.left -= 1
                return failure
        return None

    async def _fail(
        self, request: web.Request, handler: Handler, failure: Failure
    ) -> web.StreamResponse:
        if (answer := _instead(failure)) is not None:
            return answer
        if failure.mode == "slow":
            await self._core.clock.sleep(failure.seconds)
        response = await handler(request)
        if failure.mode == "lost_reply":
            raise Problem(500, "lost-reply", "It was done, but you are told that it failed.")
        if failure.mode in ("changed_version", "changed_content"):
            await self._change(request, failure.mode)
        if not isinstance(response, web.Response):
            return response  # sent already
        return await _spoil(request, response, failure.mode)

    async def _change(self, request: web.Request, mode: FailureMode) -> None:
        document_id = request.match_info.get("document_id")
        if document_id is None:
            return
        change = append_as_new_version if mode == "changed_version" else append_in_place
        await self._core.change(lambda connection: change(connection, document_id, b"\n"))
        self._core.contents.forget(document_id)


def _instead(failure: Failure) -> web.Response | None:
    """The answer given instead of doing anything."""
    match failure.mode:
        case "too_many_requests":
            wait = {"Retry-After": str(max(1, round(failure.seconds)))}
            return Problem(429, "too-many-requests", "Made for a test.", headers=wait).response()
        case "server_error":
            return Problem(500, "server-error", "Made for a test.").response()
        case "unauthorized":
            return unauthorized("Made for a test.").response()
        case "html":
            return web.Response(text=HTML, content_type="text/html")
        case _:
            return None


async def _spoil(
    request: web.Request, response: web.Response, mode: FailureMode
) -> web.StreamResponse:
    """The answer with its body cut or its page twisted."""
    body = response.body if isinstance(response.body, bytes) else b""
    if mode in CUTS:
        return await _cut(request, response, body, mode)
    if mode in ("duplicates", "stuck_cursor") and response.content_type == "application/json":
        page = orjson.loads(body)
        _twist(page, mode, request.query.get("cursor") or request.query.get("after"))
        response.body = orjson.dumps(page)
    return response


def _twist(page: dict[str, Any], mode: FailureMode, asked: str | None) -> None:
    if mode == "duplicates":
        for name, items in page.items():
            if isinstance(items, list):
                page[name] = items + items[:3]
    elif "cursor" in page:
        page |= {"cursor": asked or page["cursor"], "more": True}
    elif "next" in page:
        page["next"] = asked or page["next"]


async def _cut(
    request: web.Request, response: web.Response, body: bytes, mode: FailureMode
) -> web.StreamResponse:
    """Half of the body: with a length to match, with the full length, or torn down half-way."""
    half = body[: len(body) // 2]
    cut = web.StreamResponse(status=response.status, headers=response.headers)
    cut.content_length = len(half) if mode == "truncated" else len(body)
    await cut.prepare(request)
    await cut.write(half)
    if mode == "reset" and request.transport is not None:
        request.transport.abort()
    elif mode == "wrong_length":
        cut.force_close()
    return cut
