"""Telling a queue hub where to push its events to, see `pipeline.ports.webhooks`."""

from http import HTTPStatus

from pipeline.connectors.hubs.queue.asking import read
from pipeline.connectors.hubs.queue.profile import Webhooks
from pipeline.connectors.hubs.queue.session import QueueSession
from pipeline.connectors.hubs.queue.values import items_at, text_at
from pipeline.domain.errors import TenantBlocked
from pipeline.ports.webhooks import Registration

_GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


async def register(session: QueueSession, url: str) -> Registration:
    """Have the events of all companies sent to an address, also when its answer is lost once."""
    webhooks = _known(session)
    answer = await session.get(webhooks.list, {}, "list the webhooks")
    for each in items_at(await read(answer.body), webhooks.items):
        if text_at(each, webhooks.url) == url:
            return Registration(text_at(each, webhooks.id), secret=None)
    answer = await session.get(webhooks.make, {"url": url}, "register a webhook")
    return Registration(text_at(await read(answer.body), webhooks.made), secret=None)


async def unregister(session: QueueSession, webhook_id: str) -> None:
    """Have no more events sent; a webhook that is gone is no error."""
    answer = await session.ask(_known(session).end, {"id": webhook_id})
    if not answer.is_ok and answer.status not in _GONE:
        raise session.error(answer, "end a webhook")


def _known(session: QueueSession) -> Webhooks:
    if session.profile.webhooks is None:
        raise TenantBlocked(f"{session.profile.title} has no interface for webhooks.")
    return session.profile.webhooks
