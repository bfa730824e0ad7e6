"""The command line as scripts and people use it: processes, their exit codes, their output."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec

PROGRAM = str(Path(sys.executable).with_name("dossierpost"))
PATIENCE_S = 60.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that ended."""

    code: int
    stdout: str
    stderr: str

    def json(self, form: type[T]) -> T:
        """The one JSON document on stdout; every key is in ``form``, every key of it is there."""
        assert self.stdout.count("\n") == 1, self
        return msgspec.json.decode(self.stdout, type=form)


@dataclass(slots=True)
class Running:
    """A command that runs; its stderr goes to a file, so that it can be read meanwhile."""

    process: subprocess.Popen[str]
    errors: Path

    @property
    def stderr(self) -> str:
        return self.errors.read_text(encoding="utf-8")

    def first_line(self) -> str:
        """The first line of stdout; waits for it."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def end(self, number: signal.Signals) -> Finished:
        """Send a signal, and wait until the process ended."""
        self.process.send_signal(number)
        return self.finish()

    def finish(self) -> Finished:
        """Wait until the process ended."""
        stdout, _ = self.process.communicate(timeout=PATIENCE_S)
        return Finished(self.process.returncode, stdout, self.stderr)


@dataclass(slots=True)
class CommandLine:
    """Runs commands in a folder, with settings and nothing else of this machine's environment."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        """The variables of a command."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "DOSSIERPOST_STATE_DIR": str(self.folder / "state"),
            "DOSSIERPOST_METRICS_PORT": "0",
            **self.settings,
            **more,
        }

    def run(self, *arguments: str, program: str = PROGRAM, **variables: str) -> Finished:
        """Run a command to its end."""
        ended = subprocess.run(
            [program, *arguments],
            check=False,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            cwd=self.folder,
            env=self.environment(variables),
        )
        return Finished(ended.returncode, ended.stdout, ended.stderr)

    @contextmanager
    def running(self, *arguments: str, **variables: str) -> Iterator[Running]:
        """A command that runs while the context lasts; what still runs then is ended."""
        errors = self.folder / f"{arguments[0]}.stderr"
        with (
            errors.open("w", encoding="utf-8") as stderr,
            subprocess.Popen(
                [PROGRAM, *arguments],
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                cwd=self.folder,
                env=self.environment(variables),
            ) as process,
        ):
            try:
                yield Running(process, errors)
            finally:
                if process.poll() is None:
                    process.kill()


def until(is_so: Callable[[], object], what: str) -> None:
    """Wait until something is so."""
    ends_at = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < ends_at, f"still not so: {what}"
        time.sleep(0.02)


@dataclass(frozen=True, slots=True)
class Inbox:
    """A directory tree as hub, with one dossier, and the books that its documents go to."""

    folder: Path

    @property
    def settings(self) -> dict[str, str]:
        """What an installation with this hub is configured with."""
        return {
            "DOSSIERPOST_HUB_FOLDER": str(self.folder / "inbox"),
            "DOSSIERPOST_ROOT": str(self.folder / "root"),
            "DOSSIERPOST_FEED_SECONDS": "1",
        }

    def make(self) -> None:
        """Make the folders, and link the dossier."""
        (self.folder / "inbox" / "baker").mkdir(parents=True)
        (self.folder / "root" / "books").mkdir(parents=True)
        package = {
            "id": "p",
            "name": "Winbooks",
            "locations": {"other_documents": "books/[accounting_file_id]"},
        }
        dossier = {
            "folder": "baker",
            "enterprise_name": "The baker",
            "accounting_file_id": "001",
            "package": "p",
        }
        (self.folder / "inbox" / "dossiers.json").write_text(
            json.dumps({"packages": [package], "dossiers": [dossier]})
        )

    def receive(self, name: str, text: str) -> None:
        """Let a document arrive that nobody writes to any more."""
        path = self.folder / "inbox" / "baker" / name
        path.write_text(text)
        hour_ago = path.stat().st_mtime - 3600
        os.utime(path, (hour_ago, hour_ago))

    def placed(self) -> list[str]:
        """The content of every file in the books."""
        books = (self.folder / "root" / "books").rglob("*")
        return sorted(
            path.read_text()
            for path in books
            if path.is_file() and ".dossierpost" not in path.parts
        )
