"""Emulated hubs for the stores lane; each survives the installations that it serves."""

import itertools
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import anyio

from pipeline.connectors.clock import SystemClock
from pipeline.domain.documents import DocumentKind
from pipeline.testing.emulators.catalogue import EMULATED
from pipeline.testing.emulators.codabox import CodaboxEmulator
from pipeline.testing.emulators.e_invoice_be import EInvoiceBeEmulator
from pipeline.testing.emulators.queue import QueueEmulator
from tests.crash.documents import many_documents
from tests.crash.processes import Child, fork

COMPANY = "0208:0400000001"
_KINDS = {
    "cod": DocumentKind.BANK_STATEMENT,
    "invoice": DocumentKind.PURCHASE_INVOICE,
    "credit": DocumentKind.PURCHASE_CREDIT_NOTE,
}
_ASKED = b"?"


@dataclass(slots=True)
class EmulatedStore:
    """A hub with one company, new for each case."""

    connector: str
    folder: Path
    hub: Child | None = field(default=None, init=False)

    @property
    def tells(self) -> bool:
        """Whether such a hub is told of what was taken."""
        return self.connector != "e_invoice_be"

    def files(self) -> Mapping[str, bytes]:
        """Four documents, of kinds that such a hub has."""
        has_statements = self.connector == "codabox"
        endings = {kind: end for end, kind in _KINDS.items() if end != "cod" or has_statements}
        known = many_documents(60)
        found = (
            (f"{number}.{endings[each.kind]}", each.body)
            for number, each in enumerate(known.documents)
            if each.kind in endings and each.dossier_id == known.documents[0].dossier_id
        )
        return dict(itertools.islice(found, 4))

    def fill(self, files: Mapping[str, bytes]) -> Mapping[str, str]:
        """See `Store.fill`."""
        self.close()
        serve = partial(_serve, connector=self.connector, files=files)
        self.hub = fork(serve, self.folder / "hub.log")
        values: dict[str, str] = json.loads(self.hub.hear())
        return values

    def waiting(self) -> int:
        """See `Store.waiting`; a hub that is told nothing has nothing to wait for."""
        assert self.hub is not None
        self.hub.channel.send(_ASKED)
        untaken = int(self.hub.hear())
        return untaken if self.tells else 0

    def close(self) -> None:
        """End the hub."""
        if self.hub is not None:
            self.hub.end()
            self.hub = None


def _serve(channel: socket.socket, *, connector: str, files: Mapping[str, bytes]) -> None:
    """Be the hub: tell the settings that lead to it, then how many wait, whenever asked."""

    async def main() -> None:
        kind = EMULATED[connector]
        emulator = kind.emulator(SystemClock(), COMPANY)
        for name, body in files.items():
            _receive(emulator, name, body, _KINDS[name.rpartition(".")[2]])
        async with emulator.serving() as url:
            channel.send(json.dumps(kind.settings(url, COMPANY)).encode())
            while True:
                await anyio.wait_readable(channel)
                if not channel.recv(len(_ASKED)):
                    return
                channel.send(str(len(emulator.untaken(COMPANY))).encode())

    anyio.run(main)


def _receive(emulator: QueueEmulator, name: str, body: bytes, kind: DocumentKind) -> None:
    match emulator:
        case CodaboxEmulator():
            emulator.deliver(COMPANY, name, body, kind)
        case EInvoiceBeEmulator():
            emulator.arrive(COMPANY, name, body, kind=kind)
        case _:
            emulator.receive(COMPANY, name, body, kind=kind)
