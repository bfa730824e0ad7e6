"""A trial of a hub tells what a person can expect of it, and changes nothing."""

from dataclasses import replace

from pipeline.domain.customers import Dossier
from pipeline.domain.errors import HubUnavailable, TenantBlocked
from pipeline.testing.memory_hub import MemoryHub
from pipeline.testing.script import Operation
from pipeline.usecases.try_hub import TryHub

DOSSIERS = [Dossier("memory", each, each) for each in ("baker", "butcher")]


def hub_with(*names: str) -> MemoryHub:
    hub = MemoryHub(dossiers=DOSSIERS)
    for name in names:
        hub.add("butcher", name, name.encode())
    return hub


async def test_a_trial_lists_one_page_and_fetches_one_document() -> None:
    hub = hub_with("first", "second")

    trial = await TryHub(hub, max_bytes=100)()

    assert (trial.dossiers, trial.dossier, trial.listed) == (2, "butcher", 2)
    assert (trial.document, trial.kind, trial.size_bytes) == ("first", "purchase_invoice", 5)
    assert trial.problem is None
    assert hub.script.calls[Operation.FETCH] == 1
    assert hub.script.calls[Operation.LIST] == 2


async def test_a_trial_acknowledges_nothing() -> None:
    hub = hub_with("first")

    await TryHub(hub, max_bytes=100)()

    assert not hub.acked
    assert not hub.reported


async def test_a_hub_without_documents_is_no_problem() -> None:
    trial = await TryHub(hub_with(), max_bytes=100)()

    assert trial == replace(trial, dossiers=2, dossier=None, listed=0, problem=None)


async def test_what_stands_in_the_way_is_told() -> None:
    for operation in (Operation.TENANTS, Operation.FETCH):
        hub = hub_with("first")
        hub.script.fail(operation, HubUnavailable("no answer"))

        assert (await TryHub(hub, max_bytes=100)()).problem == "no answer"


async def test_a_document_that_is_too_large_is_told() -> None:
    trial = await TryHub(hub_with("first"), max_bytes=1)()

    assert trial.problem is not None
    assert trial.size_bytes is None


async def test_a_dossier_that_is_blocked_does_not_end_the_trial() -> None:
    hub = hub_with("first")
    hub.script.fail(Operation.LIST, TenantBlocked("its mandate ended"), subject="baker")

    trial = await TryHub(hub, max_bytes=100)()

    assert trial.dossier == "butcher"
    assert trial.problem is None


async def test_the_first_problem_is_told_when_no_dossier_can_be_listed() -> None:
    hub = hub_with("first")
    hub.script.fail(Operation.LIST, TenantBlocked("its mandate ended"), times=2)

    assert (await TryHub(hub, max_bytes=100)()).problem == "its mandate ended"
