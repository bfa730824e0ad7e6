"""What the scripts share beside the job: arguments, files, a clock, one line of JSON."""

import argparse
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec

from benchmarks.machine import measured

HEADERS = {"Authorization": "Bearer token"}
AT_A_TIME = 16


@dataclass(frozen=True, slots=True)
class Job:
    """A hub with everything to fetch, and the folder that has one folder a dossier."""

    url: str
    folder: Path
    is_durable: bool

    def dossiers_url(self, after: str | None = None) -> str:
        """The listing of dossiers; the answer's ``next`` is the following ``after``."""
        return f"{self.url}/v1/dossiers" + (f"?after={after}" if after else "")

    def listing_url(self, dossier: str) -> str:
        """The documents of a dossier, all in one answer."""
        return f"{self.url}/v1/dossiers/{dossier}/documents"

    def content_url(self, document: str) -> str:
        """The bytes of a document."""
        return f"{self.url}/v1/documents/{document}/content"

    @property
    def status_url(self) -> str:
        """Where statuses are told."""
        return f"{self.url}/v1/documents/status"

    def path(self, dossier: str, document: str) -> Path:
        """Where a document goes."""
        return self.folder / dossier / f"{document}.xml"


def forwarded(document: str) -> dict[str, list[dict[str, str]]]:
    """The message that a document is in its folder."""
    return {"documents": [{"id": document, "version": "1", "status": "forwarded"}]}


def write(path: Path, body: bytes, *, is_durable: bool) -> None:
    """Write under another name and rename; flush file and folder if it is to be durable."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(body)
        if is_durable:
            file.flush()
            os.fsync(file.fileno())
    part.replace(path)
    if is_durable:
        flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def main(work: Callable[[Job], None]) -> None:
    """Do the job of the command line; imports are not part of what it takes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--durable", action="store_true")
    given = parser.parse_args()
    with measured() as usage:
        work(Job(given.url, given.folder, given.durable))
    print(msgspec.json.encode(asdict(usage)).decode())
