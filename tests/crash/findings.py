"""What an auditor finds after a crash, read from the files of those who were there."""

import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pipeline.domain.documents import DocumentKey
from pipeline.testing.auditor import Acknowledged, Owed, Placed
from tests.crash.hub import told
from tests.crash.importer import read_taken
from tests.crash.six_documents import key_of, six_documents

if TYPE_CHECKING:
    from tests.crash.bench import Places

_STAGING = ".dossierpost"
_STATE = "state.sqlite3"
_SETTLED = frozenset({"delivered", "acked"})


def owed(places: "Places") -> list[Owed]:
    """What must be placed; the broken document too, unless it is shown as Error with a reason."""
    office = six_documents()
    files = office.owed(places.root)
    if _is_error(places, office.broken):
        return files
    return [*files, Owed(office.broken, "", str(places.root))]


def placed(places: "Places") -> list[Placed]:
    """What was imported, and every file that lies anywhere but in staging."""
    return [each.file for each in read_taken(places.imported)] + list(lying(places.root))


def lying(root: Path) -> Iterator[Placed]:
    """Every file below ``root`` that an importing program may see."""
    for path in root.rglob("*"):
        if path.is_file() and _STAGING not in path.parts:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            yield Placed(str(path.parent), path.name, digest)


def waiting(hub: Path) -> list[str]:
    """Documents of which the hub was told nothing yet."""
    return [document for document, status in told(hub).items() if status == "to_fetch"]


def told_and_durable(places: "Places") -> list[Acknowledged]:
    """For each document the hub believes Forwarded: whether that is so, and the state knows it."""
    statuses = told(places.hub)
    forwarded = [
        key_of(each) for each in six_documents().documents if statuses[each.id] == "forwarded"
    ]
    rows = rows_of(places) if forwarded else {}
    there = {(each.folder, each.sha256) for each in placed(places)}
    files = six_documents().owed(places.root)
    return [
        Acknowledged(
            key,
            was_durable=rows.get(key) in _SETTLED
            and all((each.folder, each.sha256) in there for each in files if each.key == key),
        )
        for key in forwarded
    ]


def in_window(places: "Places") -> set[DocumentKey]:
    """Documents that were imported, whose move the power cut has undone, before DELIVERED."""
    tokens = {path.name.partition(".")[0] for path in places.root.rglob(f"{_STAGING}/*.part")}
    taken = {each.file.sha256 for each in read_taken(places.imported)}
    rows = rows_of(places)
    return {
        file.key
        for file in six_documents().owed(places.root)
        if file.key.digest in tokens
        and file.sha256 in taken
        and rows.get(file.key, "intent") == "intent"
    }


def rows_of(places: "Places") -> dict[DocumentKey, str]:
    """Status of every row of the state, read from a copy: reading would recover the original."""
    with TemporaryDirectory(dir=places.scratch) as folder:
        for file in places.state.glob(f"{_STATE}*"):
            if not file.name.endswith("-shm"):
                shutil.copy(file, folder)
        with closing(sqlite3.connect(Path(folder) / _STATE)) as state:
            return dict(_rows(state))


def _rows(state: sqlite3.Connection) -> Iterator[tuple[DocumentKey, str]]:
    rows = state.execute(
        "SELECT hub, dossier, document_id, version, status"
        " FROM document JOIN tenant ON tenant.id = document.tenant"
    )
    for hub, dossier, document, version, status in rows:
        yield DocumentKey(hub, dossier, document, version), status


def _is_error(places: "Places", key: DocumentKey) -> bool:
    return told(places.hub)[key.document_id] == "error" and rows_of(places).get(key) == "error"
