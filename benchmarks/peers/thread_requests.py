"""requests in a pool of threads, a session in each."""

import threading
from concurrent.futures import ThreadPoolExecutor

import requests

from benchmarks.peers.harness import AT_A_TIME, HEADERS, Job, main
from benchmarks.peers.sequential_requests import dossiers, fetch_dossier


def fetch_all(job: Job) -> None:
    """A dossier is the work of one thread."""
    mine = threading.local()

    def fetch(dossier: str) -> None:
        if not hasattr(mine, "session"):
            mine.session = requests.Session()
            mine.session.headers.update(HEADERS)
        fetch_dossier(mine.session, job, dossier)

    with requests.Session() as session, ThreadPoolExecutor(AT_A_TIME) as pool:
        session.headers.update(HEADERS)
        for done in pool.map(fetch, dossiers(session, job)):
            assert done is None


if __name__ == "__main__":
    main(fetch_all)
