"""What the server answers to: one row for each operation of ``openapi.yaml``."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SCOPES = ("sync", "manage")


@dataclass(frozen=True, slots=True)
class Route:
    """An operation; ``scope`` None means that no token is asked for."""

    operation: str
    method: str
    path: str
    handler: Handler
    scope: str | None = "sync"
