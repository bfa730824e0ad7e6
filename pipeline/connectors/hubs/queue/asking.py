"""Asks a hub for its unhandled documents, and for what a listing does not say of them."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import anyio
import anyio.to_thread

from pipeline.connectors.answers import AnswerTooLarge
from pipeline.connectors.hubs.queue.dossiers import Clientele
from pipeline.connectors.hubs.queue.kinds import kind_of
from pipeline.connectors.hubs.queue.profile import Fields, Listing, Paging, Profile
from pipeline.connectors.hubs.queue.requests import Values, decoded
from pipeline.connectors.hubs.queue.session import QueueSession
from pipeline.connectors.hubs.queue.values import Item, items_at, moment_of, text_at, whole_at
from pipeline.domain.documents import DocumentKey, DocumentRef
from pipeline.domain.errors import DocumentRejected, PipelineError, TenantBlocked

LARGEST_LIST = 64 * 2**20
"""Bytes of one answer; some hubs list documents together with their bodies."""
_DECODED_AT_ONCE = 2**18
_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Seen:
    """What a listing showed: items, of which some may be of others, and whether there are more."""

    items: Sequence[Item]
    is_full: bool = False


class Asking:
    """The listings of one hub account."""

    def __init__(self, hub: str, session: QueueSession, clientele: Clientele) -> None:
        self._hub = hub
        self._session = session
        self._profile: Profile = session.profile
        self._clientele = clientele
        self._details: OrderedDict[str, Item] = OrderedDict()

    async def everything(self, listing: Listing, values: Values) -> Sequence[Item]:
        """All items, each once, taken before any of them is handled."""
        if listing.paging is Paging.PAGES:
            return await self._all_pages(listing, values)
        return (await self.first(listing, values, listing.size)).items

    async def first(self, listing: Listing, values: Values, size: int) -> Seen:
        """One answer; raises `AnswerTooLarge` when its ``size`` items are too much at once."""
        answer = await self._answer(listing, {**values, "page": 1, "size": size})
        items = items_at(answer, listing.items)
        return Seen(items, is_full=listing.paging is Paging.FIRST and len(items) >= size)

    async def refs(self, dossier_id: str, items: Sequence[Item]) -> list[DocumentRef]:
        """The references of those items that are for a dossier."""
        ours: Sequence[Item] = [item for item in items if self._is_ours(item)]
        if self._profile.details is not None:
            ours = await self._detailed(ours)
        return [self._ref(dossier_id, item) for item in ours if self._is_for(dossier_id, item)]

    async def _all_pages(self, listing: Listing, values: Values) -> Sequence[Item]:
        """Walk the pages; with half the size when a page is too large."""
        size = listing.size
        while True:
            try:
                return await self._walk(listing, {**values, "size": size})
            except AnswerTooLarge:
                if size == 1:
                    raise
                size //= 2

    async def _walk(self, listing: Listing, values: Values) -> Sequence[Item]:
        """What arrives meanwhile shifts the pages, so that an item may come twice."""
        found: dict[str, Item] = {}
        page, last = 0, None
        while last is None or page < last:
            page += 1
            answer = await self._answer(listing, {**values, "page": page})
            items = {text_at(i, listing.fields.id): i for i in items_at(answer, listing.items)}
            if not items.keys() - found.keys():
                break  # past the end, whatever the hub says of its pages
            found.update(items)
            last = whole_at(answer, listing.pages)
        return tuple(found.values())

    async def _answer(self, listing: Listing, values: Values) -> object:
        action = f"list the documents of {values.get('company', 'all companies')!r}"
        try:
            answer = await self._session.get(listing.call, values, action, max_bytes=LARGEST_LIST)
        except DocumentRejected as error:  # 404: it is the company that the hub does not know
            raise TenantBlocked(str(error)) from error
        return await read(answer.body)

    async def _detailed(self, items: Sequence[Item]) -> Sequence[Item]:
        """Items with what is asked for each; those that vanished meanwhile are left out."""
        path = self._profile.listing.fields.id
        ids = [text_at(item, path) for item in items]
        await self._learn([each for each in ids if each not in self._details])
        detailed = [
            {**self._details[document_id], **item}
            for document_id, item in zip(ids, items, strict=True)
            if document_id in self._details
        ]
        while len(self._details) > _REMEMBERED:
            self._details.popitem(last=False)
        return detailed

    async def _learn(self, ids: Sequence[str]) -> None:
        """Ask for details, several at a time; raises the first failure when all are asked."""
        waiting, failures = iter(ids), list[PipelineError]()

        async def ask() -> None:
            for document_id in waiting:
                try:
                    await self._describe(document_id)
                except PipelineError as error:
                    failures.append(error)
                    return

        async with anyio.create_task_group() as group:
            for _ in range(min(len(ids), self._profile.concurrency)):
                group.start_soon(ask)
        if failures:
            raise failures[0]

    async def _describe(self, document_id: str) -> None:
        details = self._profile.details
        if details is None:
            return
        try:
            answer = await self._session.get(details.call, {"id": document_id}, "describe one")
        except DocumentRejected:
            return  # gone since it was listed
        said = decoded(answer.body)
        if isinstance(said, dict):
            self._details[document_id] = said

    def _is_ours(self, item: Item) -> bool:
        fields = self._profile.listing.fields
        is_meant = all(
            text_at(item, path).lower() in ("", *permitted)
            for path, permitted in fields.only.items()
        )
        return is_meant and bool(text_at(item, fields.id))  # without an id nothing can be done

    def _is_for(self, dossier_id: str, item: Item) -> bool:
        if self._profile.is_sorted_by_hub:
            return True
        names = [text_at(item, path) for fields in self._fields for path in fields.tenants]
        return self._clientele.owns(dossier_id, filter(None, names))

    @property
    def _fields(self) -> Sequence[Fields]:
        details = self._profile.details
        return (self._profile.listing.fields, *((details.fields,) if details else ()))

    def _ref(self, dossier_id: str, item: Item) -> DocumentRef:
        fields = self._fields
        received = next(filter(None, (text_at(item, each.received) for each in fields)), "")
        return DocumentRef(
            key=DocumentKey(self._hub, dossier_id, text_at(item, fields[0].id)),
            kind=kind_of(text_at(item, fields[0].type)),
            received_at=moment_of(received, self._profile.zone) or self._session.clock.now(),
            content_type="application/xml",
        )


async def read(body: bytes) -> object:
    """The JSON value of an answer; a large one is read in a thread."""
    if len(body) <= _DECODED_AT_ONCE:
        return decoded(body)
    return await anyio.to_thread.run_sync(decoded, body)
