"""Download of a document's bytes: whole or a range, as they are or compressed."""

import gzip
import sqlite3
from dataclasses import dataclass
from functools import partial

from aiohttp import web
from anyio import to_thread

from pipeline.hub.answers import Problem, not_found
from pipeline.hub.content import Content
from pipeline.hub.core import Core
from pipeline.hub.routes import Route

FALLBACK_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes asked for; not the whole document."""

    first: int
    length: int


class ContentApi:
    """Serves bodies exactly as they arrived."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def routes(self) -> list[Route]:
        """The operations served here."""
        return [Route("getContent", "GET", "/v1/documents/{document_id}/content", self._get)]

    async def _get(self, request: web.Request) -> web.StreamResponse:
        content = await self._core.contents.find(request.match_info["document_id"])
        if content is None:
            raise not_found("document")
        if content.sha256 in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers=_headers(content))
        span = _span(request, content)
        if content.body is None:
            return await self._stream(request, content, span)
        if span is None and _takes_gzip(request):
            return await _compressed(content, content.body)
        return _plain(content, content.body, span)

    async def _stream(
        self, request: web.Request, content: Content, span: Span | None
    ) -> web.StreamResponse:
        first, length = (0, content.size) if span is None else (span.first, span.length)
        response = web.StreamResponse(status=_status(span), headers=_headers(content, span))
        response.content_length = length
        await response.prepare(request)
        try:
            async for part in self._core.contents.parts(content, first, length):
                await response.write(part)
        except sqlite3.OperationalError:
            _tear(request)  # replaced meanwhile: the client must not take this for the whole
        else:
            await response.write_eof()
        return response


def _tear(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _plain(content: Content, body: bytes, span: Span | None) -> web.Response:
    part = body if span is None else body[span.first : span.first + span.length]
    return web.Response(status=_status(span), body=part, headers=_headers(content, span))


async def _compressed(content: Content, body: bytes) -> web.Response:
    packed = await to_thread.run_sync(partial(gzip.compress, body, 1, mtime=0))
    headers = _headers(content) | {
        "Content-Encoding": "gzip",
        "ETag": f'"{content.sha256}-gzip"',
    }
    return web.Response(body=packed, headers=headers)


def _status(span: Span | None) -> int:
    return 200 if span is None else 206


def _headers(content: Content, span: Span | None = None) -> dict[str, str]:
    headers = {
        "Content-Type": _safe_type(content.content_type),
        "Content-Disposition": "attachment",
        "ETag": f'"{content.sha256}"',
        "X-Document-Version": content.version,
        "Accept-Ranges": "bytes",
        "Vary": "Accept-Encoding",
    }
    if span is not None:
        last = span.first + span.length - 1
        headers["Content-Range"] = f"bytes {span.first}-{last}/{content.size}"
    return headers


def _safe_type(content_type: str) -> str:
    is_safe = "/" in content_type and content_type.isascii() and content_type.isprintable()
    return content_type if is_safe else FALLBACK_TYPE


def _takes_gzip(request: web.Request) -> bool:
    offers = request.headers.get("Accept-Encoding", "").lower().replace(" ", "").split(",")
    return any(
        offer == "gzip" or (offer.startswith("gzip;q=") and not _is_zero(offer)) for offer in offers
    )


def _is_zero(offer: str) -> bool:
    return not offer.partition("q=")[2].strip("0.")


def _span(request: web.Request, content: Content) -> Span | None:
    """The one range asked for; None when the whole document is to be sent (RFC 9110, 14.2)."""
    condition = request.headers.get("If-Range")
    if condition is not None and condition != f'"{content.sha256}"':
        return None
    try:
        asked = request.http_range
    except ValueError:
        return None
    if asked.start is None and asked.stop is None:
        return None
    first, stop, _ = asked.indices(content.size)
    if first >= stop:
        headers = {"Content-Range": f"bytes */{content.size}"}
        raise Problem(416, "range-not-satisfiable", "The document is shorter.", headers=headers)
    return Span(first, stop - first)
