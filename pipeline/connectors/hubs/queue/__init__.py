"""Queue hubs: Recommand, Scrada, Peppyrus, Unifiedpost Euroconnector, LetsPeppol.

One driver (`hub.QueueHub`) and a profile each (`profiles`), which is data.
"""

from collections.abc import Mapping
from functools import partial
from hashlib import blake2s
from pathlib import Path

from pipeline.connectors.addresses import Reach
from pipeline.connectors.declarations import HubConnector, HubSetting, HubSetup, is_on
from pipeline.connectors.http import HttpClient
from pipeline.connectors.hubs.queue.dossiers import EVERYTHING, Clientele, Link, read_links
from pipeline.connectors.hubs.queue.hub import QueueHub
from pipeline.connectors.hubs.queue.profile import Profile, SignIn
from pipeline.connectors.hubs.queue.profiles import PROFILES
from pipeline.connectors.hubs.queue.session import QueueSession
from pipeline.connectors.hubs.queue.signing_in import (
    Http,
    Proof,
    SignInRenewal,
    TokenProof,
    fixed_proof,
)
from pipeline.connectors.limits import CredentialLimiter
from pipeline.connectors.patience import Patience
from pipeline.connectors.tokens import TokenSource
from pipeline.domain.errors import ConfigurationError

_SHARED = (
    HubSetting("allow_private", "The hub is on this machine or network", default="no"),
    HubSetting("ca_file", "Certificate file of the office's own authority", default=""),
    HubSetting("silence_s", "Longest silence of the hub in seconds", default="30"),
)


def build(profile: Profile, setup: HubSetup) -> QueueHub:
    """A hub from its settings; see `CONNECTORS`."""
    return assemble(profile, setup, _http_client(profile, setup))


def assemble(profile: Profile, setup: HubSetup, http: Http) -> QueueHub:
    """A hub that asks through ``http``."""
    links = _links(profile, setup)
    session = QueueSession(
        profile=profile,
        base=setup.values["url"],
        http=http,
        proof=_proof(profile, setup, http),
        limiter=_limiter(profile, setup),
        clock=setup.clock,
    )
    return QueueHub(setup.name, session, Clientele(setup.name, links, setup.package))


def _links(profile: Profile, setup: HubSetup) -> Mapping[str, Link]:
    links = read_links(setup)
    if profile.is_sorted_by_hub and EVERYTHING in links:
        msg = f"{profile.title} is asked company by company. Name the id of each company instead."
        raise ConfigurationError(f"Hub {setup.name!r}: {EVERYTHING!r} cannot be linked. {msg}")
    if profile.companies is None and not links:
        msg = (
            f"Hub {setup.name!r}: {profile.title} has no list of companies. Name them in the "
            "setting 'dossiers', or '*' for a credential that serves one company."
        )
        raise ConfigurationError(msg)
    return links


def _proof(profile: Profile, setup: HubSetup, http: Http) -> Proof:
    if isinstance(profile.auth, SignIn):
        renewal = SignInRenewal(http, profile.auth, setup.values, setup.clock)
        return TokenProof(TokenSource(renewal, setup.clock))
    return fixed_proof(profile.auth, setup.values)


def _limiter(profile: Profile, setup: HubSetup) -> CredentialLimiter:
    """Limits belong to the key: hubs that share one share them."""
    secrets = "\0".join(setup.values[setting.name] for setting in profile.settings)
    account = blake2s(f"{setup.values['url']}\0{secrets}".encode()).hexdigest()
    return setup.limiters.get(
        f"{profile.name}:{account}", windows=profile.windows, concurrency=profile.concurrency
    )


def _http_client(profile: Profile, setup: HubSetup) -> HttpClient:
    addresses = {setup.values["url"]}
    if isinstance(profile.auth, SignIn):
        addresses.add(setup.values[profile.auth.base_setting])
    ca_file, silence = setup.values["ca_file"], setup.values["silence_s"]
    if not silence.isdecimal() or not int(silence):
        msg = f"Hub {setup.name!r}: silence_s must be a number from 1 on, not {silence!r}."
        raise ConfigurationError(msg)
    return HttpClient(
        Reach.of(*addresses, allow_private=is_on(setup.values["allow_private"])),
        ca_file=Path(ca_file) if ca_file else None,
        connections=profile.concurrency,
        patience=Patience(read_s=int(silence)),
    )


def _connector(profile: Profile) -> HubConnector:
    links = HubSetting(
        "dossiers",
        "JSON object: company id or Peppol participant -> enterprise_name, "
        "enterprise_identifier, accounting_file_id, locations",
        default="" if profile.companies else None,
    )
    address = HubSetting("url", "Root of the hub's API", default=profile.base)
    return HubConnector(
        name=profile.name,
        title=profile.title,
        settings=(*profile.settings, links, address, *_SHARED),
        build=partial(build, profile),
        guide=profile.guide,
        webhook=profile.event.form if profile.event else None,
    )


CONNECTORS = tuple(_connector(profile) for profile in PROFILES)
