import sqlite3
import sys
from pathlib import Path

import aiohttp
import anyio
import anyio.abc
import pytest

from pipeline.domain.errors import ConfigurationError
from pipeline.hub.accounts import HubCredentials
from pipeline.hub.server import EmbeddedHub
from pipeline.testing.clock import VirtualClock
from tests.unit.hub.hub_client import CREDENTIALS, HubClient, Starts

SERVER = """
import sys
from pathlib import Path

import anyio

from pipeline.hub.server import EmbeddedHub
from pipeline.testing.clock import VirtualClock


async def main():
    async with EmbeddedHub(Path(sys.argv[1]), clock=VirtualClock()) as hub:
        print(hub.url, flush=True)
        await anyio.sleep_forever()


anyio.run(main)
"""


async def test_what_was_answered_survives_a_kill(start: Starts, data: Path) -> None:
    async with await anyio.open_process([sys.executable, "-c", SERVER, str(data)]) as process:
        assert process.stdout is not None
        url = (await process.stdout.receive()).decode().strip()
        answered = await use_until_killed(url, process)

    async with start() as hub, aiohttp.ClientSession(hub.url) as session:
        client = HubClient(session, answered.token)
        for document_id, statuses in answered.documents.items():
            document = (await client.get(f"/v1/documents/{document_id}")).json
            content = await client.get(f"/v1/documents/{document_id}/content")
            assert document["status"] in statuses
            assert content.body == document_id.encode()


class Answered:
    """What the hub had answered before it was killed: documents and what may be their status."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.documents: dict[str, set[str]] = {}
        self.is_enough = anyio.Event()


async def use_until_killed(url: str, process: anyio.abc.Process) -> Answered:
    async with aiohttp.ClientSession(url) as session:
        client = HubClient(session)
        answered = Answered(await client.sign_in())
        async with anyio.create_task_group() as tasks:
            for worker in range(8):
                tasks.start_soon(add_and_forward, client, answered, worker)
            with anyio.fail_after(15):
                await answered.is_enough.wait()
            process.kill()
    return answered


async def add_and_forward(client: HubClient, answered: Answered, worker: int) -> None:
    try:
        for number in range(100_000):
            document_id = f"w{worker}-{number}"
            await client.add("d1", document_id, document_id.encode())
            answered.documents[document_id] = {"to_fetch"}
            if len(answered.documents) >= 40:
                answered.is_enough.set()
            if number % 2:
                answered.documents[document_id].add("forwarded")  # asked
                await client.tell((document_id, "1", "forwarded"))
                answered.documents[document_id] = {"forwarded"}
    except aiohttp.ClientError:
        return  # the hub was killed


async def test_tokens_cursors_and_installations_survive_a_restart(start: Starts) -> None:
    async with start() as hub, aiohttp.ClientSession(hub.url) as session:
        client = HubClient(session)
        token = await client.sign_in()
        await client.add("d1", "one")
        cursor = (await client.get("/v1/changes")).json["cursor"]

    async with start() as hub, aiohttp.ClientSession(hub.url) as session:
        client = HubClient(session, token)
        unchanged = await client.get(
            "/v1/changes", params={"cursor": cursor}, headers={"If-None-Match": f'"{cursor}"'}
        )
        await client.add("d2", "two")
        changed = await client.get("/v1/changes", params={"cursor": cursor})

    assert unchanged.status == 304
    assert changed.json["dossier_ids"] == ["d2"]


async def test_a_new_folder_gets_credentials_that_are_told_once(
    tmp_path: Path, clock: VirtualClock
) -> None:
    async with EmbeddedHub(tmp_path / "new", clock=clock) as hub:
        made = hub.credentials
        assert (hub.client_id, hub.client_secret) == (made.client_id, made.client_secret)

    async with EmbeddedHub(tmp_path / "new", clock=clock) as hub:
        with pytest.raises(LookupError):
            _ = hub.credentials
        async with aiohttp.ClientSession(hub.url) as session:
            form = {
                "grant_type": "client_credentials",
                "client_id": made.client_id,
                "client_secret": made.client_secret,
            }
            answer = await HubClient(session).post("/oauth/token", data=form)

    assert answer.status == 200
    assert made.password not in repr(made)
    assert made.client_secret not in repr(made)


async def test_given_credentials_replace_those_of_before(start: Starts) -> None:
    given = HubCredentials("other", "a password", "other-client", "a secret")
    async with start(credentials=given) as hub, aiohttp.ClientSession(hub.url) as session:
        with pytest.raises(AssertionError):
            await HubClient(session).sign_in()

    assert CREDENTIALS.client_id != hub.client_id


async def test_the_store_is_readable_by_its_owner_only(tmp_path: Path, clock: VirtualClock) -> None:
    data = tmp_path / "new"
    async with EmbeddedHub(data, clock=clock):
        modes = {path.name: path.stat().st_mode & 0o777 for path in [data, *data.iterdir()]}

    assert modes["new"] == 0o700
    assert {mode for name, mode in modes.items() if name != "new"} == {0o600}


async def test_a_store_of_a_newer_release_is_refused(start: Starts, data: Path) -> None:
    with sqlite3.connect(data / "hub.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()

    with pytest.raises(ConfigurationError, match="newer release"):
        async with start():
            pass
