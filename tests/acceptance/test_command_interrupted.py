"""Ctrl-C at a sync that runs: what is under way is finished, the rest is left, scripts see 130."""

import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from anyio import to_thread

from pipeline.connectors.clock import SystemClock
from pipeline.hub.server import EmbeddedHub
from pipeline.hub.wire import Failure
from tests.acceptance import json_forms as forms
from tests.acceptance.command_line import CommandLine, until
from tests.acceptance.office import ACCOUNT, customer, documents_for, winbooks

pytestmark = pytest.mark.timeout(120)  # several processes a test
DOCUMENTS = 160


@pytest.fixture
async def slow_hub(tmp_path: Path) -> AsyncIterator[EmbeddedHub]:
    """A hub that thinks for a second before it gives a document."""
    async with EmbeddedHub(
        tmp_path / "hub", clock=SystemClock(), credentials=ACCOUNT, allow_failures=True
    ) as hub:
        baker = customer(1)
        await hub.seed(
            packages=[winbooks()],
            dossiers=[baker],
            documents=documents_for(baker, DOCUMENTS),
        )
        hub.fail(Failure("slow", ["getContent"], seconds=1.0))
        yield hub


@pytest.mark.slow
async def test_an_interrupted_sync_finishes_what_is_under_way_and_exits_with_130(
    slow_hub: EmbeddedHub, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    command = CommandLine(
        tmp_path,
        {
            "DOSSIERPOST_HUB_URL": slow_hub.url,
            "DOSSIERPOST_HUB_CLIENT_ID": ACCOUNT.client_id,
            "DOSSIERPOST_HUB_CLIENT_SECRET": ACCOUNT.client_secret,
            "DOSSIERPOST_ROOT": str(root),
        },
    )

    with command.running("sync", "--once", "--json") as sync:
        await to_thread.run_sync(until, lambda: placed(root), "the first document is placed")
        ended = await to_thread.run_sync(sync.end, signal.SIGINT)

    result = ended.json(forms.Synced)
    assert ended.code == 130
    assert 0 < result.forwarded < DOCUMENTS // 2
    assert len(placed(root)) == result.forwarded


def test_a_sync_that_waits_for_the_hub_ends_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        command = CommandLine(
            tmp_path, {"DOSSIERPOST_HUB_URL": url, "DOSSIERPOST_HUB_CLIENT_SECRET": "a secret"}
        )
        with command.running("sync", "--once") as sync:
            visitor, _ = silent.accept()
            with visitor:
                ended = sync.end(signal.SIGINT)

    assert (ended.code, ended.stdout) == (130, "")
    assert "Traceback" not in ended.stderr


def placed(root: Path) -> list[Path]:
    """Every file that accounting software can see."""
    return [path for path in root.rglob("*") if path.is_file() and ".dossierpost" not in path.parts]
