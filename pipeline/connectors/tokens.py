"""Access tokens of one hub account: asked for once, renewed in time, never used before stored."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Protocol
from urllib.parse import urlencode

import anyio
import msgspec
from yarl import URL

from pipeline.connectors.answers import Answer, error_for, redact
from pipeline.connectors.http import HttpClient
from pipeline.domain.errors import CredentialsRejected, TransientError
from pipeline.ports.clock import Clock
from pipeline.ports.credentials import CredentialStore, Secret, Tokens

RENEW_AT = 0.8
"""Share of the lifetime after which an access token is renewed."""
_RETRY_S = 30.0
_RENEWAL_S = 60.0
_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
_DEFAULT_LIFETIME_S = 300
_REASONS = {
    "access_denied": "the manager did not allow it",
    "expired_token": "nobody allowed it in time; start again",
    "invalid_client": "it does not know this program, or its secret is wrong",
    "invalid_grant": "what was presented is used up or revoked; start again",
}


class GrantRefused(CredentialsRejected):
    """An OAuth error answer (RFC 6749, section 5.2), by its code."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class _TokenAnswer(msgspec.Struct):
    access_token: str
    token_type: str = "Bearer"  # noqa: S105 -- a type, no secret
    expires_in: float = _DEFAULT_LIFETIME_S
    refresh_token: str | None = None


class _OAuthError(msgspec.Struct):
    error: str
    error_description: str | None = None


class OAuthClient:
    """The OAuth endpoints of one hub, as one client id.

    ``base_url`` is the hub's root; endpoints are ``oauth/...`` below it.
    """

    def __init__(
        self,
        http: HttpClient,
        base_url: URL,
        clock: Clock,
        *,
        client_id: str,
        client_secret: Secret | None = None,
    ) -> None:
        self._http = http
        self._base_url = base_url
        self._clock = clock
        self.client_id = client_id
        self._client_secret = client_secret

    def url(self, endpoint: str) -> URL:
        """Absolute URL of an endpoint."""
        return self._base_url / "oauth" / endpoint

    async def tokens(self, **form: str) -> Tokens:
        """Ask for tokens with a grant.

        Raises:
            GrantRefused: with the code that the server gave.
        """
        answer = await self.post("token", form)
        try:
            given = msgspec.json.decode(answer.body, type=_TokenAnswer)
        except msgspec.DecodeError as error:
            raise TransientError("The hub did not answer with tokens.") from error
        return Tokens(
            access=Secret(given.access_token),
            issued_at=self._clock.now(),
            lifetime=timedelta(seconds=max(given.expires_in, 0)),
            refresh=Secret(given.refresh_token) if given.refresh_token else None,
        )

    async def post(self, endpoint: str, form: Mapping[str, str]) -> Answer:
        """Send a form to an endpoint; the answer is 2xx."""
        fields = {**form, "client_id": self.client_id}
        if self._client_secret is not None:
            fields["client_secret"] = self._client_secret.reveal()
        answer = await self._http.request(
            "POST", self.url(endpoint), headers=_FORM, body=urlencode(fields).encode()
        )
        if not answer.is_ok:
            raise self._refusal(answer) or error_for(answer, "sign in", now=self._clock.now())
        return answer

    @staticmethod
    def _refusal(answer: Answer) -> GrantRefused | None:
        if answer.status not in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED):
            return None
        try:
            said = msgspec.json.decode(answer.body, type=_OAuthError)
        except msgspec.DecodeError:
            return None
        reason = _REASONS.get(said.error, redact(said.error_description or said.error))
        return GrantRefused(f"The hub refused to sign in: {reason}.", code=said.error)


class Renewal(Protocol):
    """How new tokens are come by."""

    async def renew(self, refused: Tokens | None) -> Tokens:
        """Tokens other than ``refused``."""
        ...


class ClientCredentials:
    """Tokens for a program of the office itself; nothing is stored but the secret it has."""

    def __init__(self, client: OAuthClient) -> None:
        self._client = client

    async def renew(self, refused: Tokens | None) -> Tokens:  # noqa: ARG002 -- any is as good
        """See `Renewal.renew`."""
        return await self._client.tokens(grant_type="client_credentials")


class StoredTokens:
    """Tokens of a person who signed in; the refresh token rotates and is stored before use."""

    def __init__(
        self, client: OAuthClient, store: CredentialStore, credential: str, clock: Clock
    ) -> None:
        self._client = client
        self._store = store
        self._credential = credential
        self._clock = clock

    async def renew(self, refused: Tokens | None) -> Tokens:
        """See `Renewal.renew`; takes what another process stored meanwhile."""
        async with self._store.turn(self._credential):
            return await self._renewed(refused)

    async def _renewed(self, refused: Tokens | None) -> Tokens:
        stored = await self._load()
        if _differs(stored, refused) and self._is_fresh(stored):
            return stored
        try:
            return await self._rotate(stored)
        except GrantRefused as error:
            again = await self._load()
            if not _differs(again, stored):
                raise self._ended() from error
            return again if self._is_fresh(again) else await self._rotate(again)

    async def _rotate(self, tokens: Tokens) -> Tokens:
        """Exchange the refresh token; not cancelled half-way, as the old one is dead by then."""
        if tokens.refresh is None:
            raise self._ended()
        try:
            with anyio.fail_after(_RENEWAL_S, shield=True):
                new = await self._client.tokens(
                    grant_type="refresh_token", refresh_token=tokens.refresh.reveal()
                )
                kept = new if new.refresh else replace(new, refresh=tokens.refresh)
                await self._store.save(self._credential, kept)
                return kept
        except TimeoutError as error:
            raise TransientError("The hub did not renew the sign-in in time.") from error

    async def _load(self) -> Tokens:
        tokens = await self._store.load(self._credential)
        if tokens is None:
            raise CredentialsRejected(
                f"Nobody is signed in at {self._credential!r}. Sign in with a manager's account: "
                "dossierpost login. Documents wait meanwhile."
            )
        return tokens

    def _is_fresh(self, tokens: Tokens) -> bool:
        return self._clock.now() < tokens.issued_at + tokens.lifetime * RENEW_AT

    def _ended(self) -> CredentialsRejected:
        msg = (
            f"The hub ended the sign-in of {self._credential!r}: it was withdrawn, was too old, or "
            "its token was used elsewhere, such as by a copy of this installation or a thief. "
            "Sign in again: dossierpost login. Documents wait meanwhile."
        )
        return CredentialsRejected(msg)


def _differs(tokens: Tokens, other: Tokens | None) -> bool:
    return other is None or tokens.access != other.access


class TokenSource:
    """Access tokens for the requests of one credential; one renewal at a time.

    After a refusal nothing is asked for half a minute, so that a revoked account causes no storm.
    """

    def __init__(self, renewal: Renewal, clock: Clock) -> None:
        self._renewal = renewal
        self._clock = clock
        self._lock = anyio.Lock(fast_acquire=True)
        self._tokens: Tokens | None = None
        self._renew_at = float("-inf")
        self._ends_at = float("-inf")
        self._refusal: CredentialsRejected | None = None
        self._silent_until = float("-inf")

    async def access(self) -> Secret:
        """A token that is expected to be valid."""
        if self._tokens is not None and self._clock.monotonic() < self._renew_at:
            return self._tokens.access
        async with self._lock:
            if self._tokens is not None and self._clock.monotonic() < self._renew_at:
                return self._tokens.access
            return await self._renewed_or_held()

    async def instead_of(self, refused: Secret) -> Secret:
        """Another token, because the hub answered 401 to ``refused``."""
        async with self._lock:
            held = self._tokens
            if held is not None and held.access != refused:
                return held.access
            return (await self._renew(held)).access

    async def _renewed_or_held(self) -> Secret:
        """A new token; the old one while it is valid and no new one can be had now."""
        held = self._tokens
        try:
            return (await self._renew(held)).access
        except TransientError:
            if held is None or self._clock.monotonic() >= self._ends_at:
                raise
            self._renew_at = self._clock.monotonic() + _RETRY_S
            return held.access

    async def _renew(self, refused: Tokens | None) -> Tokens:
        if self._refusal is not None and self._clock.monotonic() < self._silent_until:
            raise CredentialsRejected(str(self._refusal))
        try:
            tokens = await self._renewal.renew(refused)
        except CredentialsRejected as error:
            self._tokens, self._refusal = None, error
            self._silent_until = self._clock.monotonic() + _RETRY_S
            raise
        self._hold(tokens)
        return tokens

    def _hold(self, tokens: Tokens) -> None:
        """Measure the rest of the lifetime on the monotonic clock from now on."""
        age_s = max((self._clock.now() - tokens.issued_at).total_seconds(), 0.0)
        lifetime_s = tokens.lifetime.total_seconds()
        now = self._clock.monotonic()
        self._tokens, self._refusal = tokens, None
        self._renew_at = now + lifetime_s * RENEW_AT - age_s
        self._ends_at = now + lifetime_s - age_s
