"""The service against a hub, both as processes of the program: killed, stopped, refused."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.cli.exits import Exit
from pipeline.testing.auditor import audit
from tests.crash.documents import many_documents, six_documents
from tests.crash.places import Places
from tests.crash.processes import wait_for
from tests.crash.service import Office, ask_to_stop, environment_of, open_office, sync_once

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

DOCUMENTS = 2500  # more than what may be under way at once
NOBODY_LISTENS = "http://127.0.0.1:9"


@pytest.fixture
def busy_office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path, many_documents(DOCUMENTS)) as office:
        yield office


@pytest.fixture
def quiet_office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path, six_documents()) as office:
        yield office


def statuses(office: Office) -> set[str]:
    return set(office.findings.rows().values())


def test_a_service_that_is_killed_again_and_again_places_every_document_once(
    busy_office: Office,
) -> None:
    office = busy_office

    for files in (1, DOCUMENTS // 4, DOCUMENTS // 2):
        service = office.start()
        office.wait_for_files(files, service)
        service.kill()
        service.wait()
    last = office.start()
    wait_for(office.findings.is_settled, "the hub to hear of every document")
    ask_to_stop(last)

    assert last.wait(10) == Exit.DONE
    findings = office.findings
    assert audit(findings.owed(), findings.placed(), findings.acknowledged()) == []
    assert statuses(office) == {"acked", "error"}


def test_a_stop_under_load_ends_within_ten_seconds_and_leaves_nothing_unfinished(
    busy_office: Office,
) -> None:
    service = busy_office.start()
    busy_office.wait_for_files(1, service)

    began = time.monotonic()
    ask_to_stop(service)

    assert service.wait(20) == Exit.DONE
    assert time.monotonic() - began < 10
    assert "intent" not in statuses(busy_office)
    assert not busy_office.findings.is_settled(), "it was to be stopped in the middle"


def test_a_second_service_on_the_same_state_is_refused(quiet_office: Office) -> None:
    first = quiet_office.start()
    quiet_office.wait_for_files(1, first)

    second = quiet_office.start()

    assert second.wait(20) == Exit.NOT_OWNER
    assert first.poll() is None


def test_wrong_settings_are_refused_before_anything_is_done(tmp_path: Path) -> None:
    wrong = {**environment_of(Places.below(tmp_path), NOBODY_LISTENS), "DOSSIERPOST_FLUSH": "now"}

    assert sync_once(wrong) == Exit.NOTHING_DONE
    assert list(tmp_path.iterdir()) == []


def test_a_hub_that_does_not_answer_is_told_by_the_exit_code(tmp_path: Path) -> None:
    assert sync_once(environment_of(Places.below(tmp_path), NOBODY_LISTENS)) == (
        Exit.HUB_UNREACHABLE
    )
