"""Bench: an installation, its hub and its importing program; every case begins from the same."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from pipeline.domain.documents import DocumentKey
from pipeline.testing.auditor import Acknowledged, Violation, audit
from tests.crash.documents import Listed, six_documents
from tests.crash.findings import Findings
from tests.crash.hub import CREDENTIALS, HubProcess, fill_hub, start_hub
from tests.crash.importer import Importer, undo_own_deletions
from tests.crash.life import REACHED, Environment, Told, live, warm_up
from tests.crash.places import Places
from tests.crash.processes import Child, fork, watch_child

_LIVES = 5
"""Passes that a case may need after the last crash; one is usual."""

Act = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Setup:
    """How a case is set up; ``is_first_start``: nothing was ever opened before.

    The state and the importing program's database may lie on another volume than the inboxes.
    ``may_repeat`` says that this set-up has the window in which a power cut may repeat a document.
    """

    is_eager: bool = True
    is_first_start: bool = False
    flush: str = "files"
    state_elsewhere: bool = False
    importer_elsewhere: bool = False
    may_repeat: bool = False
    on_uncertain: str = "redeliver"
    planted: str | None = None

    def __str__(self) -> str:
        words = {
            "eager" if self.is_eager else "lazy": True,
            self.flush: True,
            "first start": self.is_first_start,
            "state elsewhere": self.state_elsewhere,
            "importer elsewhere": self.importer_elsewhere,
            self.on_uncertain: self.on_uncertain != "redeliver",
            self.planted: self.planted is not None,
        }
        return ", ".join(str(word) for word, holds in words.items() if holds)


@dataclass(frozen=True, slots=True)
class Point:
    """The ``number``-th time in a life that something happens, counted from 1.

    ``name`` is that of a system call, counted over all threads, or of a fault point.
    """

    name: str
    number: int
    is_fault_point: bool = False

    def __str__(self) -> str:
        return f"{self.name} {self.number}"


class Audited(NamedTuple):
    """What an audit found; ``repeated`` counts files placed twice where that is allowed."""

    violations: Sequence[Violation | str]
    repeated: int


@dataclass(slots=True)
class Case:
    """A case under way; the methods are what happens to it, in any order."""

    setup: Setup
    places: Places
    hub: HubProcess
    listed: Listed
    acknowledged: list[Acknowledged] = field(default_factory=list)
    may_repeat: set[DocumentKey] = field(default_factory=set)
    _importer: Importer | None = None

    @property
    def findings(self) -> Findings:
        """What an auditor finds."""
        return Findings(self.places, self.listed)

    def live(self, point: Point | None = None, cut: Act = lambda: None) -> bool:
        """Let the pipeline live until ``point``, or one pass; whether it was ended at the point.

        At the point all threads are stopped, so that none can act when the power is gone. An
        eager importing program takes what is visible, then ``cut`` happens, then comes the kill.
        """

        def end(child: Child) -> None:
            child.freeze()
            self._look_eagerly()
            cut()
            child.kill()

        if point is None:
            self._start().must_be_well()
            return False
        if point.is_fault_point:
            return self._live_until_fault(point, end)
        return self._live_until_call(point, end)

    def look(self) -> None:
        """After an end: let an eager importer look, then compare what the hub was told."""
        self._look_eagerly()
        self.acknowledged += self.findings.acknowledged()

    def power_returns(self) -> None:
        """After a power cut, when the volumes can be read again."""
        start_machine(self.places)
        undo_own_deletions(self.places.imported, self.listed.inboxes(self.places.root))
        if self.setup.may_repeat:
            self.may_repeat |= self.findings.in_window()
        self.start_importer()

    def start_importer(self) -> None:
        """Start the importing program, with what it has on record."""
        self.stop_importer()
        self._importer = Importer(
            self.listed.inboxes(self.places.root),
            self.places.imported,
            self.places.log,
            is_eager=self.setup.is_eager,
        )

    def stop_importer(self) -> None:
        """End the importing program, whatever it does."""
        if self._importer is not None:
            self._importer.stop()
            self._importer = None

    def _look_eagerly(self) -> None:
        if self.setup.is_eager:
            self._sweep()

    def _sweep(self) -> None:
        if self._importer is not None:
            self._importer.sweep()

    def finish(self) -> Audited:
        """Restart until the hub has an answer for every document, then audit."""
        for _ in range(_LIVES):
            self.live()
            if self.findings.is_settled():
                break
        self._sweep()
        self.acknowledged += self.findings.acknowledged()
        owed, placed = self.findings.owed(), self.findings.placed()
        check = partial(audit, owed, placed, self.acknowledged, errors=self.findings.held())
        violations = check(may_repeat=self.may_repeat)
        return Audited(violations, len(check()) - len(violations))

    def told(self) -> Told:
        """What a life tells that nobody ends."""
        return Told(*self._start().told())

    def calls(self) -> list[str]:
        """The system calls of a life that nobody ends, in their order."""
        names: list[str] = []

        def note(name: str) -> bool:
            names.append(name)
            return True

        child = self._start(is_watched=True)
        watch_child(child, note)
        child.must_be_well()
        return names

    def _live_until_fault(self, point: Point, end: Callable[[Child], None]) -> bool:
        child = self._start(last=(point.name, point.number))
        is_reached = child.hear() == REACHED
        if is_reached:
            end(child)
            child.wait()
        else:
            child.must_be_well()
        return is_reached

    def _live_until_call(self, point: Point, end: Callable[[Child], None]) -> bool:
        child = self._start(is_watched=True)
        left = point.number

        def on_call(name: str) -> bool:
            nonlocal left
            left -= name == point.name
            if left:
                return True
            end(child)
            return False

        watch_child(child, on_call)
        if left:
            child.must_be_well()
        return not left

    def _start(self, last: tuple[str, int] | None = None, *, is_watched: bool = False) -> Child:
        main = partial(
            live,
            environment=self._environment(),
            boot_id=self.places.boot_id,
            last=last,
            planted=self.setup.planted,
        )
        return fork(main, self.places.log, is_watched=is_watched)

    def _environment(self) -> Environment:
        return {
            "DOSSIERPOST_HUB_URL": self.hub.url,
            "DOSSIERPOST_HUB_CLIENT_ID": CREDENTIALS.client_id,
            "DOSSIERPOST_HUB_CLIENT_SECRET": CREDENTIALS.client_secret,
            "DOSSIERPOST_STATE_DIR": str(self.places.state),
            "DOSSIERPOST_ROOT": str(self.places.root),
            "DOSSIERPOST_FLUSH": self.setup.flush,
            "DOSSIERPOST_ON_UNCERTAIN": self.setup.on_uncertain,
            "DOSSIERPOST_MIN_FREE_BYTES": "0",
            "DOSSIERPOST_VALIDATE_WORKERS": "0",
        }


class Bench:
    """Prepares the template once, and a fresh copy of it for every case.

    ``places_of`` tells where the parts of a case lie, ``settle`` makes what was copied durable.
    """

    def __init__(self, places_of: Callable[[Setup], Places], settle: Act = lambda: None) -> None:
        self._places_of = places_of
        self._settle = settle

    def prepare(self) -> None:
        """Start an installation with an empty hub once, so that cases need not."""
        setup, listed = Setup(is_eager=False), six_documents()
        places = self._places_of(setup)
        _clear(places)
        fill_hub(places.hub, places.log, listed.dossiers, [])
        with self._open(setup) as case:
            warm_up(case.told().modules)
        fill_hub(places.hub, places.log, [], listed.documents)
        for name, folder in _copied(places).items():
            _copy(folder, places.template / name)
        with self.case(setup) as case:
            warm_up(case.told().modules)

    @contextmanager
    def case(self, setup: Setup) -> Iterator[Case]:
        """A case that has just been set up; its processes end with the context."""
        places = self._places_of(setup)
        _clear(places)
        for name, folder in _copied(places).items():
            if name == "hub" or not setup.is_first_start:
                _copy(places.template / name, folder)
        with self._open(setup) as case:
            yield case

    @contextmanager
    def _open(self, setup: Setup) -> Iterator[Case]:
        places = self._places_of(setup)
        start_machine(places)
        (places.root / "books").mkdir(parents=True, exist_ok=True)
        self._settle()
        hub = start_hub(places.hub, places.log)
        try:
            case = Case(setup, places, hub, six_documents())
            case.start_importer()
            try:
                yield case
            finally:
                case.stop_importer()
        finally:
            hub.stop()


def start_machine(places: Places) -> None:
    """From now on processes see that the machine was started anew."""
    places.boot_id.write_text(uuid4().hex, encoding="ascii")


def _copied(places: Places) -> dict[str, Path]:
    return {"hub": places.hub, "state": places.state, "root": places.root}


def _clear(places: Places) -> None:
    for folder in _copied(places).values():
        shutil.rmtree(folder, ignore_errors=True)
    for file in (places.log, *_database_files(places.imported)):
        file.unlink(missing_ok=True)


def _database_files(database: Path) -> list[Path]:
    return [database.with_name(database.name + end) for end in ("", "-journal", "-wal", "-shm")]


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, copy_function=_copy_file, dirs_exist_ok=True)


def _copy_file(source: str, target: str) -> None:
    """The ballast of the state is large, never changed, and sound to share where that works."""
    if source.endswith("ballast"):
        try:
            os.link(source, target)
        except OSError:
            return
    else:
        shutil.copy2(source, target)
