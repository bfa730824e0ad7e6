"""What is left of a simulated volume after its power was cut."""

import random

import pytest

from pipeline.testing.sim_volume import Change, Kind, Node, SimVolume, Survival


def after_cut(survival: Survival, *, seed: int, flush: bool) -> tuple[bool, bool]:
    """Whether a file is in its first folder, and in the one it was moved to, after a cut."""
    volume = SimVolume(survival=survival)
    first, second = volume.make_folders("/first"), volume.make_folders("/second")
    file = Node(Kind.FILE)
    volume.change(Change(added=((first, "a", file),)))
    volume.flush_all()
    volume.change(Change(added=((second, "b", file),), taken=((first, "a"),)))
    if flush:
        volume.flush_names(second)
    volume.cut_power(random.Random(seed))  # noqa: S311 - dice of a test
    return "a" in first.entries, "b" in second.entries


@pytest.mark.parametrize("survival", list(Survival))
def test_a_flushed_move_survives(survival: Survival) -> None:
    outcomes = {after_cut(survival, seed=seed, flush=True) for seed in range(40)}

    assert outcomes == {(False, True)}


@pytest.mark.parametrize(
    ("survival", "possible"),
    [
        (Survival.ORDERED, {(True, False), (False, True)}),
        (Survival.WEAK, {(True, False), (False, True)}),
        (Survival.TORN, {(True, False), (False, True), (True, True), (False, False)}),
    ],
)
def test_an_unflushed_move_is_undone_or_not_and_torn_only_where_that_happens(
    survival: Survival, possible: set[tuple[bool, bool]]
) -> None:
    outcomes = {after_cut(survival, seed=seed, flush=False) for seed in range(60)}

    assert outcomes == possible


def test_contents_that_were_not_flushed_may_be_cut_short_or_missing() -> None:
    lengths = set()
    for seed in range(60):
        volume = SimVolume()
        file = Node(Kind.FILE, content=b"0123456789")
        volume.change(Change(added=((volume.make_folders("/in"), "a", file),)))
        volume.flush_names()
        volume.cut_power(random.Random(seed))  # noqa: S311 - dice of a test
        lengths.add(len(file.content))

    assert {0, 10} < lengths
