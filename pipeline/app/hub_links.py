"""Links of dossiers: which of the office's own a dossier at another hub is another channel of."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from anyio import to_thread

from pipeline.app.hubs import dossier_links
from pipeline.app.names import hub_names
from pipeline.app.report import open_state
from pipeline.connectors.hub_book import HubBookFile
from pipeline.domain.customers import Dossier
from pipeline.domain.errors import ConfigurationError
from pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class ChannelLine:
    """A dossier of an added hub.

    ``linked_to`` is the office's own, and ``by_hand`` says that a person said so; ``package`` is
    where its documents go, None when they wait.
    """

    hub: str
    dossier: str
    enterprise_name: str
    enterprise_identifier: str
    accounting_file_id: str
    linked_to: str | None
    by_hand: bool
    package: str | None


async def list_channels(settings: Settings) -> Sequence[ChannelLine]:
    """Every dossier of the added hubs, as they were listed last."""
    links = await to_thread.run_sync(dossier_links, settings)
    async with open_state(settings) as state:
        found = [each for hub in sorted(links.hubs) for each in await state.load_dossiers(hub)]
    return [_line(each, by_hand=each.tenant in links.explicit) for each in found]


async def link_dossier(settings: Settings, hub: str, dossier_id: str, own: str) -> str:
    """Link a dossier by hand; returns the tenant of the office's own. In force from the next start.

    Raises:
        ConfigurationError: one of the two is not known, or the own one is of an added hub.
    """
    links = await to_thread.run_sync(dossier_links, settings)
    if hub not in links.hubs:
        raise ConfigurationError(f"Hub {hub!r} was not added, so its dossiers are not linked.")
    tenant = f"{hub}/{dossier_id}"
    known = await _known(settings)
    if tenant not in known:
        raise ConfigurationError(f"Hub {hub!r} listed no dossier {dossier_id!r} yet.")
    found = [each for each in known.values() if own in (each.id, each.tenant)]
    found = [each for each in found if each.hub not in links.hubs]
    if len(found) != 1:
        reason = (
            "Several hubs have one: write it as hub/dossier."
            if found
            else "See dossierpost dossiers."
        )
        raise ConfigurationError(f"No own dossier of the office is {own!r} beyond doubt. {reason}")
    await to_thread.run_sync(_save, settings, tenant, found[0].tenant)
    return found[0].tenant


async def unlink_dossier(settings: Settings, hub: str, dossier_id: str) -> None:
    """Forget a link made by hand; raises `ConfigurationError` when there is none."""
    await to_thread.run_sync(_save, settings, f"{hub}/{dossier_id}", None)


async def _known(settings: Settings) -> dict[str, Dossier]:
    hubs = await to_thread.run_sync(hub_names, settings)
    async with open_state(settings) as state:
        return {each.tenant: each for hub in hubs for each in await state.load_dossiers(hub)}


def _save(settings: Settings, tenant: str, own: str | None) -> None:
    file = HubBookFile.of(settings.state_dir)
    book = file.load()
    links = dict(book.links)
    if own is None and links.pop(tenant, None) is None:
        raise ConfigurationError(f"Dossier {tenant} was not linked by hand.")
    file.save(replace(book, links={**links, tenant: own} if own else links))


def _line(dossier: Dossier, *, by_hand: bool) -> ChannelLine:
    return ChannelLine(
        hub=dossier.hub,
        dossier=dossier.id,
        enterprise_name=dossier.enterprise_name,
        enterprise_identifier=dossier.enterprise_identifier,
        accounting_file_id=dossier.accounting_file_id,
        linked_to=dossier.linked_to,
        by_hand=by_hand,
        package=dossier.package.name if dossier.package else None,
    )
