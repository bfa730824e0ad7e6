"""What ``dossierpost hubs add`` asks for: in options, or of a person at a terminal."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pipeline.cli.output import say
from pipeline.domain.documents import Location
from pipeline.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from pipeline.app.hub_setup import HubAnswers, HubKind, Question

_STANDARD_INPUT = "-"


@dataclass(slots=True)
class Given:
    """Answers as they come in."""

    values: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    locations: dict[str, str] = field(default_factory=dict)
    package: str | None = None
    office: bool | None = None

    @classmethod
    def of(
        cls,
        values: Iterable[str] | None,
        secret_files: Iterable[str] | None,
        locations: Iterable[str] | None,
        *,
        package: str | None,
        office: bool | None,
    ) -> "Given":
        """Read options of the form name=value.

        Raises:
            ConfigurationError: one has another form, or a file of a secret cannot be read.
        """
        files = dict(map(_pair, secret_files or ()))
        return cls(
            dict(map(_pair, values or ())),
            {name: _read_secret(path) for name, path in files.items()},
            dict(map(_pair, locations or ())),
            package,
            office,
        )

    def answers(self) -> "HubAnswers":
        """The same, as the application takes it."""
        from pipeline.app.hub_setup import HubAnswers

        return HubAnswers(
            values=self.values,
            secrets=self.secrets,
            package=self.package,
            locations=self.locations,
            is_office=self.office,
        )


def completed(kind: "HubKind", given: Given, *, asks: bool) -> "HubAnswers":
    """The answers for a kind of hub; a person is asked for what was not given."""
    if asks:
        say(f"{kind.title}. {kind.guide}".strip())
        for question in kind.questions:
            if question.name not in given.values and question.name not in given.secrets:
                ask.setting(question, given)
        if not given.office and not given.locations:
            ask.locations(given)
    return given.answers()


class Asking:
    """Questions at a terminal; they go to standard error, so that output stays data."""

    def is_possible(self) -> bool:
        """Whether a person can answer."""
        return sys.stdin.isatty()

    def kind(self, kinds: "Sequence[HubKind]", *, asks: bool) -> str:
        """Which kind of hub."""
        known = ", ".join(each.name for each in kinds)
        if not asks:
            raise ConfigurationError(f"Name the kind of hub. There are: {known}.")
        say(f"Kinds of hubs: {known}")
        return str(typer.prompt("Kind", err=True))

    def setting(self, question: "Question", given: Given) -> None:
        """A setting that has no default, is secret, or is found in a certain place."""
        if question.default is not None and not question.is_secret and not question.hint:
            return
        text = f"{question.title}. {question.hint}".strip().removesuffix(".")
        answer = str(
            typer.prompt(text, default=question.default, hide_input=question.is_secret, err=True)
        )
        if answer != question.default:
            (given.secrets if question.is_secret else given.values)[question.name] = answer

    def locations(self, given: Given) -> None:
        """Where documents go of dossiers that the office has none of its own of."""
        say("Folders for dossiers that the office's own hub does not have; empty for none:")
        for location in Location:
            text = f"Folder for {location.words}, such as books/[accounting_file_id]"
            if answer := str(typer.prompt(text, default="", show_default=False, err=True)):
                given.locations[location.value] = answer


ask = Asking()


def _pair(option: str) -> tuple[str, str]:
    name, is_pair, value = option.partition("=")
    if not name or not is_pair:
        raise ConfigurationError(f"{option!r} is not written as name=value.")
    return name, value


def _read_secret(path: str) -> str:
    try:
        text = sys.stdin.read() if path == _STANDARD_INPUT else Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The secret in {path} cannot be read: {error}.") from error
    return text.strip()
