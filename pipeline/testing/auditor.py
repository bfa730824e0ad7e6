"""Auditor: one independent check of what was delivered, for simulations and for real crashes.

It trusts nothing the pipeline says of itself: it compares what the hub listed with what importing
programs took and what lies in the folders, by content.
"""

import enum
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from pipeline.domain.documents import DocumentKey


class Fault(enum.StrEnum):
    """The five ways to break the promise."""

    LOST = "lost"
    TWICE = "twice"
    PARTIAL = "partial"
    NOT_DURABLE = "acknowledged but not durable"
    WRONG_FOLDER = "wrong folder"


@dataclass(frozen=True, slots=True)
class Owed:
    """A file that a listed document owes to a folder; contents are unique over all documents."""

    key: DocumentKey
    sha256: str
    folder: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A file that an importing program took, or that lies in an inbox now."""

    folder: str
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The hub was told of a document; ``was_durable``: a power cut would not have lost it then."""

    key: DocumentKey
    was_durable: bool


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken promise."""

    fault: Fault
    text: str

    def __str__(self) -> str:
        return f"{self.fault}: {self.text}"


def audit(
    owed: Sequence[Owed],
    placed: Sequence[Placed],
    acknowledged: Iterable[Acknowledged] = (),
    *,
    errors: Collection[DocumentKey] = (),
    may_repeat: Collection[DocumentKey] = (),
    foreign: Collection[str] = (),
) -> list[Violation]:
    """Return every violation, none when the promise was kept.

    ``errors`` are the documents a person is shown as Error: they need not be placed.
    ``may_repeat`` are documents that were in the one window in which a repetition is allowed.
    ``foreign`` are digests of files that others put into the folders.
    """
    by_content = {file.sha256: file for file in owed}
    counts = Counter(file.sha256 for file in placed)
    return [
        *_partial(placed, by_content.keys() | set(foreign)),
        *_misplaced(placed, by_content),
        *_repeated(owed, counts, may_repeat),
        *_lost(owed, counts, errors),
        *_not_durable(acknowledged),
    ]


def _partial(placed: Iterable[Placed], known: Collection[str]) -> Iterable[Violation]:
    for file in placed:
        if file.sha256 not in known:
            yield Violation(Fault.PARTIAL, f"{file.folder}/{file.name} is no document of the hub")


def _misplaced(placed: Iterable[Placed], by_content: dict[str, Owed]) -> Iterable[Violation]:
    for file in placed:
        owner = by_content.get(file.sha256)
        if owner is not None and owner.folder != file.folder:
            yield Violation(
                Fault.WRONG_FOLDER, f"{owner.key} is in {file.folder}, not in {owner.folder}"
            )


def _repeated(
    owed: Iterable[Owed], counts: Counter[str], may_repeat: Collection[DocumentKey]
) -> Iterable[Violation]:
    for file in owed:
        if counts[file.sha256] > 1 and file.key not in may_repeat:
            yield Violation(Fault.TWICE, f"{file.key} was placed {counts[file.sha256]} times")


def _lost(
    owed: Iterable[Owed], counts: Counter[str], errors: Collection[DocumentKey]
) -> Iterable[Violation]:
    for file in owed:
        if not counts[file.sha256] and file.key not in errors:
            yield Violation(Fault.LOST, f"{file.key} is in no folder and is not shown as Error")


def _not_durable(acknowledged: Iterable[Acknowledged]) -> Iterable[Violation]:
    for told in acknowledged:
        if not told.was_durable:
            yield Violation(Fault.NOT_DURABLE, f"{told.key} was told to the hub too early")
