"""Server-sent events: the change feed, pushed.

Nothing is kept for a client: it has a position in the feed, and what it missed is read from there,
so a slow client gets fewer events and costs no memory.
"""

import sqlite3
from functools import partial

import anyio
import orjson
from aiohttp import web
from aiohttp_sse import EventSourceResponse

from pipeline.hub.answers import Problem
from pipeline.hub.core import Core
from pipeline.hub.feed import read_changes
from pipeline.hub.routes import Route
from pipeline.hub.wire import ChangePage

MAX_STREAMS = 200
PAGE = 500


class EventsApi:
    """Streams hints to installations."""

    def __init__(self, core: Core, *, ping_s: float) -> None:
        self._core = core
        self._ping_s = ping_s
        self._streams = 0

    def routes(self) -> list[Route]:
        """The operations served here."""
        return [Route("streamEvents", "GET", "/v1/events", self._stream)]

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        if self._streams >= MAX_STREAMS:
            raise Problem(503, "too-many-streams", "Poll instead.", headers={"Retry-After": "60"})
        self._streams += 1
        try:
            return await self._send_all(request)
        finally:
            self._streams -= 1

    async def _send_all(self, request: web.Request) -> web.StreamResponse:
        cursor = request.headers.get("Last-Event-ID") or self._core.head.cursor
        response = EventSourceResponse(ping_interval=self._ping_s)
        if request.transport is None:  # the client left while its token was looked up
            raise ConnectionResetError
        await response.prepare(request)
        try:
            async with response:
                await self._follow(response, cursor)
        except (ConnectionResetError, TimeoutError, sqlite3.OperationalError):
            pass  # whoever is in trouble: the client comes back with the id of the last event
        return response

    async def _follow(self, response: EventSourceResponse, cursor: str) -> None:
        while response.is_connected() and not self._core.head.is_closed:
            page = await self._core.database.read(
                partial(read_changes, hub_id=self._core.hub_id, cursor=cursor, limit=PAGE)
            )
            await _send_page(response, page)
            cursor = page.cursor
            if not page.more:
                with anyio.move_on_after(self._ping_s):
                    await self._core.head.moved_from(cursor)


async def _send_page(response: EventSourceResponse, page: ChangePage) -> None:
    """Send a page; only its last event carries the cursor, so that a break loses none."""
    events = [("document.available", {"dossier_id": one}) for one in page.dossier_ids]
    if page.dossiers_changed:
        events.insert(0, ("dossiers.changed", {}))
    for left, (name, data) in zip(range(len(events) - 1, -1, -1), events, strict=True):
        text = orjson.dumps(data).decode()
        await response.send(text, event=name, id=None if left else page.cursor)
