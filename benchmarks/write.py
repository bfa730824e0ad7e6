"""``write``: the write stage alone, on a real disk, against the unsafe order."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path

import anyio

from benchmarks.documents import BenchDocument, Corpus
from benchmarks.machine import Usage, measured
from benchmarks.report import Cell, Options, Report, Table
from benchmarks.rounds import interleaved, median
from benchmarks.unsafe import FlushedUnsafeWrite, UnsafeWrite
from pipeline.connectors.clock import SystemClock
from pipeline.connectors.destinations.filesystem import FilesystemDestination, Flush
from pipeline.connectors.disks.linux import LinuxDisk
from pipeline.connectors.state.sqlite import SqliteState
from pipeline.domain.customers import AccountingPackage, Dossier
from pipeline.domain.delivery import Delivery
from pipeline.domain.documents import (
    CheckedDocument,
    Document,
    DocumentKey,
    DocumentKind,
    DocumentRef,
    Location,
    ValidationReport,
    Verdict,
)
from pipeline.stages.write import Write
from pipeline.testing.destinations import ListedDestinations

PER_DOSSIER = 4
DOCUMENTS = {1: 128, 16: 1024, 64: 2048, 256: 4096}
ORDERS: dict[str, tuple[type[Write], Flush]] = {
    "safe, flush by file": (Write, Flush.FILES),
    "safe, flush by volume": (Write, Flush.VOLUME),
    "unsafe, contents flushed": (FlushedUnsafeWrite, Flush.VOLUME),
    "unsafe, no flush": (UnsafeWrite, Flush.VOLUME),
}


@dataclass(slots=True)
class Bench:
    """Room on a disk, and documents to write."""

    folder: Path
    items: Sequence[CheckedDocument]
    numbers: "count[int]" = field(default_factory=count)

    def run(self, order: str, batch: int, documents: int) -> Usage:
        """Write so many documents in batches; time and CPU of that alone."""
        return anyio.run(
            self._run, order, batch, self.items[:documents], backend_options={"use_uvloop": True}
        )

    async def _run(self, order: str, batch: int, items: Sequence[CheckedDocument]) -> Usage:
        folder = self.folder / str(next(self.numbers))
        async with _opened(folder, *ORDERS[order]) as write:
            with measured() as usage:
                for start in range(0, len(items), batch):
                    results = await write(items[start : start + batch])
                    assert all(isinstance(each, Delivery) for each in results), results[0]
        assert len([*folder.glob("books/*/*.xml")]) == len(items)
        return usage


class _Directory:
    """All dossiers of the benchmark have the same package."""

    def __init__(self, root: Path) -> None:
        self._package = AccountingPackage(
            "package", "Package", {Location.PURCHASE_INVOICES: f"{root}/[accounting_file_id]"}
        )

    def get(self, hub: str, dossier_id: str) -> Dossier | None:
        return Dossier(
            hub, dossier_id, dossier_id, accounting_file_id=dossier_id, package=self._package
        )


@asynccontextmanager
async def _opened(folder: Path, stage: type[Write], flush: Flush) -> AsyncIterator[Write]:
    root, clock = folder / "books", SystemClock()
    for number in range(max(DOCUMENTS.values()) // PER_DOSSIER):
        (root / _dossier(number)).mkdir(parents=True)
    state = await SqliteState.open(folder / "state", clock)
    with LinuxDisk() as disk:
        destination = FilesystemDestination(
            name=str(root), root=str(root), disk=disk, clock=clock, flush=flush
        )
        await destination.open(await state.installation_id())
        destinations = ListedDestinations({str(root): destination})
        yield stage(state, destinations, _Directory(root), clock)
        await destination.close()
    await state.close()


def run(options: Options) -> Report:
    """Every order with every size of batch."""
    report = Report()
    share = 16 if options.quick else 1
    corpus = Corpus(dossiers=1, per_dossier=max(DOCUMENTS.values()) // share)
    bench = Bench(options.folder / "write", [_item(*each) for each in enumerate(corpus)])
    rows: list[Sequence[Cell]] = []
    for batch, documents in DOCUMENTS.items():
        size = max(documents // share, batch)
        variants = {order: partial(bench.run, order, batch, size) for order in ORDERS}
        results = interleaved(variants, quick=options.quick)
        for order, usages in results.items():
            rows.append((order, batch, *_note(report, f"{order}_{batch}", usages, size)))
    columns = ("order", "batch", "docs/s", "CPU us")
    note = (
        "15 kB documents, four in a row to one dossier, folders there. Both orders plan folders and"
        " names, and commit to the state (FULL); the unsafe one once a batch, after the rename."
    )
    report.tables.append(Table("The write stage alone", columns, rows, note))
    report.ratios = _ratios(report.figures)
    return report


def _note(report: Report, name: str, usages: Sequence[Usage], size: int) -> tuple[float, float]:
    rate = median(size / usage.seconds for usage in usages)
    cost_us = median(usage.cpu_seconds / size * 1e6 for usage in usages)
    key = name.replace(",", "").replace(" ", "_")
    report.figures |= {f"write_{key}_documents_per_s": rate, f"write_{key}_cpu_us": cost_us}
    return rate, cost_us


def _ratios(figures: dict[str, float]) -> dict[str, float]:
    def rate(order: str) -> float:
        return figures[f"write_{order}_64_documents_per_s"]

    safe = max(rate("safe_flush_by_file"), rate("safe_flush_by_volume"))
    return {
        "durable_vs_not": safe / rate("unsafe_contents_flushed"),
        "durable_vs_unflushed": safe / rate("unsafe_no_flush"),
    }


def _item(number: int, document: BenchDocument) -> CheckedDocument:
    key = DocumentKey("hub", _dossier(number // PER_DOSSIER), document.id)
    ref = DocumentRef(
        key,
        DocumentKind.PURCHASE_INVOICE,
        document.received_at,
        len(document.body),
        document.sha256,
    )
    whole = Document(ref, document.body, document.sha256)
    return CheckedDocument(whole, ValidationReport(Verdict.UNCHECKED))


def _dossier(number: int) -> str:
    return f"{number:06d}"
