"""Signing in at a hub, and where the tokens of that are kept."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that is never shown: its text forms are masked, `reveal` gives it."""

    value: str = field(repr=False)

    def reveal(self) -> str:
        """The secret itself; for the request or the file it belongs in, nothing else."""
        return self.value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"


@dataclass(frozen=True, slots=True)
class Tokens:
    """What an authorization server gave; ``issued_at`` is when its answer arrived (aware, UTC)."""

    access: Secret
    issued_at: datetime
    lifetime: timedelta
    refresh: Secret | None = None


class CredentialStore(Protocol):
    """Where the tokens of hub accounts are kept, out of reach of other users of the machine.

    The store is durable: when `save` returned, a later `load` answers those tokens, also after a
    power cut, and at no moment neither the old nor the new ones. Raises `ConfigurationError` when
    the place is not safe (owner, rights, link) and `TransientError` when it cannot be used now.
    """

    def turn(self, credential: str) -> AbstractAsyncContextManager[None]:
        """Inside it no other process of this installation has its turn with that name.

        For a refresh token, which may be presented once: load it, present it and save the new one
        in one turn.
        """
        ...

    async def load(self, credential: str) -> Tokens | None:
        """The tokens last saved under a name, None when there are none."""
        ...

    async def save(self, credential: str, tokens: Tokens) -> None:
        """Replace the tokens of a name."""
        ...

    async def forget(self, credential: str) -> None:
        """Remove the tokens of a name; idempotent."""
        ...


@dataclass(frozen=True, slots=True)
class BrowserRequest:
    """A sign-in that a browser was sent to; ``verifier`` and ``state`` belong to this one only."""

    url: str = field(repr=False)
    redirect_uri: str
    state: Secret
    verifier: Secret


@dataclass(frozen=True, slots=True)
class DeviceRequest:
    """A sign-in on another device: a person opens ``verification_uri`` and types ``user_code``."""

    device_code: Secret
    user_code: str
    verification_uri: str
    complete_uri: str | None
    lifetime: timedelta
    interval: timedelta


class AuthorizationPending(Exception):
    """Nobody has decided yet; ``slower_by`` is to be added to the interval from now on."""

    def __init__(self, slower_by: timedelta = timedelta(0)) -> None:
        super().__init__("The sign-in is still waiting for a person.")
        self.slower_by = slower_by


class AuthorizationServer(Protocol):
    """Where a manager signs in.

    Raises `CredentialsRejected` when the sign-in is refused, has expired or was tampered with;
    `TransientError` when the server cannot be reached now.
    """

    async def begin_browser(self, redirect_uri: str) -> BrowserRequest:
        """Prepare a sign-in with the authorization code grant and PKCE (RFC 7636)."""
        ...

    async def finish_browser(self, request: BrowserRequest, answer: Mapping[str, str]) -> Tokens:
        """Exchange what the browser brought back to the redirect; checks ``state`` first."""
        ...

    async def begin_device(self) -> DeviceRequest:
        """Start the device grant (RFC 8628)."""
        ...

    async def poll_device(self, request: DeviceRequest) -> Tokens:
        """Ask once whether a person has decided; raises `AuthorizationPending` while nobody has."""
        ...


class RedirectReceiver(Protocol):
    """Where the browser comes back to."""

    def listen(self) -> AbstractAsyncContextManager["Redirects"]:
        """Listen on a random port of the loopback interface, until the context ends."""
        ...


class Redirects(Protocol):
    """A listening redirect."""

    @property
    def uri(self) -> str:
        """The redirect URI, with its port."""
        ...

    async def receive(self) -> Mapping[str, str]:
        """The query of the first visit, with each parameter once; others get an error page."""
        ...
