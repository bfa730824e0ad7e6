"""Size and speed of the state: ``python benchmarks/state.py FOLDER [--rows N]``.

Fills a state with delivered documents as an office of 5,000 dossiers has them, through the port,
and measures what docs/state.md says. FOLDER must be on the kind of disk that is to be judged.
"""

import argparse
import hashlib
import resource
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio

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


def document(number: int) -> PlannedDelivery:
    """A document with identifiers, names and paths as long as real ones."""
    unique = hashlib.sha256(str(number).encode()).hexdigest()
    dossier = hashlib.sha256(f"dossier {number % DOSSIERS}".encode()).hexdigest()
    key = DocumentKey("billing", dossier[:36], f"{unique[:8]}-{unique[8:36]}")
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


async def fill(state: SqliteState, first: int, count: int, *, until: RowStatus) -> None:
    """Take documents to a status, a batch at a time."""
    for start in range(first, first + count, BATCH):
        batch = [document(number) for number in range(start, min(start + BATCH, first + count))]
        await state.intend(batch, boot_id="2ce6f1a4-7d0e-4f43-8ad1-1f6f7f5f2f0b")
        if until is RowStatus.INTENT:
            continue
        keys = [delivery.key for delivery in batch]
        path = batch[0].files[-1].folder
        await state.delivered([Delivery(key, path, Evidence.MOVED) for key in keys])
        if until is RowStatus.ACKED:
            await state.acked(keys)


async def timed(title: str, work: Callable[[], Awaitable[object]], *, times: int = 5) -> None:
    """Print the best and the worst of some runs."""
    took = []
    for _ in range(times):
        begin = time.perf_counter()
        await work()
        took.append((time.perf_counter() - begin) * 1000)
    print(f"{title:<58}{min(took):10.2f}{max(took):10.2f} ms")


def size_of(folder: Path) -> int:
    """Bytes of the database with its write-ahead log."""
    return sum(path.stat().st_size for path in folder.glob("state.sqlite3*"))


async def rate(state: SqliteState, first: int, *, callers: int) -> None:
    """Documents a second from nothing to acknowledged, with some callers at once."""
    count, share = 19_200, 19_200 // callers
    before, begin = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    async with anyio.create_task_group() as tasks:
        for caller in range(callers):
            start = first + caller * share

            async def work(start: int = start) -> None:
                await fill(state, start, share, until=RowStatus.ACKED)

            tasks.start_soon(work)
    took, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_SELF)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(
        f"{callers} callers, batches of {BATCH}, intent + delivered + acked:"
        f" {count / took:10,.0f} documents/s {used / count * 1e6:6.0f} us CPU each"
    )


async def measure(folder: Path, rows: int) -> None:
    """Fill, then measure."""
    clock = Clock()
    state = await SqliteState.open(folder, clock)
    stored = sum((await state.counts()).values())
    if stored < rows:
        begin = time.perf_counter()
        await fill(state, stored, rows - stored, until=RowStatus.DELIVERED)
        await fill(state, rows, INTENTS, until=RowStatus.INTENT)
        print(f"filled in {time.perf_counter() - begin:.0f} s")
    total = sum((await state.counts()).values())
    await state.close()
    size = size_of(folder)
    print(f"{total:,} rows: {size / 1e6:,.0f} MB, {size / total:.0f} bytes a row")

    async def start() -> None:
        opened = await SqliteState.open(folder, clock)
        await opened.counts()
        after = None
        while page := await opened.rows(statuses=[RowStatus.INTENT], after=after):
            after = page[-1].key
        await opened.close()

    await timed("start: open, counts, read 5,000 intents, close", start, times=3)
    state = await SqliteState.open(folder, clock)
    known = [document(number).key for number in range(1000, 1000 + PAGE)]
    unknown = [document(number).key for number in range(10**8, 10**8 + PAGE)]
    names = [document(number).files[0].name_key for number in range(1000, 1000 + PAGE)]
    await timed("counts", state.counts)
    await timed("dossier_counts", lambda: state.dossier_counts("billing"))
    await timed("known, 100 that are", lambda: state.known(known))
    await timed("known, 100 that are not", lambda: state.known(unknown))
    await timed("taken_names, 100", lambda: state.taken_names(names))
    await timed("rows of one dossier", lambda: state.rows(hub="billing", dossier=known[0].dossier))
    await timed(
        "rows, a page of 1,000 delivered",
        lambda: state.rows(statuses=[RowStatus.DELIVERED], after=known[0]),
    )
    await timed("rows by 100 digests", lambda: state.rows(digests=[key.digest for key in known]))
    for callers in (1, 8):
        total = sum((await state.counts()).values())
        await rate(state, 10**7 + total, callers=callers)
    await state.close()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    given = parser.parse_args()
    anyio.run(measure, given.folder, given.rows, backend_options={"use_uvloop": True})


if __name__ == "__main__":
    main()
