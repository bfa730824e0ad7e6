"""Plan: which folder a document goes to, under which names, with which tokens."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.domain.delivery import PlannedDelivery, PlannedFile
from pipeline.domain.documents import CheckedDocument, Verdict
from pipeline.domain.errors import ConfigurationError, LocationUnusable, PipelineError
from pipeline.domain.paths import beside, file_base_name, name_key, name_room
from pipeline.stages.write import reasons
from pipeline.stages.write.folders import Folders, Place, attempted
from pipeline.stages.write.routes import Route, Routes

UNSTAGED = ""
"""The token of a file that has none."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What was decided about a document.

    ``setting`` names, in words, what a person would change to send it elsewhere; ``existing`` is
    the part of the folder that a person must have made, ``name_bytes`` the room for a file name in
    it. The files in ``delivery`` have no tokens yet: they get new ones each time they are staged.
    """

    delivery: PlannedDelivery
    setting: str
    existing: str
    name_bytes: int


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans batches; what is new about folders is committed to the state on the way."""

    routes: Routes
    folders: Folders

    async def plan(self, items: Sequence[CheckedDocument]) -> Sequence[Plan | PipelineError]:
        """One plan each, in order, or why there is none."""
        routes = [attempted(self._route, item) for item in items]
        places = [
            Place.of(route, item) if isinstance(route, Route) else route
            for route, item in zip(routes, items, strict=True)
        ]
        folders = await self.folders.of(place for place in places if isinstance(place, Place))
        return [
            attempted(_plan, item, place, folders) if isinstance(place, Place) else place
            for item, place in zip(items, places, strict=True)
        ]

    def _route(self, item: CheckedDocument) -> Route:
        """The route of a document; raises `DocumentHeld` when its package wants no such one."""
        route = self.routes.of(item)
        if route.package.blocks_on_fatal and not item.document.ref.is_released:
            if item.report.verdict is Verdict.INVALID:
                raise reasons.invalid(item, route.package)
            if item.report.failures:
                raise reasons.unchecked(item, route.package)
        return route


def _plan(
    item: CheckedDocument, place: Place, folders: Mapping[Place, str | PipelineError]
) -> Plan:
    folder, route = folders[place], place.route
    if isinstance(folder, PipelineError):
        raise folder
    name_bytes = name_room(folder, route.template.platform)
    contents = _contents(item, _name(item, route, name_bytes), route)
    return Plan(
        delivery=_delivery(item, route, _files(item, folder, contents)),
        setting=route.setting,
        existing=route.existing,
        name_bytes=name_bytes,
    )


def _name(item: CheckedDocument, route: Route, name_bytes: int) -> str:
    pattern = route.package.file_name
    try:
        return file_base_name(item.document.ref, item.report.key_data, pattern, name_bytes)
    except ConfigurationError as refused:
        raise LocationUnusable(
            f"{refused} (file name in accounting package {route.package.name})"
        ) from refused


def _contents(item: CheckedDocument, name: str, route: Route) -> list[tuple[str, bytes]]:
    """Names and bytes in the order they become visible: the document last.

    An accounting package that sees the document finds its attachment beside it.
    """
    contents = [(name, item.document.body)]
    if route.package.extracts_embedded_pdf:
        pdfs = (each for each in item.report.attachments if _is_pdf(each.content_type))
        contents = [(beside(name, ".pdf"), pdf.body) for pdf in [*pdfs][:1]] + contents
    return contents


def _is_pdf(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/pdf"


def _files(
    item: CheckedDocument, folder: str, contents: Sequence[tuple[str, bytes]]
) -> tuple[PlannedFile, ...]:
    return tuple(
        PlannedFile(
            token=UNSTAGED,
            folder=folder,
            name=name,
            name_key=name_key(folder, name),
            sha256=_digest(item, body),
            size_bytes=len(body),
            body=body,
        )
        for name, body in contents
    )


def _digest(item: CheckedDocument, body: bytes) -> str:
    document = item.document
    return document.sha256 if body is document.body else hashlib.sha256(body).hexdigest()


def _delivery(
    item: CheckedDocument, route: Route, files: tuple[PlannedFile, ...]
) -> PlannedDelivery:
    document, report = item.document, item.report
    return PlannedDelivery(
        key=item.key,
        kind=document.ref.kind,
        received_at=document.ref.received_at,
        sha256=document.sha256,
        size_bytes=len(document.body),
        destination=route.lane,
        files=files,
        key_data=report.key_data,
        verdict=report.verdict,
        findings_json=report.findings_json,
        is_released=document.ref.is_released,
        may_repeat=route.package.delivers_duplicates,
        file_name=document.ref.file_name,
        content_type=document.ref.content_type,
        offset=document.ref.offset,
        statements=report.statements,
    )
