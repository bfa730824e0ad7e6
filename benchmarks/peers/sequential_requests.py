"""requests with a session, one document after the other."""

import requests

from benchmarks.peers.harness import HEADERS, Job, forwarded, main, write

TIMEOUT_S = 30


def fetch_all(job: Job) -> None:
    """Every dossier in its turn."""
    with requests.Session() as session:
        session.headers.update(HEADERS)
        for dossier in dossiers(session, job):
            fetch_dossier(session, job, dossier)


def dossiers(session: requests.Session, job: Job) -> list[str]:
    """All dossiers of the office."""
    found, after = [], None
    while True:
        page = session.get(job.dossiers_url(after), timeout=TIMEOUT_S).json()
        found += [each["id"] for each in page["dossiers"]]
        after = page["next"]
        if after is None:
            return found


def fetch_dossier(session: requests.Session, job: Job, dossier: str) -> None:
    """What a dossier has, told document by document."""
    page = session.get(job.listing_url(dossier), timeout=TIMEOUT_S)
    page.raise_for_status()
    for document in (each["id"] for each in page.json()["documents"]):
        answer = session.get(job.content_url(document), timeout=TIMEOUT_S)
        answer.raise_for_status()
        write(job.path(dossier, document), answer.content, is_durable=job.is_durable)
        told = session.post(job.status_url, json=forwarded(document), timeout=TIMEOUT_S)
        told.raise_for_status()


if __name__ == "__main__":
    main(fetch_all)
