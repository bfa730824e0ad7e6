"""What stands before every operation: token, scope, limits; and faults as problems after it."""

import sqlite3
from functools import partial
from http import HTTPStatus

import structlog
from aiohttp import web

from pipeline.hub.accounts import sha256_hex
from pipeline.hub.answers import Problem
from pipeline.hub.core import Core
from pipeline.hub.grants import Access, find_access
from pipeline.hub.limits import Allowance, Limits
from pipeline.hub.moments import to_micros
from pipeline.hub.remembered import Remembered
from pipeline.hub.routes import Handler, Route

REMEMBERED_TOKENS = 10_000
FRAMEWORK_FAULTS = {404: "not-found", 405: "method-not-allowed", 413: "too-large"}
log = structlog.get_logger()
ALLOWANCE: web.RequestKey[Allowance] = web.RequestKey("allowance", Allowance)


class Guard:
    """Lets requests through to their handlers, and turns what they raise into answers."""

    def __init__(self, core: Core, limits: Limits) -> None:
        self._core = core
        self._limits = limits
        self._tokens: Remembered[Access] = Remembered(REMEMBERED_TOKENS)

    def protect(self, route: Route) -> Handler:
        """The handler of a route behind its checks."""
        scope = route.scope
        if scope is None:
            return route.handler

        async def protected(request: web.Request) -> web.StreamResponse:
            access = await self._authenticate(request)
            self._count(request, access)
            if scope not in access.scopes:
                raise Problem(403, "insufficient-scope", f"The token lacks the scope {scope}.")
            return await route.handler(request)

        return protected

    def forget_tokens(self) -> None:
        """Look every token up again; called after a revocation."""
        self._tokens.forget_all()

    async def _authenticate(self, request: web.Request) -> Access:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise unauthorized("Send an access token.")
        access = await self._look_up(sha256_hex(token.strip()))
        if access is None or access.expires_at <= to_micros(self._core.clock.now()):
            raise unauthorized("The access token is unknown, expired or revoked.")
        return access

    async def _look_up(self, digest: str) -> Access | None:
        if (known := self._tokens.get(digest)) is not None:
            return known
        generation = self._tokens.generation
        access = await self._core.database.read(partial(find_access, digest=digest))
        if access is not None:
            self._tokens.put(digest, access, generation=generation)
        return access

    def _count(self, request: web.Request, access: Access) -> None:
        allowance = self._limits.take(access.credential)
        if allowance is None:
            return
        request[ALLOWANCE] = allowance
        if not allowance.is_allowed:
            raise Problem(429, "too-many-requests", f"Ask again in {allowance.reset_s} seconds.")


def unauthorized(detail: str) -> Problem:
    """A request without a valid token."""
    headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    return Problem(401, "unauthorized", detail, headers=headers)


@web.middleware
async def answer_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer with a problem document what handlers and the framework raise."""
    try:
        return await handler(request)
    except Problem as problem:
        return problem.response()
    except web.HTTPException as error:
        if error.status < 400:  # noqa: PLR2004  # a redirect is an answer
            raise
        name = FRAMEWORK_FAULTS.get(error.status, "malformed")
        headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
        return Problem(error.status, name, error.reason, headers=headers).response()
    except ConnectionResetError:  # the client left while it asked: nobody reads the answer
        return web.Response(status=HTTPStatus.BAD_REQUEST)
    except sqlite3.OperationalError as error:
        log.error("the store of the hub refuses", reason=str(error))  # noqa: TRY400  # says it all
        detail = "The hub cannot use its store now. Ask again later."
        return Problem(503, "store-unavailable", detail, headers={"Retry-After": "10"}).response()


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Put on every answer what it needs beside its content."""
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["X-Content-Type-Options"] = "nosniff"
    if (allowance := request.get(ALLOWANCE)) is not None:
        response.headers.update(allowance.headers)
