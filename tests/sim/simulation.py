"""One seed: the lives of a program until everything is delivered, then the audit."""

import random
from collections.abc import Callable
from dataclasses import dataclass

import anyio

from pipeline.connectors.destinations.filesystem import FilesystemDestination
from pipeline.testing.auditor import Violation, audit
from pipeline.testing.sim_disk import Killed, SimDisk
from tests.sim.process import Process
from tests.sim.weather import Weather
from tests.sim.world import SteppedState, World


@dataclass(frozen=True, slots=True)
class Variant:
    """The production code, or one with a planted bug; ``weather`` may narrow what befalls it."""

    name: str = "as built"
    make_disk: Callable[..., SimDisk] = SimDisk
    make_destination: Callable[..., FilesystemDestination] = FilesystemDestination
    make_state: Callable[[World], object] = SteppedState
    weather: Callable[[Weather], Weather] = lambda weather: weather


AS_BUILT = Variant()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a seed; ``trace`` tells what happened, for a person."""

    seed: int
    weather: Weather
    violations: list[Violation]
    trace: list[str]

    def __str__(self) -> str:
        lines = [f"seed {self.seed}: {self.weather}", *self.trace, *map(str, self.violations)]
        return "\n  ".join(lines)


def simulate(seed: int, variant: Variant = AS_BUILT) -> Outcome:
    """Run one seed to its end; the same seed gives the same outcome."""
    rng = random.Random(seed)  # noqa: S311 - dice of a simulation, no secret
    weather = variant.weather(Weather.of(rng))
    world = World(seed, weather, rng, variant.make_state, make_disk=variant.make_disk)
    anyio.run(_lives, world, variant)
    # What is held when it may have been imported is never repeated, in no window.
    may_repeat = set() if weather.holds_uncertain else world.twins.with_twins(world.may_repeat)
    violations = audit(
        world.owed, world.placed(), world.told(), errors=world.shown(), may_repeat=may_repeat
    )
    violations += world.twins.repeated(world.owed, world.placed(), may_repeat)
    return Outcome(seed, weather, violations, world.trace)


async def _lives(world: World, variant: Variant) -> None:
    while True:
        try:
            await Process(world, variant.make_destination).live()
        except BaseException as error:
            if not _is_killed(error):
                raise
            world.crash()
        else:
            return


def _is_killed(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return any(_is_killed(each) for each in error.exceptions)
    return isinstance(error, Killed)
