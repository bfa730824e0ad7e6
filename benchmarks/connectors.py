"""``connectors``: what a document costs at each hub, from its list to its acknowledgement.

No line and no folders: the connector alone, against an emulator in a process of its own:
``python -m benchmarks.connectors NAME DOCUMENTS``, which ends when its standard input does.
"""

import logging
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

import anyio
import anyio.to_thread
import msgspec
import structlog

from benchmarks import stores
from benchmarks.machine import cpu_seconds
from benchmarks.report import Options, Report, Table
from benchmarks.rounds import interleaved, median
from pipeline.connectors.clock import SystemClock
from pipeline.connectors.declarations import HubConnector, HubSetup
from pipeline.connectors.hubs.queue import build
from pipeline.connectors.hubs.queue.profiles import PROFILES
from pipeline.connectors.limits import Limiters
from pipeline.connectors.registry import find_hubs
from pipeline.domain.customers import AccountingPackage, Dossier
from pipeline.domain.documents import DocumentKind, DocumentRef, Location
from pipeline.ports.hub import Forwarded, Hub
from pipeline.testing.emulators.catalogue import EMULATED
from pipeline.testing.emulators.codabox import CodaboxEmulator
from pipeline.testing.emulators.e_invoice_be import EInvoiceBeEmulator
from pipeline.testing.emulators.queue import QueueEmulator
from pipeline.testing.memory_credentials import MemoryCredentials

COMPANY = "0208:0400000001"
_PACKAGE = AccountingPackage("p", "Books", {Location.PURCHASE_INVOICES: "/books"})
_PROFILES = {profile.name: profile for profile in PROFILES}
_MAX_BYTES = 2**20


class _Emulator(msgspec.Struct, frozen=True):
    """What leads to an emulator."""

    settings: dict[str, str]


@dataclass(frozen=True, slots=True)
class Run:
    """What all documents of one round took."""

    documents: int
    requests: int
    seconds: float
    cpu_seconds: float


def run(options: Options) -> Report:
    """Every emulated hub, and SFTP beside a client that takes one file after the other."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    documents = 50 if options.quick else 300
    variants = {name: partial(_round, name, documents) for name in EMULATED}
    report = Report()
    rows = []
    for name, runs in interleaved(variants, quick=options.quick).items():
        per_second = median(each.documents / each.seconds for each in runs)
        cpu_us = median(each.cpu_seconds / each.documents * 1e6 for each in runs)
        requests = median(each.requests / each.documents for each in runs)
        rows.append((find_hubs()[name].title, per_second, requests, cpu_us))
        report.figures |= {f"{name}_per_s": per_second, f"{name}_cpu_us": cpu_us}
    note = (
        f"{documents:,} documents of 8 kB of one company: listed, fetched as many at once as the"
        " connector permits itself, acknowledged in batches of its size. Scrada without its limit"
        " of 60 requests a minute, which makes it 30 documents a minute. CPU of the client alone."
    )
    columns = ("hub", "docs/s", "requests a document", "CPU us")
    report.tables += [Table("Connectors", columns, rows, note), _stores(quick=options.quick)]
    return report


def _stores(*, quick: bool) -> Table:
    """SFTP at two distances."""
    files = 30 if quick else 100
    runs: list[stores.StoreRun] = []
    for round_trip_ms in (0.0, 20.0):
        compared = partial(stores.compare, files=files, round_trip_ms=round_trip_ms)
        runs += anyio.run(compared, backend_options={"use_uvloop": True})
    rows = [(f"{each.client}, {each.round_trip_ms:.0f} ms away", each.per_second) for each in runs]
    note = (
        f"{files} files of 8 kB on OpenSSH: listed, fetched, deleted. One after the other is what"
        " providers' tools do; the hub has so many requests in flight, 16 by default."
    )
    return Table("SFTP", ("client", "files/s"), rows, note)


# -- the client -------------------------------------------------------------------------------
def _round(name: str, documents: int) -> Run:
    with _emulator(name, documents) as (process, emulator):
        cpu, began = cpu_seconds(), time.perf_counter()
        taken = anyio.run(_take, name, emulator.settings, backend_options={"use_uvloop": True})
        seconds, cpu = time.perf_counter() - began, cpu_seconds() - cpu
        assert taken == documents, f"{name}: {taken} of {documents}"
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
        return Run(documents, int(process.stdout.readline()), seconds, cpu)


async def _take(name: str, settings: dict[str, str]) -> int:
    hub = _connected(find_hubs()[name], settings)
    try:
        (dossier,) = [each async for page in hub.tenants() for each in page]
        return await _take_all(hub, dossier)
    finally:
        await hub.close()


def _connected(connector: HubConnector, settings: dict[str, str]) -> Hub:
    clock = SystemClock()
    setup = HubSetup("hub", settings, clock, MemoryCredentials(), Limiters(clock), package=_PACKAGE)
    if connector.name not in _PROFILES:
        return connector.connect(setup)
    profile = replace(_PROFILES[connector.name], windows=())
    return build(profile, connector.completed(setup))


async def _take_all(hub: Hub, dossier: Dossier) -> int:
    cursor, taken = None, 0
    while True:
        page = await hub.list(dossier, cursor, hub.capabilities.list_page)
        await _fetch(hub, page.refs)
        size = hub.capabilities.ack_batch
        for start in range(0, len(page.refs), size):
            batch = page.refs[start : start + size]
            await hub.ack([Forwarded(ref.key, ref.offset) for ref in batch])
        taken += len(page.refs)
        cursor = page.cursor
        if cursor is None:
            return taken


async def _fetch(hub: Hub, refs: Sequence[DocumentRef]) -> None:
    waiting = iter(refs)

    async def worker() -> None:
        for ref in waiting:
            await hub.fetch(ref, max_bytes=_MAX_BYTES)

    async with anyio.create_task_group() as group:
        for _ in range(hub.capabilities.concurrency):
            group.start_soon(worker)


# -- the emulator -----------------------------------------------------------------------------
@contextmanager
def _emulator(name: str, documents: int) -> Iterator[tuple["subprocess.Popen[bytes]", _Emulator]]:
    command = [sys.executable, "-m", "benchmarks.connectors", name, str(documents)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603
        assert process.stdout is not None
        yield process, msgspec.json.decode(process.stdout.readline(), type=_Emulator)


async def _serve(name: str, documents: int) -> None:
    kind = EMULATED[name]
    emulator = kind.emulator(SystemClock(), COMPANY)
    for number in range(documents):
        _receive(emulator, number)
    async with emulator.serving() as url:
        settings = kind.settings(url, COMPANY)
        print(msgspec.json.encode(_Emulator(settings)).decode(), flush=True)
        while await anyio.to_thread.run_sync(sys.stdin.readline):
            print(_asked(emulator), flush=True)


def _receive(emulator: QueueEmulator, number: int) -> None:
    body = stores.body_of(number, 8_000)
    match emulator:
        case CodaboxEmulator():
            emulator.deliver(COMPANY, f"{number}", body, DocumentKind.PURCHASE_INVOICE)
        case EInvoiceBeEmulator():
            emulator.arrive(COMPANY, f"{number}", body)
        case _:
            emulator.receive(COMPANY, f"document-{number}", body)


def _asked(emulator: QueueEmulator) -> int:
    """Requests so far, those for content at another address too."""
    stored = emulator.storage.requests if isinstance(emulator, EInvoiceBeEmulator) else ()
    return len(emulator.asked) + len(stored)


if __name__ == "__main__":
    anyio.run(_serve, sys.argv[1], int(sys.argv[2]), backend_options={"use_uvloop": True})
