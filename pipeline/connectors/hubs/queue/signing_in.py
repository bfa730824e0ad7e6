"""How requests prove whose they are: keys in headers, HTTP Basic, or tokens that expire."""

import base64
from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

import msgspec
from yarl import URL

from pipeline.connectors.answers import Answer, error_for
from pipeline.connectors.hubs.queue.profile import BasicOrBearer, Call, KeyHeaders, SignIn
from pipeline.connectors.hubs.queue.requests import decoded, url_of
from pipeline.connectors.hubs.queue.values import moment_of, text_at
from pipeline.connectors.tokens import TokenSource
from pipeline.domain.errors import CredentialsRejected, DocumentRejected, TransientError
from pipeline.ports.clock import Clock
from pipeline.ports.credentials import Secret, Tokens


class Http(Protocol):
    """What is needed of `pipeline.connectors.http.HttpClient`."""

    async def request(
        self,
        method: str,
        url: URL,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        max_bytes: int = ...,
    ) -> Answer:
        """Ask, and read the whole answer."""
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


class Proof(Protocol):
    """Headers that sign a request."""

    async def headers(self) -> Mapping[str, str]:
        """What is sent."""
        ...

    async def instead_of(self, refused: Mapping[str, str]) -> Mapping[str, str] | None:
        """Other headers after a 401; None when there are no others."""
        ...


class FixedProof:
    """A key that a person entered: when it is refused, only a person can enter another."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    async def headers(self) -> Mapping[str, str]:
        """See `Proof.headers`."""
        return self._headers

    async def instead_of(self, refused: Mapping[str, str]) -> None:
        """See `Proof.instead_of`."""


class TokenProof:
    """A token that is renewed before it ends, and when it is refused."""

    def __init__(self, tokens: TokenSource) -> None:
        self._tokens = tokens

    async def headers(self) -> Mapping[str, str]:
        """See `Proof.headers`."""
        return bearer((await self._tokens.access()).reveal())

    async def instead_of(self, refused: Mapping[str, str]) -> Mapping[str, str]:
        """See `Proof.instead_of`."""
        token = refused["Authorization"].removeprefix("Bearer ")
        return bearer((await self._tokens.instead_of(Secret(token))).reveal())


def fixed_proof(auth: KeyHeaders | BasicOrBearer, values: Mapping[str, str]) -> FixedProof:
    """The proof of an entered key."""
    if isinstance(auth, KeyHeaders):
        return FixedProof({name: values[setting] for name, setting in auth.headers.items()})
    user, password = values[auth.user], values[auth.password]
    return FixedProof(basic(user, password) if password else bearer(user))


def basic(user: str, password: str) -> Mapping[str, str]:
    """HTTP Basic."""
    code = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
    return {"Authorization": f"Basic {code}"}


def bearer(token: str) -> Mapping[str, str]:
    """A token."""
    return {"Authorization": f"Bearer {token}"}


class SignInRenewal:
    """Tokens for the settings of an account; see `pipeline.connectors.tokens.Renewal`.

    A refresh token saves the account's secret from being sent again. It is kept in memory only:
    when it is lost or refused, the secret still opens the door.
    """

    def __init__(
        self, http: Http, sign_in: SignIn, values: Mapping[str, str], clock: Clock
    ) -> None:
        self._http = http
        self._sign_in = sign_in
        self._values = values
        self._clock = clock
        self._refresh: Secret | None = None

    async def renew(self, refused: Tokens | None) -> Tokens:  # noqa: ARG002 -- any is as good
        """See `Renewal.renew`."""
        refresh, self._refresh = self._refresh, None
        if refresh is not None and self._sign_in.refresh_call is not None:
            try:
                return await self._ask(self._sign_in.refresh_call, bearer(refresh.reveal()))
            except CredentialsRejected:
                pass  # it ended, or somebody used it: sign in anew
        return await self._ask(self._sign_in.call, self._basic(), self._body())

    async def _ask(
        self, call: Call, headers: Mapping[str, str], body: bytes | None = None
    ) -> Tokens:
        url = url_of(self._values[self._sign_in.base_setting], call, {})
        sent = {**headers, "Content-Type": "application/json"} if body else headers
        answer = await self._http.request(call.method, url, headers=sent, body=body)
        if not answer.is_ok:
            raise self._refusal(answer)
        return self._tokens(answer)

    def _refusal(self, answer: Answer) -> Exception:
        error = error_for(answer, "sign in", now=self._clock.now())
        if isinstance(error, DocumentRejected):  # a wrong address answers 404
            return TransientError(str(error))
        return error

    def _basic(self) -> Mapping[str, str]:
        if self._sign_in.basic is None:
            return {}
        user, password = self._sign_in.basic
        return basic(self._values[user], self._values[password])

    def _body(self) -> bytes | None:
        if not self._sign_in.body:
            return None
        fields = {name: self._values[setting] for name, setting in self._sign_in.body.items()}
        return msgspec.json.encode(fields)

    def _tokens(self, answer: Answer) -> Tokens:
        if not self._sign_in.access:
            text = answer.body.decode("utf-8", "replace").strip().strip('"')
            return self._token(text, self._sign_in.lifetime)
        said = decoded(answer.body)
        refresh = text_at(said, self._sign_in.refresh)
        if refresh and self._left(said, self._sign_in.refresh_ends) > timedelta(0):
            self._refresh = Secret(refresh)
        return self._token(
            text_at(said, self._sign_in.access), self._left(said, self._sign_in.access_ends)
        )

    def _token(self, text: str, lifetime: timedelta) -> Tokens:
        if not text or any(character.isspace() for character in text):
            raise TransientError("The hub did not answer with a token.")
        return Tokens(Secret(text), issued_at=self._clock.now(), lifetime=lifetime)

    def _left(self, said: object, path: str) -> timedelta:
        """The rest of a lifetime; ends are moments in UTC, not durations."""
        end = moment_of(text_at(said, path), "UTC")
        return self._sign_in.lifetime if end is None else end - self._clock.now()
