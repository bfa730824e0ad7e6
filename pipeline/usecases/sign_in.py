"""Sign in at a hub with a manager's account, once; the tokens of it are kept.

On a desktop a browser opens and comes back to this program; on a server without one a person
types a code on another device. Nothing is stored before the hub has given tokens, so a sign-in
that fails leaves the one before in force.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import anyio

from pipeline.domain.errors import CredentialsRejected, TransientError
from pipeline.ports.clock import Clock
from pipeline.ports.credentials import (
    AuthorizationPending,
    AuthorizationServer,
    CredentialStore,
    DeviceRequest,
    RedirectReceiver,
    Redirects,
    Tokens,
)

BROWSER_PATIENCE = timedelta(minutes=5)

Show = Callable[[str], Awaitable[None]]
"""Opens a browser at a URL, or shows the URL to a person."""
ShowCode = Callable[[DeviceRequest], Awaitable[None]]
"""Shows a person where to go and what to type there."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """Both ways to sign in; ``credential`` is the name that the tokens are kept under."""

    server: AuthorizationServer
    store: CredentialStore
    clock: Clock
    credential: str

    async def in_browser(self, receiver: RedirectReceiver, show: Show) -> None:
        """Send a browser to the hub and wait five minutes for it to come back.

        Raises:
            CredentialsRejected: nobody signed in, the hub refused, or another sign-in answered.
        """
        async with receiver.listen() as redirects:
            request = await self.server.begin_browser(redirects.uri)
            await show(request.url)
            answer = await self._in_time(redirects)
        await self.store.save(self.credential, await self.server.finish_browser(request, answer))

    async def on_device(self, show: ShowCode) -> None:
        """Show a code and ask the hub, as often as it permits, whether somebody typed it.

        Raises:
            CredentialsRejected: the code expired, or the sign-in was denied.
        """
        request = await self.server.begin_device()
        await show(request)
        await self.store.save(self.credential, await self._poll(request))

    async def _poll(self, request: DeviceRequest) -> Tokens:
        interval_s = request.interval.total_seconds()
        ends_at = self.clock.monotonic() + request.lifetime.total_seconds()
        while self.clock.monotonic() + interval_s <= ends_at:
            await self.clock.sleep(interval_s)
            try:
                return await self.server.poll_device(request)
            except AuthorizationPending as pending:
                interval_s += pending.slower_by.total_seconds()
            except TransientError:
                interval_s *= 2  # RFC 8628, section 3.5: back off when the server does not answer
        raise CredentialsRejected("Nobody typed the code in time. Start the sign-in again.")

    async def _in_time(self, redirects: Redirects) -> Mapping[str, str]:
        """What came back, unless the time is up first."""
        answer: Mapping[str, str] | None = None
        async with anyio.create_task_group() as group:

            async def give_up() -> None:
                await self.clock.sleep(BROWSER_PATIENCE.total_seconds())
                group.cancel_scope.cancel()

            group.start_soon(give_up)
            answer = await redirects.receive()
            group.cancel_scope.cancel()
        if answer is None:
            raise CredentialsRejected("Nobody signed in within five minutes. Start again.")
        return answer
