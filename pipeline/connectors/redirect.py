"""Where the browser comes back to after a sign-in: one page on the loopback interface (RFC 8252).

The page holds nothing of the request, and the address ends its life with the first answer.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
from aiohttp import web

LOOPBACK = "127.0.0.1"
PATH = "/callback"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'",
    "Referrer-Policy": "no-referrer",
}
_DONE = "You can close this window and go back to Dossierpost."
_REFUSED = "This is not the answer to a sign-in. Start it again in Dossierpost."


@dataclass(slots=True)
class _Visit:
    """The first visit with one value for each parameter."""

    uri: str = ""
    query: Mapping[str, str] | None = None
    came: anyio.Event = field(default_factory=anyio.Event)

    async def receive(self) -> Mapping[str, str]:
        """See `Redirects.receive`."""
        await self.came.wait()
        return self.query or {}

    async def answer(self, request: web.Request) -> web.Response:
        """Take the first visit, refuse every other."""
        query = request.query
        is_answer = "state" in query and all(len(query.getall(name)) == 1 for name in query)
        if self.query is not None or not is_answer:
            return web.Response(status=400, text=_REFUSED, headers=_HEADERS)
        self.query = dict(query)
        self.came.set()
        return web.Response(text=_DONE, headers=_HEADERS)


class LoopbackReceiver:
    """Listens on a random port, see `pipeline.ports.credentials.RedirectReceiver`."""

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[_Visit]:
        """See `RedirectReceiver.listen`."""
        visit = _Visit()
        app = web.Application()
        app.router.add_get(PATH, visit.answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, LOOPBACK, 0)
            await site.start()
            port = runner.addresses[0][1]
            visit.uri = f"http://{LOOPBACK}:{port}{PATH}"
            yield visit
        finally:
            await runner.cleanup()
