import io

import pytest
from rich.console import Console

from pipeline.cli.progress import Progress, duration
from pipeline.engine.metrics import Snapshot, StageCounts


def snapshot(at: float, done: int, *, queued: int = 0, errors: int = 0, later: int = 0) -> Snapshot:
    """A line of two stages and the one that records what is rejected."""
    stages = (
        StageCounts("download", passed=done + errors, retried=2),
        StageCounts("write", passed=done, rejected=errors, postponed=later),
        StageCounts("reject", passed=errors),
    )
    return Snapshot(
        at=at, stages=stages, queued=queued, in_flight=0, in_flight_bytes=0, tenants=3,
        passes_running=1, completed=done,
    )  # fmt: skip


def shown(progress: Progress, *, colours: bool = False, width: int = 80) -> str:
    console = Console(
        file=io.StringIO(), width=width, force_terminal=colours, legacy_windows=False,
        color_system="standard" if colours else None,
    )  # fmt: skip
    console.print(progress.view())
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def row(text: str, stage: str) -> list[str]:
    return next(line.split()[1:] for line in text.splitlines() if line.split()[:1] == [stage])


def test_before_anything_is_listed_there_is_one_line() -> None:
    progress = Progress()
    progress.note(snapshot(0, 0))

    assert shown(progress) == "Waiting for documents ...\n"
    assert not progress.has_begun


def test_each_stage_has_what_waits_what_is_done_and_its_errors() -> None:
    progress = Progress()
    progress.note(snapshot(0, 0))
    progress.note(snapshot(2, 1200, queued=300, errors=4))

    text = shown(progress)

    assert row(text, "list") == ["0", "1", "1,504", "752", "0"]
    assert row(text, "download") == ["300", "0", "1,204", "602", "0"]
    assert row(text, "write") == ["0", "0", "1,200", "600", "4"]
    assert "1,200 of 1,504 forwarded · 4 errors · 2 tried again · 3 dossiers · 2.0 s" in text


def test_rates_are_of_a_second_and_stand_still_between_two_of_them() -> None:
    progress = Progress()
    progress.note(snapshot(0, 0))
    progress.note(snapshot(1, 100))
    progress.note(snapshot(1.5, 1000))

    assert row(shown(progress), "write")[3] == "100"

    progress.note(snapshot(2, 1100))
    assert row(shown(progress), "write")[3] == "1,000"


def test_at_the_end_rates_are_of_the_whole_run() -> None:
    progress = Progress()
    progress.note(snapshot(0, 0))
    progress.note(snapshot(1, 100))
    progress.note(snapshot(4, 1000))
    progress.finish()

    assert row(shown(progress), "write")[3] == "250"


@pytest.mark.parametrize("width", [80, 120])
def test_the_view_keeps_its_height_and_fits(width: int) -> None:
    progress = Progress(total=10_000_000)
    progress.note(snapshot(0, 1))
    first = shown(progress, width=width).splitlines()
    progress.note(snapshot(7000, 9_000_000, queued=900_000, errors=50_000, later=50_000))
    second = shown(progress, width=width).splitlines()

    assert len(second) == len(first)
    assert max(len(line.rstrip()) for line in second) <= width


def test_the_bar_shows_forwarded_errors_and_what_is_left_for_later_in_their_colours() -> None:
    progress = Progress(total=100)
    progress.note(snapshot(0, 50, errors=10, later=20, queued=20))

    text = shown(progress, colours=True)

    bar = next(line for line in text.splitlines() if "━" in line)
    assert [bar.count(f"\x1b[{colour}m") for colour in (32, 31, 33, 90)] == [1, 1, 1, 1]
    assert bar.count("━") == 67


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.0 s"), (59.94, "59.9 s"), (60, "1 min 0 s"), (185, "3 min 5 s"), (7800, "2 h 10 min")],
)
def test_durations_are_told_in_words(seconds: float, text: str) -> None:
    assert duration(seconds) == text
