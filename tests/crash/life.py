"""One life of the pipeline in a process of its own: opened, one pass over what is due, closed."""

import json
import os
import signal
import socket
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import anyio
import structlog

from pipeline.app import hubs
from pipeline.app.installation import open_installation
from pipeline.app.recipes import recipe_of
from pipeline.app.service import sync_once
from pipeline.cli.session import loop_factory
from pipeline.connectors.disks.linux import disk
from pipeline.connectors.registry import find_hubs
from pipeline.domain.documents import Document, DocumentKey, DocumentRef
from pipeline.ports.faults import FaultPoint
from pipeline.settings import Settings
from pipeline.validation import loading
from tests.crash.documents import six_documents
from tests.crash.planted import PLANTS, replace

_WARNING = 30
REACHED = b"!"
Environment = Mapping[str, str]


class Told(NamedTuple):
    """What a life tells that nobody ended: its passings of fault points, and its modules."""

    passed: Mapping[str, int]
    modules: Sequence[str]


def die() -> None:
    """Kill this process."""
    os.kill(os.getpid(), signal.SIGKILL)
    signal.pause()


def stand_still(channel: socket.socket) -> None:
    """Tell the other end of ``channel``, which stops all threads, and never go on."""
    channel.send(REACHED)
    while True:
        signal.pause()


@dataclass(slots=True)
class FaultPoints:
    """Counts how often each point is passed; ``at_last`` happens at one of them, once."""

    last: tuple[str, int] | None = None
    at_last: Callable[[], None] = die
    passed: Counter[str] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def __call__(self, name: str, /) -> None:
        """Be passed; see `FaultPoint`."""
        with self._lock:
            self.passed[name] += 1
            if (name, self.passed[name]) == self.last:
                self.at_last()


def live(
    channel: socket.socket,
    *,
    environment: Environment,
    boot_id: Path,
    last: tuple[str, int] | None = None,
    planted: str | None = None,
) -> None:
    """Be the process under test, until the fault point ``last``; tells `Told` when it ends well."""
    faults = FaultPoints(last, partial(stand_still, channel))
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(_WARNING))
    if planted is not None:
        PLANTS[planted]()
    replace(disk, "_BOOT_ID", boot_id)  # a power cut in a trial starts no machine anew
    settings = Settings.load(environment)
    loop = loop_factory(settings.event_loop)
    anyio.run(_sync, settings, faults, backend_options={"loop_factory": loop})
    channel.send(json.dumps(Told(faults.passed, sorted(sys.modules))).encode())


async def _sync(settings: Settings, faultpoint: FaultPoint) -> None:
    async with open_installation(settings, faultpoint=faultpoint) as installation:
        await sync_once(installation)


def warm_up(modules: Sequence[str] = ()) -> None:
    """Do once, for all processes that will be forked, what only reads the installed program.

    That is importing modules, looking for connectors, and reading schemas and rules: seconds, and
    thousands of system calls before anything is touched that a crash could harm.
    """
    for name in modules:
        with suppress(ImportError):
            import_module(name)
    connectors = find_hubs()
    replace(hubs, "find_hub", connectors.get)
    replace(loading, "_loaded", cache(loading._loaded))
    examiner = recipe_of(Settings.load({})).examiner()
    for known in six_documents().documents[:2]:  # an invoice and a credit note
        ref = DocumentRef(DocumentKey("hub", "dossier", known.id), known.kind, known.received_at)
        examiner.outcome(Document(ref, known.body, ""), wants_attachments=False)
