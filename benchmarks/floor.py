"""The floor: the cheapest way we know to do each step of the job, one step after the other.

    python -m benchmarks.floor URL FOLDER

No step waits for another, nothing is retried, limited, recovered or measured on the way, and all of
it is in memory between two steps. It prints what each step took; their sum is what a program that
does the same job in the same order of safety can hardly go below. Documents are checked twice: with
libxml2, the cheapest that others have, and with the scanner of this program where it was built.
"""

import hashlib
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec
import uvloop
from lxml import etree

from benchmarks.machine import Usage, measured
from benchmarks.raw_http import ask_all, get, post
from pipeline.connectors.disks.linux.calls import sync_volume
from pipeline.validation.factur_x import ubl_folder
from pipeline.validation.structure.checker import Structure
from pipeline.validation.ubl_structure import ubl_structure
from pipeline.validation.xml import XmlLimits

LIBXML2 = ("parse", "schema")
"""Steps that only a floor with libxml2 has."""
SCANNER = "scan"
"""The step instead of them in a floor with our scanner."""
BATCH = 512
TOLD_AT_ONCE = 100
T = TypeVar("T")


class Line(msgspec.Struct):
    """A document in a listing, as far as the job needs it."""

    id: str
    version: str
    sha256: str


class Page(msgspec.Struct):
    """A listing."""

    documents: list[Line]


class Dossier(msgspec.Struct):
    """A dossier in a listing."""

    id: str


class Dossiers(msgspec.Struct):
    """A page of dossiers."""

    dossiers: list[Dossier]
    next: str | None = None


@dataclass(slots=True)
class Floor:
    """The job step by step; ``steps`` has what each took."""

    url: str
    folder: Path
    steps: dict[str, Usage] = field(default_factory=dict)
    dossiers: list[str] = field(default_factory=list)
    listed: list[tuple[str, Line]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def run(self) -> None:
        """Every step."""
        self.find_dossiers()
        schema = etree.XMLSchema(file=str(ubl_folder() / "maindoc" / "UBL-Invoice-2.1.xsd"))
        structure = ubl_structure()
        self._step("list", self.list_documents)
        self._step("download", self.download)
        self._step("digest", self.digest)
        trees = self._step("parse", lambda: [etree.fromstring(body) for body in self.bodies])
        assert all(self._step("schema", lambda: [schema.validate(tree) for tree in trees]))
        if structure is not None:
            self._step(SCANNER, lambda: self.scan(structure))
        self._step("write", self.write)
        self._step("state", self.commit)
        self._step("acknowledge", self.acknowledge)

    def _step(self, name: str, work: Callable[[], T]) -> T:
        with measured() as usage:
            result = work()
        self.steps[name] = usage
        return result

    def _ask(self, requests: Sequence[bytes]) -> list[bytes]:
        return uvloop.run(ask_all(self.url, requests))

    def find_dossiers(self) -> None:
        """Not a step: an installation knows its dossiers."""
        after: str | None = ""
        while after is not None:
            [answer] = self._ask([get(self.url, f"/v1/dossiers?after={after}")])
            page = msgspec.json.decode(answer, type=Dossiers)
            self.dossiers += [each.id for each in page.dossiers]
            after = page.next

    def list_documents(self) -> None:
        """A request a dossier."""
        targets = (f"/v1/dossiers/{dossier}/documents" for dossier in self.dossiers)
        answers = self._ask([get(self.url, target) for target in targets])
        decode = msgspec.json.Decoder(Page).decode
        for dossier, answer in zip(self.dossiers, answers, strict=True):
            self.listed += [(dossier, line) for line in decode(answer).documents]

    def download(self) -> None:
        """A request a document."""
        targets = (f"/v1/documents/{line.id}/content" for _, line in self.listed)
        self.bodies = self._ask([get(self.url, target) for target in targets])

    def digest(self) -> None:
        """Compare what came with what was listed."""
        for body, (_, line) in zip(self.bodies, self.listed, strict=True):
            assert hashlib.sha256(body).hexdigest() == line.sha256

    def scan(self, structure: Structure) -> None:
        """Parse and check at once."""
        limits = XmlLimits()
        for body in self.bodies:
            assert structure.accept(body, limits) is not None

    def write(self) -> None:
        """Stage a batch, flush the volume, rename, flush it again."""
        volume = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        for batch in _batches(list(zip(self.listed, self.bodies, strict=True))):
            names = [f"{self.folder}/{dossier}/{line.id}" for (dossier, line), _ in batch]
            for name, (_, body) in zip(names, batch, strict=True):
                file = os.open(f"{name}.part", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
                os.write(file, body)
                os.close(file)
            sync_volume(volume)
            for name in names:
                os.rename(f"{name}.part", f"{name}.xml")  # noqa: PTH104, TID251 - the cheapest way
            sync_volume(volume)
        os.close(volume)

    def commit(self) -> None:
        """An intent before and a result after, each one durable commit a batch."""
        state = sqlite3.connect(self.folder / "state.db", isolation_level=None)
        state.execute("PRAGMA journal_mode=WAL")
        state.execute("PRAGMA synchronous=FULL")
        state.execute("CREATE TABLE d (id TEXT PRIMARY KEY, dossier TEXT, sha256 TEXT, status INT)")
        for batch in _batches(self.listed):
            rows = [(line.id, dossier, line.sha256) for dossier, line in batch]
            state.execute("BEGIN IMMEDIATE")
            state.executemany("INSERT INTO d VALUES (?, ?, ?, 0)", rows)
            state.execute("COMMIT")
            state.execute("BEGIN IMMEDIATE")
            state.executemany("UPDATE d SET status = 1 WHERE id = ?", [row[:1] for row in rows])
            state.execute("COMMIT")
        state.close()

    def acknowledge(self) -> None:
        """A request for each hundred."""
        self._ask(
            [
                post(self.url, "/v1/documents/status", _statuses(batch))
                for batch in _batches(self.listed, TOLD_AT_ONCE)
            ]
        )


def _batches(items: Sequence[T], size: int = BATCH) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _statuses(batch: Sequence[tuple[str, Line]]) -> bytes:
    told = [{"id": one.id, "version": one.version, "status": "forwarded"} for _, one in batch]
    return msgspec.json.encode({"documents": told})


if __name__ == "__main__":
    floor = Floor(sys.argv[1], Path(sys.argv[2]))
    floor.run()
    print(msgspec.json.encode(floor.steps).decode())
