"""Signing in from settings, encrypted unless the server is on this very machine."""

import ipaddress
import ssl
from functools import cache
from pathlib import Path

from pipeline.connectors.declarations import HubSetup
from pipeline.connectors.hubs.imap.connection import Login
from pipeline.connectors.stores.setup import whole_number
from pipeline.domain.errors import ConfigurationError
from pipeline.ports.credentials import Secret

TLS, STARTTLS, PLAIN = "tls", "starttls", "none"
_PORTS = {TLS: 993, STARTTLS: 143, PLAIN: 143}
_HIGHEST_PORT = 65_535


def login_of(setup: HubSetup) -> Login:
    """Where to sign in, as whom, and how the way there is protected."""
    values = setup.values
    security, host = values["security"], values["host"]
    if security not in _PORTS:
        msg = f"Hub {setup.name!r}: security must be {TLS} or {STARTTLS}, not {security!r}."
        raise ConfigurationError(msg)
    if security == PLAIN and not _is_here(host):
        msg = (
            f"Hub {setup.name!r}: without encryption the password would be readable on the way to "
            f"{host}. Use {TLS} or {STARTTLS}."
        )
        raise ConfigurationError(msg)
    port = whole_number(setup, "port", highest=_HIGHEST_PORT) if values["port"] else 0
    return Login(
        host=host,
        port=port or _PORTS[security],
        user=values["user"],
        password=Secret(values["password"]),
        tls=None if security == PLAIN else tls_context(values["ca_file"]),
        starts_tls=security == STARTTLS,
    )


@cache
def tls_context(ca_file: str) -> ssl.SSLContext:
    """Verification is always on; ``ca_file`` adds an authority of the office."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file:
        try:
            context.load_verify_locations(Path(ca_file))
        except OSError as error:
            msg = f"The certificate file {ca_file} cannot be read: {error}. Check the setting."
            raise ConfigurationError(msg) from error
    return context


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
