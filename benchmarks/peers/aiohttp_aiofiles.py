"""aiohttp and aiofiles with asyncio.gather and a semaphore, on uvloop."""

import asyncio
import os

import aiofiles
import aiofiles.os
import aiohttp
import uvloop

from benchmarks.peers.harness import AT_A_TIME, HEADERS, Job, flush_folder, forwarded, main


async def fetch_all(job: Job) -> None:
    """A dossier is the work of one task, so many of them at a time."""
    slots = asyncio.Semaphore(AT_A_TIME)
    async with aiohttp.ClientSession(headers=HEADERS, raise_for_status=True) as client:
        found = await dossiers(client, job)
        await asyncio.gather(*(fetch_dossier(client, job, slots, each) for each in found))  # noqa: TID251 - what is compared with


async def dossiers(client: aiohttp.ClientSession, job: Job) -> list[str]:
    """All dossiers of the office."""
    found, after = [], None
    while True:
        async with client.get(job.dossiers_url(after)) as answer:
            page = await answer.json()
        found += [each["id"] for each in page["dossiers"]]
        after = page["next"]
        if after is None:
            return found


async def fetch_dossier(
    client: aiohttp.ClientSession, job: Job, slots: asyncio.Semaphore, dossier: str
) -> None:
    """What a dossier has, told document by document."""
    async with slots:
        async with client.get(job.listing_url(dossier)) as listed:
            page = await listed.json()
        for document in (each["id"] for each in page["documents"]):
            async with client.get(job.content_url(document)) as answer:
                body = await answer.read()
            await save(job, dossier, document, body)
            async with client.post(job.status_url, json=forwarded(document)):
                pass


async def save(job: Job, dossier: str, document: str, body: bytes) -> None:
    """Write under another name and rename."""
    path = job.path(dossier, document)
    part = path.with_suffix(".part")
    async with aiofiles.open(part, "wb") as file:
        await file.write(body)
        if job.is_durable:
            await file.flush()
            await asyncio.to_thread(os.fsync, file.fileno())
    await aiofiles.os.replace(part, path)
    if job.is_durable:
        await asyncio.to_thread(flush_folder, path.parent)


if __name__ == "__main__":
    main(lambda job: uvloop.run(fetch_all(job)))
