"""The stores lane: SIGKILL at every step between listing and acknowledging; restart and audit.

python -m tests.crash.stores folder|sftp|imap|codabox|e_invoice_be|letspeppol|recommand
"""

import argparse
import dataclasses
import hashlib
import itertools
import json
import os
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import anyio
import structlog

from pipeline.app import installation
from pipeline.app.hubs import HubPart
from pipeline.app.installation import open_installation
from pipeline.app.service import sync_once
from pipeline.connectors.declarations import HubSetup
from pipeline.connectors.limits import Limiters
from pipeline.connectors.registry import find_hubs
from pipeline.domain.customers import AccountingPackage
from pipeline.domain.documents import DocumentKind, Location
from pipeline.domain.shards import WHOLE
from pipeline.ports.clock import Clock
from pipeline.ports.faults import FaultPoint
from pipeline.ports.hub import AckOutcome, Fetched, Forwarded, Hub, ListPage
from pipeline.settings import Settings
from pipeline.testing import dovecot, openssh
from pipeline.testing.memory_credentials import MemoryCredentials
from tests.crash.documents import six_documents
from tests.crash.emulated import EmulatedStore
from tests.crash.life import FaultPoints, warm_up
from tests.crash.planted import replace
from tests.crash.processes import fork

_CRITICAL = 50
_LIVES, _LONG_AGO = 4, 1_700_000_000
_PATHS = {
    Location.PURCHASE_INVOICES: "books/purchase",
    Location.BANK_STATEMENTS: "books/coda",
    Location.OTHER_DOCUMENTS: "books/other",
}
_LOCATIONS = {location.value: path for location, path in _PATHS.items()}
_ENDINGS = {DocumentKind.BANK_STATEMENT: "cod", DocumentKind.OTHER: "pdf"}
STORES = ("folder", "sftp", "imap", "codabox", "e_invoice_be", "letspeppol", "recommand")
Values = Mapping[str, str]
Files = Mapping[str, bytes]


class Store(Protocol):
    """Where documents wait, on a server that survives; ``connector`` reads it."""

    @property
    def connector(self) -> str: ...

    def files(self) -> Files:
        """What is put there: documents for one dossier."""
        ...

    def fill(self, files: Files) -> Values:
        """Put files where nothing else is, and give the settings of a hub that reads them."""
        ...

    def waiting(self) -> int:
        """How many still wait there."""
        ...


@dataclass(slots=True)
class FolderStore:
    """Files in a folder of this machine, which a hub of any kind may read."""

    connector: str
    folder: Path
    values: Values
    numbers: Iterator[int] = field(default_factory=itertools.count)
    root: Path = Path()

    def files(self) -> Files:
        """See `Store.files`."""
        return _files()

    def fill(self, files: Files) -> Values:
        """See `Store.fill`."""
        self.root = self.folder / str(next(self.numbers))
        (self.root / "acme").mkdir(parents=True)
        for name, body in files.items():
            path = self.root / "acme" / name
            path.write_bytes(body)
            os.utime(path, (_LONG_AGO, _LONG_AGO))
        return {**_LOCATIONS, **self.values, "root": str(self.root)}

    def waiting(self) -> int:
        """See `Store.waiting`."""
        return sum(path.is_file() for path in (self.root / "acme").iterdir())


@dataclass(slots=True)
class MailStore:
    """A mailbox; two documents travel in each message."""

    server: dovecot.Dovecot
    connector: str = "imap"
    numbers: Iterator[int] = field(default_factory=itertools.count)
    folder: Path = Path()

    def files(self) -> Files:
        """See `Store.files`."""
        return _files()

    def fill(self, files: Files) -> Values:
        """See `Store.fill`."""
        user = f"crash{next(self.numbers)}"
        self.server.make_folder(user)
        self.folder = self.server.make_folder(user, "INBOX", "acme")
        pairs = itertools.groupby(enumerate(files.items()), lambda each: each[0] // 2)
        for number, pair in pairs:
            message = _message(number, [attached for _, attached in pair])
            self.server.deliver(self.folder, bytes(message))
        return {
            "host": "127.0.0.1",
            "port": str(self.server.port),
            "security": "none",
            "user": user,
            "password": dovecot.PASSWORD,
            "senders": "*",
            "by": "folder",
            **_LOCATIONS,
        }

    def waiting(self) -> int:
        """See `Store.waiting`."""
        return sum(1 for name in ("cur", "new") for _ in (self.folder / name).iterdir())


def _message(number: int, attachments: Sequence[tuple[str, bytes]]) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "billing@supplier.example"
    message["Message-ID"] = f"<{number}@supplier.example>"
    message.set_content("Please find attached.")
    for name, body in attachments:
        message.add_attachment(body, "application", "octet-stream", filename=name)
    return message


class Watched:
    """A hub with fault points of its own, and half an acknowledgement as one of them.

    With a file ``seen`` it has a planted bug: what was listed once is passed over ever after.
    """

    def __init__(self, hub: Hub, faultpoint: FaultPoint, seen: Path | None = None) -> None:
        self._hub = hub
        self._faultpoint = faultpoint
        self._seen = seen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._hub, name)

    async def list(self, *arguments: Any) -> ListPage:
        """See `Hub.list`."""
        page: ListPage = await self._hub.list(*arguments)
        self._faultpoint("listed")
        return page if self._seen is None else self._unseen(page, self._seen)

    def _unseen(self, page: ListPage, seen: Path) -> ListPage:
        known = seen.read_text().splitlines() if seen.exists() else []
        refs = [ref for ref in page.refs if ref.key.document_id not in known]
        with seen.open("a") as file:
            file.writelines(f"{ref.key.document_id}\n" for ref in refs)
        return dataclasses.replace(page, refs=refs)

    async def fetch(self, *arguments: Any, **options: Any) -> Fetched:
        """See `Hub.fetch`."""
        fetched = await self._hub.fetch(*arguments, **options)
        self._faultpoint("fetched")
        return fetched

    async def ack(self, documents: Sequence[Forwarded]) -> Sequence[AckOutcome]:
        """See `Hub.ack`."""
        half = (len(documents) + 1) // 2
        first = await self._hub.ack(documents[:half])
        self._faultpoint("half_acked")
        return [*first, *await self._hub.ack(documents[half:])]


@dataclass(frozen=True, slots=True)
class Lane:
    """A store, and the folder in which installations live and die."""

    store: Store
    folder: Path
    planted: bool = False

    def violations(self, end: str) -> list[str]:
        """What is broken when a life is ended at a fault point, and those after it are not."""
        files = self.store.files()
        values = self._begin(files)
        if fork(self._life(values, (end, 1)), self._log).wait() != -signal.SIGKILL:
            return [f"{end}: was not reached"]
        for _ in range(_LIVES):
            fork(self._life(values), self._log).must_be_well()
            if not self.store.waiting():
                break
        owed, placed = Counter(map(_digest, files.values())), Counter(self._placed())
        found = [] if placed == owed else [f"{end}: {placed} is placed instead of {owed}"]
        left = self.store.waiting()
        return found if not left else [*found, f"{end}: {left} still wait at the hub"]

    def points(self) -> list[str]:
        """The fault points that a life passes which nobody ends."""
        values = self._begin(self.store.files())
        return sorted(fork(self._life(values), self._log).told())

    def _begin(self, files: Files) -> Values:
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "root" / "books").mkdir(parents=True)
        return self.store.fill(files)

    def _placed(self) -> Iterator[str]:
        for path in (self.folder / "root" / "books").glob("[!.]*/*"):
            yield _digest(path.read_bytes())

    @property
    def _log(self) -> Path:
        return self.folder.with_suffix(".log")

    def _life(self, values: Values, end: tuple[str, int] | None = None) -> Callable[..., None]:
        return partial(_live, lane=self, values=values, faults=FaultPoints(end))


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:12]


def _files() -> dict[str, bytes]:
    """Documents for one dossier; those of a sale and those that are broken are left out."""
    listed = six_documents()
    kinds = (DocumentKind.SALES_INVOICE,)
    wanted = [d for d in listed.documents[:-1] if d.kind not in kinds]
    return {f"{n}.{_ENDINGS.get(d.kind, 'xml')}": d.body for n, d in enumerate(wanted)}


def _live(channel: Any, *, lane: Lane, values: Values, faults: FaultPoints) -> None:
    """Be one life of an installation whose only hub is the store."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(_CRITICAL))
    state = lane.folder / "state"

    @asynccontextmanager
    async def open_parts(_settings: Settings, clock: Clock, *_more: Any) -> AsyncIterator[Any]:
        setup = HubSetup(
            name="store",
            values=values,
            clock=clock,
            credentials=MemoryCredentials(),
            limiters=Limiters(clock),
            package=AccountingPackage("p", "Books", _PATHS),
            state_dir=state,
        )
        hub = find_hubs()[lane.store.connector].connect(setup)
        seen = lane.folder / "seen" if lane.planted else None
        yield {"store": HubPart(Watched(hub, faults, seen), WHOLE)}
        await hub.close()

    replace(installation, "open_parts", open_parts)
    environment = {
        "DOSSIERPOST_STATE_DIR": str(state),
        "DOSSIERPOST_ROOT": str(lane.folder / "root"),
        "DOSSIERPOST_MIN_FREE_BYTES": "0",
    }
    anyio.run(_sync, Settings.load(environment), faults)
    channel.send(json.dumps(faults.passed).encode())


async def _sync(settings: Settings, faultpoint: FaultPoint) -> None:
    async with open_installation(settings, faultpoint=faultpoint) as opened:
        await sync_once(opened, everything=True)


@contextmanager
def opened_store(name: str, folder: Path) -> Iterator[Store]:
    """A store of a kind, with its server."""
    if name == "imap":
        with dovecot.dovecot_server() as server:
            yield MailStore(server)
    elif name == "sftp":
        with openssh.openssh_server(folder) as ssh:
            key = {"key_file": str(ssh.key_file), "port": str(ssh.port), "user": ssh.user}
            yield FolderStore("sftp", folder, {"host": "127.0.0.1", **key})
    elif name == "folder":
        yield FolderStore("folder", folder, {})
    else:
        with closing(EmulatedStore(name, folder)) as store:
            yield store


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill at every point of one kind of store; 1 when any kill broke the promise."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.stores", description=__doc__)
    parser.add_argument("store", choices=STORES)
    parser.add_argument("--planted", action="store_true", help="with a bug, until it is found")
    given = parser.parse_args(arguments)
    warm_up(["pipeline.connectors.hubs.sftp.building"])
    with tempfile.TemporaryDirectory() as folder, opened_store(given.store, Path(folder)) as store:
        lane = Lane(store, Path(folder) / "installation", given.planted)
        points = lane.points()
        found = (each for point in points for each in lane.violations(point))
        violations = list(itertools.islice(found, 1 if given.planted else None))
    sys.stdout.write(json.dumps({"points": points, "violations": violations}) + "\n")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
