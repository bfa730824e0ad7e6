import io
import sys

import pytest
import structlog

from pipeline.app.logs import logged


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "in_colour", "has_colours"),
    [
        pytest.param(Terminal(), True, True, id="terminal"),
        pytest.param(Terminal(), False, False, id="terminal, no colours wanted"),
        pytest.param(io.StringIO(), True, False, id="file"),
    ],
)
def test_log_lines_have_colours_on_a_terminal_unless_none_are_wanted(
    stream: io.StringIO,
    in_colour: bool,
    has_colours: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)

    with logged(in_colour=in_colour):
        structlog.get_logger("pipeline.test").info("started")

    assert "started" in stream.getvalue()
    assert ("\x1b[" in stream.getvalue()) is has_colours


def test_log_lines_go_to_what_stands_before_standard_error_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    display = io.StringIO()

    with logged():
        monkeypatch.setattr(sys, "stderr", display)
        structlog.get_logger("pipeline.test").info("started")

    assert "started" in display.getvalue()
