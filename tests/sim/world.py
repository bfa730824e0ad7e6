"""The world of one seed: a machine, a hub, importing programs, and everything that befalls them."""

import copy
import errno
import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from pipeline.domain.customers import AccountingPackage, Dossier
from pipeline.domain.delivery import RowStatus
from pipeline.domain.documents import DocumentKey, Location
from pipeline.ports.clock import Clock
from pipeline.ports.destination import token_stem
from pipeline.ports.hub import AckOutcome, Forwarded
from pipeline.ports.state import StateStore
from pipeline.stages.write.job import MAX_RESTAGED
from pipeline.testing.auditor import Acknowledged, Owed, Placed
from pipeline.testing.memory_hub import MemoryHub
from pipeline.testing.memory_state import MemoryState
from pipeline.testing.sim_disk import Killed, SimDisk
from pipeline.testing.sim_volume import Change, SimVolume, Survival
from tests.sim.channels import CHANNEL, Twins
from tests.sim.importer import Importer
from tests.sim.weather import Blow, Weather

ROOT = "/data"
STAGING = f"{ROOT}/.dossierpost"
LANE = "books"
HUB = "hub"


class InstantClock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def monotonic(self) -> float:
        return self._seconds

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self._seconds)

    async def sleep(self, seconds: float) -> None:
        self._seconds += max(seconds, 0.001)


class WatchedHub(MemoryHub):
    """A hub that notes, when it hears of a document, whether a power cut could still lose it."""

    def __init__(self, world: "World", name: str = HUB) -> None:
        super().__init__(name)
        self._world = world
        self.told: list[Acknowledged] = []

    async def ack(self, documents: Sequence[Forwarded]) -> Sequence[AckOutcome]:
        self._world.step("hub.ack", "")
        self.told += [
            Acknowledged(each.key, was_durable=self._world.is_durable(each.key))
            for each in documents
        ]
        outcomes = await super().ack(documents)
        self._world.step("hub.ack answered", "")
        return outcomes


@dataclass(eq=False)
class World:
    """Everything outside the process under test, and the dice."""

    seed: int
    weather: Weather
    rng: random.Random
    make_state: Callable[["World"], object]
    make_disk: Callable[[SimVolume, Callable[[str, str], None]], SimDisk] = SimDisk
    clock: Clock = field(default_factory=InstantClock)
    steps: int = 0
    scans_left: int = 0
    blow: Blow | None = None
    calls_left: int = 0
    owed: list[Owed] = field(default_factory=list)
    may_repeat: set[DocumentKey] = field(default_factory=set)
    trace: list[str] = field(default_factory=list)
    disk: SimDisk = field(init=False)
    state: MemoryState = field(init=False)
    _backups: list[MemoryState] = field(default_factory=list)

    def __post_init__(self) -> None:
        weather = self.weather
        self._blows = iter(weather.blows)
        self.volume = SimVolume(
            survival=weather.survival, has_synchronous_names=weather.has_synchronous_names
        )
        self.volume.make_folders(ROOT)
        self.scans_left = self.rng.randint(1, 3 * MAX_RESTAGED) if weather.has_scanner else 0
        self.state = MemoryState(self.clock, installation_id="simulated")
        self.twins = Twins()
        self.hubs = {HUB: WatchedHub(self)}
        if weather.has_channels:
            self.hubs[CHANNEL] = WatchedHub(self, CHANNEL)
        self.importer = Importer(self.volume, shares_volume=weather.shares_volume)
        self.clients = [self._client(number) for number in (1, 2)]
        for number in range(weather.documents):
            self._list_document(self.clients[number % 2], number)
        self.start_process()

    # -- what the hub has -----------------------------------------------------------------------
    def _client(self, number: int) -> list[Dossier]:
        """The dossier of a client at each hub, the office's own first."""
        package = AccountingPackage(
            id="package",
            name="Package",
            locations={Location.PURCHASE_INVOICES: f"{ROOT}/[accounting_file_id]/in"},
            extracts_embedded_pdf=self.rng.random() < 0.5,
        )
        dossier = Dossier(
            HUB, f"d{number}", f"Client {number}", accounting_file_id=f"F{number}", package=package
        )
        self.importer.inboxes.append(f"{ROOT}/F{number}/in")
        client = [
            replace(dossier, hub=hub, linked_to=None if hub == HUB else dossier.tenant)
            for hub in self.hubs
        ]
        for each in client:
            self.hubs[each.hub].put_dossier(each)
        return client

    def _list_document(self, client: Sequence[Dossier], number: int) -> None:
        own, *channels = client
        body = f"document {number} of {own.id} ".encode() * self.rng.randint(1, 40)
        keys = [self._arrive(own, number, body)]
        for channel in channels:
            if self.rng.random() < 0.7:
                other = body if self.rng.random() < 0.5 else body + b"by another channel"
                keys.append(self._arrive(channel, number, other))
                self.twins.add(*keys)

    def _arrive(self, dossier: Dossier, number: int, body: bytes) -> DocumentKey:
        document_id = f"doc-{number}" if dossier.hub == HUB else f"uuid-{number}"
        key = self.hubs[dossier.hub].add(dossier.id, document_id, body).key
        folder = f"{ROOT}/{dossier.accounting_file_id}/in"
        self.owed.append(Owed(key, hashlib.sha256(body).hexdigest(), folder))
        if pdf := self.pdf_of(dossier, key):
            self.owed.append(Owed(key, hashlib.sha256(pdf).hexdigest(), folder))
        return key

    def pdf_of(self, dossier: Dossier, key: DocumentKey) -> bytes | None:
        """The attachment that travels in a document, where the package extracts it."""
        package = dossier.package
        return b"%PDF " + str(key).encode() if package and package.extracts_embedded_pdf else None

    # -- the process under test -----------------------------------------------------------------
    def start_process(self) -> None:
        """Another process begins, on the same machine."""
        self.disk = self.make_disk(self.volume, self.step)
        self.blow = next(self._blows, None)
        self.calls_left = self.blow.count if self.blow else 0

    def state_of_process(self) -> StateStore:
        """The state as the process under test reaches it: every call may be its last."""
        return cast("StateStore", self.make_state(self))

    def step(self, call: str, name: str) -> None:
        """Let something happen between two steps of the process, perhaps its end."""
        self.steps += 1
        if self.rng.random() < self.weather.eagerness:
            self.importer.look()
        if self.scans_left and self.rng.random() < self.weather.scanner_zeal:
            self._scan()
        if self._is_struck(call):
            self.trace.append(f"{self.steps}: ended before {call} {name}")
            raise Killed
        if self.weather.has_disk_errors and "." not in call and self.rng.random() < 0.004:
            self.trace.append(f"{self.steps}: {call} {name} failed")
            raise self._disk_error(call)

    def _is_struck(self, call: str) -> bool:
        if self.blow is None:
            return False
        self.calls_left -= self.blow.call in {None, call}
        return self.calls_left <= 0

    def _disk_error(self, call: str) -> OSError:
        unknown_outcomes = (errno.EIO, errno.EHOSTDOWN)
        certain = () if call == "rename answered" else (errno.ENOSPC, errno.EBUSY)
        number = self.rng.choice(unknown_outcomes + certain)
        return OSError(number, f"simulated, in {call}")

    def _scan(self) -> None:
        """A virus scanner removes a token that nobody has moved yet."""
        staging = self.volume.find(STAGING)
        tokens = [name for name in staging.entries if name.endswith(".part")] if staging else []
        if staging and tokens:
            self.scans_left -= 1
            self.volume.change(Change(taken=((staging, self.rng.choice(tokens)),)))

    def commit(self) -> None:
        """Something was committed to the state; keep it for backups."""
        self._backups.append(self._copy_of_state())
        if self.weather.shares_volume and self.weather.survival is Survival.ORDERED:
            self.volume.flush_names()

    def _copy_of_state(self) -> MemoryState:
        return copy.deepcopy(self.state, {id(self.clock): self.clock})

    # -- the end of a process ---------------------------------------------------------------------
    def crash(self) -> None:
        """The process was killed, or the power was cut; then it starts again."""
        self.disk.kill()
        blow = self.blow or Blow(0)
        if blow.cuts_power:
            self._cut_power()
        if blow.restores_state and self._backups:
            self.state = self.rng.choice(self._backups)
            self.trace.append("state restored from a backup")
        self._backups = [self._copy_of_state()]
        self.start_process()

    def _cut_power(self) -> None:
        self.trace.append("power cut")
        self.volume.cut_power(self.rng)
        self.importer.after_power_cut()
        if not self.weather.state_is_synced and self._backups:
            self.state = self.rng.choice(self._backups[-6:])
        self.may_repeat |= self._in_window()

    def _in_window(self) -> set[DocumentKey]:
        """Documents that were imported, and whose move the cut has undone, before DELIVERED."""
        staging = self.volume.find(STAGING)
        stems = {token_stem(name) for name in staging.entries} if staging else set()
        digests = {stem.partition(".")[0] for stem in stems}
        rows = {row.key: row for row in self.state._all()}
        return {
            file.key
            for file in self.owed
            if file.key.digest in digests
            and self.importer.has_taken(file.sha256)
            and (file.key not in rows or rows[file.key].status is RowStatus.INTENT)
        }

    # -- what an auditor sees ---------------------------------------------------------------------
    def is_durable(self, key: DocumentKey) -> bool:
        """Whether every file of a document survives a power cut now, or was imported."""
        return all(
            self.importer.has_taken(file.sha256) or self._lies_durable(file)
            for file in self.owed
            if file.key == key
        )

    def _lies_durable(self, file: Owed) -> bool:
        folder = self.volume.find(file.folder)
        nodes = folder.durable_entries.values() if folder else ()
        return any(hashlib.sha256(node.durable).hexdigest() == file.sha256 for node in nodes)

    def shown(self) -> set[DocumentKey]:
        """Documents that wait for a person, who will look in the accounting package first."""
        return self.twins.shown(list(self.state._all()), self.owed, self.placed())

    def told(self) -> list[Acknowledged]:
        """What the hubs were told, and whether it was true."""
        return [each for hub in self.hubs.values() for each in hub.told]

    def placed(self) -> list[Placed]:
        """Everything that was imported, after a last look."""
        self.importer.look()
        return self.importer.taken


class SteppedState:
    """A `StateStore` whose every call is two steps: before it, and after it is durable."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._disk = world.disk

    def __getattr__(self, name: str) -> Callable[..., Any]:
        async def call(*args: Any, **kwargs: Any) -> Any:
            self._disk.step("state.begin", name)
            result = await getattr(self.world.state, name)(*args, **kwargs)
            if name not in _READS:
                self.world.commit()
            self._disk.step("state.end", name)
            return result

        return call


_READS = frozenset({"known", "rows", "row", "survey", "load_mark", "installation_id"})
