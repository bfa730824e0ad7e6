"""Rounds: variants take turns, the first round warms up, and the median counts."""

import os
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

K = TypeVar("K")
T = TypeVar("T")


def interleaved(variants: Mapping[K, Callable[[], T]], *, quick: bool) -> dict[K, list[T]]:
    """The results of every variant, by its key; what others do meanwhile hits all alike.

    Five rounds after one that is not counted; a quick run has one round and no more.
    """
    results: dict[K, list[T]] = {key: [] for key in variants}
    for number in range(1, 2) if quick else range(6):
        for key, run in variants.items():
            os.sync()  # nobody pays for what was left in the cache
            result = run()
            if number:
                results[key].append(result)
    return results


def median(values: Iterable[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) * percent // 100, len(ordered) - 1)]
