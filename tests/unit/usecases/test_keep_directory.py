"""The list of dossiers, in memory and in the state."""

from collections.abc import Sequence
from dataclasses import replace

from pipeline.domain.customers import AccountingPackage, Dossier
from pipeline.domain.documents import Location
from pipeline.testing.clock import VirtualClock
from pipeline.testing.memory_hub import MemoryHub
from pipeline.testing.memory_state import MemoryState
from pipeline.usecases.keep_directory import Directory, DirectoryChange

PACKAGE = AccountingPackage("p", "Winbooks", {Location.PURCHASE_INVOICES: "/books/[kind]"})


def dossier(number: int, hub: str = "memory") -> Dossier:
    return Dossier(hub, f"d{number}", f"Enterprise {number}", package=PACKAGE)


class Watched(MemoryState):
    """Keeps which dossiers were saved, and how often all others were marked."""

    def __init__(self) -> None:
        super().__init__(VirtualClock())
        self.saved: list[str] = []
        self.retained: list[Sequence[str]] = []

    async def save_dossiers(self, dossiers: Sequence[Dossier]) -> None:
        self.saved += [each.id for each in dossiers]
        await super().save_dossiers(dossiers)

    async def retain_dossiers(self, hub: str, ids: Sequence[str]) -> None:
        self.retained.append(ids)
        await super().retain_dossiers(hub, ids)


async def listed(*dossiers: Dossier) -> tuple[Directory, MemoryHub, Watched]:
    """A directory that has seen a hub with these dossiers, in a process that was started anew."""
    state, hub = Watched(), MemoryHub(dossiers=dossiers)
    await Directory(state).refresh(hub)
    directory = Directory(state)
    await directory.load([hub.name])
    state.saved, state.retained = [], []
    return directory, hub, state


async def test_what_did_not_change_costs_the_state_nothing_and_is_kept_as_it_is() -> None:
    directory, hub, state = await listed(dossier(1), dossier(2))
    before = directory.get("memory", "d1")

    change = await directory.refresh(hub)

    assert change == DirectoryChange((), ())
    assert (state.saved, state.retained) == ([], [])
    assert directory.get("memory", "d1") is before
    assert directory.office_changes == 0


async def test_what_changed_is_saved_and_nothing_else() -> None:
    directory, hub, state = await listed(dossier(1), dossier(2))
    hub.put_dossier(replace(dossier(2), enterprise_name="New name"))
    hub.put_dossier(dossier(3))

    change = await directory.refresh(hub)

    assert change == DirectoryChange(("memory/d3",), ())
    assert (sorted(state.saved), state.retained) == (["d2", "d3"], [])
    assert directory.office_changes == 1


async def test_what_a_hub_lists_no_more_is_marked_in_the_state() -> None:
    directory, _, state = await listed(dossier(1), dossier(2))

    change = await directory.refresh(MemoryHub(dossiers=[dossier(1)]))

    assert change == DirectoryChange((), ("memory/d2",))
    assert directory.get("memory", "d2") is None
    assert {each.id: each.shares_documents for each in await state.load_dossiers("memory")} == {
        "d1": True,
        "d2": False,
    }


async def test_hubs_do_not_touch_each_others_dossiers() -> None:
    directory, hub, _ = await listed(dossier(1))
    other = MemoryHub("other", dossiers=[dossier(1, "other")])

    await directory.refresh(other)
    await directory.refresh(hub)

    assert [each.tenant for each in directory] == ["memory/d1", "other/d1"]
    assert [each.tenant for each in directory.of("other")] == ["other/d1"]
    assert (len(directory), list(directory.of("third"))) == (2, [])
