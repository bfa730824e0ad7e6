"""Several workers share the dossiers of one office, and their number changes."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from yarl import URL

from pipeline.app import hubs, opening
from pipeline.app.hub_setup import HubAnswers, add_hub
from pipeline.app.hubs import open_parts
from pipeline.app.service import sync_once
from pipeline.app.workers.supervisor import can_be_shared
from pipeline.connectors.clock import SystemClock
from pipeline.connectors.hubs.queue.profiles.scrada import SCRADA
from pipeline.connectors.registry import find_hubs
from pipeline.connectors.state.sqlite import SqliteState
from pipeline.domain.delivery import RowStatus
from pipeline.domain.documents import DocumentKind
from pipeline.domain.shards import WHOLE, Shard
from pipeline.hub.arrivals import NewDocument
from pipeline.settings import Settings
from pipeline.testing.emulators.catalogue import EMULATED
from pipeline.testing.emulators.scrada import ScradaEmulator
from tests.acceptance.fleet import shards_of, supervised, sync_together, worker
from tests.acceptance.office import (
    AccountantsOffice,
    customer,
    document_of,
    documents_for,
    winbooks,
)

CUSTOMERS = [customer(number) for number in range(1, 9)]
ONE_OF_FIRST, ONE_OF_SECOND = CUSTOMERS[5], CUSTOMERS[0]
"""A customer in each shard of two."""
SECONDS = 8.0
"""Below the shortest period of Scrada, so that no request may follow the first ten."""
COMPANIES = {"0208:0400000001": ONE_OF_FIRST, "0208:0400000002": ONE_OF_SECOND}
"""Customers at a second hub, too; one in each shard of two there as well."""


@pytest.fixture
async def documents(office: AccountantsOffice) -> list[NewDocument]:
    """Documents of eight customers, who have some in every shard of two and of three."""
    await office.link(winbooks(), *CUSTOMERS)
    (office.books / "winbooks").mkdir()
    documents = [
        document
        for seed, each in enumerate(CUSTOMERS)
        for document in documents_for(each, 8, seed=seed)
    ]
    await office.receive(*documents)
    return documents


def broken_promises(
    office: AccountantsOffice, documents: Sequence[NewDocument], listed: int
) -> list[str]:
    placed = Counter(hashlib.sha256(body).hexdigest() for body in office.placed().values())
    owed = Counter(hashlib.sha256(each.body).hexdigest() for each in documents)
    checks = {
        "some are lost": not owed - placed,
        "some are there twice": not placed - owed,
        "some were listed by two workers": listed <= len(documents),
    }
    return [text for text, holds in checks.items() if not holds]


@pytest.mark.parametrize("workers", [2, 3])
async def test_workers_place_every_document_once_and_none_works_on_anothers(
    office: AccountantsOffice, documents: list[NewDocument], workers: int
) -> None:
    results = await sync_together(office.settings, shards_of(workers))

    assert broken_promises(office, documents, sum(each.listed for each in results)) == []
    assert all(each.forwarded for each in results)
    assert {row.status for row in await office.rows()} == {RowStatus.ACKED}


@pytest.mark.parametrize(
    "shards",
    [[Shard(1, 2), Shard(1, 2)], [Shard(2, 3), Shard(3, 3)]],
    ids=["the same twice", "one has no worker"],
)
async def test_planted_a_shard_that_nobody_has_is_found_out(
    office: AccountantsOffice, documents: list[NewDocument], shards: list[Shard]
) -> None:
    results = []
    for shard in shards:  # one after the other: they have one staging folder
        results += await sync_together(office.settings, [shard])

    assert "some are lost" in broken_promises(office, documents, results[0].listed)


async def test_planted_two_workers_that_have_the_same_dossiers_are_found_out(
    office: AccountantsOffice, documents: list[NewDocument], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Shard, "has", lambda *_: True)

    results = await sync_together(office.settings, shards_of(2))

    listed = sum(each.listed for each in results)
    assert "some were listed by two workers" in broken_promises(office, documents, listed)


# -- the number of workers changes ------------------------------------------------------------
class _Killed(BaseException):
    pass


async def kill_workers(office: AccountantsOffice, workers: int, step: str) -> None:
    """End every worker in its first batch, at a step of the protocol."""

    def kill(name: str, /) -> None:
        if name == step:
            raise _Killed

    async with supervised(office.settings, workers) as roots:
        for shard in shards_of(workers):
            with pytest.raises(_Killed):
                async with worker(office.settings, roots, shard, kill) as opened:
                    await sync_once(opened)


def tokens(office: AccountantsOffice) -> set[str]:
    """The staging folders in which tokens lie."""
    return {path.parent.name for path in office.books.rglob("*.part")}


@pytest.mark.parametrize("step", ["staged", "logged", "intended", "renamed", "delivered"])
async def test_two_workers_become_one_and_then_three_with_tokens_left_in_staging(
    office: AccountantsOffice, documents: list[NewDocument], step: str
) -> None:
    await kill_workers(office, 2, step)
    assert tokens(office) == {"worker-1", "worker-2"} or step in {"renamed", "delivered"}

    alone = await office.sync()
    assert broken_promises(office, documents, alone.listed) == []

    more = [*documents_for(ONE_OF_FIRST, 8, seed=21), *documents_for(ONE_OF_SECOND, 8, seed=22)]
    await office.receive(*more)
    await kill_workers(office, 2, step)
    results = await sync_together(office.settings, shards_of(3))

    assert broken_promises(office, [*documents, *more], sum(r.listed for r in results)) == []
    assert tokens(office) == set()
    assert {row.status for row in await office.rows()} == {RowStatus.ACKED}


async def test_planted_staging_of_dead_workers_that_nobody_recovers_is_found_out(
    office: AccountantsOffice, documents: list[NewDocument], monkeypatch: pytest.MonkeyPatch
) -> None:
    await kill_workers(office, 2, "intended")

    async def none(_: SqliteState) -> list[str]:
        return []

    monkeypatch.setattr(opening, "workers_at", lambda *_: [])
    monkeypatch.setattr(SqliteState, "marked_destinations", none)
    alone = await office.sync()

    assert "some are lost" in broken_promises(office, documents, alone.listed)
    assert tokens(office) == {"worker-1", "worker-2"}


@pytest.mark.usefixtures("documents")
async def test_a_staging_folder_that_the_state_knows_must_be_there(
    office: AccountantsOffice,
) -> None:
    await sync_together(office.settings, shards_of(2))
    (office.books / "winbooks").rename(office.books / "unmounted")
    (office.books / "winbooks").mkdir()
    await office.receive(document_of(ONE_OF_FIRST, DocumentKind.SALES_INVOICE, seed=30))

    results = await sync_together(office.settings, shards_of(3))

    assert not any(each.forwarded for each in results)
    assert any("not recovered" in text for each in results for text in each.problems.values())
    assert list((office.books / "winbooks").glob("D*")) == []


# -- what belongs to one worker ---------------------------------------------------------------
def add_scrada(office: AccountantsOffice, url: str) -> None:
    links = {
        company: {"enterprise_identifier": each.enterprise_identifier}
        for company, each in COMPANIES.items()
    }
    values = {**EMULATED["scrada"].settings(URL(url)), "dossiers": json.dumps(links)}
    connector = find_hubs()["scrada"]
    secret = {each.name for each in connector.settings if each.is_secret}
    answers = HubAnswers(
        values={name: text for name, text in values.items() if name not in secret},
        secrets={name: text for name, text in values.items() if name in secret},
    )
    add_hub(office.settings, "scrada", "scrada", answers)


async def test_a_hub_with_windows_of_requests_belongs_to_the_first_worker_alone(
    office: AccountantsOffice,
) -> None:
    add_scrada(office, "http://127.0.0.1:9")

    found = {}
    for shard in shards_of(3):
        async with open_parts(office.settings, shard=shard) as parts:
            found[shard.number] = {name: part.shard for name, part in parts.items()}

    assert found == {
        1: {"native": Shard(1, 3), "scrada": WHOLE},
        2: {"native": Shard(2, 3)},
        3: {"native": Shard(3, 3)},
    }


async def test_one_process_does_all_when_no_hub_may_be_shared(
    office: AccountantsOffice, tmp_path: Path
) -> None:
    folder_only = {
        "DOSSIERPOST_STATE_DIR": str(tmp_path / "state"),
        "DOSSIERPOST_HUB_FOLDER": str(tmp_path),
        "DOSSIERPOST_WORKERS": "2",
    }

    assert not await can_be_shared(Settings.load(folder_only))
    assert await can_be_shared(Settings.load({**office.variables, "DOSSIERPOST_WORKERS": "2"}))


async def ask_scrada(office: AccountantsOffice) -> ScradaEmulator:
    """Let two workers fetch more from Scrada than it allows at a time, for a few seconds."""
    emulator = ScradaEmulator(SystemClock(), *COMPANIES)
    emulator.windows = SCRADA.windows
    for company, each in COMPANIES.items():
        for seed in range(6):
            body = document_of(each, DocumentKind.PURCHASE_INVOICE, seed=40 + seed).body
            emulator.receive(company, f"{company}-{seed}", body)
    async with emulator.serving() as url:
        add_scrada(office, str(url))
        office.settings_of_this_test["DOSSIERPOST_DRAIN_SECONDS"] = "0"
        await sync_together(office.settings, shards_of(2), seconds=SECONDS)
    return emulator


@pytest.mark.slow
@pytest.mark.usefixtures("documents")
async def test_scrada_is_asked_as_often_as_its_key_allows_whatever_the_number_of_workers(
    office: AccountantsOffice,
) -> None:
    emulator = await ask_scrada(office)

    assert emulator.refused == 0
    assert len(emulator.asked) == min(window.requests for window in SCRADA.windows)


@pytest.mark.slow
@pytest.mark.usefixtures("documents")
async def test_planted_workers_that_each_take_the_whole_limit_are_found_out(
    office: AccountantsOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "_for_one", lambda *_: frozenset())

    emulator = await ask_scrada(office)

    assert emulator.refused > 0
