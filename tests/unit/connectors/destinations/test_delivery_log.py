"""The delivery log: rotated by size, read in parts, and never believed when torn."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from pipeline.connectors.destinations.filesystem.delivery_log import DeliveryLog
from pipeline.connectors.destinations.filesystem.log_lines import (
    check_of,
    intent_line,
    parse_line,
    withdrawn_line,
)
from pipeline.domain.delivery import PlannedDelivery, PlannedFile
from pipeline.domain.documents import DocumentKey, DocumentKind
from pipeline.ports.disk import Folder
from pipeline.ports.state import LogMark
from pipeline.testing.sim_disk import SimDisk
from pipeline.testing.sim_volume import SimVolume

AT = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


@pytest.fixture
def disk() -> SimDisk:
    volume = SimVolume()
    volume.make_folders("/log")
    return SimDisk(volume)


@pytest.fixture
def folder(disk: SimDisk) -> Iterator[Folder]:
    with contextlib.closing(disk.open_folder("/log")) as folder:
        yield folder


def line(number: int) -> bytes:
    key = DocumentKey("hub", "dossier", f"document-{number}")
    file = PlannedFile(f"{key.digest}.{number}.0.part", "/in", "a.xml", "/in/a.xml", "00", 1)
    delivery = PlannedDelivery(key, DocumentKind.BANK_STATEMENT, AT, "00", 1, "books", (file,))
    return intent_line(delivery, boot_id="boot", at=AT)


def numbers(log: DeliveryLog, start: int = 0) -> list[str]:
    chunks = log.read(start, "books")
    return [row.key.document_id.removeprefix("document-") for each in chunks for row in each.rows]


def test_a_full_segment_is_followed_by_another(disk: SimDisk, folder: Folder) -> None:
    log = DeliveryLog(disk, folder, instance="one", segment_bytes=1000)

    marks = [log.append([line(number)]) for number in range(10)]

    assert len(log.segments()) > 1
    assert numbers(log) == [str(number) for number in range(10)]
    assert [mark.position for mark in marks] == sorted(mark.position for mark in marks)
    assert numbers(log, marks[6].position) == ["7", "8", "9"]
    assert all(log.compare(mark).was_restored is False for mark in marks)


def test_another_instance_goes_on_where_the_first_ended(disk: SimDisk, folder: Folder) -> None:
    first = DeliveryLog(disk, folder, instance="one")
    mark = first.append([line(1)])
    second = DeliveryLog(disk, folder, instance="two")

    second.append([line(2)])

    assert numbers(second) == ["1", "2"]
    assert second.compare(mark).start == mark.position


def test_a_segment_whose_flush_failed_is_not_written_again(disk: SimDisk, folder: Folder) -> None:
    log = DeliveryLog(disk, folder, instance="one")
    log.append([line(1)])
    [first] = log.segments()
    fail = [True]

    def step(call: str, name: str) -> None:
        if call == "fsync" and name == first.name and fail.pop():
            raise OSError(5, "simulated")

    disk._on_step = step
    with pytest.raises(OSError, match="simulated"):
        log.append([line(2)])
    log.append([line(3)])

    assert len(log.segments()) == 2
    assert numbers(log) == ["1", "2", "3"]


def test_long_logs_are_read_in_parts_that_end_in_a_mark(disk: SimDisk, folder: Folder) -> None:
    log = DeliveryLog(disk, folder, instance="one")
    end = log.append([line(number) for number in range(4500)])

    chunks = list(log.read(0, "books"))

    assert [len(chunk.rows) for chunk in chunks] == [2000, 2000, 500]
    assert chunks[-1].mark == end
    assert numbers(log, chunks[0].mark.position)[0] == "2000"


def test_what_is_withdrawn_later_is_left_out(disk: SimDisk, folder: Folder) -> None:
    log = DeliveryLog(disk, folder, instance="one")
    log.append([line(1), line(2)])
    stem = DocumentKey("hub", "dossier", "document-1").digest + ".1"
    log.append([withdrawn_line([stem], at=AT)])

    [chunk] = log.read(0, "books")

    assert [row.key.document_id for row in chunk.rows] == ["document-2"]
    assert chunk.withdrawn == {stem}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-1],
        lambda text: text[1:],
        lambda text: text.replace(b"document-1", b"document-2"),
        lambda text: text[: len(text) // 2],
        lambda _: b"",
        lambda _: b"\x00" * 200,
        lambda text: text + b" ",
    ],
    ids=["end", "begin", "altered", "half", "empty", "zeros", "longer"],
)
def test_a_line_that_is_not_whole_is_not_read(spoil: Callable[[bytes], bytes]) -> None:
    torn = spoil(line(1))

    assert check_of(torn) is None
    assert parse_line(torn, "books") is None


def test_ids_that_no_text_encoding_takes_come_back(disk: SimDisk, folder: Folder) -> None:
    key = DocumentKey("hub", "d", "\ud800 \n \x00 \u202e")
    file = PlannedFile("t", "/in", "a.xml", "k", "00", 1)
    delivery = PlannedDelivery(key, DocumentKind.OTHER, AT, "00", 1, "books", (file,))
    log = DeliveryLog(disk, folder, instance="one")

    log.append([intent_line(delivery, boot_id="boot", at=AT)])

    [chunk] = log.read(0, "books")
    assert [row.key for row in chunk.rows] == [key]


def test_an_empty_log_agrees_with_a_state_that_never_saw_one(disk: SimDisk, folder: Folder) -> None:
    log = DeliveryLog(disk, folder, instance="one")

    assert log.compare(None).start is None
    assert log.compare(LogMark(0, "")).start is None
