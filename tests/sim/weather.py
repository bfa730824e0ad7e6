"""Weather: what a seed may meet, drawn from its dice."""

import random
from dataclasses import dataclass

from pipeline.testing.sim_volume import Survival

_COUNTS = {
    None: 260,
    "rename answered": 8,
    "unlink": 12,
    "fsync": 20,
    "syncfs": 6,
    "state.end": 24,
    "hub.ack answered": 3,
}
"""System calls before which a process may end, and up to which one of them; None is any call."""


@dataclass(frozen=True, slots=True)
class Blow:
    """The end of a process: before the ``count``-th call of a kind, by a kill or with the power."""

    count: int
    call: str | None = None
    cuts_power: bool = False
    restores_state: bool = False

    @classmethod
    def of(cls, rng: random.Random, *, may_cut: bool, may_restore: bool) -> "Blow":
        call = rng.choice((None, None, *_COUNTS))
        return cls(
            count=rng.randint(1, _COUNTS[call]),
            call=call,
            cuts_power=may_cut and rng.random() < 0.6,
            restores_state=may_restore and rng.random() < 0.5,
        )


@dataclass(frozen=True, slots=True)
class Weather:
    """What befalls a world; ``blows`` end its processes one after the other.

    ``has_channels``: the clients are at a second hub, which has most of their documents, too.
    ``scanner_zeal`` is how probable it is that a scanner removes a token before a step.
    ``shares_volume``: state and importer database lie on the volume of the inboxes.
    ``eagerness`` is how probable it is that the importing program looks before a step.
    """

    documents: int
    blows: tuple[Blow, ...]
    eagerness: float
    survival: Survival
    shares_volume: bool
    has_synchronous_names: bool
    has_disk_errors: bool
    has_scanner: bool
    holds_uncertain: bool = False
    has_channels: bool = False
    scanner_zeal: float = 0.02
    state_is_synced: bool = True

    @classmethod
    def of(cls, rng: random.Random) -> "Weather":
        # A scanner that removes a token, and a crash or an error before the move is recorded,
        # lose a document in every protocol: no state of the disk tells that from a delivery. So
        # scanners come alone.
        has_scanner = rng.random() < 0.1
        may_cut, may_restore = rng.random() < 0.6, rng.random() < 0.25
        crashes = 0 if has_scanner else rng.choice((1, 1, 2, 3))
        return cls(
            documents=rng.randint(1, 6),
            blows=tuple(
                Blow.of(rng, may_cut=may_cut, may_restore=may_restore) for _ in range(crashes)
            ),
            eagerness=rng.choice((0.0, 0.02, 0.2, 0.6)),
            survival=rng.choice((Survival.ORDERED, Survival.ORDERED, Survival.WEAK)),
            shares_volume=rng.random() < 0.4,
            has_synchronous_names=rng.random() < 0.3,
            has_disk_errors=rng.random() < 0.2 and not has_scanner,
            has_scanner=has_scanner,
            holds_uncertain=rng.random() < 0.2,
            has_channels=rng.random() < 0.4,
            scanner_zeal=rng.choice((0.02, 0.2)),
        )
