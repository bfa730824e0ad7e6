"""The embedded hub as a server: beside other work in one event loop, or alone."""

import ipaddress
import socket
import ssl
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Self

from aiohttp import web

from pipeline.domain.errors import ConfigurationError
from pipeline.hub.accounts import Accounts, HubCredentials
from pipeline.hub.application import build_application
from pipeline.hub.arrivals import NewDocument, add_documents
from pipeline.hub.catalogue import save_dossiers, save_packages, with_invoice_location
from pipeline.hub.core import Core
from pipeline.hub.failures import FailurePlan
from pipeline.hub.wire import Dossier, Failure, Failures, Package
from pipeline.ports.clock import Clock
from pipeline.ports.hub import Window

SEED_BATCH = 2_000
SHUTDOWN_S = 5.0
DEFAULT_LIMITS = (Window(300_000, timedelta(minutes=1)),)


class EmbeddedHub:
    """A hub that serves the native hub protocol from the folder ``data``.

    ``credentials`` become the only ones. Without them, a new folder gets random ones and a folder
    that has some keeps them: only digests are stored, so `credentials` can tell them only in the
    run that made them. An address that other machines reach needs ``tls``, or ``public_url``: what
    clients call the hub when a proxy that ends TLS stands before it.
    ``allow_failures`` opens the operation that makes the hub misbehave; for tests only.

    Usable once, as an asynchronous context manager; ``url`` and `credentials` are there inside.
    """

    def __init__(
        self,
        data: Path,
        *,
        clock: Clock,
        host: str = "127.0.0.1",
        port: int = 0,
        office: str = "The office",
        credentials: HubCredentials | None = None,
        limits: Sequence[Window] = DEFAULT_LIMITS,
        public_url: str | None = None,
        tls: ssl.SSLContext | None = None,
        ping_s: float = 15.0,
        allow_failures: bool = False,
    ) -> None:
        self.office = office
        self.url = public_url or ""
        self._data = data
        self._clock = clock
        self._address = (host, port)
        self._given = credentials
        self._limits = limits
        self._tls = tls
        self._ping_s = ping_s
        self._allow_failures = allow_failures
        self._failures: FailurePlan | None = None
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        if self._tls is None and not self.url:
            _refuse_plain(self._address[0])
        async with AsyncExitStack() as stack:
            listener = stack.enter_context(_listen(*self._address))
            self.url = self.url or self._own_url(listener)
            self._core = await Core.open(self._data, self._clock)
            stack.push_async_callback(self._core.close)
            accounts = Accounts(self._core.database)
            self._credentials = await self._settle_credentials(accounts)
            self._failures = FailurePlan(self._core) if self._allow_failures else None
            await self._serve(stack, listener, accounts)
            stack.callback(self._core.head.close)  # first of all, so that streams end
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @property
    def credentials(self) -> HubCredentials:
        """The manager's account and the office's client.

        Raises:
            LookupError: they were made in an earlier run.
        """
        if self._credentials is None:
            raise LookupError("The credentials were told when the hub was set up; only then.")
        return self._credentials

    @property
    def client_id(self) -> str:
        """Id of the office's client."""
        return self.credentials.client_id

    @property
    def client_secret(self) -> str:
        """Secret of the office's client."""
        return self.credentials.client_secret

    async def seed(
        self,
        *,
        packages: Iterable[Package] = (),
        dossiers: Iterable[Dossier] = (),
        documents: Iterable[NewDocument] = (),
    ) -> int:
        """Put packages, dossiers and documents into the store; gives how many documents.

        Documents are taken from the iterable in a thread, 2,000 in one commit.
        """
        shared = [with_invoice_location(package) for package in packages]
        await self._core.change(partial(save_packages, packages=shared))
        await self._core.change(partial(save_dossiers, dossiers=dossiers))
        waiting = iter(documents)
        total = 0
        while added := await self._core.change(
            lambda connection: add_documents(connection, islice(waiting, SEED_BATCH))
        ):
            total += len(added)
            for document_id, _ in added:
                self._core.contents.forget(document_id)
        return total

    def fail(self, *failures: Failure, seed: int = 0) -> None:
        """Make these the only failures; none ends them.

        Raises:
            ConfigurationError: the hub was not started with ``allow_failures``.
        """
        if self._failures is None:
            raise ConfigurationError("Start the hub with allow_failures to make it misbehave.")
        self._failures.replace(Failures(list(failures), seed))

    async def _settle_credentials(self, accounts: Accounts) -> HubCredentials | None:
        given = self._given
        if given is None and await accounts.are_missing():
            given = HubCredentials.random()
        if given is not None:
            await accounts.replace(given)
        return given

    async def _serve(
        self, stack: AsyncExitStack, listener: socket.socket, accounts: Accounts
    ) -> None:
        application = build_application(
            self._core,
            accounts,
            office=self.office,
            issuer=self.url,
            limits=self._limits,
            ping_s=self._ping_s,
            failures=self._failures,
        )
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=SHUTDOWN_S)
        stack.push_async_callback(runner.cleanup)
        await runner.setup()
        await web.SockSite(runner, listener, ssl_context=self._tls, backlog=1024).start()

    def _own_url(self, listener: socket.socket) -> str:
        host, port = listener.getsockname()[:2]
        scheme = "http" if self._tls is None else "https"
        return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _refuse_plain(host: str) -> None:
    """Refuse to take passwords in clear from other machines."""
    if not (host == "localhost" or _is_loopback(host)):
        raise ConfigurationError(
            f"On {host} other machines would send passwords in clear. Give the hub a TLS context,"
            " or its public URL when a proxy that ends TLS stands before it."
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise ConfigurationError(
            f"The hub cannot listen on {host} port {port}: {error.strerror}. Choose another port,"
            " or stop the program that uses it."
        ) from error
