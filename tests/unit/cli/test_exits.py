import sys
from collections.abc import Callable

import pytest
import typer

from pipeline.cli import main as command
from pipeline.domain.errors import (
    AnotherInstance,
    ConfigurationError,
    CredentialsRejected,
    DestinationUnavailable,
    HubUnavailable,
)


@pytest.fixture
def failing_with(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Makes the program one whose only command fails."""

    def become(error: BaseException) -> None:
        app = typer.Typer(pretty_exceptions_enable=False)

        @app.callback(invoke_without_command=True)
        def fail() -> None:
            raise error

        monkeypatch.setattr(command, "program_for", lambda _words: app)
        monkeypatch.setattr(sys, "argv", ["dossierpost"])

    return become


@pytest.mark.parametrize(
    "outcome",
    [
        pytest.param((ConfigurationError("Set it."), 2, "Set it.\n"), id="configuration"),
        pytest.param((HubUnavailable("No answer."), 4, "No answer.\n"), id="hub"),
        pytest.param(
            (CredentialsRejected("Refused."), 5, "Refused.\nTo sign in: dossierpost login\n"),
            id="login",
        ),
        pytest.param((AnotherInstance("Stop it."), 6, "Stop it.\n"), id="another instance"),
        pytest.param((DestinationUnavailable("Full."), 75, "Full.\n"), id="later"),
        pytest.param((KeyboardInterrupt(), 130, ""), id="interrupted"),
    ],
)
def test_what_went_wrong_is_a_sentence_and_an_exit_code(
    failing_with: Callable[[BaseException], None],
    outcome: tuple[BaseException, int, str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    error, code, told = outcome
    failing_with(error)

    with pytest.raises(SystemExit) as ended:
        command.main()

    assert ended.value.code == code
    assert capsys.readouterr() == ("", told)


def test_a_fault_of_the_program_has_its_traceback_and_a_code_of_its_own(
    failing_with: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str]
) -> None:
    failing_with(ZeroDivisionError("of all things"))

    with pytest.raises(SystemExit) as ended:
        command.main()

    assert ended.value.code == 70
    shown = capsys.readouterr()
    assert "ZeroDivisionError: of all things" in shown.err
    assert shown.out == ""
