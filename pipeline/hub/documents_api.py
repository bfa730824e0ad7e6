"""Operations on documents: changes, listing, statuses, redelivery, arrival."""

import secrets
from functools import partial
from typing import Annotated

import msgspec
from aiohttp import web
from anyio import to_thread

from pipeline.domain.documents import DocumentKind
from pipeline.hub.answers import (
    Problem,
    body_deadline,
    json_answer,
    malformed,
    not_found,
    read_json,
    read_number,
)
from pipeline.hub.arrivals import IdTaken, NewDocument, UnknownDossier, add_documents
from pipeline.hub.core import Core
from pipeline.hub.feed import read_changes
from pipeline.hub.listing import NotShared, find_document, list_documents
from pipeline.hub.routes import Route
from pipeline.hub.statuses import count_redelivered, redeliver, report_statuses
from pipeline.hub.wire import (
    Document,
    Id,
    Moment,
    Redelivered,
    Redelivery,
    StatusOutcomes,
    StatusReports,
)


class Labels(msgspec.Struct, frozen=True):
    """What is told beside the bytes of a document that arrives."""

    kind: DocumentKind
    file_name: Annotated[str, msgspec.Meta(max_length=1000)] | None = None
    id: Id | None = None
    received_at: Moment | None = None


class DocumentsApi:
    """Everything about documents but their bytes on the way out."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def routes(self) -> list[Route]:
        """The operations served here."""
        documents = "/v1/dossiers/{dossier_id}/documents"
        return [
            Route("listChanges", "GET", "/v1/changes", self._list_changes),
            Route("listDocuments", "GET", documents, self._list_documents),
            Route("addDocument", "POST", documents, self._add_document, "manage"),
            Route("setStatuses", "POST", "/v1/documents/status", self._set_statuses),
            Route("getDocument", "GET", "/v1/documents/{document_id}", self._get_document),
            Route("redeliver", "POST", "/v1/redeliver", self._redeliver),
        ]

    async def _list_changes(self, request: web.Request) -> web.Response:
        limit = read_number(request, "limit", default=1000, maximum=5000)
        cursor = request.query.get("cursor")
        etag = f'"{cursor}"'
        if cursor == self._core.head.cursor and etag in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers={"ETag": etag})
        work = partial(read_changes, hub_id=self._core.hub_id, cursor=cursor, limit=limit)
        page = await self._core.database.read(work)
        return json_answer(page, ETag=f'"{page.cursor}"')

    async def _list_documents(self, request: web.Request) -> web.Response:
        limit = read_number(request, "limit", default=100, maximum=1000)
        after = request.query.get("after")
        dossier_id = request.match_info["dossier_id"]
        work = partial(list_documents, dossier_id=dossier_id, after=after, limit=limit)
        try:
            return json_answer(await self._core.database.read(work))
        except UnknownDossier as error:
            raise not_found("dossier") from error
        except NotShared as error:
            detail = "The dossier does not share its documents with the office."
            raise Problem(403, "not-shared", detail) from error

    async def _get_document(self, request: web.Request) -> web.Response:
        document_id = request.match_info["document_id"]
        document = await self._core.database.read(partial(find_document, document_id=document_id))
        if document is None:
            raise not_found("document")
        return json_answer(document)

    async def _set_statuses(self, request: web.Request) -> web.Response:
        reports = (await read_json(request, StatusReports)).documents
        now = self._core.clock.now()
        work = partial(report_statuses, reports=reports, now=now)
        return json_answer(StatusOutcomes(await self._core.database.write(work)))

    async def _redeliver(self, request: web.Request) -> web.Response:
        asked = await read_json(request, Redelivery)
        if asked.is_trial:
            count = partial(count_redelivered, dossier_id=asked.dossier_id, since=asked.since)
            return json_answer(Redelivered(await self._core.database.read(count)))
        now = self._core.clock.now()
        work = partial(redeliver, dossier_id=asked.dossier_id, since=asked.since, now=now)
        return json_answer(Redelivered(await self._core.change(work)))

    async def _add_document(self, request: web.Request) -> web.Response:
        document = await self._read_document(request)
        try:
            [(document_id, is_new)] = await self._core.change(
                partial(add_documents, documents=[document])
            )
        except UnknownDossier as error:
            raise not_found("dossier") from error
        except IdTaken as error:
            raise Problem(409, "id-taken", "Another dossier has a document of that id.") from error
        self._core.contents.forget(document_id)
        stored = await self._core.database.read(partial(find_document, document_id=document_id))
        return json_answer(
            msgspec.convert(stored, Document, from_attributes=True), status=200 + is_new
        )

    async def _read_document(self, request: web.Request) -> NewDocument:
        if request.content_type == "multipart/form-data":
            labels, body, content_type = await _read_form(request)
        else:
            with body_deadline():
                labels, body = dict(request.query), await request.read()
            content_type = request.headers.get("Content-Type", "application/octet-stream")
        try:
            told = msgspec.convert(labels, Labels, strict=False)
        except msgspec.ValidationError as error:
            raise malformed(f"The document is not described as it should be: {error}.") from error
        return NewDocument(
            dossier_id=request.match_info["dossier_id"],
            id=told.id or secrets.token_hex(12),
            kind=told.kind,
            body=body,
            received_at=told.received_at or self._core.clock.now(),
            content_type=content_type[:200],
            file_name=told.file_name,
        )


async def _read_form(request: web.Request) -> tuple[dict[str, str], bytes, str]:
    with body_deadline():
        form = await request.post()
    part = form.get("document")
    if not isinstance(part, web.FileField):
        raise malformed("The form needs a file part named document.")
    labels = {name: value for name, value in form.items() if isinstance(value, str)}
    body = await to_thread.run_sync(part.file.read)
    labels.setdefault("file_name", part.filename)
    return labels, body, part.content_type
