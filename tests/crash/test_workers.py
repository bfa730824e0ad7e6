"""Several workers below a supervisor, all of them processes: killed, stopped, divided anew."""

import socket
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

import pytest

from pipeline.cli.exits import Exit
from pipeline.testing.auditor import audit
from tests.crash.descendants import is_alive, kill, workers_of
from tests.crash.documents import many_documents
from tests.crash.processes import wait_for
from tests.crash.service import Office, ask_to_stop, command, open_office

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

DOCUMENTS = 600
PATIENCE_S = 120.0


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path, many_documents(DOCUMENTS)) as office:
        yield office


def violations(office: Office) -> list[str]:
    findings = office.findings
    found = audit(findings.owed(), findings.placed(), findings.acknowledged())
    return [str(each) for each in found]


def wait_until_settled(office: Office) -> None:
    wait_for(office.findings.is_settled, "the hub to hear of all", timeout_s=PATIENCE_S)


def wait_for_end_of(processes: Sequence[int]) -> None:
    wait_for(lambda: not any(is_alive(pid) for pid in processes), "the workers to end")


def staging_folders(office: Office) -> set[str]:
    return {path.parent.name for path in office.places.root.rglob("delivery-*.log")}


@pytest.mark.parametrize("workers", [2, 3])
def test_every_document_is_placed_once_and_every_worker_places_some(
    office: Office, workers: int
) -> None:
    office.workers = workers

    service = office.start()
    office.wait_for_files(1, service)
    wait_until_settled(office)
    running = workers_of(service.pid)
    ask_to_stop(service)

    assert service.wait(20) == Exit.DONE
    assert sorted(running) == list(range(1, workers + 1))
    assert not any(is_alive(pid) for pid in running.values())
    assert staging_folders(office) == {f"worker-{number}" for number in running}
    assert violations(office) == []


def test_a_worker_that_is_killed_starts_again_and_every_document_is_placed_once(
    office: Office,
) -> None:
    office.workers = 2
    service = office.start()

    for files in (1, DOCUMENTS // 4, DOCUMENTS // 2):
        office.wait_for_files(files, service)
        wait_for(lambda: 2 in workers_of(service.pid), "the second worker")
        kill(workers_of(service.pid)[2])
    wait_until_settled(office)
    ask_to_stop(service)

    assert service.wait(20) == Exit.DONE
    assert violations(office) == []


def test_workers_end_with_a_supervisor_that_is_killed_and_the_next_one_goes_on(
    office: Office,
) -> None:
    office.workers = 2

    for files in (1, DOCUMENTS // 3):
        service = office.start()
        office.wait_for_files(files, service)
        orphans = [*workers_of(service.pid).values()]
        service.kill()
        service.wait()
        wait_for_end_of(orphans)
    last = office.start()
    office.wait_for_files(1, last)
    wait_until_settled(office)
    ask_to_stop(last)

    assert last.wait(20) == Exit.DONE
    assert violations(office) == []


def test_a_worker_that_keeps_dying_ends_the_service_with_the_reason(office: Office) -> None:
    office.workers = 2
    service = office.start()

    deadline = time.monotonic() + PATIENCE_S
    while service.poll() is None and time.monotonic() < deadline:
        for pid in workers_of(service.pid).values():
            kill(pid)
        time.sleep(0.05)

    assert service.wait(20) == Exit.BUG
    assert "a worker is given up" in office.places.log.read_text()


# -- seen from outside ------------------------------------------------------------------------
def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def answer(office: Office, path: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", office.metrics_port, timeout=10)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def due(office: Office) -> set[str]:
    """Dossiers that are to be listed and were not."""
    with closing(sqlite3.connect(office.places.state / "state.sqlite3")) as state:
        return {dossier for (dossier,) in state.execute("SELECT dossier FROM due")}


def is_told(office: Office, metric: str) -> bool:
    return metric in answer(office, "/metrics")[1]


def test_it_is_one_service_for_the_service_manager_metrics_and_commands(office: Office) -> None:
    office.workers, office.metrics_port = 2, free_port()
    office.notify = office.places.scratch / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(str(office.notify))
        told.settimeout(PATIENCE_S)
        service = office.start()
        before_ready = []
        while (text := told.recv(4096).decode()) != "READY=1":
            before_ready.append(text)
        assert len(workers_of(service.pid)) == 2
        while told.recv(4096) != b"WATCHDOG=1":
            pass
    wait_until_settled(office)

    assert answer(office, "/readyz") == (200, "ready\n")
    for worker in ("1", "2"):
        for metric in (
            f'dossierpost_tenants{{worker="{worker}"}}',
            f'dossierpost_worker_starts_total{{worker="{worker}"}} 1.0',
            f'dossierpost_items_total{{outcome="passed",stage="write",worker="{worker}"}}',
        ):
            wait_for(partial(is_told, office, metric), metric)
    asked = command(office.environment, "sync", "--all", "--json")
    assert asked == {"asked": len(office.listed.dossiers)}
    wait_for(lambda: not due(office), "both workers to list what they were asked to")
    assert command(office.environment, "status", "--json")["to_fetch"] == 0
    kill(workers_of(service.pid)[1])
    wait_for(lambda: answer(office, "/readyz")[0] == 503, "the lack to be noticed")
    assert "Worker 1" in answer(office, "/readyz")[1]
    wait_for(lambda: answer(office, "/readyz")[0] == 200, "a new worker", timeout_s=PATIENCE_S)
