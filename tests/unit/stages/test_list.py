from collections.abc import Sequence
from dataclasses import replace

import pytest

from pipeline.domain.customers import Dossier
from pipeline.domain.documents import DocumentRef
from pipeline.domain.errors import TransientError
from pipeline.ports.hub import Acknowledgement, ListPage
from pipeline.stages.list import ListDocuments
from pipeline.testing.memory_hub import MEMORY_CAPABILITIES, MemoryHub
from tests.unit.stages.bench import DOSSIER, Bench, OneDossier


async def listed(bench: Bench, dossier: Dossier = DOSSIER) -> list[DocumentRef]:
    source = ListDocuments(
        {"memory": bench.hub},
        bench.state,
        OneDossier(dossier),
        bench.note_acknowledged,
        bench.note_reported,
    )
    return [ref async for page in source(dossier.tenant) for ref in page]


async def test_new_documents_are_fetched_oldest_first() -> None:
    bench = Bench()
    refs = [bench.hub.add("d1", f"doc-{number}", b"x") for number in range(250)]

    assert await listed(bench) == refs


async def test_a_dossier_that_is_not_linked_is_not_listed() -> None:
    bench = Bench()
    bench.hub.add("d1", "doc", b"x")

    assert await listed(bench, replace(DOSSIER, shares_documents=False)) == []
    assert await listed(bench, replace(DOSSIER, package=None)) == []


@pytest.mark.parametrize("acknowledge", [False, True], ids=["delivered", "acked"])
async def test_a_delivered_document_is_acknowledged_again_and_never_fetched(
    acknowledge: bool,
) -> None:
    bench = Bench()
    ref = bench.hub.add("d1", "doc", b"x")
    await bench.deliver(ref, acknowledge=acknowledge)

    assert await listed(bench) == []
    assert bench.acknowledged_again == [ref.key]


async def test_an_error_that_the_hub_never_heard_of_is_reported_again() -> None:
    bench = Bench()
    ref = bench.hub.add("d1", "doc", b"x")
    await bench.reject(ref, reported=False)

    assert await listed(bench) == []
    assert bench.reported_again == [ref.key]


@pytest.mark.parametrize("held", [False, True], ids=["error", "held"])
async def test_an_error_that_the_hub_lists_again_was_asked_for_and_is_fetched(held: bool) -> None:
    bench = Bench()
    ref = bench.hub.add("d1", "doc", b"x")
    await bench.reject(ref, held=held)

    assert await listed(bench) == [ref]


async def test_a_hub_without_an_error_status_does_not_make_us_fetch_for_ever() -> None:
    bench = Bench(replace(MEMORY_CAPABILITIES, reports_errors=False))
    ref = bench.hub.add("d1", "doc", b"x")
    await bench.reject(ref)

    assert await listed(bench) == []


async def test_what_a_person_asked_for_again_comes_first_and_once() -> None:
    bench = Bench()
    old = bench.hub.add("d1", "old", b"x")
    new = bench.hub.add("d1", "new", b"y")
    await bench.reject(old)
    await bench.state.want([old.key])

    assert [ref.key for ref in await listed(bench)] == [old.key, new.key]


async def test_other_content_under_a_known_id_and_version_is_a_document_of_its_own() -> None:
    bench = Bench()
    known = bench.hub.add("d1", "doc", b"first")
    await bench.deliver(known, acknowledge=True)
    changed = bench.hub.add("d1", "doc", b"second")
    assert changed.key == known.key

    (ref,) = await listed(bench)

    assert ref.key.document_id == "doc"
    assert ref.key.version != known.key.version
    assert ref.key.hub_version == known.key.hub_version
    assert bench.acknowledged_again == []


async def test_changed_content_that_is_held_already_is_not_fetched_again_by_itself() -> None:
    bench = Bench(replace(MEMORY_CAPABILITIES, reports_errors=False))
    known = bench.hub.add("d1", "doc", b"first")
    await bench.deliver(known, acknowledge=True)
    bench.hub.add("d1", "doc", b"second")
    (ref,) = await listed(bench)
    await bench.reject(ref, held=True)

    assert await listed(bench) == []


class RepeatingHub(MemoryHub):
    """A hub whose pages lead to each other for ever, each listing a document twice."""

    async def list(
        self,
        dossier: Dossier,
        cursor: str | None,
        limit: int,
    ) -> ListPage:
        page = await super().list(dossier, None, limit)
        refs: Sequence[DocumentRef] = [*page.refs, *page.refs]
        return ListPage(refs, cursor="again")


async def test_a_page_that_repeats_ends_the_listing_with_each_document_once() -> None:
    bench = Bench()
    bench.hub = RepeatingHub(dossiers=[DOSSIER])
    ref = bench.hub.add("d1", "doc", b"x")
    source = ListDocuments(
        {"memory": bench.hub},
        bench.state,
        OneDossier(),
        bench.note_acknowledged,
        bench.note_reported,
    )
    pages = source(DOSSIER.tenant)

    found = [ref for _ in range(2) for ref in await anext(pages)]

    assert found == [ref]
    with pytest.raises(TransientError, match="repeats a page"):
        await anext(pages)


class _MarkingHub(MemoryHub):
    """Answers the cursor it was asked with as the name of a document, in two pages."""

    async def list(self, dossier: Dossier, cursor: str | None, limit: int) -> ListPage:
        ref = self.add(dossier.id, f"asked with {cursor}", b"x")
        if cursor != "second":
            return ListPage([ref], cursor="second")
        return ListPage([ref], mark="so far")


async def test_a_listing_begins_with_the_mark_that_the_last_one_ended_with() -> None:
    bench = Bench()
    bench.hub = _MarkingHub(capabilities=replace(MEMORY_CAPABILITIES, has_marks=True))

    first = [ref.key.document_id for ref in await listed(bench)]
    second = [ref.key.document_id for ref in await listed(bench)]

    assert first == ["asked with None", "asked with second"]
    assert second == ["asked with so far", "asked with second"]


async def test_a_listing_that_broke_off_leaves_no_mark() -> None:
    bench = Bench()
    hub = _MarkingHub(capabilities=replace(MEMORY_CAPABILITIES, has_marks=True))
    source = ListDocuments(
        {"memory": hub},
        bench.state,
        OneDossier(DOSSIER),
        bench.note_acknowledged,
        bench.note_reported,
    )

    async for page in source(DOSSIER.tenant):
        if page:
            break

    assert await bench.state.load_cursor("memory", f"dossier/{DOSSIER.id}") is None


async def test_a_hub_that_takes_no_acknowledgements_is_not_told_again_what_was_noted() -> None:
    bench = Bench(replace(MEMORY_CAPABILITIES, acknowledgement=Acknowledgement.NONE))
    delivered, acked = (bench.hub.add("d1", name, name.encode()) for name in ("a", "b"))
    await bench.deliver(delivered, acknowledge=False)
    await bench.deliver(acked, acknowledge=True)

    assert await listed(bench) == []
    assert bench.acknowledged_again == [delivered.key]
