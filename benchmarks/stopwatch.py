"""CPU time by label: what each stage costs although all of them share one event loop.

A coroutine is timed step by step, on the CPU clock of its thread. Labels nest, and time belongs to
the innermost, so that the sum over all labels is never more than the CPU time of the process.
"""

import threading
import time
import types
from collections import Counter
from collections.abc import Coroutine, Generator, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


class Stopwatch:
    """Charges the CPU time of every thread to the label it works under, less its own."""

    def __init__(self) -> None:
        self._charge_ns = _cost_of_a_charge()
        self._threads: list[_ThreadTimes] = []
        self._mine = threading.local()

    @property
    def label(self) -> str:
        """What this thread works under now; empty when it is nothing."""
        stack = self._times().stack
        return stack[-1] if stack else ""

    @contextmanager
    def under(self, label: str) -> Iterator[None]:
        """Charge what happens inside, in this thread, to a label."""
        times = self._times()
        times.enter(label)
        try:
            yield
        finally:
            times.leave()

    async def timed(self, label: str, work: Coroutine[Any, Any, T]) -> T:
        """Await ``work`` and charge every step of it."""
        return await self._steps(label, work)

    @types.coroutine
    def _steps(self, label: str, work: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
        times = self._times()
        value: Any = None
        error: BaseException | None = None
        while True:
            times.enter(label)
            try:
                waits_for = work.send(value) if error is None else work.throw(error)
            except StopIteration as end:
                result: T = end.value
                return result
            finally:
                times.leave()
            try:
                value, error = (yield waits_for), None
            except BaseException as thrown:  # noqa: BLE001 - goes into the coroutine
                value, error = None, thrown

    def seconds(self) -> dict[str, float]:
        """CPU seconds by label, of all threads together."""
        total: Counter[str] = Counter()
        for times in self._threads:
            total.update(times.nanoseconds)
        return {label: count / 1e9 for label, count in total.items()}

    @property
    def own_seconds(self) -> float:
        """What the stopwatch itself took."""
        return sum(times.charges for times in self._threads) * self._charge_ns / 1e9

    def _times(self) -> "_ThreadTimes":
        times: _ThreadTimes | None = getattr(self._mine, "times", None)
        if times is None:
            times = self._mine.times = _ThreadTimes(self._charge_ns)
            self._threads.append(times)
        return times


class _ThreadTimes:
    """The labels that one thread works under, and what each was charged."""

    def __init__(self, charge_ns: int) -> None:
        self.stack: list[str] = []
        self.nanoseconds: Counter[str] = Counter()
        self.charges = 0
        self._charge_ns = charge_ns
        self._since = 0

    def enter(self, label: str) -> None:
        self._charge()
        self.stack.append(label)

    def leave(self) -> None:
        self._charge()
        self.stack.pop()

    def _charge(self) -> None:
        now = time.thread_time_ns()
        if self.stack:
            self.nanoseconds[self.stack[-1]] += now - self._since - self._charge_ns
        self.charges += 1
        self._since = now


def _cost_of_a_charge(times: int = 5000) -> int:
    """What entering or leaving a label takes on this machine."""
    empty = _ThreadTimes(0)
    empty.enter("outer")
    began = time.thread_time_ns()
    for _ in range(times):
        empty.enter("inner")
        empty.leave()
    return (time.thread_time_ns() - began) // (2 * times)
