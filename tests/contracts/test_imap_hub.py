"""A mailbox holds the contract of every hub: against Dovecot, through a cable that can be cut."""

import itertools
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from email.message import EmailMessage
from pathlib import Path

import pytest

from pipeline.connectors.declarations import HubSetup
from pipeline.connectors.hubs.imap import CONNECTOR
from pipeline.connectors.limits import Limiters
from pipeline.ports.hub import Hub
from pipeline.testing.cable import Cable, Cut, cable_to
from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.hub import HubContract
from pipeline.testing.contracts.hub_bench import DOSSIER, OTHER_DOSSIER, Seed, Trouble
from pipeline.testing.dovecot import PACKAGE, PASSWORD, PROGRAM, Dovecot, dovecot_server
from pipeline.testing.memory_credentials import MemoryCredentials
from pipeline.testing.programs import find_program
from pipeline.testing.script import Operation

CUTS = {
    Trouble.RESET: Cut.REQUEST,
    Trouble.LOST_REPLY: Cut.ANSWER,
    Trouble.TRUNCATED: Cut.HALF_ANSWER,
}
REQUESTS = {
    Operation.LIST: b"UID SEARCH",
    Operation.FETCH: b"BODY.PEEK",
    Operation.ACK: b"UID MOVE",
}
NUMBERS = itertools.count()


class ImapBench:
    """A hub on a mailbox of its own, and the program that delivers into it."""

    troubles = frozenset(CUTS)

    def __init__(self, server: Dovecot, cable: Cable, files: Path, *, by: str) -> None:
        user = f"user{next(NUMBERS)}"
        self.server = server
        self.cable = cable
        self.clock = VirtualClock()
        inbox = server.make_folder(user)
        self.folders = dict.fromkeys((DOSSIER, OTHER_DOSSIER), inbox)
        if by == "folder":
            self.folders = {d: server.make_folder(user, "INBOX", d) for d in self.folders}
        self.hub: Hub = CONNECTOR.connect(
            HubSetup(
                "imap",
                {
                    "host": "127.0.0.1",
                    "port": str(cable.port),
                    "security": "none",
                    "user": user,
                    "password": PASSWORD,
                    "senders": "@supplier.example",
                    "by": by,
                    "dossiers": str(_list_of_dossiers(files)) if by == "address" else "",
                    "purchase_invoices": "/books/in",
                },
                self.clock,
                MemoryCredentials(),
                Limiters(self.clock),
            )
        )

    async def seed(self, dossier_id: str, seeds: Sequence[Seed]) -> None:
        for seed in seeds:
            self.server.deliver(self.folders[dossier_id], bytes(_message(dossier_id, seed)))

    async def trouble(self, trouble: Trouble, operation: Operation) -> None:
        self.cable.cut(CUTS[trouble], REQUESTS[operation])


def _list_of_dossiers(folder: Path) -> Path:
    path = folder / "list.json"
    dossiers = [{"folder": d, "enterprise_name": d.title()} for d in (DOSSIER, OTHER_DOSSIER)]
    path.write_text(json.dumps({"dossiers": dossiers}))
    return path


def _message(dossier_id: str, seed: Seed) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Billing <invoices@supplier.example>"
    message["To"] = f"Office <documents+{dossier_id}@office.example>"
    message["Date"] = "Thu, 01 Jan 2026 09:00:00 +0100"
    message["Message-ID"] = f"<{next(NUMBERS)}@supplier.example>"
    message.set_content("Please find our invoice attached.")
    message.add_attachment(seed.body, "application", "xml", filename=seed.name)
    return message


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    if find_program(PROGRAM) is None:
        pytest.skip(f"NOT VERIFIED AGAINST DOVECOT: install the package {PACKAGE}")
    with dovecot_server() as server:
        yield server


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
class TestImapHubByAddress(HubContract):
    @pytest.fixture
    async def bench(self, dovecot: Dovecot, tmp_path: Path) -> AsyncIterator[ImapBench]:
        async with cable_to(dovecot.port) as cable:
            bench = ImapBench(dovecot, cable, tmp_path, by="address")
            yield bench
            await bench.hub.close()


@pytest.mark.parametrize("anyio_backend", [("asyncio", {"use_uvloop": True})], ids=["uvloop"])
class TestImapHubByFolder(HubContract):
    @pytest.fixture
    async def bench(self, dovecot: Dovecot, tmp_path: Path) -> AsyncIterator[ImapBench]:
        async with cable_to(dovecot.port) as cable:
            bench = ImapBench(dovecot, cable, tmp_path, by="folder")
            yield bench
            await bench.hub.close()
