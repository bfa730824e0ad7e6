"""Adding a hub asks a person for what only a person knows, and for nothing else."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from pipeline.app.hub_setup import HubAnswers, HubKind, Question, hub_kinds
from pipeline.cli.hub_questions import Given, ask, completed
from pipeline.domain.errors import ConfigurationError

KIND = HubKind(
    "codabox",
    "CodaBox",
    "Ask CodaBox for a token.",
    (
        Question("user", "User", "It is in the letter.", None, is_secret=False),
        Question("password", "Password", "", None, is_secret=True),
        Question("url", "Address", "", "https://hub.example", is_secret=False),
        Question("since", "First day", "When you began.", "", is_secret=False),
    ),
)


def asked(typed: str, given: Given, *, asks: bool = True) -> tuple[HubAnswers, str]:
    """The answers of a person who types these lines, and what the person sees."""
    app, answers = typer.Typer(), list[HubAnswers]()

    @app.command()
    def command() -> None:
        answers.append(completed(KIND, given, asks=asks))

    result = CliRunner().invoke(app, input=typed)
    assert result.exit_code == 0, result.output
    return answers[0], result.output


def test_a_person_is_told_what_to_ask_for_and_where_to_find_it() -> None:
    answers, seen = asked("office\nsecret\n\n\n\nbooks/coda\n\n", Given())

    assert answers.values == {"user": "office"}
    assert answers.secrets == {"password": "secret"}
    assert answers.locations == {"bank_statements": "books/coda"}
    assert "Ask CodaBox for a token." in seen
    assert "It is in the letter" in seen
    assert "Address" not in seen
    assert "secret" not in seen


def test_what_was_given_is_not_asked_for() -> None:
    given = Given(values={"user": "u", "since": ""}, secrets={"password": "p"}, office=True)

    answers, seen = asked("", given)

    assert answers.values == {"user": "u", "since": ""}
    assert answers.is_office
    assert "letter" not in seen


def test_nothing_is_asked_where_nobody_can_answer() -> None:
    answers, seen = asked("", Given(values={"user": "u"}), asks=False)

    assert answers.values == {"user": "u"}
    assert not seen


def test_options_are_pairs_and_secrets_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("  opens nothing \n")

    given = Given.of(
        ["url=https://hub.example/?a=b"],
        [f"password={tmp_path / 'secret'}"],
        ["bank_statements=books"],
        package="Winbooks",
        office=None,
    )

    assert given.values == {"url": "https://hub.example/?a=b"}
    assert given.secrets == {"password": "opens nothing"}
    assert given.answers().locations == {"bank_statements": "books"}
    assert "opens nothing" not in repr(given)


@pytest.mark.parametrize("option", ["user", "=value", ""])
def test_an_option_that_is_no_pair_is_told(option: str) -> None:
    with pytest.raises(ConfigurationError, match="name=value"):
        Given.of([option], None, None, package=None, office=None)


def test_a_secret_that_cannot_be_read_is_told() -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        Given.of(None, ["password=/nowhere"], None, package=None, office=None)


def test_the_kind_has_to_be_named_where_nobody_can_be_asked() -> None:
    with pytest.raises(ConfigurationError, match="codabox, e_invoice_be"):
        ask.kind(hub_kinds(), asks=False)
