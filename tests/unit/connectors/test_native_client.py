"""The client of the native protocol, where a hub behaves unexpectedly."""

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from typing import Any

import anyio
import pytest
from aiohttp import web

from pipeline.connectors.declarations import HubSetup
from pipeline.connectors.hubs.native import CONNECTOR
from pipeline.connectors.hubs.native.events import LONGEST_EVENT, Event, parse_events
from pipeline.connectors.limits import Limiters
from pipeline.domain.customers import Dossier
from pipeline.domain.documents import DocumentKey, DocumentKind, DocumentRef, Location
from pipeline.domain.errors import DocumentRejected, TenantBlocked, TransientError
from pipeline.ports.credentials import Secret, Tokens
from pipeline.ports.hub import AckOutcome, Forwarded, Hub
from pipeline.testing.clock import VirtualClock
from pipeline.testing.http_server import Served, serving
from pipeline.testing.memory_credentials import MemoryCredentials

ACME = Dossier("main", "acme", "Acme")
BODY = b"<Invoice/>"
DOCUMENT = {
    "id": "d1",
    "dossier_id": "acme",
    "version": "1",
    "kind": "purchase_invoice",
    "received_at": "2026-01-05T08:00:00Z",
    "size": len(BODY),
    "sha256": hashlib.sha256(BODY).hexdigest(),
    "status": "to_fetch",
    "file_name": None,
    "content_type": "application/xml",
}
Reply = Callable[[web.Request], web.StreamResponse]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Talk:
    """A hub that answers as told, by path, and a client of it."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.store = MemoryCredentials()
        self.replies: dict[str, Reply] = {}
        self.served: Served
        self.hub: Hub

    def says(self, path: str, message: Any, **more: Any) -> None:
        self.replies[path] = lambda _request: web.json_response(message, **more)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        return self.replies[request.raw_path.partition("?")[0]](request)

    async def start(self, served: Served) -> None:
        hour = timedelta(hours=1)
        await self.store.save("main", Tokens(Secret("token"), self.clock.now(), hour))
        self.served = served
        values = {"url": str(served.url), "allow_private": "yes"}
        setup = HubSetup("main", values, self.clock, self.store, Limiters(self.clock))
        self.hub = CONNECTOR.connect(setup)


@pytest.fixture
async def talk(http_path: str) -> AsyncIterator[Talk]:  # noqa: ARG001 - both ways
    talk = Talk()
    async with serving(talk.answer) as served:
        await talk.start(served)
        yield talk
        await talk.hub.close()


def ref(document_id: str = "d1", **more: Any) -> DocumentRef:
    key = DocumentKey("main", "acme", document_id)
    return DocumentRef(key, DocumentKind.OTHER, VirtualClock().now(), **more)


async def test_an_unchanged_feed_costs_one_conditional_request(talk: Talk) -> None:
    def feed(request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match") == '"c1"':
            return web.Response(status=304)
        page = {"dossier_ids": ["acme"], "cursor": "c1", "more": False, "dossiers_changed": True}
        return web.json_response(page, headers={"ETag": '"c1"'})

    talk.replies["/v1/changes"] = feed

    first = await talk.hub.changes(None)
    second = await talk.hub.changes(first.cursor)
    other = await talk.hub.changes("another")

    assert list(first.dossier_ids) == ["acme"]
    assert first.dossiers_changed
    assert (second.dossier_ids, second.cursor) == ((), "c1")
    assert list(other.dossier_ids) == ["acme"]


async def test_what_this_version_does_not_know_passes_through(talk: Talk) -> None:
    document = {**DOCUMENT, "kind": "payslip", "colour": "red", "size": None, "sha256": None}
    talk.says("/v1/dossiers/acme/documents", {"documents": [document], "next": None})
    package = {"id": "p", "name": "W", "locations": {"payslips": "/p", "sales_invoices": "/s"}}
    talk.says("/v1/packages", {"packages": [package]})
    line = {"id": "acme", "enterprise_name": "Acme", "accounting_package_id": "p", "mood": 1}
    talk.says("/v1/dossiers", {"dossiers": [line], "next": None})
    talk.says("/v1/documents/status", {"outcomes": [{"id": "d1", "outcome": "perhaps"}]})

    page = await talk.hub.list(ACME, None, 10)
    dossiers = [d async for part in talk.hub.tenants() for d in part]

    assert page.refs[0].kind is DocumentKind.OTHER
    assert dossiers[0].package is not None
    assert dossiers[0].package.locations == {Location.SALES_INVOICES: "/s"}
    assert await talk.hub.ack([Forwarded(page.refs[0].key)]) == [AckOutcome.RETRY]


async def test_a_document_twice_on_a_page_is_listed_once(talk: Talk) -> None:
    talk.says("/v1/dossiers/acme/documents", {"documents": [DOCUMENT, DOCUMENT], "next": None})

    assert len((await talk.hub.list(ACME, None, 10)).refs) == 1


async def test_a_cursor_that_does_not_move_ends_the_paging(talk: Talk) -> None:
    talk.says("/v1/dossiers/acme/documents", {"documents": [DOCUMENT], "next": "same"})
    talk.says("/v1/packages", {"packages": []})
    talk.says("/v1/dossiers", {"dossiers": [], "next": "same"})

    with pytest.raises(TransientError, match="same page"):
        await talk.hub.list(ACME, "same", 10)
    with pytest.raises(TransientError, match="same page"):
        assert [part async for part in talk.hub.tenants()]


@pytest.mark.parametrize(
    "message", ["<html>", [], {"documents": [{}]}, {"documents": [{**DOCUMENT, "id": 7}]}]
)
async def test_a_listing_that_is_not_one_is_tried_again(talk: Talk, message: object) -> None:
    talk.says("/v1/dossiers/acme/documents", message)

    with pytest.raises(TransientError, match="DocumentPage"):
        await talk.hub.list(ACME, None, 10)


@pytest.mark.parametrize("status", [400, 403, 404, 405])
async def test_a_listing_that_is_refused_blocks_the_dossier_with_the_text_of_the_hub(
    talk: Talk, status: int
) -> None:
    problem = {"detail": "This dossier does not share its documents."}
    talk.says("/v1/dossiers/acme/documents", problem, status=status)

    with pytest.raises(TenantBlocked, match="does not share"):
        await talk.hub.list(ACME, None, 10)


@pytest.mark.parametrize(
    ("document_id", "path"),
    [
        ("..", "/v1/documents/%2E%2E/content"),
        ("a/../../b", "/v1/documents/a%2F%2E%2E%2F%2E%2E%2Fb/content"),
        ("x?y#z", "/v1/documents/x%3Fy%23z/content"),
        ("100%2F", "/v1/documents/100%252F/content"),
        ("\u20ac", "/v1/documents/%E2%82%AC/content"),
    ],
)
async def test_an_id_stays_one_segment_of_the_path(talk: Talk, document_id: str, path: str) -> None:
    talk.replies[path] = lambda _request: web.Response(body=BODY)

    fetched = await talk.hub.fetch(ref(document_id), max_bytes=100)

    assert fetched.body == BODY
    assert talk.served.requests[-1][0] == path


@pytest.mark.parametrize(
    "claims", [{"size_bytes": 9}, {"size_bytes": 11}, {"sha256": "0" * 64}], ids=str
)
async def test_bytes_that_are_not_those_listed_are_tried_again(
    talk: Talk, claims: Mapping[str, Any]
) -> None:
    talk.replies["/v1/documents/d1/content"] = lambda _request: web.Response(body=BODY)

    with pytest.raises(TransientError):
        await talk.hub.fetch(ref(**claims), max_bytes=100)


async def test_a_document_that_was_replaced_is_gone(talk: Talk) -> None:
    talk.replies["/v1/documents/d1/content"] = lambda _request: web.Response(
        body=BODY, headers={"X-Document-Version": "2"}
    )

    with pytest.raises(DocumentRejected, match="replaced") as refused:
        await talk.hub.fetch(ref(), max_bytes=100)

    assert refused.value.rule == "gone"


async def test_a_document_listed_as_too_large_is_not_even_asked_for(talk: Talk) -> None:
    with pytest.raises(DocumentRejected) as refused:
        await talk.hub.fetch(ref(size_bytes=101), max_bytes=100)

    assert refused.value.rule == "size"
    assert not talk.served.requests


async def test_a_large_document_has_the_right_digest(talk: Talk) -> None:
    body = bytes(range(256)) * 4096
    talk.replies["/v1/documents/d1/content"] = lambda _request: web.Response(body=body)

    fetched = await talk.hub.fetch(ref(), max_bytes=2**21)

    assert fetched.sha256 == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize(
    "outcomes", [[], [{"id": "other", "outcome": "ok"}], [{"id": "d1", "outcome": "ok"}] * 2]
)
async def test_answers_that_do_not_match_the_statuses_told_are_not_believed(
    talk: Talk, outcomes: list[Mapping[str, str]]
) -> None:
    talk.says("/v1/documents/status", {"outcomes": outcomes})

    with pytest.raises(TransientError, match="every status"):
        await talk.hub.ack([Forwarded(ref().key)])


async def test_health_tells_how_far_the_clocks_are_apart_and_what_is_left(talk: Talk) -> None:
    later = talk.clock.now() + timedelta(minutes=7)
    office = {"id": "o", "name": "The office", "now": later.isoformat()}
    talk.says("/v1/office", office, headers={"X-RateLimit-Remaining": "41"})

    health = await talk.hub.health()

    assert health.clock_skew == timedelta(minutes=7)
    assert health.quota_left == 41
    assert "The office" in health.text


async def test_health_tells_a_lost_sign_in_from_a_hub_that_is_away(talk: Talk) -> None:
    talk.says("/v1/office", {}, status=401)
    lost = await talk.hub.health()
    talk.says("/v1/office", {}, status=503)
    await talk.clock.advance(60)
    away = await talk.hub.health()

    assert (lost.is_reachable, lost.is_authenticated) == (True, False)
    assert not away.is_authenticated


async def test_events_go_on_after_the_stream_broke_and_resume_where_it_did(talk: Talk) -> None:
    resumed: list[str | None] = []

    def stream(request: web.Request) -> web.StreamResponse:
        resumed.append(request.headers.get("Last-Event-ID"))
        if len(resumed) == 2:
            return web.Response(status=503)
        text = (
            f"id: c{len(resumed)}\nevent: document.available\n"
            'data: {"dossier_id": "acme"}\n\nevent: dossiers.changed\ndata: {}\n\n'
        )
        return web.Response(text=text, content_type="text/event-stream")

    talk.replies["/v1/events"] = stream
    heard: list[str | None] = []

    async with talk.clock.running():
        with anyio.fail_after(10):
            async for hint in talk.hub.events():
                heard.append(hint.dossier_id)
                if len(heard) == 4:
                    break

    assert heard == ["acme", None, "acme", None]
    assert resumed == [None, "c1", "c1"]


async def test_a_hub_without_events_is_asked_less_and_less_often(talk: Talk) -> None:
    enough = anyio.Event()

    def refuse(_request: web.Request) -> web.Response:
        if len(talk.served.requests) == 12:
            enough.set()
        return web.Response(status=503)

    talk.replies["/v1/events"] = refuse

    async def listen() -> None:
        async for _hint in talk.hub.events():
            pytest.fail("there are no events")

    async with anyio.create_task_group() as group, talk.clock.running():
        group.start_soon(listen)
        with anyio.fail_after(10):
            await enough.wait()
        group.cancel_scope.cancel()

    assert talk.clock.monotonic() > 150


async def chunks_of(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def test_a_stream_is_read_however_it_is_cut() -> None:
    text = (
        b": a comment\n\nid: 1\r\nevent: a\r\ndata: x\r\ndata:y\r\n\r\n"
        b"data\n\nretry: 5\ndata: \xe2\x82\xac\n\nevent: lost\n\ndata: incomplete\n"
    )
    expected = [Event("a", "x\ny", "1"), Event("message", "", "1"), Event("message", "€", "1")]

    for size in (1, 2, 7, len(text)):
        chunks = [text[start : start + size] for start in range(0, len(text), size)]
        assert [event async for event in parse_events(chunks_of(*chunks))] == expected


@pytest.mark.parametrize("flood", [b"data: x\n" * 20_000, b"data: " + b"x" * LONGEST_EVENT])
async def test_an_event_without_end_is_given_up(flood: bytes) -> None:
    with pytest.raises(TransientError):
        assert [event async for event in parse_events(chunks_of(flood, flood))]


async def test_a_204_to_a_batch_of_statuses_is_ok_for_each(talk: Talk) -> None:
    talk.replies["/v1/documents/status"] = lambda _request: web.Response(status=204)
    told = [Forwarded(DocumentKey("main", "acme", id_, "1")) for id_ in ("d1", "d2")]
    assert await talk.hub.ack(told) == [AckOutcome.OK, AckOutcome.OK]
