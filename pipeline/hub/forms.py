"""Forms that browsers and clients post: read, and proven to come from our own page."""

import hmac
import secrets
from urllib.parse import urlsplit

from aiohttp import web

from pipeline.hub.answers import Problem, body_deadline, malformed

CSRF_COOKIE = "dossierpost_csrf"
MAX_FORM_BYTES = 1 << 16


async def read_form(request: web.Request) -> dict[str, str]:
    """The fields of a URL-encoded form; each may appear once.

    Raises:
        Problem: it is another kind of body, too large, too slow, or repeats a field.
    """
    if request.content_type != "application/x-www-form-urlencoded":
        raise malformed("Send a URL-encoded form.")
    if (request.content_length or 0) > MAX_FORM_BYTES:
        raise malformed(f"A form has at most {MAX_FORM_BYTES} bytes.")
    with body_deadline():
        fields = await request.post()
    if len(fields) != len(set(fields)):
        raise malformed("A field appears twice.")
    return {name: value for name, value in fields.items() if isinstance(value, str)}


def csrf_token(request: web.Request) -> str:
    """The token for a form: that of the browser's cookie, or a new one."""
    return request.cookies.get(CSRF_COOKIE) or secrets.token_urlsafe(24)


def set_csrf_cookie(request: web.Request, response: web.Response, token: str) -> None:
    """Give the browser the token that the form must repeat."""
    response.set_cookie(
        CSRF_COOKIE,
        token,
        path="/oauth",
        httponly=True,
        samesite="Strict",
        secure=request.secure,
    )


def check_own_form(request: web.Request, form: dict[str, str], own_origin: str) -> None:
    """Refuse a form that another site made the browser send.

    Raises:
        Problem: the token or the origin is not ours.
    """
    cookie, token = request.cookies.get(CSRF_COOKIE, ""), form.get("csrf", "")
    is_repeated = bool(cookie) and hmac.compare_digest(cookie.encode(), token.encode())
    if not (is_repeated and _is_own_origin(request, own_origin)):
        raise Problem(403, "foreign-form", "The form is too old or came from another site.")


def _is_own_origin(request: web.Request, own_origin: str) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin", "")
    return origin in (own_origin, f"{request.scheme}://{request.host}")


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
