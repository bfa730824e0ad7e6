"""THE MAIN FLOW: what a hub lists ends in its folder once, whole, or is Error with the reason.

Read from here: `documents_line` is the path of a document, five typed lines. Each stage is a module
of `pipeline.stages` that knows no queue; the line (`pipeline.engine`) knows no document.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from pipeline.domain.customers import Dossier
from pipeline.domain.documents import DocumentRef, Location
from pipeline.domain.errors import DocumentRejected, TenantBlocked
from pipeline.engine.line import Line, ReadyLine
from pipeline.ports.destination import Destinations
from pipeline.ports.dossiers import DossierDirectory
from pipeline.stages.acknowledge import Acknowledge
from pipeline.stages.download import Download
from pipeline.stages.list import ListDocuments
from pipeline.stages.reject import Reject
from pipeline.stages.validate import Validate
from pipeline.stages.write import Write
from pipeline.usecases.keep_due import DueBook

UNKNOWN_SIZE = 64 * 1024
"""Bytes that a document counts for in the byte budget while its hub does not say its size."""

NO_LANE = ""
"""Lane of documents that have no destination; the write stage rejects them with the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """How many work at a stage, and how large its batches are."""

    download: int = 64
    validate: int = 1
    acknowledge: int = 4
    batch: int = 256
    linger: timedelta = timedelta(milliseconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The steps of a document, connected to the outside; see `pipeline.app.installation`."""

    list: "Listing"
    download: Download
    validate: Validate
    write: Write
    acknowledge: Acknowledge
    reject: Reject


def documents_line(do: Steps, w: Workers) -> ReadyLine:
    """The line that every document takes."""
    return (
        Line.starting_with(
            do.list,
            hub_of=hub_of,
            lane_of=do.list.lane_of,
            weight_of=weight_of,
            lanes_of=do.list.lanes_of,
        )
        .then(do.download, name="download", workers=w.download)
        .then_batch(do.validate, name="validate", max_items=32, workers=w.validate)
        .then_batch(do.write, name="write", max_items=w.batch, linger=w.linger, per="lane")
        .then_batch(
            do.acknowledge, name="acknowledge", max_items=100, per="hub", workers=w.acknowledge
        )
        .rejecting_into(do.reject)
    )


def hub_of(tenant: str) -> str:
    """The hub a tenant belongs to."""
    return tenant.partition("/")[0]


def weight_of(ref: DocumentRef) -> int:
    """Bytes that a document counts for while it is under way."""
    return ref.size_bytes if ref.size_bytes is not None else UNKNOWN_SIZE


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The source of the line: lists a dossier, and says where each document will go."""

    documents: ListDocuments
    dossiers: DossierDirectory
    destinations: Destinations
    due: DueBook

    def __call__(self, tenant: str) -> AsyncIterator[Sequence[DocumentRef]]:
        """Pages of one dossier."""
        self.due.begin(tenant)
        return self.documents(tenant)

    def lane_of(self, ref: DocumentRef) -> str:
        """The destination of a document."""
        dossier = self.dossiers.get(ref.key.hub, ref.key.dossier)
        return NO_LANE if dossier is None else self._lane(dossier, ref.kind.location)

    def lanes_of(self, tenant: str) -> Collection[str]:
        """The destinations that the documents of a dossier can have."""
        hub, _, dossier_id = tenant.partition("/")
        dossier = self.dossiers.get(hub, dossier_id)
        if dossier is None or dossier.package is None:
            return ()
        return {self._lane(dossier, location) for location in dossier.package.locations}

    def _lane(self, dossier: Dossier, location: Location) -> str:
        try:
            return self.destinations.lane_for(dossier, location)
        except (DocumentRejected, TenantBlocked):
            return NO_LANE  # the write stage meets the same and tells why
