"""Compose what asks hubs for documents since a date; works beside a running service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pipeline.app.hubs import open_hubs
from pipeline.app.report import open_state
from pipeline.connectors.clock import SystemClock
from pipeline.settings import Settings
from pipeline.usecases.redeliver import Redeliver


@asynccontextmanager
async def open_redelivery(settings: Settings) -> AsyncIterator[Redeliver]:
    """The use case on the hubs and the state of this installation."""
    async with open_hubs(settings) as hubs, open_state(settings) as state:
        yield Redeliver(hubs, state, SystemClock())
