"""Client of the native hub protocol."""

import hashlib
import random
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from http import HTTPStatus

import anyio.to_thread
import msgspec

from pipeline.connectors.answers import Answer, AnswerTooLarge
from pipeline.connectors.hubs.native import api
from pipeline.connectors.hubs.native.events import Event
from pipeline.connectors.hubs.native.session import NativeSession, decode
from pipeline.domain.customers import Dossier
from pipeline.domain.documents import DocumentRef
from pipeline.domain.errors import (
    CredentialsRejected,
    DocumentRejected,
    PipelineError,
    TransientError,
)
from pipeline.ports.hub import (
    Acknowledgement,
    AckOutcome,
    ChangePage,
    Consumption,
    ErrorReport,
    Fetched,
    Forwarded,
    Heartbeat,
    Hint,
    HubCapabilities,
    HubHealth,
    ListPage,
    Redelivery,
    Relisting,
)

NATIVE_CAPABILITIES = HubCapabilities(
    consumption=Consumption.QUEUE,
    acknowledgement=Acknowledgement.PER_DOCUMENT,
    ack_batch=100,
    list_page=200,
    has_change_feed=True,
    reports_errors=True,
    has_events=True,
    redelivery=Redelivery(Relisting.ASKED, keeps_documents=True),
    minimum_poll=timedelta(seconds=10),
    concurrency=32,
)
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0
_DIGESTED_AT_ONCE = 2**18
_LONGEST_RULE, _LONGEST_TEXT = 300, 4000


class NativeHub:
    """A hub that speaks the native protocol, see `pipeline.ports.hub.Hub`."""

    def __init__(self, name: str, session: NativeSession) -> None:
        self._name = name
        self._session = session
        self._etag: tuple[str, str] | None = None
        self._is_closed = False

    @property
    def name(self) -> str:
        """See `Hub.name`."""
        return self._name

    @property
    def capabilities(self) -> HubCapabilities:
        """See `Hub.capabilities`."""
        return NATIVE_CAPABILITIES

    async def tenants(self) -> AsyncIterator[Sequence[Dossier]]:
        """See `Hub.tenants`."""
        url = self._session.at("packages")
        listed = await self._session.get(url, api.Packages, "list the accounting packages")
        packages = {package.id: package.to_domain() for package in listed.packages}
        after: str | None = None
        while True:
            url = self._session.at("dossiers", after=after)
            page = await self._session.get(url, api.DossierPage, "list the dossiers")
            yield [line.to_domain(self._name, packages) for line in page.dossiers]
            if page.next is None:
                return
            after = _moved(after, page.next)

    async def changes(self, cursor: str | None) -> ChangePage:
        """See `Hub.changes`."""
        url = self._session.at("changes", cursor=cursor)
        known = self._etag
        headers = {"If-None-Match": known[1]} if known and known[0] == cursor else {}
        answer = await self._session.ask("GET", url, "read the change feed", headers=headers)
        if answer.status == HTTPStatus.NOT_MODIFIED and cursor is not None:
            return ChangePage((), cursor)
        page = decode(answer, api.Changes)
        etag = answer.headers.get("ETag")
        self._etag = (page.cursor, etag) if etag else None
        return ChangePage(page.dossier_ids, page.cursor, page.more, page.dossiers_changed)

    async def list(self, dossier: Dossier, cursor: str | None, limit: int) -> ListPage:
        """See `Hub.list`."""
        url = self._session.at("dossiers", dossier.id, "documents", after=cursor, limit=limit)
        action = f"list the documents of {dossier.enterprise_name!r}"
        page = await self._session.get(url, api.DocumentPage, action)
        refs = (line.to_domain(self._name, dossier.id) for line in page.documents)
        return ListPage(
            refs=tuple({ref.key: ref for ref in refs}.values()),
            cursor=None if page.next is None else _moved(cursor, page.next),
        )

    async def fetch(self, ref: DocumentRef, *, max_bytes: int) -> Fetched:
        """See `Hub.fetch`."""
        if (ref.size_bytes or 0) > max_bytes:
            raise _too_large(ref, max_bytes)
        url = self._session.at("documents", ref.key.document_id, "content")
        try:
            answer = await self._session.download(
                url, f"give document {ref.key}", max_bytes=max_bytes
            )
        except AnswerTooLarge as error:
            raise _too_large(ref, max_bytes) from error
        return _checked(ref, answer, await _sha256(answer.body))

    async def ack(self, documents: Sequence[Forwarded]) -> Sequence[AckOutcome]:
        """See `Hub.ack`."""
        return await self._tell(
            api.StatusReport(d.key.document_id, d.key.hub_version, "forwarded") for d in documents
        )

    async def report_error(self, reports: Sequence[ErrorReport]) -> Sequence[AckOutcome]:
        """See `Hub.report_error`."""
        return await self._tell(
            api.StatusReport(
                report.key.document_id,
                report.key.hub_version,
                "error",
                rule=report.rule[:_LONGEST_RULE],
                text=report.text[:_LONGEST_TEXT],
            )
            for report in reports
        )

    async def redeliver(
        self, dossier: Dossier | None, since: datetime, *, is_trial: bool = False
    ) -> int:
        """See `Hub.redeliver`."""
        message = api.Redelivery(since, dossier.id if dossier else None, is_trial)
        url = self._session.at("redeliver")
        answer = await self._session.post(url, message, api.Redelivered, "list documents again")
        return answer.documents

    def parse_event(self, headers: Mapping[str, str], body: bytes) -> Sequence[Hint]:  # noqa: ARG002
        """See `Hub.parse_event`; this hub pushes through `events` only, so none is trusted."""
        return ()

    async def events(self) -> AsyncIterator[Hint]:
        """See `Hub.events`; after each failure the pause doubles, up to a minute."""
        pause_s, last_id = _FIRST_PAUSE_S, None
        while not self._is_closed:
            try:
                async with aclosing(self._session.events(last_id)) as stream:
                    async for event in stream:
                        pause_s, last_id = _FIRST_PAUSE_S, event.id or last_id
                        yield _hint(event)
            except PipelineError:  # what is missed meanwhile is found by polling
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            if not self._is_closed:
                jitter = random.uniform(0.5, 1)  # noqa: S311 -- no secret
                await self._session.clock.sleep(pause_s * jitter)

    async def heartbeat(self, beat: Heartbeat) -> None:
        """See `Hub.heartbeat`."""
        url = self._session.at("heartbeat")
        await self._session.ask("POST", url, "note the heartbeat", message=beat)

    async def health(self) -> HubHealth:
        """See `Hub.health`."""
        try:
            answer = await self._session.ask("GET", self._session.at("office"), "answer")
            office = decode(answer, api.Office)
        except CredentialsRejected as error:
            return HubHealth(is_reachable=True, is_authenticated=False, text=str(error))
        except PipelineError as error:
            return HubHealth(is_reachable=False, is_authenticated=False, text=str(error))
        left = answer.headers.get("X-RateLimit-Remaining", "")
        return HubHealth(
            is_reachable=True,
            is_authenticated=True,
            text=f"Signed in as {office.name}.",
            clock_skew=office.now - self._session.clock.now(),
            quota_left=int(left) if left.isdecimal() else None,
        )

    async def close(self) -> None:
        """See `Hub.close`."""
        self._is_closed = True
        await self._session.http.close()

    async def _tell(self, reports: Iterable[api.StatusReport]) -> Sequence[AckOutcome]:
        """Send a batch of statuses; each has an answer, and a 204 says ``ok`` for all of them."""
        batch = api.StatusReports(tuple(reports))
        url = self._session.at("documents", "status")
        told = await self._session.ask("POST", url, "note statuses", message=batch)
        if told.status == HTTPStatus.NO_CONTENT:
            return [AckOutcome.OK] * len(batch.documents)
        answer = decode(told, api.StatusOutcomes)
        if [o.id for o in answer.outcomes] != [r.id for r in batch.documents]:
            raise TransientError("The hub did not answer for every status it was told.")
        return [outcome.to_domain() for outcome in answer.outcomes]


def _checked(ref: DocumentRef, answer: Answer, sha256: str) -> Fetched:
    """The bytes, after comparing them with what the hub claims.

    Raises:
        DocumentRejected: the hub replaced the document; the new version will be listed.
        TransientError: length or digest differ.
    """
    version = answer.headers.get("X-Document-Version", ref.key.hub_version)
    if version != ref.key.hub_version:
        msg = f"The hub replaced document {ref.key} by version {version!r}, which is listed next."
        raise DocumentRejected(msg, rule="gone")
    body = answer.body
    if ref.size_bytes not in (None, len(body)):
        msg = f"Document {ref.key} came with {len(body)} bytes, not {ref.size_bytes}."
        raise TransientError(msg)
    if ref.sha256 not in (None, sha256):
        raise TransientError(f"Document {ref.key} came with other bytes than the hub listed.")
    return Fetched(body, sha256, answer.headers.get("Content-Type"))


async def _sha256(body: bytes) -> str:
    """Digest of a body; a large one is digested in a thread."""
    if len(body) <= _DIGESTED_AT_ONCE:
        return hashlib.sha256(body).hexdigest()
    return await anyio.to_thread.run_sync(lambda: hashlib.sha256(body).hexdigest())


def _too_large(ref: DocumentRef, max_bytes: int) -> DocumentRejected:
    msg = (
        f"Document {ref.key} is larger than the {max_bytes} bytes that are accepted. Raise the "
        "limit, or book it by hand."
    )
    return DocumentRejected(msg, rule="size")


def _moved(cursor: str | None, following: str) -> str:
    """The next cursor; one that stays where it is would page for ever."""
    if following == cursor:
        raise TransientError("The hub gives the same page again and again.")
    return following


def _hint(event: Event) -> Hint:
    """What an event wakes: one dossier, or all when it names none."""
    try:
        return Hint(msgspec.json.decode(event.data, type=api.AvailableEvent).dossier_id)
    except msgspec.DecodeError:
        return Hint(None)
