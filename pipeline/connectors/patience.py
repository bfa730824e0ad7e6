"""How long a connector waits for a server."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to wait: for a connection, for the next bytes, for the whole answer."""

    connect_s: float = 10
    read_s: float = 30
    total_s: float | None = 300
