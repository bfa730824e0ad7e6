"""What a document costs in requests, flushes, commits and thread hops: no machine changes that."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.accounting import accounted
from benchmarks.documents import Corpus, dossier_id
from benchmarks.hubs import HubAddress
from benchmarks.job import environment_for
from benchmarks.standin import StandIn, serve
from pipeline.app.installation import open_installation
from pipeline.app.service import sync_once
from pipeline.settings import Settings

CORPUS = Corpus(dossiers=50, per_dossier=4)


@asynccontextmanager
async def settings_at_a_stand_in(folder: Path) -> AsyncIterator[Settings]:
    server, url = await serve(StandIn(CORPUS))
    async with server:
        hub = HubAddress(url, "office", "secret", os.getpid())
        yield Settings.load({**environment_for(hub, folder), "DOSSIERPOST_FLUSH": "volume"})


async def test_two_hundred_documents_share_requests_flushes_commits_and_thread_hops(
    tmp_path: Path,
) -> None:
    for number in range(CORPUS.dossiers):
        (tmp_path / "books" / "winbooks" / dossier_id(number) / "purchase").mkdir(parents=True)

    async with settings_at_a_stand_in(tmp_path) as settings:
        with accounted() as accounts:
            async with open_installation(settings) as installation:
                result = await sync_once(installation)

    per_document = {name: count / len(CORPUS) for name, count in accounts.counts.items()}
    assert (result.forwarded, result.problems) == (len(CORPUS), {})
    assert per_document["requests"] < 1.4
    assert per_document["acknowledging requests"] < 0.15
    assert per_document["thread hops"] < 0.6
    assert per_document["flushes"] < 0.6
    assert per_document["commits"] < 0.8
    assert per_document["state calls"] < 2.2
