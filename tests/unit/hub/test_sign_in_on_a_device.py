import re
from collections.abc import Callable

import pytest

from pipeline.hub.devices import MAX_WAITING
from pipeline.hub.server import EmbeddedHub
from pipeline.testing.clock import VirtualClock
from tests.unit.hub.hub_client import CREDENTIALS, Answer, HubClient

GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture
def device(client: HubClient) -> HubClient:
    client.token = None
    return client


async def start(device: HubClient, **more: str) -> dict[str, str]:
    answer = await device.post(
        "/oauth/device_authorization", data={"client_id": "dossierpost", **more}
    )
    assert answer.status == 200, answer.body
    codes: dict[str, str] = answer.json
    return codes


async def poll(device: HubClient, codes: dict[str, str]) -> Answer:
    form = {"grant_type": GRANT, "client_id": "dossierpost", "device_code": codes["device_code"]}
    return await device.post("/oauth/token", data=form)


async def decide(
    device: HubClient, typed: str, decision: str = "allow", password: str = CREDENTIALS.password
) -> Answer:
    page = await device.get("/oauth/device")
    [csrf] = re.findall(r'name="csrf" value="([^"]+)"', page.body.decode())
    form = {
        "csrf": csrf,
        "user_code": typed,
        "user": "manager",
        "password": password,
        "decision": decision,
    }
    origin = str(device.raw._base_url).rstrip("/")
    return await device.post("/oauth/device", data=form, headers={"Origin": origin})


async def test_a_manager_allows_a_device_and_it_gets_tokens(
    device: HubClient, clock: VirtualClock
) -> None:
    codes = await start(device, scope="sync manage")
    waiting = await poll(device, codes)
    allowed = await decide(device, codes["user_code"])
    await clock.advance(5)

    tokens = (await poll(device, codes)).json
    device.token = tokens["access_token"]

    assert waiting.json["error"] == "authorization_pending"
    assert "linked" in allowed.body.decode()
    assert tokens["scope"] == "sync manage"
    assert "refresh_token" in tokens
    assert (await device.get("/v1/office")).status == 200


async def test_tokens_are_given_once(device: HubClient) -> None:
    codes = await start(device)
    await decide(device, codes["user_code"])
    await poll(device, codes)

    assert (await poll(device, codes)).json["error"] == "invalid_grant"


async def test_a_device_that_asks_too_fast_must_slow_down(
    device: HubClient, clock: VirtualClock
) -> None:
    codes = await start(device)
    answers = []
    for wait in (0, 1, 6, 10):
        await clock.advance(wait)
        answers.append((await poll(device, codes)).json["error"])

    assert answers == ["authorization_pending", "slow_down", "slow_down", "slow_down"]
    await clock.advance(20)
    assert (await poll(device, codes)).json["error"] == "authorization_pending"


async def test_a_manager_who_says_no_is_told_to_the_device(device: HubClient) -> None:
    codes = await start(device)

    page = await decide(device, codes["user_code"], "deny")

    assert "not linked" in page.body.decode()
    assert (await poll(device, codes)).json["error"] == "access_denied"


async def test_a_sign_in_ends_after_ten_minutes(device: HubClient, clock: VirtualClock) -> None:
    codes = await start(device)
    await clock.advance(601)

    late = await decide(device, codes["user_code"])

    assert late.status == 400
    assert (await poll(device, codes)).json["error"] == "expired_token"


@pytest.mark.parametrize("typed", ["{}-{}", " {} {} ", "{}{}", "{}\u2013{}"])
@pytest.mark.parametrize("case", [str.lower, str.upper], ids=["lower", "upper"])
async def test_a_code_is_understood_however_it_is_typed(
    device: HubClient, typed: str, case: Callable[[str], str]
) -> None:
    codes = await start(device)

    page = await decide(device, case(typed.format(*codes["user_code"].split("-"))))

    assert page.status == 200


async def test_a_wrong_password_decides_nothing(device: HubClient) -> None:
    codes = await start(device)

    page = await decide(device, codes["user_code"], password="guess")  # noqa: S106

    assert page.status == 401
    assert codes["user_code"] in page.body.decode()
    assert (await poll(device, codes)).json["error"] == "authorization_pending"


async def test_a_code_that_nobody_waits_for_is_told(device: HubClient) -> None:
    page = await decide(device, '"><img src=x>')

    assert page.status == 400
    assert "No sign-in waits" in page.body.decode()
    assert "<img" not in page.body.decode()


async def test_a_form_of_another_site_decides_nothing(device: HubClient) -> None:
    codes = await start(device)
    form = {"csrf": "x", "user_code": codes["user_code"], "user": "manager", "password": "x"}

    page = await device.post("/oauth/device", data=form, headers={"Origin": "http://evil.test"})

    assert page.status == 403


async def test_the_link_with_the_code_fills_it_in(device: HubClient, hub: EmbeddedHub) -> None:
    codes = await start(device)
    link = codes["verification_uri_complete"].removeprefix(hub.url)

    page = await device.get(link)

    assert f'value="{codes["user_code"]}"' in page.body.decode()
    assert "fetch their documents" in page.body.decode()
    assert '<label for="user_code">' in page.body.decode()


async def test_too_many_waiting_devices_are_refused(device: HubClient, hub: EmbeddedHub) -> None:
    def fill(connection: object) -> None:
        connection.executemany(  # type: ignore[attr-defined]
            "INSERT INTO device_codes (sha256, user_code, expires_at, scope, interval_s)"
            " VALUES (?, ?, ?, '', 5)",
            ((str(number), str(number), 1 << 60) for number in range(MAX_WAITING)),
        )

    await hub._core.database.write(fill)

    answer = await device.post("/oauth/device_authorization", data={"client_id": "dossierpost"})

    assert answer.status == 429
    assert "Retry-After" in answer.headers


async def test_one_address_may_not_start_sign_ins_without_end(
    device: HubClient, clock: VirtualClock
) -> None:
    form = {"client_id": "dossierpost"}
    statuses = [
        (await device.post("/oauth/device_authorization", data=form)).status for _ in range(31)
    ]
    await clock.advance(301)

    assert statuses == [200] * 30 + [429]
    assert await start(device)


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"client_id": "another"}, "invalid_client"),
        ({"client_id": "dossierpost", "scope": "all"}, "invalid_scope"),
    ],
)
async def test_a_device_sign_in_that_is_not_acceptable_is_refused(
    device: HubClient, form: dict[str, str], error: str
) -> None:
    answer = await device.post("/oauth/device_authorization", data=form)

    assert answer.json["error"] == error
