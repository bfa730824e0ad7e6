"""httpx with asyncio.gather and a semaphore; files are written in threads."""

import asyncio
from functools import partial

import httpx

from benchmarks.peers.harness import AT_A_TIME, HEADERS, Job, forwarded, main, write


async def fetch_all(job: Job) -> None:
    """A dossier is the work of one task, so many of them at a time."""
    slots = asyncio.Semaphore(AT_A_TIME)
    async with httpx.AsyncClient(headers=HEADERS, timeout=30) as client:
        found = await dossiers(client, job)
        await asyncio.gather(*(fetch_dossier(client, job, slots, each) for each in found))  # noqa: TID251 - what is compared with


async def dossiers(client: httpx.AsyncClient, job: Job) -> list[str]:
    """All dossiers of the office."""
    found, after = [], None
    while True:
        page = (await client.get(job.dossiers_url(after))).json()
        found += [each["id"] for each in page["dossiers"]]
        after = page["next"]
        if after is None:
            return found


async def fetch_dossier(
    client: httpx.AsyncClient, job: Job, slots: asyncio.Semaphore, dossier: str
) -> None:
    """What a dossier has, told document by document."""
    async with slots:
        page = await client.get(job.listing_url(dossier))
        for document in (each["id"] for each in page.json()["documents"]):
            answer = await client.get(job.content_url(document))
            answer.raise_for_status()
            save = partial(write, is_durable=job.is_durable)
            await asyncio.to_thread(save, job.path(dossier, document), answer.content)
            told = await client.post(job.status_url, json=forwarded(document))
            told.raise_for_status()


if __name__ == "__main__":
    main(lambda job: asyncio.run(fetch_all(job)))
