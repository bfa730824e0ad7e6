"""Webhooks as vendors send them: real HTTP, after the document is there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import aiohttp

PATIENCE_S = 5.0
"""Vendors do not wait long for an answer."""


@dataclass(frozen=True, slots=True)
class Push:
    """An event on its way to an address."""

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


async def pushed(*pushes: Push) -> Sequence[int]:
    """Send events, one after the other; returns the statuses that were answered."""
    timeout = aiohttp.ClientTimeout(total=PATIENCE_S)
    statuses = []
    async with aiohttp.ClientSession(timeout=timeout) as session:
        for push in pushes:
            headers = {"Content-Type": "application/json", **push.headers}
            async with session.post(push.url, data=push.body, headers=headers) as answer:
                statuses.append(answer.status)
    return statuses
