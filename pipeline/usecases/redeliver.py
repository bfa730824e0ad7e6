"""Redeliver: what hubs would list again since a moment, and then asking them to.

Each dossier is one step. How far a run came is remembered, so that one that was ended goes on when
the same is asked for again.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.domain.customers import Dossier
from pipeline.domain.delivery import DocumentRow, Rejection, RowStatus
from pipeline.domain.documents import DocumentKey
from pipeline.domain.errors import ConfigurationError, PipelineError
from pipeline.ports.clock import Clock
from pipeline.ports.hub import Hub, Relisting
from pipeline.ports.state import StateStore

_PAGE = 1000
_SCOPE = "redeliver"
_AGAIN = "~again-"
_FORWARDED = (RowStatus.DELIVERED, RowStatus.ACKED)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: documents received since a moment, of one hub or dossier or of all.

    ``again`` delivers what was delivered before once more, under another name; without, the hub is
    told again that it was.
    """

    since: datetime
    hub: str | None = None
    dossier: str | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class PlannedDossier:
    """What comes of it for one dossier.

    ``listed`` is how many documents the hub lists again, None where it cannot be asked. Of those
    that are known here, ``forwarded`` are in their folders and ``failed`` are Error. ``is_done``
    says that an earlier run came so far.
    """

    hub: str
    dossier: str
    enterprise_name: str
    way: Relisting
    can_fetch_again: bool
    hint: str
    listed: int | None = None
    forwarded: int = 0
    failed: int = 0
    is_done: bool = False
    problem: str | None = None

    def is_to_do(self, request: Request) -> bool:
        """Whether there is anything to ask for or to fetch."""
        is_again = request.again and self.can_fetch_again and self.forwarded
        return not self.is_done and bool(self.listed or is_again)


@dataclass(frozen=True, slots=True)
class Redeliver:
    """Plans and runs a request over the dossiers that are linked."""

    hubs: Mapping[str, Hub]
    state: StateStore
    clock: Clock

    async def plan(self, request: Request) -> AsyncIterator[PlannedDossier]:
        """What would happen, dossier by dossier; nothing is changed.

        Raises `ConfigurationError` when the hub is none of these.
        """
        if request.hub is not None and request.hub not in self.hubs:
            known = ", ".join(self.hubs)
            raise ConfigurationError(f"No hub is named {request.hub!r}. There are: {known}.")
        for hub in self.hubs.values():
            if request.hub in {None, hub.name}:
                last = await self._last_done(hub.name, request)
                for dossier in await self.state.load_dossiers(hub.name):
                    if dossier.is_linked and request.dossier in {None, dossier.id}:
                        is_done = last is not None and dossier.id <= last
                        yield await self._planned(hub, dossier, request, is_done=is_done)

    async def run(
        self, request: Request, plan: Sequence[PlannedDossier]
    ) -> AsyncIterator[PlannedDossier]:
        """Do what was planned; yields each dossier when it is durable that it is done.

        Raises `PipelineError` when a hub refuses; what was done before stays done.
        """
        for step in plan:
            if step.is_to_do(request):
                await self._do(step, request)
                yield step
        if request.dossier is None:
            for hub in {step.hub for step in plan}:
                await self.state.save_cursor(hub, _SCOPE, "")

    async def _do(self, step: PlannedDossier, request: Request) -> None:
        hub = self.hubs[step.hub]
        if step.listed:
            await hub.redeliver(_named(step), request.since)
        if request.again and step.can_fetch_again:
            async for rows in self._forwarded(step.hub, step.dossier, request.since):
                await self._fetch_again(rows)
        if request.dossier is None:
            mark = f"{_run_of(request)}{step.dossier}"
            await self.state.save_cursor(step.hub, _SCOPE, mark, [step.dossier])
        else:
            await self.state.mark_due(step.hub, [step.dossier])

    async def _planned(
        self, hub: Hub, dossier: Dossier, request: Request, *, is_done: bool
    ) -> PlannedDossier:
        can = hub.capabilities.redelivery
        forwarded = failed = 0
        async for rows in self._known(dossier, request.since):
            forwarded += sum(row.status in _FORWARDED for row in rows)
            failed += sum(row.status in {RowStatus.ERROR, RowStatus.HELD} for row in rows)
        plan = PlannedDossier(
            hub=hub.name,
            dossier=dossier.id,
            enterprise_name=dossier.enterprise_name,
            way=can.way,
            can_fetch_again=can.keeps_documents,
            hint=can.hint,
            forwarded=forwarded,
            failed=failed,
            is_done=is_done,
        )
        if can.way is not Relisting.ASKED:
            return plan
        try:
            listed = await hub.redeliver(dossier, request.since, is_trial=True)
        except PipelineError as error:
            return replace(plan, problem=str(error))
        return replace(plan, listed=listed)

    async def _known(self, dossier: Dossier, since: datetime) -> AsyncIterator[list[DocumentRow]]:
        after: DocumentKey | None = None
        while page := await self.state.rows(
            hub=dossier.hub, dossier=dossier.id, after=after, limit=_PAGE
        ):
            after = page[-1].key
            yield [
                row for row in page if row.received_at >= since and _AGAIN not in row.key.version
            ]

    async def _forwarded(
        self, hub: str, dossier: str, since: datetime
    ) -> AsyncIterator[list[DocumentRow]]:
        async for rows in self._known(Dossier(hub, dossier, ""), since):
            yield [row for row in rows if row.status in _FORWARDED]

    async def _fetch_again(self, rows: Sequence[DocumentRow]) -> None:
        """A document of its own, which a person has released: once a day at most."""
        repeats = list(_again(rows, self.clock.now()))
        keys = [each.key for each in repeats]
        await self.state.rejected(repeats)
        await self.state.reported(keys)
        await self.state.want(keys, release=True)

    async def _last_done(self, hub: str, request: Request) -> str | None:
        """The dossier that an earlier run of the same request did last."""
        mark = await self.state.load_cursor(hub, _SCOPE) or ""
        run = _run_of(request)
        is_same = request.dossier is None and mark.startswith(run)
        return mark.removeprefix(run) if is_same else None


def _run_of(request: Request) -> str:
    return f"{request.since.isoformat()} {'again ' if request.again else ''}"


def _named(step: PlannedDossier) -> Dossier:
    return Dossier(step.hub, step.dossier, step.enterprise_name)


def _again(rows: Sequence[DocumentRow], at: datetime) -> Iterator[Rejection]:
    for row in rows:
        version = f"{row.key.hub_version}{_AGAIN}{at:%Y%m%d}"
        yield Rejection(
            key=row.key._replace(version=version),
            kind=row.kind,
            received_at=row.received_at,
            rule="again",
            reason="A person asked for it once more, though it was delivered before.",
            is_held=True,
            sha256=row.sha256,
            size_bytes=row.size_bytes,
            key_data=row.key_data,
            file_name=row.file_name,
            content_type=row.content_type,
            offset=row.offset,
        )
