"""The calls of the e-invoice.be API with one key, and the storage its documents lie in."""

from dataclasses import dataclass
from http import HTTPStatus

from yarl import URL

from pipeline.connectors.answers import Answer
from pipeline.connectors.http import HttpClient
from pipeline.connectors.hubs.e_invoice_be.api import Inbox, Tenant, Ubl
from pipeline.connectors.hubs.e_invoice_be.events import RECEIVED, NewWebhook, Webhook
from pipeline.connectors.hubs.e_invoice_be.window import Page
from pipeline.connectors.rest import RestAccount, decode
from pipeline.domain.documents import DocumentRef
from pipeline.domain.errors import DocumentRejected, TransientError
from pipeline.ports.webhooks import Registration

_REFUSED = frozenset({HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY})
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_EXPIRED = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


@dataclass(frozen=True, slots=True)
class InboxAccount:
    """The inbox of one company.

    Documents lie at another host, under addresses that are signed and soon expire; nothing that
    belongs to the hub is sent there.
    """

    rest: RestAccount
    storage: HttpClient

    async def company(self) -> Tenant:
        """Whose inbox it is."""
        url = self.rest.at("api", "me", "")
        return await self.rest.get(url, Tenant, "tell whose key it is")

    async def page(self, page: Page) -> Inbox:
        """A page of the inbox, newest first."""
        url = self.rest.at(
            *("api", "inbox", ""),
            page=page.number,
            page_size=page.size,
            sort_by="created_at",
            sort_order="desc",
        )
        return await self.rest.get(url, Inbox, "list the inbox")

    async def register_webhook(self, url: str) -> Registration:
        """Have the events of this inbox sent to an address, also when its answer is lost once."""
        webhooks = self.rest.at("api", "webhooks", "")
        found = await self.rest.get(webhooks, list[Webhook], "list the webhooks")
        for each in found:
            if each.url == url:
                return each.registration
        action, wanted = "register a webhook", NewWebhook(url, [RECEIVED])
        answer = await self.rest.ask("POST", webhooks, action, message=wanted)
        return decode(answer, Webhook).registration

    async def unregister_webhook(self, webhook_id: str) -> None:
        """Send no more events; one that is gone is no error."""
        url = self.rest.at("api", "webhooks", webhook_id)
        await self.rest.ask("DELETE", url, "end a webhook", tolerated=_GONE)

    async def content(self, ref: DocumentRef, *, max_bytes: int) -> tuple[Answer, int | None]:
        """The bytes of a document, and how many they should be.

        An address that has expired meanwhile is asked for again, once.
        """
        answer, size_bytes = await self._stored(ref, max_bytes)
        if answer.status in _EXPIRED:
            answer, size_bytes = await self._stored(ref, max_bytes)
        if not answer.is_ok:
            msg = f"The storage does not give document {ref.key}: {answer.status}."
            raise TransientError(msg)
        return answer, size_bytes

    async def _stored(self, ref: DocumentRef, max_bytes: int) -> tuple[Answer, int | None]:
        """What the storage answers, at an address that is new."""
        ubl = await self._ubl(ref)
        if not ubl.signed_url:
            raise TransientError(f"The hub has no address for document {ref.key} yet.")
        url = URL(ubl.signed_url, encoded=True)
        return await self.storage.request("GET", url, max_bytes=max_bytes), ubl.file_size or None

    async def _ubl(self, ref: DocumentRef) -> Ubl:
        """Where a document is now; what the hub cannot give of one says nothing of the others."""
        url = self.rest.at("api", "documents", ref.key.document_id, "ubl")
        action = f"give document {ref.key}"
        answer = await self.rest.ask("GET", url, action, tolerated=_REFUSED)
        if answer.status in _REFUSED:
            raise DocumentRejected(str(self.rest.refused(answer, action)), rule="refused")
        return decode(answer, Ubl)
