"""A stand-in for a hub: the native protocol out of memory, so that the client is what is measured.

It answers what a client asks while it works, checks nothing, and keeps one bit a document.
"""

import asyncio
import re
import ssl
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import cast
from urllib.parse import parse_qs

import msgspec

from benchmarks.documents import BenchDocument, Corpus

PAGE = 1000
PACKAGE = {
    "id": "winbooks",
    "name": "Winbooks",
    "locations": {"purchase_invoices": "winbooks/[accounting_file_id]/purchase"},
}
_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_STREAM = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n: hello\n\n"
)


class StandIn:
    """The office of a corpus, all of it in memory."""

    def __init__(self, corpus: Corpus) -> None:
        self._dossiers = corpus.dossier_ids
        self._listed: dict[str, list[tuple[str, bytes]]] = {each: [] for each in self._dossiers}
        self._contents: dict[bytes, bytes] = {}
        for document in corpus:
            line = msgspec.json.encode(document_line(document))
            self._listed[document.dossier_id].append((document.id, line))
            self._contents[document.id.encode()] = _ok(document.body, b"application/xml")
        self._told: set[str] = set()
        self._requests = 0

    def answer(self, target: bytes, body: bytes) -> bytes:
        """The whole answer to a request."""
        self._requests += 1
        if target.endswith(b"/content"):
            return self._contents[target[len(b"/v1/documents/") : -len(b"/content")]]
        if target == b"/v1/documents/status":
            return _json(self._note_statuses(body))
        path, query = target.partition(b"?")[::2]
        if path.endswith(b"/documents"):
            return self._list(path.split(b"/")[3].decode(), parse_qs(query.decode()))
        return self._about_the_office(path.decode(), query.decode())

    def _list(self, dossier: str, query: Mapping[str, Sequence[str]]) -> bytes:
        """A page of what is not told yet; ``next`` is the place in the list where it ended."""
        listed = self._listed[dossier]
        start, limit = int(query.get("after", ["0"])[0]), int(query.get("limit", [PAGE])[0])
        waiting = (at for at in range(start, len(listed)) if listed[at][0] not in self._told)
        page = list(islice(waiting, limit))
        following = b"null" if len(page) < limit else b'"%d"' % (page[-1] + 1)
        lines = b",".join(listed[at][1] for at in page)
        return _ok(b'{"documents":[' + lines + b'],"next":' + following + b"}")

    def _note_statuses(self, body: bytes) -> object:
        reports = msgspec.json.decode(body)["documents"]
        self._told.update(each["id"] for each in reports if each["status"] == "forwarded")
        return {"outcomes": [{"id": each["id"], "outcome": "ok"} for each in reports]}

    def _about_the_office(self, path: str, query: str) -> bytes:
        after = int(parse_qs(query).get("after", ["0"])[0])
        cursor = parse_qs(query).get("cursor", [""])[0]
        answers: dict[str, Callable[[], object]] = {
            "/oauth/token": lambda: {"access_token": "token", "expires_in": 3600},
            "/v1/packages": lambda: {"packages": [PACKAGE]},
            "/v1/dossiers": lambda: self._dossier_page(after),
            "/v1/changes": lambda: self._changes(cursor),
            "/v1/monitor": lambda: {"requests": self._requests, "forwarded": len(self._told)},
            "/v1/redeliver": self._redeliver,
            "/v1/heartbeat": dict,
        }
        return _STREAM if path == "/v1/events" else _json(answers[path]())

    def _dossier_page(self, after: int) -> object:
        following = after + PAGE
        return {
            "dossiers": [dossier_line(each) for each in self._dossiers[after:following]],
            "next": str(following) if following < len(self._dossiers) else None,
        }

    def _changes(self, cursor: str) -> object:
        is_new = not cursor and any(self._listed.values())
        return {"dossier_ids": self._dossiers if is_new else [], "cursor": "1", "more": False}

    def _redeliver(self) -> object:
        self._told.clear()
        return {"documents": len(self._contents)}


class Connection(asyncio.Protocol):
    """One keep-alive connection; requests are answered in their order, ``after_s`` each."""

    def __init__(self, hub: StandIn, after_s: float) -> None:
        self._hub = hub
        self._after_s = after_s
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._rest += data
        while (end := self._rest.find(_END_OF_HEAD)) >= 0:
            head, start = self._rest[:end], end + len(_END_OF_HEAD)
            length = _LENGTH.search(head)
            stop = start + (int(length[1]) if length else 0)
            if len(self._rest) < stop:
                return
            body, self._rest = self._rest[start:stop], self._rest[stop:]
            answer = self._hub.answer(head.split(b" ", 2)[1], body)
            if self._after_s:
                loop = asyncio.get_running_loop()
                loop.call_later(self._after_s, self._transport.write, answer)
            else:
                self._transport.write(answer)


async def serve(
    hub: StandIn, *, after_s: float = 0, tls: ssl.SSLContext | None = None
) -> tuple[asyncio.Server, str]:
    """Listen on a free port; the server and its address. A hub far away answers ``after_s``."""
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(hub, after_s), host="127.0.0.1", port=0, ssl=tls
    )
    scheme = "https" if tls else "http"
    return server, f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def document_line(document: BenchDocument) -> dict[str, str | int]:
    """A document in a listing."""
    return {
        "id": document.id,
        "version": "1",
        "kind": "purchase_invoice",
        "received_at": document.received_at.isoformat(),
        "size": len(document.body),
        "sha256": document.sha256,
        "file_name": f"{document.id}.xml",
        "content_type": "application/xml",
    }


def dossier_line(dossier: str) -> dict[str, str]:
    """A dossier in a listing."""
    return {
        "id": dossier,
        "enterprise_name": f"Bakery {dossier} BV",
        "enterprise_identifier": f"BE0{dossier}000",
        "accounting_file_id": dossier,
        "accounting_package_id": str(PACKAGE["id"]),
    }


def _json(value: object) -> bytes:
    return _ok(msgspec.json.encode(value))


def _ok(body: bytes, content_type: bytes = b"application/json") -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n"
    return head % (content_type, len(body)) + body
