"""The page on which a manager enters the code that a device shows (RFC 8628)."""

from functools import partial
from html import escape

from aiohttp import web

from pipeline.hub import pages
from pipeline.hub.answers import Problem
from pipeline.hub.core import Core
from pipeline.hub.devices import decide, scope_of
from pipeline.hub.forms import check_own_form, csrf_token, origin_of, read_form, set_csrf_cookie
from pipeline.hub.routes import Route
from pipeline.hub.sign_in import SignIn

CODE_LETTERS = 8


class DeviceApi:
    """Shows the form for the code and the account, and takes the decision."""

    def __init__(self, core: Core, sign_in: SignIn, *, office: str, issuer: str) -> None:
        self._core = core
        self._sign_in = sign_in
        self._office = office
        self._issuer = issuer

    def routes(self) -> list[Route]:
        """The operations served here."""
        return [
            Route("showDevice", "GET", "/oauth/device", self._show, scope=None),
            Route("decideDevice", "POST", "/oauth/device", self._decide, scope=None),
        ]

    async def _show(self, request: web.Request) -> web.Response:
        return await self._page(request, {"user_code": request.query.get("user_code", "")})

    async def _decide(self, request: web.Request) -> web.Response:
        form = await read_form(request)
        try:
            check_own_form(request, form, origin_of(self._issuer))
        except Problem as problem:
            return pages.message("Not accepted", problem.detail, status=problem.status)
        if (fault := await self._sign_in.fault(request, form)) is not None:
            return await self._page(request, form, fault)
        is_allowed = form.get("decision") == "allow"
        work = partial(
            decide,
            user_code=_normal(form.get("user_code", "")),
            is_allowed=is_allowed,
            now=self._core.clock.now(),
        )
        if not await self._core.database.write(work):
            return await self._page(request, form, (400, "No sign-in waits under this code."))
        return _thanks(is_allowed=is_allowed)

    async def _page(
        self, request: web.Request, form: dict[str, str], fault: tuple[int, str] | None = None
    ) -> web.Response:
        status, text = (200, None) if fault is None else fault
        code = _normal(form.get("user_code", ""))
        scope = await self._core.database.read(
            partial(scope_of, user_code=code, now=self._core.clock.now())
        )
        token = csrf_token(request)
        intro = "" if scope is None else pages.permission(self._office, scope)
        fields = _code_field(code) + pages.account_fields(form.get("user", ""))
        response = pages.page(
            "Link a server",
            intro
            + pages.alert(text)
            + pages.form("/oauth/device", {"csrf": token}, fields, denial="Do not allow"),
            status=status,
        )
        set_csrf_cookie(request, response, token)
        return response


def _thanks(*, is_allowed: bool) -> web.Response:
    if is_allowed:
        return pages.message("The server is linked", "You can close this page.")
    return pages.message("The server is not linked", "It was told that you said no.")


def _code_field(code: str) -> str:
    return (
        '<label for="user_code">Code shown by the server</label>'
        '<input id="user_code" name="user_code" class="code" maxlength="20" autocomplete="off"'
        f' autocapitalize="characters" spellcheck="false" value="{escape(code)}">'
    )


def _normal(typed: str) -> str:
    """The code as it was given, however it was typed; anything else as it is."""
    letters = "".join(letter for letter in typed.upper() if letter.isalnum())
    if len(letters) != CODE_LETTERS:
        return typed[:20]
    return f"{letters[:4]}-{letters[4:]}"
