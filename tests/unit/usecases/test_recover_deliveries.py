"""Recovery: the token decides; records only say what to do with it."""

import random

import pytest

from pipeline.domain.delivery import Evidence, Rejection, RowStatus
from pipeline.domain.errors import AnotherInstance, ConfigurationError
from pipeline.usecases.recover_deliveries import OnUncertain
from tests.unit.stages.desk import INBOX, LANE, STAGING, Desk, item, name_of


@pytest.fixture
async def desk() -> Desk:
    desk = Desk()
    await desk.recover()
    await desk.deliver(item(9))
    return desk


def cut_power(desk: Desk, seed: int = 0) -> None:
    """Lose everything that no flush made durable, and start the machine again."""
    desk.volume.cut_power(random.Random(seed))  # noqa: S311 - dice of a test
    desk.start()


# -- killed at each step -------------------------------------------------------------------------
@pytest.mark.parametrize("step", ["reserved", "staged", "staging_flushed"])
async def test_what_was_never_logged_is_removed_and_fetched_again(desk: Desk, step: str) -> None:
    await desk.kill_at(step, item(1))

    report = await desk.recover()

    assert report.tokens_removed == (step != "reserved")
    assert desk.tokens() == []
    assert await desk.memory.row(item(1).key) is None
    await desk.deliver(item(1))
    assert desk.files()[name_of(1)] == b"body 1"


async def test_what_was_logged_and_not_intended_is_learnt_from_the_log(desk: Desk) -> None:
    await desk.kill_at("logged", item(1))

    report = await desk.recover()

    assert report.imported == 1
    assert report.delivered == {Evidence.MOVED: 1}
    assert desk.files()[name_of(1)] == b"body 1"


async def test_what_was_intended_and_not_moved_is_moved(desk: Desk) -> None:
    await desk.kill_at("intended", item(1), item(2))

    report = await desk.recover()

    assert report.delivered == {Evidence.MOVED: 2}
    assert desk.files().keys() == {name_of(9), name_of(1), name_of(2)}


async def test_what_was_moved_and_is_there_is_seen(desk: Desk) -> None:
    await desk.kill_at("renamed", item(1))

    report = await desk.recover()

    assert report.delivered == {Evidence.SEEN: 1}
    assert (await desk.row(1)).status is RowStatus.DELIVERED


async def test_what_was_moved_and_imported_is_presumed_and_not_repeated(desk: Desk) -> None:
    await desk.kill_at("flushed", item(1))
    desk.remove(INBOX, name_of(1))

    report = await desk.recover()

    assert report.delivered == {Evidence.PRESUMED: 1}
    assert name_of(1) not in desk.files()


async def test_a_document_whose_attachment_was_moved_alone_follows_it(desk: Desk) -> None:
    desk.configure(extracts_embedded_pdf=True)
    both = item(1, pdf=b"%PDF")
    await desk.kill_at("intended", both)
    row = await desk.row(1)
    desk.remove(STAGING, row.files[0].token)
    desk.put(INBOX, row.files[0].name, b"%PDF")

    report = await desk.recover()

    assert report.delivered == {Evidence.MOVED: 1}
    assert desk.files()[name_of(1, extension=".pdf")] == b"%PDF"
    assert desk.files()[name_of(1)] == b"body 1"


async def test_recovery_twice_is_recovery_once(desk: Desk) -> None:
    await desk.kill_at("intended", item(1))
    await desk.recover()

    report = await desk.recover()

    assert report.delivered == {}
    assert report.imported == report.tokens_removed == 0


async def test_inboxes_are_flushed_before_recovery_believes_that_a_token_is_gone(
    desk: Desk,
) -> None:
    await desk.kill_at("renamed", item(1))
    flushed: list[str] = []
    desk.on_step = lambda call, name: flushed.append(name) if call == "fsync" else None

    await desk.recover()

    assert flushed.index(INBOX) < len(flushed) - 1
    assert flushed[flushed.index(INBOX) + 1] == STAGING


# -- after a power cut ---------------------------------------------------------------------------
async def test_a_token_that_a_power_cut_brought_back_is_delivered_and_flagged(desk: Desk) -> None:
    await desk.kill_at("intended", item(1))
    cut_power(desk)

    report = await desk.recover()

    assert report.delivered == {Evidence.REDELIVERED: 1}
    assert (await desk.row(1)).evidence is Evidence.REDELIVERED


async def test_a_token_that_a_power_cut_brought_back_can_be_held_for_a_person(desk: Desk) -> None:
    await desk.kill_at("intended", item(1))
    cut_power(desk)

    report = await desk.recover(OnUncertain.HOLD)
    again = await desk.recover(OnUncertain.HOLD)

    row = await desk.row(1)
    assert (report.held, again.held) == (1, 0)
    assert row.status is RowStatus.HELD
    assert "Look for it in the accounting package" in (row.reason or "")
    assert len(desk.tokens()) == 1
    assert name_of(1) not in desk.files()


async def test_a_held_document_that_is_released_is_delivered_once(desk: Desk) -> None:
    await desk.kill_at("intended", item(1))
    cut_power(desk)
    await desk.recover(OnUncertain.HOLD)
    await desk.memory.want([item(1).key], release=True)

    await desk.deliver(item(1, is_released=True))
    report = await desk.recover(OnUncertain.HOLD)

    assert report.tokens_removed == 1
    assert desk.files()[name_of(1)] == b"body 1"
    assert desk.tokens() == []


async def test_a_delivered_document_whose_token_is_back_is_delivered_again(desk: Desk) -> None:
    """A server of a network share may confirm a move and lose it later."""
    await desk.deliver(item(1))
    await desk.memory.acked([item(1).key])
    row = await desk.row(1)
    body = desk.files()[name_of(1)]
    desk.remove(INBOX, name_of(1))
    desk.put(STAGING, row.files[0].token, body)

    report = await desk.recover()

    assert report.delivered == {Evidence.REDELIVERED: 1}
    assert desk.files()[name_of(1)] == body
    assert (await desk.row(1)).status is RowStatus.DELIVERED


@pytest.mark.parametrize("is_acked", [False, True], ids=["not acknowledged", "acknowledged"])
async def test_a_damaged_token_is_never_placed(desk: Desk, *, is_acked: bool) -> None:
    await desk.deliver(item(1))
    if is_acked:
        await desk.memory.acked([item(1).key])
    row = await desk.row(1)
    desk.remove(INBOX, name_of(1))
    desk.put(STAGING, row.files[0].token, b"half")

    report = await desk.recover()

    left = await desk.memory.row(item(1).key)
    assert name_of(1) not in desk.files()
    assert desk.tokens() == []
    assert (report.lost_by_volume, report.fetched_again) == (int(is_acked), int(not is_acked))
    if is_acked:
        assert left is not None
        assert (left.status, left.rule) == (RowStatus.ERROR, "lost")
    else:
        assert left is None


# -- what cannot be finished ---------------------------------------------------------------------
async def test_a_folder_that_cannot_be_used_makes_its_documents_error_and_keeps_their_bytes(
    desk: Desk,
) -> None:
    await desk.kill_at("intended", item(1))
    desk.remove("/data/F1", "in")

    report = await desk.recover()

    row = await desk.row(1)
    assert report.unusable == 1
    assert (row.status, row.rule) == (RowStatus.ERROR, "location")
    assert len(desk.tokens()) == 1

    desk.volume.make_folders(INBOX)
    await desk.recover()

    assert (await desk.row(1)).status is RowStatus.DELIVERED
    assert desk.files() == {name_of(1): b"body 1"}


async def test_a_name_that_was_taken_meanwhile_is_changed(desk: Desk) -> None:
    await desk.kill_at("intended", item(1))
    desk.put(INBOX, name_of(1), b"theirs")

    await desk.recover()

    assert desk.files()[name_of(1)] == b"theirs"
    assert desk.files()[name_of(1, suffix="_2")] == b"body 1"


async def test_an_error_that_was_never_intended_is_left_alone(desk: Desk) -> None:
    ref = item(1).document.ref
    await desk.memory.rejected(
        [Rejection(ref.key, ref.kind, ref.received_at, rule="xsd", reason="broken")]
    )

    await desk.recover()

    assert (await desk.row(1)).status is RowStatus.ERROR


# -- the state is lost, or older -------------------------------------------------------------------
async def test_a_lost_state_is_rebuilt_and_nothing_is_delivered_twice(desk: Desk) -> None:
    await desk.deliver(item(1), item(2))
    desk.remove(INBOX, name_of(1))
    await desk.restart(lose_state=True)

    report = await desk.recover()
    await desk.deliver(item(1), item(2), item(9))

    assert report.imported == 3
    assert report.delivered == {Evidence.SEEN: 2, Evidence.PRESUMED: 1}
    assert desk.files().keys() == {name_of(9), name_of(2)}


async def test_what_was_given_up_is_not_believed_to_be_delivered(desk: Desk) -> None:
    await desk.write([item(2, body=b"body 9")])
    await desk.kill_at("staged", item(3))
    await desk.recover()
    await desk.restart(lose_state=True)

    report = await desk.recover()

    assert report.imported == 1
    assert await desk.memory.row(item(2).key) is None
    assert await desk.memory.row(item(3).key) is None


async def test_an_older_state_forgets_what_was_given_up_since(desk: Desk) -> None:
    await desk.kill_at("intended", item(1))
    older = await desk.memory.rows(statuses=[RowStatus.INTENT])
    await desk.memory.withdraw([item(1).key])
    mark = await desk.memory.load_mark(LANE)
    await desk.recover()
    assert mark is not None

    await desk.memory.import_intents(older)
    await desk.memory.save_marks({LANE: mark})
    await desk.recover()

    assert await desk.memory.row(item(1).key) is None


async def test_an_older_state_learns_of_the_later_attempt(desk: Desk) -> None:
    await desk.kill_at("intended", item(1))
    older = await desk.memory.rows(statuses=[RowStatus.INTENT])
    mark = await desk.memory.load_mark(LANE)
    assert mark is not None
    cut_power(desk)
    await desk.recover(OnUncertain.HOLD)
    await desk.memory.want([item(1).key], release=True)
    await desk.deliver(item(1, is_released=True))
    await desk.recover()

    await desk.restart(lose_state=True)
    await desk.memory.import_intents(older)
    await desk.memory.save_marks({LANE: mark})
    desk.remove(INBOX, name_of(1))
    await desk.recover()

    assert (await desk.row(1)).status is RowStatus.DELIVERED
    assert name_of(1) not in desk.files()


async def test_a_volume_older_than_the_state_is_reported(desk: Desk) -> None:
    [log] = [name for name in desk.files(STAGING) if name.endswith(".log")]
    body = desk.files(STAGING)[log]
    await desk.deliver(item(1))
    desk.remove(STAGING, log)
    desk.put(STAGING, log, body)
    await desk.restart()

    report = await desk.recover()

    assert report.volume_was_restored


async def test_a_bare_mount_point_is_refused(desk: Desk) -> None:
    for name in [name for name in desk.files(STAGING) if name.endswith(".log")]:
        desk.remove(STAGING, name)
    await desk.restart()

    with pytest.raises(ConfigurationError, match="Mount the disk"):
        await desk.recover()

    await desk.recover(take_over=True)
    await desk.recover()


# -- who may -------------------------------------------------------------------------------------
async def test_a_second_process_is_refused(desk: Desk) -> None:
    desk.start()

    with pytest.raises(AnotherInstance):
        await desk.recover()


async def test_delivered_rows_that_the_hub_may_not_know_are_handed_back(desk: Desk) -> None:
    await desk.deliver(item(1))
    await desk.memory.acked([item(9).key])

    pages = [page async for page in desk.recovery().unacknowledged()]

    assert [row.key for page in pages for row in page] == [item(1).key]
