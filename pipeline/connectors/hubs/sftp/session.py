"""One SSH connection with an SFTP session on it, opened when needed and again when lost."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import anyio
import anyio.to_thread
import asyncssh

from pipeline.connectors.hubs.sftp.host_keys import HostKeyCheck, PinnedKeys
from pipeline.connectors.limits import CredentialLimiter
from pipeline.domain.errors import CredentialsRejected, HubUnavailable, TransientError
from pipeline.ports.credentials import Secret

T = TypeVar("T")
_SIGN_IN_S, _PATIENCE_S, _GOODBYE_S = 30.0, 60.0, 2.0
_KEEPALIVE_S, _KEEPALIVES = 15, 3
_NO_KNOWN_HOSTS = ((), (), ())
"""Makes asyncssh ask `HostKeyCheck` about each key; None would accept all."""
_LOST = (
    asyncssh.DisconnectError,
    asyncssh.ChannelOpenError,
    asyncssh.SFTPConnectionLost,
    asyncssh.SFTPNoConnection,
    asyncssh.SFTPBadMessage,
    OSError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Where to sign in, and as whom."""

    host: str
    port: int
    user: str
    password: Secret | None = None
    key: asyncssh.SSHKey | None = field(default=None, repr=False)
    fingerprint: str = ""

    @property
    def server(self) -> str:
        """The server, for messages."""
        return f"{self.host}:{self.port}"


class SftpSession:
    """Runs requests on one connection, as many at once as the limiter of its credential lets.

    The first one signs in; after a loss the next one does, and the caller decides when that is.
    """

    def __init__(self, login: Login, pins: PinnedKeys, limiter: CredentialLimiter) -> None:
        self.login = login
        self._pins = pins
        self._limiter = limiter
        self._opening = anyio.Lock()
        self._connection: asyncssh.SSHClientConnection | None = None
        self._client: asyncssh.SFTPClient | None = None
        self.host_key = ""

    async def run(self, work: Callable[[asyncssh.SFTPClient], Awaitable[T]]) -> T:
        """Do something with an SFTP client.

        Raises:
            HubUnavailable: the server cannot be reached, hangs, or hung up.
            CredentialsRejected: it refuses the sign-in, or is not the server it was.
            TransientError: it refuses this request; what is not there is `SFTPNoSuchFile`.
        """
        async with self._limiter:
            client = await self._connected()
            try:
                with anyio.fail_after(_PATIENCE_S):
                    return await work(client)
            except (TimeoutError, *_LOST) as error:
                await self._drop(client)
                raise self._unavailable(error) from error
            except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
                raise
            except asyncssh.SFTPError as error:
                msg = f"SFTP server {self.login.server} refuses a request: {error.reason}."
                raise TransientError(msg) from error

    async def close(self) -> None:
        """Hang up; idempotent."""
        await self._drop(self._client)

    async def _connected(self) -> asyncssh.SFTPClient:
        async with self._opening:
            if self._client is None or self._connection is None or self._connection.is_closed():
                await self._drop(self._client)
                await self._connect()
            assert self._client is not None  # noqa: S101 -- `_connect` sets it or raises
            return self._client

    async def _connect(self) -> None:
        login = self.login
        pinned = await self._in_thread(lambda: self._pins.load(login.host, login.port))
        check = HostKeyCheck(login.fingerprint, pinned)
        try:
            with anyio.fail_after(_SIGN_IN_S):
                self._connection = await self._sign_in(check)
                self._client = await self._connection.start_sftp_client(path_encoding=None)
        except asyncssh.HostKeyNotVerifiable as error:
            raise self._other_key(check) from error
        except asyncssh.PermissionDenied as error:
            msg = (
                f"SFTP server {login.server} refuses user {login.user!r}: {error.reason}. "
                "Check the password or key of this hub with the provider."
            )
            raise CredentialsRejected(msg) from error
        except (TimeoutError, asyncssh.Error, OSError) as error:
            await self._drop(self._client)
            raise self._unavailable(error) from error
        await self._pin(check, pinned)

    async def _sign_in(self, check: HostKeyCheck) -> asyncssh.SSHClientConnection:
        """Sign in with what the settings say and nothing else that lies around on this machine."""
        login = self.login
        return await asyncssh.connect(
            login.host,
            login.port,
            config=None,
            client_factory=lambda: check,
            known_hosts=_NO_KNOWN_HOSTS,
            server_host_key_algs=check.algorithms,
            x509_trusted_certs=None,
            x509_trusted_cert_paths=[],
            username=login.user,
            password=login.password.reveal() if login.password else None,
            client_keys=[login.key] if login.key else None,
            agent_path=None,
            gss_host=None,
            gss_kex=False,
            gss_auth=False,
            kbdint_auth=login.password is not None,
            keepalive_interval=_KEEPALIVE_S,
            keepalive_count_max=_KEEPALIVES,
        )

    async def _pin(self, check: HostKeyCheck, pinned: asyncssh.SSHKey | None) -> None:
        key = check.seen
        if key is None:
            return
        self.host_key = key.get_fingerprint()
        if pinned is None and not self.login.fingerprint:
            await self._in_thread(lambda: self._pins.save(self.login.host, self.login.port, key))

    def _other_key(self, check: HostKeyCheck) -> CredentialsRejected:
        seen = check.seen.get_fingerprint() if check.seen else "unknown"
        path = self._pins.path(self.login.host, self.login.port)
        remedy = (
            "correct the fingerprint of this hub" if self.login.fingerprint else f"remove {path}"
        )
        return CredentialsRejected(
            f"SFTP server {self.login.server} shows the host key {seen}, but {check.expected} was "
            "expected. Somebody may be in between: nothing was sent. Ask the provider whether the "
            f"key was changed; if so, {remedy}."
        )

    def _unavailable(self, error: BaseException) -> HubUnavailable:
        reason = str(getattr(error, "reason", "") or error) or "no answer in time"
        return HubUnavailable(f"SFTP server {self.login.server} cannot be used now: {reason}.")

    async def _drop(self, client: asyncssh.SFTPClient | None) -> None:
        """Hang up, unless somebody else has signed in again meanwhile."""
        connection = self._connection
        if client is not self._client or connection is None:
            return
        self._client = self._connection = None
        connection.abort()
        with anyio.move_on_after(_GOODBYE_S, shield=True):
            await connection.wait_closed()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        try:
            return await anyio.to_thread.run_sync(work)
        except OSError as error:
            msg = f"The pinned host key of {self.login.server} cannot be used: {error}."
            raise TransientError(msg) from error
