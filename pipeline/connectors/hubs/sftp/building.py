"""Makes an SFTP hub from its settings."""

from datetime import timedelta
from pathlib import Path

import asyncssh

from pipeline.connectors.declarations import HubSetup
from pipeline.connectors.hubs.sftp.host_keys import PinnedKeys
from pipeline.connectors.hubs.sftp.keys import read_key
from pipeline.connectors.hubs.sftp.session import Login, SftpSession
from pipeline.connectors.hubs.sftp.tree import SftpTree
from pipeline.connectors.stores import setup as stores
from pipeline.connectors.stores.hub import StoreHub
from pipeline.domain.errors import ConfigurationError
from pipeline.ports.credentials import Secret
from pipeline.ports.hub import Acknowledgement, Consumption, HubCapabilities, Redelivery

SFTP_CAPABILITIES = HubCapabilities(
    consumption=Consumption.STORE,
    acknowledgement=Acknowledgement.DESTRUCTIVE,
    redelivery=Redelivery(
        hint="It keeps no documents. Put the files back with a new time (touch)."
    ),
    ack_batch=100,
    list_page=200,
    has_events=True,
    minimum_poll=timedelta(minutes=1),
    concurrency=16,
)
SETTLED = timedelta(minutes=10)
"""A file that nobody wrote to for so long is complete at first sight; servers' clocks are slow."""
_HIGHEST_PORT, _MOST_REQUESTS = 65_535, 64


def build(setup: HubSetup) -> StoreHub:
    """A hub from its settings; see `CONNECTOR`."""
    at_once = stores.whole_number(setup, "requests", highest=_MOST_REQUESTS)
    login, profile = _login(setup), stores.profile_of(setup)
    credential = f"sftp:{login.user}@{login.server}"
    limiter = setup.limiters.get(credential, concurrency=at_once)
    tree = SftpTree(
        SftpSession(login, PinnedKeys(_state_folder(setup)), limiter),
        setup.values["root"].rstrip("/") or "/",
        profile=profile,
        deletes=stores.deletes(setup, by_default=profile.deletes),
        at_once=at_once,
    )
    return StoreHub(
        setup.name,
        tree,
        clock=setup.clock,
        capabilities=SFTP_CAPABILITIES,
        profile=profile,
        settled=SETTLED,
        package=stores.package_of(setup),
        dossier_file=stores.dossier_file_of(setup),
    )


def _login(setup: HubSetup) -> Login:
    values = setup.values
    if not values["password"] and not values["key_file"]:
        raise ConfigurationError(f"Hub {setup.name!r} needs a password or a key_file.")
    if values["fingerprint"] and not values["fingerprint"].startswith("SHA256:"):
        msg = f"Hub {setup.name!r}: fingerprint must begin with SHA256:, as ssh-keygen -l shows it."
        raise ConfigurationError(msg)
    return Login(
        host=values["host"],
        port=stores.whole_number(setup, "port", highest=_HIGHEST_PORT),
        user=values["user"],
        password=Secret(values["password"]) if values["password"] else None,
        key=_key(setup),
        fingerprint=values["fingerprint"],
    )


def _key(setup: HubSetup) -> asyncssh.SSHKey | None:
    path, passphrase = setup.values["key_file"], setup.values["key_passphrase"]
    return read_key(Path(path), Secret(passphrase)) if path else None


def _state_folder(setup: HubSetup) -> Path:
    if setup.state_dir is None:
        raise ConfigurationError(f"Hub {setup.name!r} needs a state folder for host keys.")
    return setup.state_dir / "host-keys"
