"""Documents to look at: files, folders, zip archives, standard input; one in memory at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from pipeline.app.archives import NotReadable, is_archive, members_of

STANDARD_INPUT = "-"
SUFFIXES = frozenset({".xml", ".cod", ".coda", ".zip"})
"""What is taken from a folder; a file that is named is taken whatever it is called."""

_START_BYTES = 4


@dataclass(frozen=True, slots=True)
class Input:
    """One document, or why there is none: one of ``body`` and ``refused``."""

    name: str
    body: bytes | None = field(default=None, repr=False)
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Inputs:
    """Reads documents of at most ``max_bytes`` each."""

    max_bytes: int
    standard_input: BinaryIO

    def read(self, paths: Sequence[str]) -> Iterator[Input]:
        """Every document there is, in the order of the paths; folders by name, at any depth."""
        for path in paths:
            if path == STANDARD_INPUT:
                yield from self._read("standard input", self.standard_input)
            elif Path(path).is_dir():
                for file in _files_in(Path(path)):
                    yield from self._file(file)
            else:
                yield from self._file(Path(path))

    def _file(self, path: Path) -> Iterator[Input]:
        try:
            with path.open("rb") as file:
                yield from self._read(str(path), file)
        except OSError as error:
            yield Input(str(path), refused=f"It cannot be read: {error.strerror}.")

    def _read(self, name: str, file: BinaryIO) -> Iterator[Input]:
        start = file.read(_START_BYTES)
        if is_archive(start):
            yield from self._members(name, start, file)
            return
        body = start + file.read(self.max_bytes)
        if len(body) > self.max_bytes:
            yield Input(name, refused=f"It has more than {self.max_bytes} bytes.")
        else:
            yield Input(name, body)

    def _members(self, name: str, start: bytes, file: BinaryIO) -> Iterator[Input]:
        """What is in an archive; one that comes through a pipe is read first."""
        if not file.seekable():
            packed = start + file.read(self.max_bytes)
            if len(packed) > self.max_bytes:
                yield Input(name, refused=f"It has more than {self.max_bytes} bytes.")
                return
            file = BytesIO(packed)
        try:
            for member in members_of(file, self.max_bytes):
                yield Input(f"{name}/{member.name}", member.body, member.refused)
        except NotReadable as error:
            yield Input(name, refused=str(error))


def _files_in(folder: Path) -> Iterator[Path]:
    """Visible files with a known suffix; links are not followed, so that no tree is endless."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.is_symlink():
            continue
        if path.is_dir():
            yield from _files_in(path)
        elif path.suffix.lower() in SUFFIXES:
            yield path
