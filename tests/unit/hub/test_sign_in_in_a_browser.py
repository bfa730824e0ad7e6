import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from pipeline.hub.server import EmbeddedHub
from pipeline.testing.clock import VirtualClock
from tests.unit.hub.hub_client import CREDENTIALS, Answer, HubClient

VERIFIER = "a-verifier-of-more-than-forty-three-characters-0123"
REDIRECT = "http://127.0.0.1:49152/callback"
ASKED = {
    "response_type": "code",
    "client_id": "dossierpost",
    "redirect_uri": REDIRECT,
    "code_challenge": create_s256_code_challenge(VERIFIER),
    "code_challenge_method": "S256",
    "state": "a state & more",
}


class Browser:
    """Opens the page, keeps its hidden fields, and posts them with what a person types."""

    def __init__(self, client: HubClient) -> None:
        client.token = None
        self.client = client

    async def open(self, **changed: str) -> tuple[Answer, dict[str, str]]:
        page = await self.client.get("/oauth/authorize", params=ASKED | changed)
        return page, hidden_fields(page)

    async def post(
        self,
        fields: dict[str, str],
        *,
        origin: str | None = None,
        password: str = CREDENTIALS.password,
        decision: str = "allow",
    ) -> Answer:
        own = str(self.client.raw._base_url).rstrip("/")
        return await self.client.post(
            "/oauth/authorize",
            data=fields | {"user": "manager", "password": password, "decision": decision},
            headers={"Origin": own if origin is None else origin},
        )

    async def code(self, **changed: str) -> str:
        _, fields = await self.open(**changed)
        answer = await self.post(fields)
        return back(answer)["code"]

    async def redeem(self, code: str, **changed: str) -> Answer:
        form = {
            "grant_type": "authorization_code",
            "client_id": "dossierpost",
            "code": code,
            "redirect_uri": REDIRECT,
            "code_verifier": VERIFIER,
        }
        return await self.client.post("/oauth/token", data=form | changed)


@pytest.fixture
def browser(client: HubClient) -> Browser:
    return Browser(client)


def hidden_fields(page: Answer) -> dict[str, str]:
    found = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', page.body.decode())
    return {name: unescape(value) for name, value in found}


def back(answer: Answer) -> dict[str, str]:
    assert answer.status == 303, answer.body
    location = urlsplit(answer.headers["Location"])
    assert f"{location.scheme}://{location.netloc}{location.path}" == REDIRECT
    return {name: values[0] for name, values in parse_qs(location.query).items()}


async def test_a_manager_signs_in_and_the_program_gets_tokens(
    browser: Browser, hub: EmbeddedHub
) -> None:
    _, fields = await browser.open()
    answer = await browser.post(fields)

    told = back(answer)
    tokens = (await browser.redeem(told["code"])).json
    browser.client.token = tokens["access_token"]

    assert told["state"] == "a state & more"
    assert told["iss"] == hub.url
    assert tokens["scope"] == "sync"
    assert "refresh_token" in tokens
    assert (await browser.client.get("/v1/office")).status == 200


async def test_the_page_has_labels_works_without_script_and_says_what_is_asked(
    browser: Browser,
) -> None:
    page, _ = await browser.open(scope="sync manage")

    text = page.body.decode()
    for field in ("user", "password"):
        assert f'<label for="{field}">' in text
        assert f'id="{field}"' in text
    assert "<script" not in text
    assert "fetch their documents" in text
    assert "change dossiers" in text
    assert 'lang="en"' in text
    assert "width=device-width" in text


async def test_the_page_may_not_be_framed_and_leads_only_back_to_the_program(
    browser: Browser,
) -> None:
    page, _ = await browser.open()

    policy = page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' http://127.0.0.1:49152;" in policy
    assert page.headers["Referrer-Policy"] == "same-origin"
    cookie = page.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


async def test_a_wrong_password_shows_the_page_again_with_the_reason(browser: Browser) -> None:
    _, fields = await browser.open()

    page = await browser.post(fields, password="guess")  # noqa: S106

    assert page.status == 401
    assert 'role="alert"' in page.body.decode()
    assert "guess" not in page.body.decode()
    assert hidden_fields(page) == fields


async def test_ten_wrong_passwords_close_the_account_for_five_minutes(
    browser: Browser, clock: VirtualClock
) -> None:
    _, fields = await browser.open()
    for _ in range(10):
        assert (await browser.post(fields, password="guess")).status == 401  # noqa: S106

    closed = await browser.post(fields)
    await clock.advance(301)
    reopened = await browser.post(fields)

    assert closed.status == 429
    assert "code" in back(reopened)


async def test_a_manager_who_cancels_sends_the_browser_back_with_the_reason(
    browser: Browser,
) -> None:
    _, fields = await browser.open()

    answer = await browser.post(fields, decision="deny", password="")

    assert back(answer)["error"] == "access_denied"
    assert back(answer)["state"] == "a state & more"


@pytest.mark.parametrize(
    "origin",
    ["http://evil.test", "null", "http://127.0.0.1:1", ""],
    ids=["foreign", "null", "other-port", "missing"],
)
async def test_a_form_sent_by_another_site_is_refused(browser: Browser, origin: str) -> None:
    _, fields = await browser.open()

    assert (await browser.post(fields, origin=origin)).status == 403


async def test_a_form_with_another_token_is_refused(browser: Browser) -> None:
    _, fields = await browser.open()

    assert (await browser.post(fields | {"csrf": "forged"})).status == 403


async def test_a_form_without_the_cookie_is_refused(browser: Browser) -> None:
    _, fields = await browser.open()
    browser.client.raw.cookie_jar.clear()

    assert (await browser.post(fields)).status == 403


async def test_a_browser_that_tells_the_site_is_believed(browser: Browser) -> None:
    _, fields = await browser.open()
    form = fields | {"user": "manager", "password": CREDENTIALS.password, "decision": "allow"}

    foreign = await browser.client.post(
        "/oauth/authorize", data=form, headers={"Sec-Fetch-Site": "cross-site"}
    )
    own = await browser.client.post(
        "/oauth/authorize", data=form, headers={"Sec-Fetch-Site": "same-origin"}
    )

    assert foreign.status == 403
    assert "code" in back(own)


@pytest.mark.parametrize(
    "redirect",
    [
        "http://localhost:49152/callback",
        "http://127.0.0.1:49152/other",
        "http://127.0.0.1:49152/callback?x=1",
        "http://127.0.0.1:49152/callback#x",
        "http://127.0.0.1/callback",
        "http://127.0.0.1:0/callback",
        "http://127.0.0.1:99999/callback",
        "https://127.0.0.1:49152/callback",
        "http://user@127.0.0.1:49152/callback",
        "http://127.0.0.1:49152@evil.test/callback",
        "http://evil.test/callback",
        "http://127.0.0.1:049152/callback",
        "javascript:alert(1)",
        "",
    ],
)
async def test_a_redirect_that_is_not_exactly_the_loopback_one_is_an_error_page(
    browser: Browser, redirect: str
) -> None:
    page, _ = await browser.open(redirect_uri=redirect)

    assert page.status == 400
    assert "Location" not in page.headers


async def test_a_loopback_redirect_may_be_ipv6(browser: Browser) -> None:
    page, _ = await browser.open(redirect_uri="http://[::1]:1024/callback")

    assert page.status == 200


async def test_an_unknown_client_is_an_error_page(browser: Browser) -> None:
    page, _ = await browser.open(client_id="<img src=x>")

    assert page.status == 400
    assert "<img" not in page.body.decode()


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"scope": "sync everything"}, "invalid_scope"),
        ({"scope": " "}, "invalid_scope"),
    ],
)
async def test_other_faults_are_told_to_the_program(
    browser: Browser, changed: dict[str, str], error: str
) -> None:
    page, _ = await browser.open(**changed)

    assert back(page)["error"] == error
    assert back(page)["state"] == "a state & more"


async def test_a_state_comes_back_as_text_and_never_as_markup(browser: Browser) -> None:
    hostile = '"><img src=x onerror=alert(1)>'

    page, fields = await browser.open(state=hostile)

    assert "<img" not in page.body.decode()
    assert fields["state"] == hostile


async def test_a_wrong_verifier_gets_nothing_and_burns_the_code(browser: Browser) -> None:
    code = await browser.code()

    wrong = await browser.redeem(code, code_verifier="x" * 43)
    right = await browser.redeem(code)

    assert wrong.json["error"] == "invalid_grant"
    assert right.json["error"] == "invalid_grant"


async def test_another_redirect_than_that_of_the_sign_in_gets_nothing(browser: Browser) -> None:
    code = await browser.code()

    answer = await browser.redeem(code, redirect_uri="http://127.0.0.1:49153/callback")

    assert answer.json["error"] == "invalid_grant"


async def test_a_code_used_twice_revokes_what_the_first_use_got(browser: Browser) -> None:
    code = await browser.code()
    tokens = (await browser.redeem(code)).json
    browser.client.token = tokens["access_token"]
    assert (await browser.client.get("/v1/office")).status == 200

    replayed = await browser.redeem(code)

    assert replayed.json["error"] == "invalid_grant"
    assert (await browser.client.get("/v1/office")).status == 401


async def test_a_code_is_void_after_two_minutes(browser: Browser, clock: VirtualClock) -> None:
    code = await browser.code()
    await clock.advance(121)

    assert (await browser.redeem(code)).json["error"] == "invalid_grant"
