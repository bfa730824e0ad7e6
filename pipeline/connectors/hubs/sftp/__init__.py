"""SFTP servers as hub: CodaBox's channel, Billit's export, an access point's inbound folder."""

from pipeline.connectors.declarations import HubConnector, HubSetting, HubSetup
from pipeline.connectors.stores import setup as stores
from pipeline.connectors.stores.hub import StoreHub


def build(setup: HubSetup) -> StoreHub:
    """A hub from its settings; see `CONNECTOR`."""
    from pipeline.connectors.hubs.sftp import building  # noqa: PLC0415 -- 20 MB for those who use it

    return building.build(setup)


CONNECTOR = HubConnector(
    name="sftp",
    title="SFTP server",
    guide=(
        "Ask the provider for the name of the server, a user, a password or where to put your "
        "public key, and the fingerprint of its host key (SHA256:...)."
    ),
    settings=(
        HubSetting("host", "Name of the server"),
        HubSetting("port", "Port of the server", default="22"),
        HubSetting("user", "User name at the server"),
        HubSetting("password", "Password; empty with a key", default="", is_secret=True),
        HubSetting(
            "key_file", "Private key file (OpenSSH or PEM); empty with a password", default=""
        ),
        HubSetting("key_passphrase", "Passphrase of the key file", default="", is_secret=True),
        HubSetting(
            "fingerprint",
            "Host key of the server, SHA256:...; empty to pin it at the first sign-in",
            default="",
            hint="The provider tells it, or its administrator with ssh-keygen -l.",
        ),
        HubSetting(
            "root",
            "Folder on the server with a sub-folder for each dossier",
            default=".",
            hint="A single dot is the folder that a sign-in starts in.",
        ),
        stores.PROFILE,
        stores.AFTER,
        stores.DOSSIERS,
        HubSetting("requests", "Requests under way at the same time", default="16"),
        *stores.LOCATIONS,
    ),
    build=build,
)
