"""Job: one delivery on its way through the protocol, and how far it came."""

from dataclasses import dataclass, field, replace

from pipeline.domain.delivery import Delivery, Evidence, PlannedDelivery, PlannedFile
from pipeline.domain.paths import name_key, with_suffix
from pipeline.ports.destination import token_name, token_stem
from pipeline.stages.write.plan import Plan

MAX_SUFFIX = 100
MAX_RESTAGED = 3


@dataclass(slots=True)
class Job:
    """A delivery, what of it waits to be moved, and what went wrong so far.

    ``waiting`` are the places of files that were not moved yet. ``is_intended`` says that the
    state has a row which recovery would act on. ``evidence`` replaces that of the move.
    """

    plan: Plan
    delivery: PlannedDelivery = field(init=False)
    waiting: tuple[int, ...] = field(init=False)
    is_intended: bool = False
    evidence: Evidence | None = None
    suffix: int = 1
    restaged: int = 0
    busy_since_s: float | None = None

    def __post_init__(self) -> None:
        self.delivery = self.plan.delivery
        self.waiting = tuple(range(len(self.delivery.files)))

    @property
    def stem(self) -> str:
        """What the names of its tokens have in common."""
        return token_stem(self.delivery.files[self.waiting[-1]].token)

    @property
    def is_recovered(self) -> bool:
        """Whether it was found in staging: its bytes are there and nowhere else."""
        return self.files[0].body is None

    @property
    def files(self) -> tuple[PlannedFile, ...]:
        """The files that were not moved yet, in order."""
        return tuple(self.delivery.files[place] for place in self.waiting)

    def give_fence(self, fence: str) -> None:
        """New tokens for everything that was not moved yet.

        Their names were never used, so that what an earlier attempt left behind is not taken for
        part of this one.
        """
        self.is_intended = False
        key = self.delivery.key
        files = tuple(
            file.staged_as(token_name(key, fence, place))
            if place in self.waiting
            else replace(file, body=None)
            for place, file in enumerate(self.delivery.files)
        )
        self.delivery = self.delivery.with_files(files)

    def take_next_name(self) -> bool:
        """The next choice of name for everything that was not moved; False when none is left.

        A document and its attachment change names together.
        """
        self.suffix += 1
        if self.suffix > MAX_SUFFIX:
            return False
        files = tuple(
            self._renamed(place) if place in self.waiting else file
            for place, file in enumerate(self.delivery.files)
        )
        self.delivery = self.delivery.with_files(files)
        return True

    def _renamed(self, place: int) -> PlannedFile:
        file, original = self.delivery.files[place], self.plan.delivery.files[place]
        name = with_suffix(original.name, self.suffix, self.plan.name_bytes)
        return replace(file, name=name, name_key=name_key(file.folder, name))

    def done(self, evidence: Evidence) -> Delivery:
        """What is told to the hub."""
        file = self.delivery.files[-1]
        path = f"{file.folder}/{file.name}"
        return Delivery(self.delivery.key, path, self.evidence or evidence, self.delivery.offset)
