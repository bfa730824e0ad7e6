import base64
from collections.abc import Mapping

import pytest

from pipeline.hub.grants import issue_tokens
from pipeline.hub.server import EmbeddedHub
from pipeline.testing.clock import VirtualClock
from tests.unit.hub.hub_client import CREDENTIALS, Answer, HubClient


async def person(hub: EmbeddedHub, clock: VirtualClock, scope: str = "sync") -> tuple[str, str]:
    """Access and refresh token of a sign-in."""
    tokens = await hub._core.database.write(
        lambda connection: issue_tokens(connection, "a-grant", scope, clock.now())
    )
    assert tokens.refresh is not None
    return tokens.access, tokens.refresh


async def refresh(client: HubClient, token: str) -> Answer:
    return await client.post(
        "/oauth/token",
        data={"grant_type": "refresh_token", "client_id": "dossierpost", "refresh_token": token},
    )


async def office_status(client: HubClient, token: str | None) -> int:
    client.token = token
    return (await client.get("/v1/office")).status


async def test_a_refresh_token_gives_a_new_pair(
    client: HubClient, hub: EmbeddedHub, clock: VirtualClock
) -> None:
    access, first = await person(hub, clock)
    await clock.advance(3601)

    answer = await refresh(client, first)

    assert answer.json["refresh_token"] != first
    assert await office_status(client, access) == 401
    assert await office_status(client, answer.json["access_token"]) == 200


async def test_a_refresh_token_used_twice_revokes_the_whole_sign_in(
    client: HubClient, hub: EmbeddedHub, clock: VirtualClock
) -> None:
    _, first = await person(hub, clock)
    stolen = (await refresh(client, first)).json
    assert await office_status(client, stolen["access_token"]) == 200

    again = await refresh(client, first)

    assert again.json["error"] == "invalid_grant"
    assert await office_status(client, stolen["access_token"]) == 401
    assert (await refresh(client, stolen["refresh_token"])).json["error"] == "invalid_grant"


async def test_one_sign_in_that_is_revoked_leaves_the_others(
    client: HubClient, hub: EmbeddedHub, clock: VirtualClock
) -> None:
    other = await client.sign_in()
    access, token = await person(hub, clock)

    await client.post("/oauth/revoke", data={"token": token, "client_id": "dossierpost"})

    assert await office_status(client, access) == 401
    assert await office_status(client, other) == 200


async def test_revoking_an_unknown_token_is_no_error(client: HubClient) -> None:
    answer = await client.post("/oauth/revoke", data={"token": "x", "client_id": "dossierpost"})

    assert answer.status == 200


async def test_a_refresh_token_ends_after_ninety_days(
    client: HubClient, hub: EmbeddedHub, clock: VirtualClock
) -> None:
    _, token = await person(hub, clock)
    await clock.advance(90 * 86_400 + 1)

    assert (await refresh(client, token)).json["error"] == "invalid_grant"


async def test_an_access_token_ends_after_an_hour_also_when_it_was_just_used(
    client: HubClient, clock: VirtualClock
) -> None:
    token = await client.sign_in()
    assert await office_status(client, token) == 200

    await clock.advance(3600)

    assert await office_status(client, token) == 401


async def test_a_refresh_token_is_no_access_token(
    client: HubClient, hub: EmbeddedHub, clock: VirtualClock
) -> None:
    _, token = await person(hub, clock)

    assert await office_status(client, token) == 401


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic b2ZmaWNl", "Bearer \N{SNOWMAN}"],
)
async def test_a_request_without_a_valid_token_is_told_to_get_one(
    client: HubClient, header: str | None
) -> None:
    client.token = None

    answer = await client.get(
        "/v1/office", headers={} if header is None else {"Authorization": header}
    )

    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_token_without_the_scope_may_not_change_anything(client: HubClient) -> None:
    await client.sign_in("sync")

    answer = await client.put("/v1/dossiers/d9", json={"enterprise_name": "E"})

    assert answer.status == 403
    assert answer.json["type"] == "urn:dossierpost:problem:insufficient-scope"


def basic(client_id: str, secret: str) -> Mapping[str, str]:
    packed = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {packed}"}


async def test_a_client_secret_may_come_by_http_basic(client: HubClient) -> None:
    client.token = None
    answer = await client.post(
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        headers=basic(CREDENTIALS.client_id, CREDENTIALS.client_secret.replace(" ", "+")),
    )

    assert answer.json["scope"] == "sync"
    assert "refresh_token" not in answer.json
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "headers",
    [
        basic(CREDENTIALS.client_id, "wrong"),
        basic("nobody", CREDENTIALS.client_secret),
        basic("dossierpost", "any"),
        {"Authorization": "Basic %%%"},
        {"Authorization": "Bearer b2ZmaWNl"},
        {},
    ],
    ids=["wrong-secret", "unknown", "public-with-secret", "no-base64", "no-basic", "nothing"],
)
async def test_a_client_that_cannot_prove_itself_is_refused_alike(
    client: HubClient, headers: Mapping[str, str]
) -> None:
    client.token = None

    answer = await client.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, headers=headers
    )

    assert answer.status == 401
    assert answer.json == {
        "error": "invalid_client",
        "error_description": "Unknown client or secret.",
    }


SECRET = {"client_id": CREDENTIALS.client_id, "client_secret": CREDENTIALS.client_secret}


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password", "client_id": "dossierpost"}, "unsupported_grant_type"),
        ({"client_id": "dossierpost"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "client_id": "dossierpost"}, "unauthorized_client"),
        ({"grant_type": "refresh_token", **SECRET}, "unauthorized_client"),
        ({"grant_type": "client_credentials", "scope": "all", **SECRET}, "invalid_scope"),
        ({"grant_type": "refresh_token", "client_id": "dossierpost"}, "invalid_grant"),
        ({"grant_type": "authorization_code", "client_id": "dossierpost"}, "invalid_grant"),
    ],
)
async def test_a_token_request_that_is_not_acceptable_is_refused(
    client: HubClient, form: dict[str, str], error: str
) -> None:
    answer = await client.post("/oauth/token", data=form)

    assert answer.status == 400
    assert answer.json["error"] == error


@pytest.mark.parametrize(
    ("sent", "content_type"),
    [
        ("grant_type=a&grant_type=b", "application/x-www-form-urlencoded"),
        ('{"grant_type": "a"}', "application/json"),
    ],
    ids=["repeated", "json"],
)
async def test_a_form_that_is_none_is_refused(
    client: HubClient, sent: str, content_type: str
) -> None:
    answer = await client.post("/oauth/token", data=sent, headers={"Content-Type": content_type})

    assert answer.json["error"] == "invalid_request"


async def test_a_thousand_guesses_are_stopped_after_a_hundred(
    client: HubClient, clock: VirtualClock
) -> None:
    answers = [(await refresh(client, "guess")).status for _ in range(101)]
    closed = await client.post("/oauth/token", data={"grant_type": "client_credentials", **SECRET})
    await clock.advance(301)

    assert answers == [400] * 100 + [429]
    assert closed.status == 429
    assert int(closed.headers["Retry-After"]) > 0
    assert await client.sign_in()


async def test_the_store_holds_no_secret(client: HubClient, hub: EmbeddedHub) -> None:
    token = await client.sign_in()
    dump = await hub._core.database.read(lambda connection: "\n".join(connection.iterdump()))

    for secret in (token, CREDENTIALS.client_secret, CREDENTIALS.password):
        assert secret not in dump


async def test_the_metadata_names_the_endpoints(client: HubClient, hub: EmbeddedHub) -> None:
    answer = await client.get("/.well-known/oauth-authorization-server")

    assert answer.json["issuer"] == hub.url
    assert answer.json["token_endpoint"] == f"{hub.url}/oauth/token"
    assert answer.json["code_challenge_methods_supported"] == ["S256"]
