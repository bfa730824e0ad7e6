"""Compose what only reads or marks the state: works beside a running service."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from pipeline.app.names import hub_names
from pipeline.connectors.clock import SystemClock
from pipeline.connectors.state.sqlite import SqliteState
from pipeline.domain.customers import Dossier
from pipeline.domain.errors import ConfigurationError
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
    """What an installation has done."""
    async with open_state(settings) as state:
        yield ReportStatus(state, hub_names(settings))


@asynccontextmanager
async def open_management(settings: Settings) -> AsyncIterator[ManageDocuments]:
    """What a person asks for; the running service picks it up from the state."""
    async with open_state(settings) as state:
        yield ManageDocuments(state)


async def ask_for_sync(
    settings: Settings, dossiers: Sequence[str] = (), *, everything: bool = False
) -> int:
    """Mark dossiers as due: a running service lists them at its next turn. Returns how many.

    Without ``dossiers`` every linked one is meant when ``everything`` is asked for, else none:
    what has news is on its way already.
    """
    asked = 0
    async with open_state(settings) as state:
        for hub in hub_names(settings):
            known = [each.id for each in await state.load_dossiers(hub) if each.is_linked]
            due = [each for each in known if everything or each in dossiers]
            await state.mark_due(hub, due)
            asked += len(due)
    return asked


async def find_dossier(settings: Settings, dossier_id: str) -> Dossier:
    """The dossier of that id at any hub; raises `ConfigurationError` when no hub listed it."""
    async with open_state(settings) as state:
        for hub in hub_names(settings):
            for dossier in await state.load_dossiers(hub):
                if dossier.id == dossier_id:
                    return dossier
    raise ConfigurationError(
        f"No hub has listed a dossier {dossier_id}. See dossierpost dossiers for those it has."
    )
