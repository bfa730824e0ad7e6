"""Compose what only reads or marks the state: works beside a running service."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from anyio import to_thread

from pipeline.app.names import hub_names, no_such_dossier
from pipeline.connectors.clock import SystemClock
from pipeline.connectors.state.sqlite import SqliteState
from pipeline.domain.customers import Dossier
from pipeline.ports.state import StateStore
from pipeline.settings import Settings
from pipeline.usecases.manage_documents import ManageDocuments
from pipeline.usecases.report_status import ReportStatus


@asynccontextmanager
async def open_state(settings: Settings) -> AsyncIterator[StateStore]:
    """The state of this installation, closed at the end; made when there is none yet."""
    state = await SqliteState.open(settings.state_dir, SystemClock())
    try:
        yield state
    finally:
        await state.close()


@asynccontextmanager
async def open_report(settings: Settings) -> AsyncIterator[ReportStatus]:
    """What an installation has done, also with hubs that are not configured any more."""
    async with open_state(settings) as state:
        yield ReportStatus(state, await to_thread.run_sync(hub_names, settings))


@asynccontextmanager
async def open_management(settings: Settings) -> AsyncIterator[ManageDocuments]:
    """What a person asks for; the running service picks it up from the state."""
    async with open_state(settings) as state:
        yield ManageDocuments(state)


async def ask_for_sync(
    settings: Settings, dossiers: Collection[str] = (), *, everything: bool = False
) -> int:
    """Mark dossiers as due: a running service lists them at its next turn. Returns how many.

    Without ``dossiers`` every linked one is meant when ``everything`` is asked for, else none:
    what has news is on its way already.

    Raises:
        ConfigurationError: a dossier is unknown, or not linked.
    """
    async with open_state(settings) as state:
        linked = [each for each in await _all_dossiers(settings, state) if each.is_linked]
        due = [each for each in linked if everything or each.id in dossiers]
        for unknown in sorted(set(dossiers) - {each.id for each in due}):
            raise no_such_dossier(unknown)
        for hub in {each.hub for each in due}:
            await state.mark_due(hub, [each.id for each in due if each.hub == hub])
    return len(due)


async def find_dossier(settings: Settings, dossier_id: str) -> Dossier:
    """The dossier of that id at any hub; raises `ConfigurationError` when no hub listed it."""
    async with open_state(settings) as state:
        for dossier in await _all_dossiers(settings, state):
            if dossier.id == dossier_id:
                return dossier
    raise no_such_dossier(dossier_id)


async def _all_dossiers(settings: Settings, state: StateStore) -> list[Dossier]:
    hubs = await to_thread.run_sync(hub_names, settings)
    return [dossier for hub in hubs for dossier in await state.load_dossiers(hub)]
