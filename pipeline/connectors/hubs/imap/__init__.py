"""Mailboxes as hub: what suppliers, Doccle or Billmail send by e-mail is delivered."""

from dataclasses import replace
from datetime import timedelta

from pipeline.connectors.declarations import HubConnector, HubSetting, HubSetup
from pipeline.connectors.hubs.imap.hub import ImapHub
from pipeline.connectors.hubs.imap.login import TLS, login_of
from pipeline.connectors.hubs.imap.messages import EVERYONE
from pipeline.connectors.hubs.imap.pool import ImapPool
from pipeline.connectors.hubs.imap.routing import ByAddress, ByFolder, Routing
from pipeline.connectors.hubs.imap.taking import Mark, Move, TakeAway
from pipeline.connectors.stores import setup as stores
from pipeline.domain.errors import ConfigurationError
from pipeline.ports.hub import Acknowledgement, Consumption, HubCapabilities, Redelivery

IMAP_CAPABILITIES = HubCapabilities(
    consumption=Consumption.STORE,
    acknowledgement=Acknowledgement.DESTRUCTIVE,
    redelivery=Redelivery(
        hint="What was taken lies in another folder. Forward the messages to have them again."
    ),
    ack_batch=100,
    list_page=100,
    minimum_poll=timedelta(minutes=1),
    concurrency=4,
)
_FOLDER, _ADDRESS = "folder", "address"
_MOVE, _FLAG = "move", "flag"
_MOST_CONNECTIONS = 10


def build(setup: HubSetup) -> ImapHub:
    """A hub from its settings; see `CONNECTOR`."""
    login = login_of(setup)
    concurrency = stores.whole_number(setup, "connections", highest=_MOST_CONNECTIONS)
    limiter = setup.limiters.get(f"imap:{login.user}@{login.server}", concurrency=concurrency)
    pool = ImapPool(login, limiter, setup.clock)
    routing = _routing(setup, pool)
    marks = _marks(setup)
    processed = setup.values["processed"]

    def take_away_from(folder: str, delimiter: str) -> TakeAway:
        return Mark() if marks else Move(f"{folder}{delimiter}{processed}")

    return ImapHub(
        setup.name,
        pool,
        routing,
        clock=setup.clock,
        capabilities=replace(IMAP_CAPABILITIES, has_events=routing.shared_folder is not None),
        senders=_senders(setup),
        take_away_from=take_away_from,
    )


def _routing(setup: HubSetup, pool: ImapPool) -> Routing:
    values, file = setup.values, stores.dossier_file_of(setup)
    package = stores.package_of(setup)
    if values["by"] == _FOLDER:
        return ByFolder(setup.name, pool, values["folder"], values["processed"], package, file)
    if values["by"] != _ADDRESS:
        msg = f"Hub {setup.name!r}: by must be {_FOLDER!r} or {_ADDRESS!r}, not {values['by']!r}."
        raise ConfigurationError(msg)
    if file is None:
        msg = (
            f"Hub {setup.name!r} finds dossiers by address and needs the setting 'dossiers': "
            "a file that lists them."
        )
        raise ConfigurationError(msg)
    return ByAddress(setup.name, values["folder"], package, file)


def _marks(setup: HubSetup) -> bool:
    after = setup.values["after"]
    if after not in (_MOVE, _FLAG):
        msg = f"Hub {setup.name!r}: after must be {_MOVE!r} or {_FLAG!r}, not {after!r}."
        raise ConfigurationError(msg)
    return after == _FLAG


def _senders(setup: HubSetup) -> frozenset[str]:
    senders = frozenset(setup.values["senders"].lower().replace(",", " ").split())
    wrong = [each for each in senders if "@" not in each and each != EVERYONE]
    if wrong or not senders:
        msg = (
            f"Hub {setup.name!r}: senders must be addresses or @domains, or {EVERYONE} for "
            f"everyone; not {' '.join(sorted(wrong))!r}."
        )
        raise ConfigurationError(msg)
    return senders


CONNECTOR = HubConnector(
    name="imap",
    title="Mailbox (IMAP)",
    guide=(
        "Make a mailbox for documents alone. Ask its provider for the name of the IMAP server and "
        "for a password for programs, and let the dossiers be told apart by plus addresses "
        "(documents+acme@office.example) or by folders that rules sort into."
    ),
    settings=(
        HubSetting("host", "Name of the mail server"),
        HubSetting("port", "Port of the mail server; empty for the usual one", default=""),
        HubSetting("security", "tls, starttls, or none for a server on this machine", default=TLS),
        HubSetting("ca_file", "Certificate file of the office's own authority", default=""),
        HubSetting("user", "User name, mostly the address of the mailbox"),
        HubSetting("password", "Password", is_secret=True),
        HubSetting(
            "senders",
            "Who may send documents: addresses and @domains, or * for everyone",
            hint="Anybody can write any sender: this keeps out mistakes, not an attacker.",
        ),
        HubSetting("by", "Dossiers are told apart by address or by folder", default=_ADDRESS),
        HubSetting("folder", "Folder that messages come into", default="INBOX"),
        HubSetting("after", "What happens to a delivered message: move or flag", default=_MOVE),
        HubSetting(
            "processed",
            "Folder inside it that delivered messages are moved to",
            default="processed",
        ),
        stores.DOSSIERS,
        HubSetting(
            "connections",
            "Connections at the same time",
            default=str(IMAP_CAPABILITIES.concurrency),
        ),
        *stores.LOCATIONS,
    ),
    build=build,
)
