"""Signing a person in at a hub: authorization code with PKCE, and the device grant."""

import hmac
from collections.abc import Mapping
from datetime import timedelta

import msgspec

from pipeline.connectors.answers import redact
from pipeline.connectors.tokens import GrantRefused, OAuthClient
from pipeline.domain.errors import CredentialsRejected, TransientError
from pipeline.ports.credentials import (
    AuthorizationPending,
    BrowserRequest,
    DeviceRequest,
    Secret,
    Tokens,
)

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_SLOWER_BY = timedelta(seconds=5)
_DEFAULT_INTERVAL_S = 5
_STATE_LENGTH, _VERIFIER_LENGTH = 43, 64


class _DeviceAnswer(msgspec.Struct):
    device_code: str
    user_code: str
    verification_uri: str
    expires_in: float
    verification_uri_complete: str | None = None
    interval: float = _DEFAULT_INTERVAL_S


class OAuthServer:
    """A hub's sign-in, see `pipeline.ports.credentials.AuthorizationServer`."""

    def __init__(self, client: OAuthClient, *, scope: str = "sync") -> None:
        self._client = client
        self._scope = scope

    async def begin_browser(self, redirect_uri: str) -> BrowserRequest:
        """See `AuthorizationServer.begin_browser`."""
        # Forty modules, for a person who signs in: a service that runs needs none of them.
        from authlib.common.security import generate_token  # noqa: PLC0415
        from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # noqa: PLC0415
        from authlib.oauth2.rfc7636 import create_s256_code_challenge  # noqa: PLC0415

        state, verifier = generate_token(_STATE_LENGTH), generate_token(_VERIFIER_LENGTH)
        url = prepare_grant_uri(
            str(self._client.url("authorize")),
            client_id=self._client.client_id,
            response_type="code",
            redirect_uri=redirect_uri,
            scope=self._scope,
            state=state,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        return BrowserRequest(url, redirect_uri, Secret(state), Secret(verifier))

    async def finish_browser(self, request: BrowserRequest, answer: Mapping[str, str]) -> Tokens:
        """See `AuthorizationServer.finish_browser`."""
        if not hmac.compare_digest(answer.get("state", "").encode(), _bytes(request.state)):
            msg = "The browser came back with the answer to another sign-in. Start again."
            raise CredentialsRejected(msg)
        if "error" in answer:
            msg = f"The hub refused the sign-in: {redact(answer['error'])}. Start again."
            raise CredentialsRejected(msg)
        return await self._client.tokens(
            grant_type="authorization_code",
            code=answer.get("code", ""),
            redirect_uri=request.redirect_uri,
            code_verifier=request.verifier.reveal(),
        )

    async def begin_device(self) -> DeviceRequest:
        """See `AuthorizationServer.begin_device`."""
        answer = await self._client.post("device_authorization", {"scope": self._scope})
        try:
            given = msgspec.json.decode(answer.body, type=_DeviceAnswer)
        except msgspec.DecodeError as error:
            raise TransientError("The hub did not answer with a code for the device.") from error
        return DeviceRequest(
            device_code=Secret(given.device_code),
            user_code=given.user_code,
            verification_uri=given.verification_uri,
            complete_uri=given.verification_uri_complete,
            lifetime=timedelta(seconds=given.expires_in),
            interval=timedelta(seconds=max(given.interval, 1)),
        )

    async def poll_device(self, request: DeviceRequest) -> Tokens:
        """See `AuthorizationServer.poll_device`."""
        try:
            return await self._client.tokens(
                grant_type=DEVICE_GRANT, device_code=request.device_code.reveal()
            )
        except GrantRefused as error:
            if error.code == "authorization_pending":
                raise AuthorizationPending from error
            if error.code == "slow_down":
                raise AuthorizationPending(_SLOWER_BY) from error
            raise


def _bytes(secret: Secret) -> bytes:
    return secret.reveal().encode()
