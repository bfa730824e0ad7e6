"""Logging set-up: levels, other libraries, and a stream that does not take its lines."""

import io
import logging
import os
import threading
import warnings

import pytest
import structlog

from pipeline.connectors import logs
from pipeline.connectors.logs import logging_to


def log() -> structlog.stdlib.BoundLogger:
    logger: structlog.stdlib.BoundLogger = structlog.get_logger("pipeline.test")
    return logger


def test_only_lines_of_the_chosen_level_are_written() -> None:
    stream = io.StringIO()

    with logging_to(stream, level="warning"):
        log().info("quiet")
        log().warning("heard")

    assert "heard" in stream.getvalue()
    assert "quiet" not in stream.getvalue()


def test_other_libraries_are_heard_from_warnings_on_even_at_debug() -> None:
    stream = io.StringIO()

    with logging_to(stream, level="debug"):
        log().debug("ours")
        logging.getLogger("aiohttp").info("chatter")
        logging.getLogger("aiohttp").warning("trouble", extra={"port": 80})
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("old name", stacklevel=1)

    text = stream.getvalue()
    assert "ours" in text
    assert "chatter" not in text
    assert "trouble port=80" in text
    assert "old name" in text


def test_bound_context_is_on_every_line() -> None:
    stream = io.StringIO()

    with logging_to(stream), structlog.contextvars.bound_contextvars(hub="native"):
        log().info("listed", count=3)

    assert "listed count=3 hub=native" in stream.getvalue()


def test_a_plain_stream_gets_no_colours() -> None:
    stream = io.StringIO()

    with logging_to(stream):
        log().error("bad")

    assert "\x1b" not in stream.getvalue()


def test_logging_is_as_it_was_afterwards() -> None:
    before = (logging.getLogger().level, logging.getLogger().handlers[:])

    with logging_to(io.StringIO()):
        pass

    assert (logging.getLogger().level, logging.getLogger().handlers) == before


def test_a_stream_that_takes_nothing_stalls_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_QUEUED_LINES", 20)
    monkeypatch.setattr(logs, "_CLOSE_SECONDS", 0.05)
    reading, writing = os.pipe()
    os.set_blocking(writing, True)
    with os.fdopen(reading, "rb") as reader, os.fdopen(writing, "w") as stream:
        with logging_to(stream) as status:
            for _ in range(200):
                log().info("line", reason="x" * 1000)
        dropped = status.dropped
        threading.Thread(target=reader.read, daemon=True).start()

    assert 0 < dropped < 200


def test_a_closed_stream_is_counted_and_not_raised() -> None:
    stream = io.StringIO()

    with logging_to(stream) as status:
        stream.close()
        log().info("lost")

    assert status.dropped == 1


def test_an_event_that_cannot_be_formatted_is_counted_and_not_shown() -> None:
    stream = io.StringIO()

    with logging_to(stream) as status:
        logging.getLogger("other").error("%d", "not a number")

    assert status.dropped == 1
    assert stream.getvalue() == ""
