"""One driver for hubs that list unhandled documents and are told of each when it is taken."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from pipeline.connectors.answers import Answer, AnswerTooLarge
from pipeline.connectors.hubs.queue import bodies, webhooks
from pipeline.connectors.hubs.queue.asking import Asking, read
from pipeline.connectors.hubs.queue.dossiers import Clientele
from pipeline.connectors.hubs.queue.listing import Listings
from pipeline.connectors.hubs.queue.profile import Call, Paging, Profile
from pipeline.connectors.hubs.queue.session import QueueSession
from pipeline.connectors.hubs.queue.values import items_at, text_at
from pipeline.connectors.webhooks.reading import read_event, text_of
from pipeline.domain.customers import Dossier
from pipeline.domain.documents import DocumentKey, DocumentRef
from pipeline.domain.errors import (
    CredentialsRejected,
    DocumentRejected,
    PipelineError,
    TenantBlocked,
    TransientError,
)
from pipeline.ports.hub import (
    AckOutcome,
    ChangePage,
    ErrorReport,
    Fetched,
    Forwarded,
    Heartbeat,
    Hint,
    HubCapabilities,
    HubHealth,
    ListPage,
)
from pipeline.ports.webhooks import Registration

_NOT_OURS = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)


class QueueHub:
    """A hub by its profile, see `pipeline.ports.hub.Hub`."""

    def __init__(self, name: str, session: QueueSession, clientele: Clientele) -> None:
        self._name = name
        self._session = session
        self._profile: Profile = session.profile
        self._clientele = clientele
        self._asking = Asking(name, session, clientele)
        self._listings = Listings(self._profile, self._asking)
        self._capabilities = self._profile.capabilities

    @property
    def name(self) -> str:
        """See `Hub.name`."""
        return self._name

    @property
    def capabilities(self) -> HubCapabilities:
        """See `Hub.capabilities`."""
        return self._capabilities

    async def tenants(self) -> AsyncIterator[Sequence[Dossier]]:
        """See `Hub.tenants`."""
        companies = self._profile.companies
        if companies is None:
            yield self._clientele.linked()
            return
        try:
            answer = await self._session.get(companies.call, {}, "list the companies")
        except DocumentRejected as error:
            raise TenantBlocked(str(error)) from error
        listed = items_at(await read(answer.body), companies.items)
        yield self._clientele.merged(listed, companies)

    async def changes(self, cursor: str | None) -> ChangePage:
        """See `Hub.changes`; these hubs have no feed."""
        return ChangePage((), cursor or "")

    async def list(self, dossier: Dossier, cursor: str | None, limit: int) -> ListPage:
        """See `Hub.list`."""
        return await self._listings.page(dossier.id, cursor, limit)

    async def fetch(self, ref: DocumentRef, *, max_bytes: int) -> Fetched:
        """See `Hub.fetch`."""
        content = self._profile.content
        most = bodies.largest_answer(content, max_bytes)
        action = f"give document {ref.key}"
        try:
            answer = await self._session.get(content.call, _names(ref.key), action, max_bytes=most)
        except AnswerTooLarge as error:
            raise bodies.too_large(ref, max_bytes) from error
        return await bodies.fetched(ref, answer, content, max_bytes)

    async def ack(self, documents: Sequence[Forwarded]) -> Sequence[AckOutcome]:
        """See `Hub.ack`."""
        return await self._take([document.key for document in documents])

    async def report_error(self, reports: Sequence[ErrorReport]) -> Sequence[AckOutcome]:
        """See `Hub.report_error`.

        A document whose bytes are not here stays listed, as a reminder; not so where the hub shows
        its first documents only: there it would hide the others.
        """
        hides_others = self._profile.listing.paging is Paging.FIRST
        taken = [
            report.key
            for report in reports
            if self._profile.takes_errors and (report.is_kept or hides_others)
        ]
        outcomes: dict[DocumentKey, AckOutcome] = {}
        for dossier_id in dict.fromkeys(key.dossier for key in taken):
            keys = [key for key in taken if key.dossier == dossier_id]
            outcomes |= dict(zip(keys, await self._take_if_permitted(keys), strict=True))
        return [outcomes.get(report.key, AckOutcome.OK) for report in reports]

    async def redeliver(
        self, dossier: Dossier | None, since: datetime, *, is_trial: bool = False
    ) -> int:
        """See `Hub.redeliver`."""
        relisting = self._profile.relisting
        if relisting is None:
            return 0
        values: dict[str, str] = {"since": since.astimezone(UTC).isoformat()}
        if dossier is not None:
            values["company"] = dossier.id
        items = await self._asking.everything(relisting.found, values)
        ids = [text_at(item, relisting.found.fields.id) for item in items]
        if is_trial:
            return len(ids)
        return sum([await self._put_back(relisting.put_back, each) for each in ids])

    def parse_event(self, headers: Mapping[str, str], body: bytes) -> Sequence[Hint]:  # noqa: ARG002
        """See `Hub.parse_event`."""
        event = self._profile.event
        if event is None:
            return ()
        said = read_event(body)
        if text_of(said, event.field) != event.value:
            return ()
        return (Hint(text_of(said, event.tenant) or None),)

    async def events(self) -> AsyncIterator[Hint]:
        """See `Hub.events`; these hubs send none to a listener."""
        for hint in tuple[Hint, ...]():
            yield hint

    async def heartbeat(self, beat: Heartbeat) -> None:
        """See `Hub.heartbeat`; nobody listens."""

    async def health(self) -> HubHealth:
        """See `Hub.health`."""
        company = next(iter(self._clientele.companies), "")
        try:
            answer = await self._session.get(self._profile.probe, {"company": company}, "answer")
        except CredentialsRejected as error:
            return HubHealth(is_reachable=True, is_authenticated=False, text=str(error))
        except PipelineError as error:
            return HubHealth(is_reachable=False, is_authenticated=False, text=str(error))
        left = answer.headers.get("X-Ratelimit-Remaining", "")
        return HubHealth(
            is_reachable=True,
            is_authenticated=True,
            text=f"{self._profile.title} accepts the key.",
            clock_skew=self._skew(answer),
            quota_left=int(left) if left.isdecimal() else None,
        )

    async def close(self) -> None:
        """See `Hub.close`."""
        await self._session.http.close()

    # -- webhooks, see `pipeline.ports.webhooks` ----------------------------------------------
    def webhook_dossiers(self) -> Sequence[str | None]:
        """See `WebhookRegistrar.webhook_dossiers`; one serves all companies."""
        return (None,)

    async def register_webhook(self, dossier_id: str | None, url: str) -> Registration:  # noqa: ARG002
        """See `WebhookRegistrar.register_webhook`."""
        return await webhooks.register(self._session, url)

    async def unregister_webhook(self, dossier_id: str | None, webhook_id: str) -> None:  # noqa: ARG002
        """See `WebhookRegistrar.unregister_webhook`."""
        await webhooks.unregister(self._session, webhook_id)

    # -- inside -------------------------------------------------------------------------------
    async def _put_back(self, call: Call, document_id: str) -> bool:
        """Whether a document is listed again; it may be gone since it was found."""
        try:
            await self._session.get(call, {"id": document_id}, "list a document again")
        except DocumentRejected:
            return False
        return True

    async def _take_if_permitted(self, keys: Sequence[DocumentKey]) -> Sequence[AckOutcome]:
        """A dossier that the hub refuses must not keep it from hearing of the others."""
        try:
            return await self._take(keys)
        except TenantBlocked:
            return [AckOutcome.RETRY] * len(keys)

    async def _take(self, keys: Sequence[DocumentKey]) -> Sequence[AckOutcome]:
        size = self._profile.taking.batch
        outcomes: dict[DocumentKey, AckOutcome] = {}
        for start in range(0, len(keys), size):
            batch = keys[start : start + size]
            outcome = await self._take_batch(batch)
            outcomes |= dict.fromkeys(batch, outcome)
            if len(batch) > 1 and outcome is not AckOutcome.OK:  # one of them spoils it
                outcomes |= {key: await self._take_batch([key]) for key in batch}
        self._listings.acknowledged(key for key, made in outcomes.items() if made.is_settled)
        return [outcomes[key] for key in keys]

    async def _take_batch(self, batch: Sequence[DocumentKey]) -> AckOutcome:
        """One call; it has one answer for all."""
        taking = self._profile.taking
        values = {**_names(batch[0]), "ids": [key.document_id for key in batch]}
        answer = await self._session.ask(taking.call, values)
        if answer.is_ok:
            return AckOutcome.OK
        said = f"{answer.reason} {answer.body[:1000].decode('utf-8', 'replace')}".lower()
        if answer.status == HTTPStatus.CONFLICT or any(word in said for word in taking.already):
            return AckOutcome.ALREADY
        if answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            return AckOutcome.GONE
        error = self._session.error(answer, "take an acknowledgement")
        if answer.status in _NOT_OURS and not isinstance(error, TransientError):
            return AckOutcome.FATAL
        raise error

    def _skew(self, answer: Answer) -> timedelta | None:
        try:
            there = parsedate_to_datetime(answer.headers.get("Date", ""))
            return there - self._session.clock.now()
        except (TypeError, ValueError):
            return None


def _names(key: DocumentKey) -> Mapping[str, str]:
    return {"company": key.dossier, "id": key.document_id}
