"""Where a hub connection may go: origins, and the very address of each attempt.

The address is checked in the socket factory, which aiohttp calls with the address it is about to
connect to, so there is no gap between the check and its use and literal addresses are seen too.
"""

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass, field

from yarl import URL

from pipeline.domain.errors import ConfigurationError, TransientError

AddressInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple]  # type: ignore[type-arg]  # as aiohttp has it

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class AddressRefused(OSError):
    """The name of a hub leads to an address that it may not have."""


def is_public(address: str) -> bool:
    """Whether an address belongs to the public internet, seen through IPv4-mapped IPv6."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return is_public(str(ip.ipv4_mapped))
        if ip in _NAT64:
            return False
    return ip.is_global and not ip.is_multicast


@dataclass(frozen=True, slots=True)
class Reach:
    """What one hub may make us talk to.

    ``origins`` are scheme, host and port of the configured hub and of its storage hosts. Plain
    http is for a hub in this house: it is refused at a public address.
    """

    origins: frozenset[URL]
    allow_private: bool = False
    _plain: frozenset[tuple[str, str]] = field(default=frozenset(), repr=False)

    @classmethod
    def of(cls, *urls: str, allow_private: bool = False) -> "Reach":
        """The reach of configured URLs.

        Raises:
            ConfigurationError: a URL is not https, or http without ``allow_private``.
        """
        origins = frozenset(_origin(url) for url in urls)
        if any(origin.scheme == "http" for origin in origins) and not allow_private:
            msg = (
                "A hub URL starts with http://. Use https://, or allow private addresses for a "
                "hub on this machine or network."
            )
            raise ConfigurationError(msg)
        plain = frozenset((origin.scheme, origin.raw_authority) for origin in origins)
        return cls(origins, allow_private, frozenset(each for each in plain if "%" not in each[1]))

    def check(self, url: URL) -> URL:
        """Return ``url`` when it may be asked.

        Raises:
            TransientError: the hub sent us elsewhere; nothing was sent.
        """
        if (url.scheme, url.raw_authority) in self._plain:  # as nearly all are
            return url
        if url.user is not None or url.password is not None or "%" in (url.host or ""):
            msg = f"The hub names the address {url.host!r} in a form that is not accepted."
            raise TransientError(msg)
        if not url.absolute or url.origin() not in self.origins:
            msg = (
                f"The hub points to {url.host!r}, which is not one of its configured hosts; "
                "nothing was sent there. Add the host to the hub's settings if it is right."
            )
            raise TransientError(msg)
        return url

    def socket_factory(self) -> Callable[[AddressInfo], socket.socket]:
        """Make sockets for addresses within reach; raise `AddressRefused` for the others."""
        only_private = all(origin.scheme == "http" for origin in self.origins)

        def make(info: AddressInfo) -> socket.socket:
            family, kind, protocol, _name, where = info
            address = str(where[0])
            if not self.allow_private and not is_public(address):
                raise AddressRefused(
                    f"{address} is a private address; allow private addresses for this hub "
                    "if that is intended"
                )
            if only_private and is_public(address):
                raise AddressRefused(f"{address} is a public address, where https is required")
            return socket.socket(family=family, type=kind, proto=protocol)

        return make


def _origin(url: str) -> URL:
    """Scheme, host and port of a configured URL."""
    msg = "A hub URL is not usable: write https://host[:port]/path, without a user name."
    try:
        parsed = URL(url)
        if parsed.scheme in ("http", "https") and parsed.host and parsed.user is None:
            return parsed.origin()
    except ValueError as error:
        raise ConfigurationError(msg) from error
    raise ConfigurationError(msg)
