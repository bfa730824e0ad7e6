"""Keys, tokens that end, and what is said when they are refused."""

import anyio
import pytest

from pipeline.domain.customers import Dossier
from pipeline.domain.errors import CredentialsRejected, TransientError
from pipeline.testing.emulators.euroconnector import ACCESS, REFRESH, EuroconnectorEmulator
from pipeline.testing.emulators.letspeppol import LetsPeppolEmulator
from pipeline.testing.emulators.queue import Fault
from pipeline.testing.emulators.recommand import JWT
from pipeline.testing.script import Operation
from tests.unit.connectors.queue.desk import COMPANY, Desk, desk_of


@pytest.fixture
def euroconnector() -> Desk:
    return desk_of("euroconnector")


def tokens_of(desk: Desk) -> tuple[int, int]:
    assert isinstance(desk.emulator, EuroconnectorEmulator)
    return desk.emulator.sign_ins, desk.emulator.refreshes


async def look(desk: Desk) -> int:
    return len((await desk.hub.list(await desk.dossier(), None, 10)).refs)


async def test_a_token_is_renewed_before_it_ends_with_the_refresh_token_as_bearer(
    euroconnector: Desk,
) -> None:
    await look(euroconnector)
    for _ in range(20):
        await euroconnector.clock.advance(0.81 * ACCESS.total_seconds())
        await look(euroconnector)

    assert tokens_of(euroconnector) == (1, 20)


async def test_a_refresh_token_that_ended_is_replaced_by_signing_in(euroconnector: Desk) -> None:
    await look(euroconnector)
    await euroconnector.clock.advance(REFRESH.total_seconds() + 1)
    await look(euroconnector)

    assert tokens_of(euroconnector) == (2, 0)


async def test_tokens_that_the_hub_forgot_are_replaced_by_one_sign_in_for_all_requests(
    euroconnector: Desk,
) -> None:
    await look(euroconnector)
    assert isinstance(euroconnector.emulator, EuroconnectorEmulator)
    euroconnector.emulator.forget_tokens()

    async with anyio.create_task_group() as group:
        for _ in range(50):
            group.start_soon(look, euroconnector)

    assert tokens_of(euroconnector) == (2, 0)


async def test_a_wrong_account_is_told_and_not_tried_again_at_once() -> None:
    desk = desk_of("euroconnector", user="nobody")

    for _ in range(5):
        with pytest.raises(CredentialsRejected):
            await look(desk)

    assert len(desk.emulator.asked) == 1
    health = await desk.hub.health()
    assert health.is_reachable
    assert not health.is_authenticated


async def test_a_sign_in_service_that_is_away_is_tried_later() -> None:
    desk = desk_of("letspeppol", sign_in_url="https://hub.example/elsewhere")

    with pytest.raises(TransientError):
        await look(desk)


async def test_a_refused_token_of_letspeppol_costs_one_sign_in() -> None:
    desk = desk_of("letspeppol")
    await look(desk)
    desk.emulator.faults[Operation.LIST].append(Fault.UNAUTHORIZED)

    assert await look(desk) == 0
    assert isinstance(desk.emulator, LetsPeppolEmulator)
    assert desk.emulator.sign_ins == 2


@pytest.mark.parametrize("name", ["recommand", "scrada", "peppyrus"])
async def test_a_key_that_is_not_accepted_asks_for_another(name: str) -> None:
    desk = desk_of(name, key="wrong")

    with pytest.raises(CredentialsRejected, match="Check the key"):
        await desk.hub.list(Dossier(name, COMPANY, ""), None, 10)

    assert not (await desk.hub.health()).is_authenticated


async def test_a_jwt_is_sent_as_bearer() -> None:
    desk = desk_of("recommand", key=JWT, secret="")

    assert await look(desk) == 0
