"""What an auditor finds after a crash, read from the files of those who were there."""

import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.domain.documents import DocumentKey
from pipeline.testing.auditor import Acknowledged, Owed, Placed
from tests.crash.documents import Listed, key_of
from tests.crash.hub import told
from tests.crash.importer import read_taken
from tests.crash.places import Places

_STAGING = ".dossierpost"
_STATE = "state.sqlite3"
_SETTLED = frozenset({"delivered", "acked"})


@dataclass(frozen=True, slots=True)
class Findings:
    """Looks at ``places`` after documents were ``listed``; every call looks anew."""

    places: Places
    listed: Listed

    def owed(self) -> list[Owed]:
        """What must be placed; a broken document too, while it is not shown as Error."""
        told_as, rows, root = told(self.places.hub), self.rows(), self.places.root
        hidden = [
            Owed(key, "", str(root))
            for key in self.listed.broken
            if (told_as[key.document_id], rows.get(key)) != ("error", "error")
        ]
        return [*self.listed.owed(root), *hidden]

    def placed(self) -> list[Placed]:
        """What was imported, and every file that an importing program may see."""
        taken = [each.file for each in read_taken(self.places.imported)]
        return taken + [
            Placed(str(path.parent), path.name, hashlib.sha256(path.read_bytes()).hexdigest())
            for path in self.visible()
        ]

    def visible(self) -> Iterator[Path]:
        """Every file that lies anywhere but in staging."""
        for path in self.places.root.rglob("*"):
            if _STAGING not in path.parts and path.is_file():
                yield path

    def is_settled(self) -> bool:
        """Whether the hub was told of every document, but those held for a person."""
        statuses = told(self.places.hub)
        held = {key.document_id for key in self.held()}
        return not any(statuses[name] == "to_fetch" for name in statuses.keys() - held)

    def held(self) -> set[DocumentKey]:
        """Documents that are shown to a person, who is to decide."""
        return {key for key, status in self.rows().items() if status == "held"}

    def acknowledged(self) -> list[Acknowledged]:
        """What the hub believes Forwarded: whether that is so, and whether the state knows it."""
        statuses = told(self.places.hub)
        keys = [key_of(each) for each in self.listed.documents if statuses[each.id] == "forwarded"]
        rows = self.rows() if keys else {}
        there = {(each.folder, each.sha256) for each in self.placed()}
        files = self.listed.owed(self.places.root)
        return [
            Acknowledged(
                key,
                was_durable=rows.get(key) in _SETTLED
                and all((each.folder, each.sha256) in there for each in files if each.key == key),
            )
            for key in keys
        ]

    def in_window(self) -> set[DocumentKey]:
        """Documents that were imported, whose move the power cut has undone, before DELIVERED."""
        root = self.places.root
        tokens = {path.name.partition(".")[0] for path in root.rglob(f"{_STAGING}/*.part")}
        taken = {each.file.sha256 for each in read_taken(self.places.imported)}
        rows = self.rows()
        return {
            file.key
            for file in self.listed.owed(root)
            if file.key.digest in tokens
            and file.sha256 in taken
            and rows.get(file.key, "intent") == "intent"
        }

    def rows(self) -> dict[DocumentKey, str]:
        """Status of every row of the state, from a copy: reading would recover the original."""
        with TemporaryDirectory(dir=self.places.scratch) as folder:
            for file in self.places.state.glob(f"{_STATE}*"):
                if not file.name.endswith("-shm"):
                    shutil.copy(file, folder)
            with closing(sqlite3.connect(Path(folder) / _STATE)) as state:
                return dict(_rows(state))


def _rows(state: sqlite3.Connection) -> Iterator[tuple[DocumentKey, str]]:
    """None while a first start has not made its tables."""
    if not state.execute("SELECT 1 FROM sqlite_schema WHERE name = 'document'").fetchone():
        return
    rows = state.execute(
        "SELECT hub, dossier, document_id, version, status"
        " FROM document JOIN tenant ON tenant.id = document.tenant"
    )
    for hub, dossier, document, version, status in rows:
        yield DocumentKey(hub, dossier, document, version), status
