"""The workers of a stage; the one place where errors are caught.

Everything else in the engine gets an error as a value, from `attempt`, and decides what it means.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ParamSpec, TypeVar

from anyio.abc import TaskGroup

from pipeline.domain.errors import ConfigurationError
from pipeline.engine.channel import Channel
from pipeline.engine.envelope import Envelope
from pipeline.engine.metrics import STAGE_SECONDS, StageCounts
from pipeline.engine.stage import Exits, Passed, StageSpec
from pipeline.ports.clock import Clock
from pipeline.ports.meters import Meters

P = ParamSpec("P")
R = TypeVar("R")

Take = Callable[[], Awaitable[Envelope[Any]]]
Put = Callable[[Envelope[Any]], None]
Count = Callable[[], int]
HandOn = Callable[[Sequence[Passed]], None]

MOST_IDLE = 64
"""Lanes or hubs whose worker stays for the next item: to wait costs less than to come anew."""


async def outcome(
    call: Callable[P, Awaitable[R]], /, *args: P.args, **kwargs: P.kwargs
) -> R | Exception:
    """Await a call and return its result, or whatever error it raised."""
    try:
        return await call(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - the caller decides what it means
        return error


async def attempt(
    call: Callable[P, Awaitable[R]], /, *args: P.args, **kwargs: P.kwargs
) -> R | Exception:
    """Do as `outcome` does for everything that concerns an item.

    Raises:
        ConfigurationError: As raised by the call: it concerns the process.
    """
    try:
        return await call(*args, **kwargs)
    except ConfigurationError:
        raise
    except Exception as error:  # noqa: BLE001 - the caller decides what it means
        return error


def the_cause(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one error of a failed task group to show: a `ConfigurationError` before any other."""
    error: BaseException = group.subgroup(ConfigurationError) or group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


@dataclass(frozen=True, slots=True)
class Wiring:
    """What a runner is connected to."""

    exits: Exits
    clock: Clock
    meters: Meters


class _Runner(ABC):
    """What all runners share: the stage, its counts and the timing of its calls."""

    def __init__(self, spec: StageSpec, wiring: Wiring, hand_on: HandOn) -> None:
        self.spec = spec
        self.counts = StageCounts(spec.name)
        self.hand_on = hand_on
        self._exits = wiring.exits
        self._clock = wiring.clock
        self._meters = wiring.meters

    @abstractmethod
    def put_all(self, envelopes: Sequence[Envelope[Any]]) -> None:
        """Queue items before the stage; never waits."""

    def put(self, envelope: Envelope[Any]) -> None:
        """Queue an item before the stage; never waits."""
        self.put_all((envelope,))

    @abstractmethod
    def queued(self) -> int:
        """How many items wait before the stage."""

    def snapshot(self) -> StageCounts:
        """The counts of now."""
        return replace(self.counts, queued=self.queued())

    def accept(self, passed: Sequence[Passed]) -> None:
        """Take over what the stage before made of items."""
        for envelope, item in passed:
            envelope.item = item
        self.put_all([envelope for envelope, _ in passed])

    async def _call(self, argument: Any, size: int) -> Any:
        self.counts.busy += size
        began = self._clock.monotonic()
        result = await attempt(self.spec.call, argument)
        self._meters.observe(STAGE_SECONDS, self._clock.monotonic() - began, stage=self.spec.name)
        self.counts.busy -= size
        return result


class SingleRunner(_Runner):
    """A fixed number of workers that take one item at a time.

    The first stage of a line takes from the fair queue and puts back into it; any other has a
    channel of its own.
    """

    def __init__(
        self,
        spec: StageSpec,
        wiring: Wiring,
        hand_on: HandOn,
        *,
        take: Take,
        put: Put,
        queued: Count,
    ) -> None:
        super().__init__(spec, wiring, hand_on)
        self._take = take
        self._put = put
        self._queued = queued

    def put_all(self, envelopes: Sequence[Envelope[Any]]) -> None:
        """Queue items before the stage; never waits."""
        for envelope in envelopes:
            self._put(envelope)

    def queued(self) -> int:
        """How many items wait before the stage."""
        return self._queued()

    def start(self, tasks: TaskGroup) -> None:
        """Start the workers; they run until the group is cancelled."""
        for _ in range(self.spec.workers):
            tasks.start_soon(self._work)

    async def _work(self) -> None:
        while True:
            envelope = await self._take()
            result = await self._call(envelope.item, 1)
            self._exits.sort(self, (envelope,), (result,))


class BatchRunner(_Runner):
    """Workers that take several items at a time, for all items or for each lane or hub apart.

    A lane gets a buffer and a worker with its first item; so lanes come and go without being
    announced, and one whose calls take long delays nobody else. The last worker of a lane waits
    for more, unless `MOST_IDLE` do already.
    """

    _tasks: TaskGroup

    def __init__(self, spec: StageSpec, wiring: Wiring, hand_on: HandOn, *, capacity: int) -> None:
        super().__init__(spec, wiring, hand_on)
        self._max_items = spec.max_items or 1
        self._capacity = capacity
        self._buffers: dict[str, Channel[Envelope[Any]]] = {}
        self._workers: dict[str, int] = {}
        self._idle = 0

    def start(self, tasks: TaskGroup) -> None:
        """Start working; workers come with the first items and run until the group is cancelled."""
        self._tasks = tasks

    def put_all(self, envelopes: Sequence[Envelope[Any]]) -> None:
        """Queue items in the buffers of their lanes, and see that somebody works on them."""
        for key, mine in self._by_key(envelopes).items():
            buffer = self._buffers.get(key)
            if buffer is None:
                buffer = self._buffers[key] = Channel(self._capacity, self._clock)
                self._workers[key] = 0
            buffer.put_all(mine)
            self._call_a_worker(key, buffer)

    def queued(self) -> int:
        """How many items wait before the stage."""
        return sum(map(len, self._buffers.values()))

    def _by_key(self, envelopes: Sequence[Envelope[Any]]) -> Mapping[str, Sequence[Envelope[Any]]]:
        per = self.spec.per
        if per is None:
            return {"": envelopes}
        found: dict[str, list[Envelope[Any]]] = {}
        for envelope in envelopes:
            key = envelope.lane if per == "lane" else envelope.hub
            found.setdefault(key, []).append(envelope)
        return found

    def _call_a_worker(self, key: str, buffer: Channel[Envelope[Any]]) -> None:
        """Start a worker when there is none, or a full batch for another one."""
        running = self._workers[key]
        is_full_batch = len(buffer) >= self._max_items
        if not running or (is_full_batch and running < self.spec.workers):
            self._workers[key] += 1
            self._tasks.start_soon(self._work, key, buffer)

    async def _work(self, key: str, buffer: Channel[Envelope[Any]]) -> None:
        while True:
            while batch := await buffer.drain(self._max_items, self.spec.linger):
                if not self._exits.turns_away(self, batch):
                    await self._process(batch)
            if self._workers[key] > 1 or self._idle >= MOST_IDLE:
                break
            self._idle += 1
            await buffer.filled()
            self._idle -= 1
        self._retire(key)

    def _retire(self, key: str) -> None:
        self._workers[key] -= 1
        if not self._workers[key]:
            del self._workers[key], self._buffers[key]

    async def _process(self, batch: list[Envelope[Any]]) -> None:
        answer = await self._call([envelope.item for envelope in batch], len(batch))
        self._exits.sort(self, batch, self._one_each(answer, len(batch)))

    def _one_each(self, answer: Any, size: int) -> Sequence[Any]:
        if isinstance(answer, Exception):
            return [answer] * size
        if len(answer) != size:
            text = f"Stage {self.spec.name} gave {len(answer)} answers for {size} items."
            return [RuntimeError(text)] * size
        return answer  # type: ignore[no-any-return]  # the chain has checked what a stage returns
