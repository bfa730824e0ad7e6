"""The whole job once, in a process of its own: ``python -m benchmarks.job SPEC``.

What it prints is one line of JSON; `benchmarks.whole_job` judges it.
"""

import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import anyio
import anyio.to_thread
import msgspec

from benchmarks.accounting import Accounts, accounted
from benchmarks.attach import replaced
from benchmarks.hubs import HubAddress
from benchmarks.machine import measured, peak_rss_mb
from benchmarks.unsafe import UnsafeWrite
from pipeline.app import installation as composition
from pipeline.app import validators
from pipeline.app.garbage import spare_collector
from pipeline.app.hubs import open_hubs
from pipeline.app.installation import WorkerPlace, open_installation
from pipeline.app.service import sync_once
from pipeline.connectors import http
from pipeline.connectors.clock import SystemClock
from pipeline.domain.delivery import RowStatus
from pipeline.domain.documents import (
    CheckedDocument,
    Document,
    DocumentKey,
    DocumentRef,
    ValidationReport,
    Verdict,
)
from pipeline.domain.errors import DocumentRejected
from pipeline.domain.shards import Shard
from pipeline.settings import Settings
from pipeline.stages.write import Write
from pipeline.usecases.sync_documents import Listing
from pipeline.validation.recipe import Recipe

READY = "ready"
IN_THREADS = {"DOSSIERPOST_VALIDATE_WORKERS": "0"}
"""Documents are looked into in the process itself, so that what that takes is counted with it."""

_EVER = datetime(2000, 1, 1, tzinfo=UTC)


Validation = Literal["none", "xsd", "rules"]


class Spec(msgspec.Struct, frozen=True):
    """What to run: at which hub, into which empty folder, with which parts exchanged.

    One of several ``workers`` says when it is ready, and begins when it reads a line.
    """

    hub: HubAddress
    folder: str
    validation: Validation = "rules"
    is_accounted: bool = False
    is_unsafe: bool = False
    is_lean: bool = True
    settings: dict[str, str] = {}
    worker: int = 1
    workers: int = 1
    waits: bool = False


class Outcome(msgspec.Struct):
    """What one run took, and what it says it did."""

    seconds: float
    cpu_seconds: float
    rss_mb: float
    listed: int
    acknowledged: int
    placed_after: list[float]
    dossier_seconds: dict[str, float]
    problems: list[str]
    counts: dict[str, int] = {}
    stage_seconds: dict[str, float] = {}
    accounting_seconds: float = 0.0


def environment_for(hub: HubAddress, folder: Path) -> dict[str, str]:
    """The variables of an installation in a folder of its own that is signed in at the hub."""
    (folder / "books" / "winbooks").mkdir(parents=True, exist_ok=True)
    trusted = {"DOSSIERPOST_CA_FILE": hub.authority} if hub.authority else {}
    return trusted | {
        "DOSSIERPOST_HUB_URL": hub.url,
        "DOSSIERPOST_HUB_CLIENT_ID": hub.client_id,
        "DOSSIERPOST_HUB_CLIENT_SECRET": hub.client_secret,
        "DOSSIERPOST_STATE_DIR": str(folder / "state"),
        "DOSSIERPOST_ROOT": str(folder / "books"),
    }


async def run(spec: Spec) -> Outcome:
    """List everything the hub has, and take it to the end."""
    environment = environment_for(spec.hub, Path(spec.folder))
    settings = Settings.load({**environment, **IN_THREADS, **spec.settings})
    if not spec.waits:
        async with open_hubs(settings) as hubs:
            await hubs["native"].redeliver(None, _EVER)
    with ExitStack() as attached:
        accounts = attached.enter_context(accounted()) if spec.is_accounted else Accounts()
        times = attached.enter_context(_placing_times())
        attached.enter_context(_exchanged(spec))
        async with open_installation(settings, place=_place(spec)) as installation:
            spare_collector()
            if spec.waits:
                print(READY, flush=True)
                await anyio.to_thread.run_sync(sys.stdin.readline)
            began = installation.clock.monotonic()
            with measured() as usage:
                result = await sync_once(installation)
            rows = await installation.state.counts()
    return Outcome(
        seconds=usage.seconds,
        cpu_seconds=usage.cpu_seconds,
        rss_mb=peak_rss_mb(),
        listed=result.listed,
        acknowledged=rows.get(RowStatus.ACKED, 0),
        placed_after=times.after_listed,
        dossier_seconds={each: at - began for each, at in times.last_at.items()},
        problems=list(result.problems.values()),
        counts=dict(accounts.counts),
        stage_seconds=dict(accounts.seconds),
        accounting_seconds=accounts.stopwatch.own_seconds,
    )


def _place(spec: Spec) -> WorkerPlace | None:
    """Its place among several; their folders are new, so that there is nothing to recover."""
    if spec.workers == 1:
        return None
    return WorkerPlace(Shard(spec.worker, spec.workers), _admitted)


async def _admitted(_root: str) -> None:
    return


class NoValidator:
    """Takes every document as it is."""

    async def validate(
        self, documents: Sequence[Document]
    ) -> Sequence[ValidationReport | DocumentRejected]:
        return [_UNCHECKED] * len(documents)


_UNCHECKED = ValidationReport(Verdict.UNCHECKED)


@asynccontextmanager
async def _no_validator(*_: object) -> AsyncIterator[NoValidator]:
    yield NoValidator()


def _without_rules(recipe_of: Callable[[Settings], Recipe]) -> Callable[[Settings], Recipe]:
    return lambda settings: replace(recipe_of(settings), rule_files=())


@contextmanager
def _exchanged(spec: Spec) -> Iterator[None]:
    with ExitStack() as attached:
        if spec.validation == "none":
            attached.enter_context(replaced(composition, "open_validator", lambda _: _no_validator))
        if spec.validation == "xsd":
            attached.enter_context(replaced(validators, "recipe_of", _without_rules))
        if not spec.is_lean:
            attached.enter_context(replaced(http, "LEAN_METHODS", lambda _: frozenset()))
        if spec.is_unsafe:
            attached.enter_context(replaced(composition, "Write", lambda _: UnsafeWrite))
        yield


@dataclass(slots=True)
class PlacingTimes:
    """Seconds from listed to placed of every document, and when each dossier had its last one."""

    after_listed: list[float] = field(default_factory=list)
    last_at: dict[str, float] = field(default_factory=dict)


@contextmanager
def _placing_times() -> Iterator[PlacingTimes]:
    """Note them while this lasts; both ends cost a dictionary entry."""
    clock = SystemClock()
    listed: dict[DocumentKey, float] = {}
    times = PlacingTimes()

    def noting(lane_of: Callable[..., str]) -> Callable[..., str]:
        def call(self: Listing, ref: DocumentRef) -> str:
            listed[ref.key] = clock.monotonic()
            return lane_of(self, ref)

        return call

    def placing(write: Callable[..., Any]) -> Callable[..., Any]:
        async def call(self: Write, items: Sequence[CheckedDocument]) -> Any:
            results = await write(self, items)
            now = clock.monotonic()
            times.after_listed.extend(now - listed.pop(item.key) for item in items)
            times.last_at.update((item.key.dossier, now) for item in items)
            return results

        return call

    with replaced(Listing, "lane_of", noting), replaced(Write, "__call__", placing):
        yield times


async def _main(spec: Spec) -> None:
    print(msgspec.json.encode(await run(spec)).decode())


if __name__ == "__main__":
    anyio.run(
        _main,
        msgspec.json.decode(sys.argv[1], type=Spec),
        backend_options={"use_uvloop": True},
    )
