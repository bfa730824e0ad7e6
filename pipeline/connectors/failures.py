"""What is told when a server cannot be asked: the same words whichever way it was asked."""

from pipeline.connectors.answers import redact
from pipeline.domain.errors import HubUnavailable, TransientError


def certificate_refused(host: str | None, reason: object) -> HubUnavailable:
    """The server's certificate does not hold."""
    msg = (
        f"The certificate of {host} is not accepted: {redact(str(reason))}. "
        "Check the hub's address."
    )
    return HubUnavailable(msg)


def not_connected(host: str | None, reason: object) -> HubUnavailable:
    """There is no connection, or none that is safe."""
    said = redact(str(reason)) or "it broke off before TLS 1.2 or newer was agreed on"
    return HubUnavailable(f"Cannot connect to {host}: {said}.")


def too_slow(host: str | None) -> HubUnavailable:
    """The server was waited for in vain."""
    return HubUnavailable(f"{host} does not answer in time.")


def garbled(host: str | None, reason: object = "") -> TransientError:
    """An answer has no end, or is none."""
    said = f": {reason}" if reason else ""
    return TransientError(f"The answer of {host} broke off or is garbled{said}.")


def connection_failed(host: str | None, reason: object) -> TransientError:
    """The connection was lost before there was an answer."""
    return TransientError(f"The connection to {host} failed: {redact(str(reason))}.")
