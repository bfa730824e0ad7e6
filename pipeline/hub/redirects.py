"""Where a sign-in may lead back to: a loopback address on any port (RFC 8252, section 7.3)."""

from urllib.parse import urlencode, urlsplit

CALLBACK_PATH = "/callback"
LOOPBACK_HOSTS = ("127.0.0.1", "[::1]")


def is_loopback_redirect(uri: str) -> bool:
    """Whether ``uri`` is exactly ``http://127.0.0.1:{port}/callback``, or the same with ``[::1]``.

    Names such as ``localhost`` are refused: they may be pointed elsewhere.
    """
    try:
        port = urlsplit(uri).port
    except ValueError:
        return False
    if port is None or port == 0:
        return False
    return any(uri == f"http://{host}:{port}{CALLBACK_PATH}" for host in LOOPBACK_HOSTS)


def with_query(uri: str, **parameters: str | None) -> str:
    """The redirect with parameters; those that are None are left out."""
    told = {name: value for name, value in parameters.items() if value is not None}
    return f"{uri}?{urlencode(told)}"
