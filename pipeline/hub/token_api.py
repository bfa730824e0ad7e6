"""Token endpoint, revocation, start of a device sign-in, and metadata of the server."""

import base64
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from urllib.parse import unquote_plus

import orjson
from aiohttp import web

from pipeline.hub.accounts import PUBLIC_CLIENT, Accounts
from pipeline.hub.answers import Problem
from pipeline.hub.core import Core
from pipeline.hub.devices import DEVICE_LIFETIME, INTERVAL_S, DeviceCodes, poll, start
from pipeline.hub.forms import read_form
from pipeline.hub.grants import (
    ACCESS_LIFETIME,
    CodeProof,
    Refusal,
    Tokens,
    issue_client_token,
    redeem_code,
    revoke_token,
    rotate,
)
from pipeline.hub.guard import Guard
from pipeline.hub.limits import Limits
from pipeline.hub.routes import SCOPES, Route
from pipeline.ports.hub import Window

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
GRANTS = ("authorization_code", "refresh_token", "client_credentials", DEVICE_GRANT)
Form = Mapping[str, str]
FormHandler = Callable[[web.Request, Form], Awaitable[web.Response]]
FAULTS = (Window(100, timedelta(minutes=5)),)
DEVICES = (Window(30, timedelta(minutes=5)),)


class TokenApi:
    """Hands out tokens. Wrong secrets and codes count against the address they come from."""

    def __init__(self, core: Core, accounts: Accounts, guard: Guard, *, issuer: str) -> None:
        self._core = core
        self._accounts = accounts
        self._guard = guard
        self._issuer = issuer
        self._faults = Limits(FAULTS, core.clock)
        self._devices = Limits(DEVICES, core.clock)

    def routes(self) -> list[Route]:
        """The operations served here."""
        metadata = "/.well-known/oauth-authorization-server"
        device = "/oauth/device_authorization"
        return [
            Route("getAuthorizationServer", "GET", metadata, self._metadata, scope=None),
            self._post("startDeviceAuthorization", device, self._start_device),
            self._post("issueToken", "/oauth/token", self._issue),
            self._post("revokeToken", "/oauth/revoke", self._revoke),
        ]

    def _post(self, operation: str, path: str, handler: FormHandler) -> Route:
        """A route for a form, closed to addresses that sent too many wrong secrets and codes."""

        async def handle(request: web.Request) -> web.Response:
            if self._faults.is_exhausted(str(request.remote)):
                return _too_many("Too many faults came from this address.")
            try:
                form = await read_form(request)
            except Problem as problem:
                return self._refused(request, Refusal("invalid_request", problem.detail))
            return await handler(request, form)

        return Route(operation, "POST", path, handle, scope=None)

    async def _metadata(self, _: web.Request) -> web.Response:
        return _json(
            {
                "issuer": self._issuer,
                "authorization_endpoint": f"{self._issuer}/oauth/authorize",
                "token_endpoint": f"{self._issuer}/oauth/token",
                "device_authorization_endpoint": f"{self._issuer}/oauth/device_authorization",
                "revocation_endpoint": f"{self._issuer}/oauth/revoke",
                "response_types_supported": ["code"],
                "grant_types_supported": list(GRANTS),
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": [
                    "none",
                    "client_secret_basic",
                    "client_secret_post",
                ],
                "authorization_response_iss_parameter_supported": True,
                "scopes_supported": list(SCOPES),
            }
        )

    async def _issue(self, request: web.Request, form: Form) -> web.Response:
        client = await self._client(request, form)
        if client is None:
            return self._refused(request, Refusal("invalid_client", "Unknown client or secret."))
        answer = await self._grant(client, form)
        if isinstance(answer, Refusal):
            return self._refused(request, answer)
        return _json(_told(answer))

    async def _grant(self, client: str, form: Form) -> Tokens | Refusal:
        grant_type = form.get("grant_type", "")
        is_public = client == PUBLIC_CLIENT
        if grant_type not in GRANTS:
            return Refusal("unsupported_grant_type", "See the metadata for those that are.")
        if is_public == (grant_type == "client_credentials"):
            return Refusal("unauthorized_client", "This client may not use this grant.")
        if grant_type == "client_credentials":
            return await self._grant_client(client, form)
        return await self._grant_person(grant_type, form)

    async def _grant_client(self, client: str, form: Form) -> Tokens | Refusal:
        scope = form.get("scope") or SCOPES[0]
        if not _is_scope(scope):
            return Refusal("invalid_scope", f"Scopes are {' and '.join(SCOPES)}.")
        now = self._core.clock.now()
        return await self._core.database.write(
            partial(issue_client_token, client_id=client, scope=scope, now=now)
        )

    async def _grant_person(self, grant_type: str, form: Form) -> Tokens | Refusal:
        now = self._core.clock.now()
        proof = CodeProof(
            code=form.get("code", ""),
            redirect_uri=form.get("redirect_uri", ""),
            verifier=form.get("code_verifier", ""),
        )
        work = {
            "authorization_code": partial(redeem_code, proof=proof, now=now),
            "refresh_token": partial(rotate, refresh=form.get("refresh_token", ""), now=now),
            DEVICE_GRANT: partial(poll, device_code=form.get("device_code", ""), now=now),
        }[grant_type]
        answer: Tokens | Refusal = await self._core.database.write(work)
        if isinstance(answer, Refusal) and answer.error == "invalid_grant":
            self._guard.forget_tokens()  # a second use may have revoked some
        return answer

    async def _revoke(self, request: web.Request, form: Form) -> web.Response:
        if await self._client(request, form) is None:
            return self._refused(request, Refusal("invalid_client", "Unknown client or secret."))
        await self._core.database.write(partial(revoke_token, token=form.get("token", "")))
        self._guard.forget_tokens()
        return web.Response()

    async def _start_device(self, request: web.Request, form: Form) -> web.Response:
        if form.get("client_id") != PUBLIC_CLIENT:
            return self._refused(request, Refusal("invalid_client", "Unknown client."))
        scope = form.get("scope") or SCOPES[0]
        if not _is_scope(scope):
            return self._refused(request, Refusal("invalid_scope", "Unknown scope."))
        allowance = self._devices.take(str(request.remote))
        if allowance is not None and not allowance.is_allowed:
            return _too_many("Too many sign-ins were started from this address.")
        codes = await self._core.database.write(
            partial(start, scope=scope, now=self._core.clock.now())
        )
        if codes is None:
            return _too_many("Too many sign-ins wait for an answer.")
        return _json(self._told_device(codes))

    def _told_device(self, codes: DeviceCodes) -> dict[str, str | int]:
        page = f"{self._issuer}/oauth/device"
        return {
            "device_code": codes.device_code,
            "user_code": codes.user_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={codes.user_code}",
            "expires_in": int(DEVICE_LIFETIME.total_seconds()),
            "interval": INTERVAL_S,
        }

    async def _client(self, request: web.Request, form: Form) -> str | None:
        """The client that asks, None when it cannot prove it."""
        client, secret = form.get("client_id", ""), form.get("client_secret", "")
        if (header := request.headers.get("Authorization")) is not None:
            client, secret = _basic(header)
        if client == PUBLIC_CLIENT and not secret:
            return client
        return client if await self._accounts.knows_secret(client, secret) else None

    def _refused(self, request: web.Request, refusal: Refusal) -> web.Response:
        if refusal.error in ("invalid_client", "invalid_grant"):
            self._faults.take(str(request.remote))
        status = 401 if refusal.error == "invalid_client" else 400
        response = _json({"error": refusal.error, "error_description": refusal.text}, status=status)
        if status == 401:  # noqa: PLR2004
            response.headers["WWW-Authenticate"] = "Basic"
        return response


def _basic(header: str) -> tuple[str, str]:
    """Client id and secret of HTTP Basic, form-encoded as RFC 6749, section 2.3.1 wants them."""
    scheme, _, packed = header.partition(" ")
    try:
        client, _, secret = base64.b64decode(packed, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return (unquote_plus(client), unquote_plus(secret)) if scheme.lower() == "basic" else ("", "")


def _is_scope(scope: str) -> bool:
    return bool(scope.split()) and set(scope.split()) <= set(SCOPES)


def _told(tokens: Tokens) -> dict[str, str | int]:
    told: dict[str, str | int] = {
        "access_token": tokens.access,
        "token_type": "Bearer",
        "expires_in": int(ACCESS_LIFETIME.total_seconds()),
        "scope": tokens.scope,
    }
    return told if tokens.refresh is None else told | {"refresh_token": tokens.refresh}


def _too_many(text: str) -> web.Response:
    response = _json({"error": "temporarily_unavailable", "error_description": text}, status=429)
    response.headers["Retry-After"] = "300"
    return response


def _json(value: object, *, status: int = 200) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(value), content_type="application/json")
