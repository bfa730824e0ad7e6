"""What supervisor and workers tell each other: one JSON line a message."""

import json
from typing import TypeVar

import msgspec

LONGEST_LINE = 8 * 1024 * 1024


class Ready(msgspec.Struct, tag="ready", frozen=True):
    """The worker has recovered what was left, and begins."""


class Beat(msgspec.Struct, tag="beat", frozen=True):
    """How a worker is: whether its line moves, why it cannot work, and its metrics."""

    moves: bool
    problems: list[str]
    exposition: str


class Pushed(msgspec.Struct, tag="pushed", frozen=True):
    """A hub pushed that a dossier, or any of its dossiers, may have news; for the other workers."""

    hub: str
    dossier: str | None


class Wanted(msgspec.Struct, tag="wanted", frozen=True):
    """The worker has documents for folders below a root."""

    root: str


class Recovered(msgspec.Struct, tag="recovered", frozen=True):
    """Everything that was left below a root is settled: workers may deliver there."""

    root: str


class Refused(msgspec.Struct, tag="refused", frozen=True):
    """Why nobody may deliver below a root now."""

    root: str
    problem: str


class Stop(msgspec.Struct, tag="stop", frozen=True):
    """Finish what is under way, then end."""


FromWorker = Ready | Beat | Pushed | Wanted
ToWorker = Recovered | Refused | Pushed | Stop
M = TypeVar("M")


def encoded(message: FromWorker | ToWorker) -> bytes:
    """The line of a message; text may hold what no encoding has, such as half a character."""
    return json.dumps(msgspec.to_builtins(message)).encode("ascii") + b"\n"


def decoded(line: bytes, kinds: type[M]) -> M:
    """The message of a line; raises `ValueError` for anything else."""
    return msgspec.convert(json.loads(line), kinds)
