"""A server on the loopback interface that answers as a test wants, and notes what it was asked."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from yarl import URL

Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class Served:
    """A running server; ``requests`` holds path and headers of each request, in order."""

    url: URL
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@asynccontextmanager
async def serving(answer: Answering, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Served]:
    """Serve every path and method with ``answer``."""
    served = Served(URL())

    async def handle(request: web.Request) -> web.StreamResponse:
        served.requests.append((request.raw_path, dict(request.headers)))
        return await answer(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        scheme = "https" if tls else "http"
        served.url = URL(f"{scheme}://127.0.0.1:{runner.addresses[0][1]}")
        yield served
    finally:
        await runner.cleanup()
