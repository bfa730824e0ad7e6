"""What every hub connector must do: rules that real hubs forced on those before.

The test of a connector subclasses `HubContract` and gives it a `HubBench`, the other side of the
hub. A rule about something a hub does not have, by its capabilities, is skipped with the reason.
"""

import hashlib
from datetime import UTC, datetime, timedelta

import anyio
import pytest

from pipeline.domain.documents import DocumentKey, DocumentRef, Location
from pipeline.domain.errors import DocumentRejected
from pipeline.ports.hub import (
    Acknowledgement,
    AckOutcome,
    ErrorReport,
    Forwarded,
    Heartbeat,
    Relisting,
)
from pipeline.testing.contracts.hub_bench import (
    DOSSIER,
    INVOICE,
    OTHER_DOSSIER,
    HubBench,
    Seed,
    acknowledge,
    changes,
    digests,
    dossier_of,
    listing,
    needs_acknowledgement,
    needs_feed,
    numbered,
    unknown_ref,
)
from pipeline.testing.contracts.hub_trouble import MEGABYTE, HubTroubleContract

BODIES = {
    "utf-16 with byte order mark": "<Invoice>\u20ac\u00e9</Invoice>".encode("utf-16"),
    "latin-1": "<?xml version='1.0' encoding='ISO-8859-1'?><Invoice>é</Invoice>".encode("latin-1"),
    "utf-8 with byte order mark": b"\xef\xbb\xbf<Invoice>\xc3\xa9</Invoice>",
    "line ends of all kinds": b"<Invoice>\r\n\r\n\n\r</Invoice>\x1a",
    "every byte": bytes(range(256)) * 4,
    "looks like base64": b"PEludm9pY2UvPg==",
    "looks compressed": b"\x1f\x8b\x08\x00 not really",
    "empty": b"",
}
HOSTILE_NAMES = (
    "a b.xml",
    "é€.xml",
    "100%25.xml",
    "a#b?c=d&e.xml",
    "dots..and...more.xml",
    "it's+[1].xml",
)

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class HubContract(HubTroubleContract):
    """Inherit, and define the fixture ``bench``."""

    # -- dossiers -----------------------------------------------------------------------------
    async def test_dossiers_come_with_their_accounting_package(self, bench: HubBench) -> None:
        dossiers = {d.id: d async for page in bench.hub.tenants() for d in page}

        assert dossiers.keys() == {DOSSIER, OTHER_DOSSIER}
        dossier = dossiers[DOSSIER]
        assert dossier.hub == bench.hub.name
        assert dossier.is_linked
        assert dossier.package is not None
        assert Location.PURCHASE_INVOICES in dossier.package.locations

    # -- listing ------------------------------------------------------------------------------
    async def test_1202_documents_arrive_while_they_are_acknowledged_and_others_come(
        self, bench: HubBench
    ) -> None:
        first, late = numbered(1202), numbered(5, start=5000)
        await bench.seed(DOSSIER, first)
        dossier = await dossier_of(bench.hub)

        listed: list[DocumentKey] = []
        cursor: str | None = None
        for number in range(100):
            page = await bench.hub.list(dossier, cursor, 200)
            listed += [ref.key for ref in page.refs]
            await acknowledge(bench.hub, page.refs)
            if number == 2:
                await bench.seed(DOSSIER, late)
            cursor = page.cursor
            if cursor is None:
                break
        listed += [ref.key for ref in await listing(bench.hub) if ref.key not in set(listed)]

        assert len(listed) == len(set(listed)) == len(first) + len(late)

    async def test_a_page_is_no_longer_than_asked(self, bench: HubBench) -> None:
        await bench.seed(DOSSIER, numbered(7))

        page = await bench.hub.list(await dossier_of(bench.hub), None, 3)

        assert len(page.refs) == 3
        assert page.cursor is not None

    async def test_documents_of_another_dossier_are_not_listed(self, bench: HubBench) -> None:
        await bench.seed(OTHER_DOSSIER, [Seed("other.xml")])

        assert not await listing(bench.hub)

    async def test_listing_twice_gives_the_same_keys(self, bench: HubBench) -> None:
        await bench.seed(DOSSIER, numbered(5))

        assert await listing(bench.hub) == await listing(bench.hub)

    async def test_documents_that_cannot_be_delivered_do_not_starve_the_next(
        self, bench: HubBench
    ) -> None:
        await bench.seed(DOSSIER, numbered(100))
        for ref in await listing(bench.hub, page=50):
            await bench.hub.report_error([ErrorReport(ref.key, "xsd", "not an invoice")])
        good = Seed("good.xml", b"<Invoice>good</Invoice>")
        await bench.seed(DOSSIER, [good])

        refs = await listing(bench.hub, page=50)

        bodies = [(await bench.hub.fetch(ref, max_bytes=MEGABYTE)).body for ref in refs]
        assert good.body in bodies
        if bench.hub.capabilities.reports_errors:
            assert bodies == [good.body]

    # -- bytes --------------------------------------------------------------------------------
    @pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
    async def test_bytes_stay_bytes(self, bench: HubBench, body: bytes) -> None:
        await bench.seed(DOSSIER, [Seed("document.xml", body)])

        ref = (await listing(bench.hub))[0]
        fetched = await bench.hub.fetch(ref, max_bytes=MEGABYTE)

        assert fetched.body == body
        assert fetched.sha256 == hashlib.sha256(body).hexdigest()
        assert ref.size_bytes in (None, len(body))
        assert ref.sha256 in (None, fetched.sha256)

    @pytest.mark.parametrize("name", HOSTILE_NAMES)
    async def test_names_of_any_kind_are_fetched_and_acknowledged(
        self, bench: HubBench, name: str
    ) -> None:
        await bench.seed(DOSSIER, [Seed(name, name.encode())])

        ref = (await listing(bench.hub))[0]
        fetched = await bench.hub.fetch(ref, max_bytes=MEGABYTE)

        assert fetched.body == name.encode()
        assert await bench.hub.ack([Forwarded(ref.key, ref.offset)]) == [AckOutcome.OK]

    async def test_200_parallel_downloads_do_not_mix_up_their_contents(
        self, bench: HubBench
    ) -> None:
        seeds = numbered(200)
        await bench.seed(DOSSIER, seeds)
        seen: list[str] = []

        async def fetch(ref: DocumentRef) -> None:
            fetched = await bench.hub.fetch(ref, max_bytes=MEGABYTE)
            assert ref.sha256 in (None, fetched.sha256)
            seen.append(fetched.sha256)

        refs = await listing(bench.hub)
        async with anyio.create_task_group() as group:
            for ref in refs:
                group.start_soon(fetch, ref)

        assert sorted(seen) == sorted(digests(seeds))

    async def test_a_document_of_the_permitted_size_is_fetched_and_a_larger_one_is_rejected(
        self, bench: HubBench
    ) -> None:
        await bench.seed(DOSSIER, [Seed("large.xml", b"x" * 1000)])
        ref = (await listing(bench.hub))[0]

        assert len((await bench.hub.fetch(ref, max_bytes=1000)).body) == 1000
        with pytest.raises(DocumentRejected) as refused:
            await bench.hub.fetch(ref, max_bytes=999)

        assert refused.value.rule == "size"

    async def test_a_document_that_is_gone_is_rejected_as_gone(self, bench: HubBench) -> None:
        with pytest.raises(DocumentRejected) as refused:
            await bench.hub.fetch(unknown_ref(bench.hub), max_bytes=MEGABYTE)

        assert refused.value.rule == "gone"

    async def test_a_document_is_fetched_whatever_its_status(self, bench: HubBench) -> None:
        if bench.hub.capabilities.acknowledgement is Acknowledgement.DESTRUCTIVE:
            pytest.skip("an acknowledgement takes the document away")
        await bench.seed(DOSSIER, [Seed("a.xml")])
        refs = await listing(bench.hub)
        await acknowledge(bench.hub, refs)

        assert (await bench.hub.fetch(refs[0], max_bytes=MEGABYTE)).body == INVOICE

    # -- acknowledging ------------------------------------------------------------------------
    async def test_an_acknowledged_document_is_not_listed_and_can_be_acknowledged_again(
        self, bench: HubBench
    ) -> None:
        needs_acknowledgement(bench)
        await bench.seed(DOSSIER, numbered(3))
        refs = await listing(bench.hub)

        first = await acknowledge(bench.hub, refs)
        again = await acknowledge(bench.hub, refs)

        assert first == [AckOutcome.OK] * 3
        assert all(outcome.is_settled for outcome in again)
        assert not await listing(bench.hub)

    async def test_an_unknown_document_is_settled_and_the_others_of_its_batch_too(
        self, bench: HubBench
    ) -> None:
        needs_acknowledgement(bench)
        if bench.hub.capabilities.ack_batch == 1:
            pytest.skip("this hub takes one at a time")
        await bench.seed(DOSSIER, [Seed("a.xml")])
        ref = (await listing(bench.hub))[0]
        unknown = unknown_ref(bench.hub)

        outcomes = await acknowledge(bench.hub, [unknown, ref])

        assert [outcome.is_settled for outcome in outcomes] == [True, True]
        assert not await listing(bench.hub)

    async def test_an_error_is_told_and_can_be_told_again(self, bench: HubBench) -> None:
        await bench.seed(DOSSIER, [Seed("a.xml")])
        ref = (await listing(bench.hub))[0]
        report = ErrorReport(ref.key, "BR-CO-15", "the total is not the sum" * 500)

        first = await bench.hub.report_error([report])
        again = await bench.hub.report_error([report])

        assert first == [AckOutcome.OK]
        assert again[0].is_settled
        if bench.hub.capabilities.reports_errors:
            assert not await listing(bench.hub)

    async def test_a_document_that_was_error_can_be_forwarded_later(self, bench: HubBench) -> None:
        await bench.seed(DOSSIER, [Seed("a.xml")])
        refs = await listing(bench.hub)
        await bench.hub.report_error([ErrorReport(refs[0].key, "xsd", "not valid")])

        assert await acknowledge(bench.hub, refs) == [AckOutcome.OK]

    async def test_redelivery_lists_acknowledged_documents_again(self, bench: HubBench) -> None:
        if bench.hub.capabilities.redelivery.way is not Relisting.ASKED:
            assert await bench.hub.redeliver(None, LONG_AGO, is_trial=True) == 0
            pytest.skip("this hub cannot list documents again")
        await bench.seed(DOSSIER, numbered(3))
        await bench.seed(OTHER_DOSSIER, numbered(2, start=10))
        refs = await listing(bench.hub)
        await acknowledge(bench.hub, refs)
        dossier = await dossier_of(bench.hub)
        since = min(ref.received_at for ref in refs)

        assert await bench.hub.redeliver(dossier, since, is_trial=True) == 3
        assert await listing(bench.hub) == []

        count = await bench.hub.redeliver(dossier, since)

        assert count == 3
        assert {ref.key for ref in await listing(bench.hub)} == {ref.key for ref in refs}
        assert all(outcome.is_settled for outcome in await acknowledge(bench.hub, refs))
        assert await bench.hub.redeliver(dossier, since + timedelta(days=400)) == 0

    # -- change feed --------------------------------------------------------------------------
    async def test_the_change_feed_names_the_dossiers_with_news_and_no_others(
        self, bench: HubBench
    ) -> None:
        needs_feed(bench)
        _, cursor = await changes(bench.hub, None)

        await bench.seed(OTHER_DOSSIER, [Seed("a.xml")])
        changed, later = await changes(bench.hub, cursor)

        assert changed == {OTHER_DOSSIER}
        assert await changes(bench.hub, later) == (set(), later)
        assert await changes(bench.hub, later) == (set(), later)

    async def test_an_unknown_cursor_answers_as_none_does(self, bench: HubBench) -> None:
        needs_feed(bench)
        await bench.seed(DOSSIER, [Seed("a.xml")])

        unknown = await bench.hub.changes("a cursor of another hub")

        assert DOSSIER in unknown.dossier_ids
        assert unknown == await bench.hub.changes(None)

    async def test_a_cursor_read_twice_gives_the_same_news(self, bench: HubBench) -> None:
        needs_feed(bench)
        _, cursor = await changes(bench.hub, None)
        await bench.seed(DOSSIER, [Seed("a.xml")])

        assert await changes(bench.hub, cursor) == await changes(bench.hub, cursor)

    # -- events -------------------------------------------------------------------------------
    async def test_every_document_arrives_although_nobody_hears_an_event(
        self, bench: HubBench
    ) -> None:
        await bench.seed(DOSSIER, numbered(20))

        assert len(await listing(bench.hub)) == 20

    async def test_an_event_wakes_its_dossier(self, bench: HubBench) -> None:
        if not bench.hub.capabilities.has_events:
            pytest.skip("this hub pushes nothing")
        heard: set[str | None] = set()

        async def listen() -> None:
            async for hint in bench.hub.events():
                heard.add(hint.dossier_id)

        async with anyio.create_task_group() as group:
            group.start_soon(listen)
            with anyio.fail_after(10):
                for number in range(100):
                    await bench.seed(DOSSIER, [Seed(f"{number}.xml", b"%d" % number)])
                    await anyio.sleep(0.02)
                    if DOSSIER in heard:
                        break
            group.cancel_scope.cancel()

        assert DOSSIER in heard

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"null", b'{"dossier":"dossier-1"}', b'{"dossier_id":"dossier-1"}']
    )
    async def test_a_forged_event_wakes_nobody(self, bench: HubBench, body: bytes) -> None:
        assert not bench.hub.parse_event({"X-Signature": "0" * 64}, body)

    # -- account ------------------------------------------------------------------------------
    async def test_health_says_whether_the_hub_answers(self, bench: HubBench) -> None:
        health = await bench.hub.health()

        assert health.is_reachable
        assert health.is_authenticated
        assert health.text

    async def test_a_heartbeat_is_accepted(self, bench: HubBench) -> None:
        await bench.hub.heartbeat(Heartbeat("installation", "1.0", 1, 2, 3))

    async def test_closing_twice_is_no_error_and_ends_the_events(self, bench: HubBench) -> None:
        await bench.hub.close()
        await bench.hub.close()

        with anyio.fail_after(5):
            assert [hint async for hint in bench.hub.events()] == []
