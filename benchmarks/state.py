"""``state``: size and speed of the state, full of an office of 5,000 dossiers.

It is filled with delivered documents through the port, and measured as docs/state.md tells it.
"""

import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import anyio

from benchmarks.machine import measured
from benchmarks.report import Cell, Options, Report, Table
from pipeline.connectors.state.sqlite import SqliteState
from pipeline.domain.delivery import (
    Delivery,
    Evidence,
    PlannedDelivery,
    PlannedFile,
    RowStatus,
)
from pipeline.domain.documents import DocumentKey, DocumentKind, KeyData, Verdict

BATCH = 64
AT_ONCE = 1_000
"""Documents a commit where filling is not what is measured."""
DOSSIERS = 5_000
INTENTS = 5_000
PAGE = 100
START = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    """Real time for durations, fixed time for rows."""

    def monotonic(self) -> float:
        return time.monotonic()

    def now(self) -> datetime:
        return START

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)


HUB = "billing"
DOSSIER_IDS = tuple(
    hashlib.sha256(f"dossier {number}".encode()).hexdigest()[:36] for number in range(DOSSIERS)
)


def document(number: int, hub: str = HUB, dossiers: Sequence[str] = DOSSIER_IDS) -> PlannedDelivery:
    """A document with identifiers, names and paths as long as real ones."""
    unique = hashlib.sha256(str(number).encode()).hexdigest()
    dossier = dossiers[number % len(dossiers)]
    key = DocumentKey(hub, dossier, f"{unique[:8]}-{unique[8:36]}")
    folder = f"/srv/books/{dossier[:8]} Bakkerij Peeters/Winbooks/In/2026"
    name = f"Drukkerij Verstraeten nv_2026-{number:08}_{key.short_id}.xml"
    file = PlannedFile(
        token=f"{key.digest}.1.part",
        folder=folder,
        name=name,
        name_key=f"{folder.casefold()}/{name.casefold()}",
        sha256=unique,
        size_bytes=18_000 + number % 5_000,
    )
    return PlannedDelivery(
        key=key,
        kind=DocumentKind.PURCHASE_INVOICE,
        received_at=START + timedelta(seconds=number),
        sha256=unique,
        size_bytes=file.size_bytes,
        destination="books",
        files=(file,),
        key_data=KeyData(
            supplier_name="Drukkerij Verstraeten nv",
            supplier_id="BE0417497106",
            customer_name="Bakkerij Peeters bv",
            customer_id="BE0123456749",
            number=f"2026-{number:08}",
            issue_date="2026-03-01",
            currency="EUR",
            payable_amount="1210.00",
            tax_amount="210.00",
            iban="BE71096123456769",
            type_code="380",
        ),
        verdict=Verdict.VALID,
        file_name=f"invoice-{number}.xml",
        content_type="application/xml",
    )


async def fill(
    state: SqliteState,
    first: int,
    count: int,
    *,
    until: RowStatus,
    make: Callable[[int], PlannedDelivery] = document,
    batch: int = BATCH,
) -> None:
    """Take documents to a status, a batch at a time."""
    for start in range(first, first + count, batch):
        planned = [make(number) for number in range(start, min(start + batch, first + count))]
        await state.intend(planned, boot_id="2ce6f1a4-7d0e-4f43-8ad1-1f6f7f5f2f0b")
        if until is RowStatus.INTENT:
            continue
        keys = [delivery.key for delivery in planned]
        path = planned[0].files[-1].folder
        await state.delivered([Delivery(key, path, Evidence.MOVED) for key in keys])
        if until is RowStatus.ACKED:
            await state.acked(keys)


def run(options: Options) -> Report:
    """Fill, then ask, then fill on with one caller and with several."""
    rows = 10_000 if options.quick else 1_000_000
    report = Report()
    anyio.run(_measure, options, rows, report, backend_options={"use_uvloop": True})
    return report


async def _measure(options: Options, rows: int, report: Report) -> None:
    folder = options.folder / "state"
    state = await SqliteState.open(folder, Clock())
    await fill(state, 0, rows, until=RowStatus.DELIVERED, batch=AT_ONCE)
    await fill(state, rows, INTENTS, until=RowStatus.INTENT)
    await state.close()
    bytes_a_row = sum(path.stat().st_size for path in folder.glob("state.sqlite3*")) / rows
    asked: list[Sequence[Cell]] = [
        await _timed("start, with 5,000 intents read", partial(_start, folder))
    ]
    state = await SqliteState.open(folder, Clock())
    for title, question in _questions(state).items():
        asked.append(await _timed(title, question))
    speed = [await _rate(state, 10**7 * callers, callers, options) for callers in (1, 8)]
    await state.close()
    title = f"The state with {rows:,} rows, {bytes_a_row:.0f} bytes each"
    report.tables = [
        Table(title, ("question", "best ms", "worst ms"), asked),
        Table(
            "Intent, delivered, acknowledged, in batches of 64",
            ("callers", "docs/s", "CPU us"),
            speed,
        ),
    ]
    report.figures = {
        "state_bytes_a_row": bytes_a_row,
        "state_start_ms": float(asked[0][1]),
        "state_documents_per_s": float(speed[0][1]),
        "state_cpu_us": float(speed[0][2]),
    }


async def _start(folder: Path) -> None:
    """Open, count, and read what recovery would read."""
    opened = await SqliteState.open(folder, Clock())
    await opened.counts()
    after = None
    while page := await opened.rows(statuses=[RowStatus.INTENT], after=after):
        after = page[-1].key
    await opened.close()


def _questions(state: SqliteState) -> dict[str, Callable[[], Awaitable[object]]]:
    known = [document(number).key for number in range(1000, 1000 + PAGE)]
    unknown = [document(number).key for number in range(10**8, 10**8 + PAGE)]
    names = [document(number).files[0].name_key for number in range(1000, 1000 + PAGE)]
    delivered = [RowStatus.DELIVERED]
    return {
        "counts": state.counts,
        "dossier_counts": lambda: state.dossier_counts("billing"),
        "known, 100 that are": lambda: state.known(known),
        "known, 100 that are not": lambda: state.known(unknown),
        "taken_names, 100": lambda: state.taken_names(names),
        "rows of one dossier": lambda: state.rows(hub="billing", dossier=known[0].dossier),
        "rows, a page of 1,000": lambda: state.rows(statuses=delivered, after=known[0]),
        "rows by 100 digests": lambda: state.rows(digests=[key.digest for key in known]),
    }


async def _timed(title: str, work: Callable[[], Awaitable[object]]) -> Sequence[Cell]:
    """The title, and the best and the worst of some runs in milliseconds."""
    took = []
    for _ in range(5):
        began = time.perf_counter()
        await work()
        took.append((time.perf_counter() - began) * 1000)
    return title, min(took), max(took)


async def _rate(state: SqliteState, first: int, callers: int, options: Options) -> Sequence[Cell]:
    """Documents a second from nothing to acknowledged, with some callers at once."""
    count = 1_280 if options.quick else 19_200
    share = count // callers
    with measured() as usage:
        async with anyio.create_task_group() as tasks:
            for caller in range(callers):
                work = partial(fill, state, first + caller * share, share, until=RowStatus.ACKED)
                tasks.start_soon(work)
    return str(callers), count / usage.seconds, usage.cpu_seconds / count * 1e6
