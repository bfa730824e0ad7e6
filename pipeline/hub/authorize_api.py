"""The page on which a manager signs in, for the authorization code grant with PKCE."""

import re
from collections.abc import Mapping
from functools import partial

from aiohttp import web

from pipeline.hub import pages
from pipeline.hub.accounts import PUBLIC_CLIENT
from pipeline.hub.answers import Problem
from pipeline.hub.core import Core
from pipeline.hub.forms import check_own_form, csrf_token, origin_of, read_form, set_csrf_cookie
from pipeline.hub.grants import CodeRequest, issue_code
from pipeline.hub.redirects import is_loopback_redirect, with_query
from pipeline.hub.routes import SCOPES, Route
from pipeline.hub.sign_in import SignIn

MAX_STATE = 512
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # a SHA-256 in base64url
_PASSED_ON = (
    "response_type",
    "client_id",
    "redirect_uri",
    "code_challenge",
    "code_challenge_method",
    "state",
    "scope",
)


class AuthorizeApi:
    """Shows the sign-in, takes the decision, and sends the browser back with a code."""

    def __init__(self, core: Core, sign_in: SignIn, *, office: str, issuer: str) -> None:
        self._core = core
        self._sign_in = sign_in
        self._office = office
        self._issuer = issuer

    def routes(self) -> list[Route]:
        """The operations served here."""
        return [
            Route("showSignIn", "GET", "/oauth/authorize", self._show, scope=None),
            Route("signIn", "POST", "/oauth/authorize", self._decide, scope=None),
        ]

    async def _show(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        refused = self._refuse(asked)
        return self._page(request, asked) if refused is None else refused

    async def _decide(self, request: web.Request) -> web.Response:
        form = await read_form(request)
        try:
            check_own_form(request, form, origin_of(self._issuer))
        except Problem as problem:
            return pages.message("Not accepted", problem.detail, status=problem.status)
        if (refused := self._refuse(form)) is not None:
            return refused
        if form.get("decision") != "allow":
            return self._back(form, error="access_denied")
        if (fault := await self._sign_in.fault(request, form)) is not None:
            return self._page(request, form, fault)
        return await self._allow(form)

    async def _allow(self, form: Mapping[str, str]) -> web.Response:
        asked = CodeRequest(
            redirect_uri=form["redirect_uri"],
            challenge=form["code_challenge"],
            scope=form.get("scope") or SCOPES[0],
        )
        code = await self._core.database.write(
            partial(issue_code, asked=asked, now=self._core.clock.now())
        )
        return self._back(form, code=code)

    def _refuse(self, asked: Mapping[str, str]) -> web.Response | None:
        """The answer to a request that is not acceptable; a redirect only to where we trust."""
        if asked.get("client_id") != PUBLIC_CLIENT:
            text = f"Only {PUBLIC_CLIENT} signs in here. Other clients have a secret of their own."
            return pages.message("Unknown program", text, status=400)
        if not is_loopback_redirect(asked.get("redirect_uri", "")):
            text = "The program wants the answer at an address that this hub does not allow."
            return pages.message("Address not allowed", text, status=400)
        error = _fault_of(asked)
        return None if error is None else self._back(asked, error=error)

    def _back(self, asked: Mapping[str, str], **answer: str) -> web.Response:
        location = with_query(
            asked["redirect_uri"], **answer, state=asked.get("state"), iss=self._issuer
        )
        return web.Response(status=303, headers={"Location": location})

    def _page(
        self, request: web.Request, asked: Mapping[str, str], fault: tuple[int, str] | None = None
    ) -> web.Response:
        status, text = (200, None) if fault is None else fault
        token = csrf_token(request)
        hidden = {name: asked[name] for name in _PASSED_ON if name in asked} | {"csrf": token}
        fields = pages.account_fields(asked.get("user", ""))
        scope = asked.get("scope") or SCOPES[0]
        response = pages.page(
            "Sign in to the hub",
            pages.permission(self._office, scope)
            + pages.alert(text)
            + pages.form("/oauth/authorize", hidden, fields, denial="Cancel"),
            status=status,
            form_targets=f"'self' {origin_of(asked['redirect_uri'])}",
        )
        set_csrf_cookie(request, response, token)
        return response


def _fault_of(asked: Mapping[str, str]) -> str | None:
    """The error code of RFC 6749, section 4.1.2.1, for a request from a known client."""
    if asked.get("response_type") != "code":
        return "unsupported_response_type"
    if asked.get("code_challenge_method") != "S256":
        return "invalid_request"
    if not _CHALLENGE.fullmatch(asked.get("code_challenge", "")):
        return "invalid_request"
    if len(asked.get("state", "")) > MAX_STATE:
        return "invalid_request"
    scopes = (asked.get("scope") or SCOPES[0]).split()
    return None if scopes and set(scopes) <= set(SCOPES) else "invalid_scope"
