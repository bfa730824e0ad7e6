"""A whole line: order, passes, what each class of error stops."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from pipeline.domain.errors import (
    ConfigurationError,
    DocumentHeld,
    DocumentRejected,
    TenantBlocked,
    TransientError,
)
from pipeline.engine.guard import GuardPolicy, TooManyRejected
from pipeline.engine.retry import RetryPolicy
from pipeline.engine.tenancy import Limits
from tests.unit.engine.toy_line import Ref, ToyLine


@pytest.fixture
def toy() -> ToyLine:
    return ToyLine()


async def test_every_item_goes_through_every_stage_once_and_a_run_of_one_pass_ends(
    toy: ToyLine,
) -> None:
    for number in range(20):
        toy.offer(f"hub/{number}", number)

    running = await toy.run_once()

    assert not any(toy.pending.values())
    assert len(toy.downloads) == len(toy.completed) == sum(range(20))
    assert len(toy.passes) == 20
    assert all(summary.is_clean for summary in toy.passes)
    assert running.snapshot().in_flight == running.snapshot().queued == 0
    assert running.snapshot().in_flight_bytes == 0


async def test_a_pass_reports_what_became_of_its_items(toy: ToyLine) -> None:
    toy.offer("hub/a", 10)
    toy.spoils_write = lambda ref: {
        1: DocumentRejected("no", rule="BR-01"),
        2: DocumentHeld("again?", rule="duplicate"),
        3: TransientError("later", retry_after=timedelta(hours=1)),
    }.get(ref.number)

    await toy.run_once()

    summary = toy.passes[0]
    assert (summary.listed, summary.completed) == (10, 7)
    assert (summary.rejected, summary.held, summary.postponed) == (1, 1, 1)
    assert summary.problem == "later"
    assert not summary.is_clean


async def test_an_invalid_document_is_an_error_and_the_others_go_on(toy: ToyLine) -> None:
    toy.offer("hub/a", 5)
    toy.refuses_download = lambda ref: (
        DocumentRejected("gone", rule="gone") if ref.number == 2 else None
    )

    await toy.run_once()

    assert [(r.item.number, r.stage, r.error.rule) for r in toy.rejected] == [
        (2, "download", "gone")
    ]
    assert toy.completed_of("hub/a") == 4
    assert toy.passes[0].problem is None


async def test_a_bug_in_a_stage_costs_one_item(toy: ToyLine) -> None:
    toy.offer("hub/a", 5)
    toy.refuses_download = lambda ref: ZeroDivisionError() if ref.number == 2 else None

    running = await toy.run_once()

    assert toy.completed_of("hub/a") == 4
    assert [r.error.rule for r in toy.rejected] == ["internal"]
    assert [(type(error), where) for error, where in toy.bugs] == [
        (ZeroDivisionError, "stage download, tenant hub/a")
    ]
    assert running.snapshot().stages[0].bugs == 1


async def test_a_batch_stage_that_answers_for_too_few_items_is_a_bug(toy: ToyLine) -> None:
    toy.offer("hub/a", 3)
    write = toy.write
    toy.write = lambda bodies: write(bodies[:-1])  # type: ignore[method-assign]

    await toy.run_once()

    assert "2 answers for 3 items" in str(toy.bugs[0][0])
    assert len(toy.rejected) == 3


async def test_an_error_raised_by_a_batch_concerns_every_item_of_it(toy: ToyLine) -> None:
    toy.offer("hub/a", 3)
    toy.refuses_write = lambda _: DocumentRejected("no", rule="path")

    await toy.run_once()

    assert len(toy.rejected) == 3


async def test_a_blocked_tenant_pauses_alone_and_its_items_in_flight_finish(toy: ToyLine) -> None:
    toy.offer("hub/blocked", 50)
    toy.offer("hub/other", 50)
    toy.download_takes = lambda ref: 5.0 if ref.number < 4 else 1.0
    toy.refuses_download = lambda ref: (
        TenantBlocked("Sign in again.") if ref.tenant == "hub/blocked" and ref.number >= 4 else None
    )

    await toy.run_once(limits=Limits(per_tenant=6))

    assert toy.completed_of("hub/other") == 50
    blocked = next(s for s in toy.passes if s.tenant == "hub/blocked")
    assert blocked.is_blocked
    assert blocked.problem == "Sign in again."
    assert blocked.completed == 4
    assert blocked.postponed == 46
    assert len([ref for _, ref in toy.downloads if ref.tenant == "hub/blocked"]) <= 8


async def test_a_tenant_whose_listing_is_refused_is_blocked(toy: ToyLine) -> None:
    toy.offer("hub/a", 5)
    toy.refuses_listing = lambda _: TenantBlocked("Not linked.")

    await toy.run_once()

    assert [(s.is_blocked, s.problem) for s in toy.passes] == [(True, "Not linked.")]


async def test_a_bug_in_the_source_costs_one_pass(toy: ToyLine) -> None:
    toy.offer("hub/a", 5)
    toy.offer("hub/b", 5)
    toy.refuses_listing = lambda tenant: KeyError("x") if tenant == "hub/a" else None

    await toy.run_once()

    assert toy.completed_of("hub/b") == 5
    assert len(toy.bugs) == 1
    assert next(s for s in toy.passes if s.tenant == "hub/a").problem


@pytest.mark.parametrize("where", ["listing", "download", "write"])
async def test_a_wrong_configuration_stops_the_line_and_is_raised_bare(
    toy: ToyLine, where: str
) -> None:
    toy.offer("hub/a", 5)
    setattr(toy, f"refuses_{where}", lambda _: ConfigurationError("No such profile."))

    with pytest.raises(ConfigurationError, match="No such profile"):
        await toy.run_once()


async def test_a_run_stops_when_most_documents_of_several_dossiers_are_rejected(
    toy: ToyLine,
) -> None:
    for tenant in "abcde":
        toy.offer(f"hub/{tenant}", 100)
    toy.refuses_download = lambda ref: (
        DocumentRejected("no", rule="BR-CO-15") if ref.number % 3 else None
    )

    with pytest.raises(TooManyRejected, match="BR-CO-15"):
        await toy.run_once()

    assert len(toy.rejected) < 250


async def test_one_dossier_full_of_rubbish_is_blocked_and_stops_nobody_else(toy: ToyLine) -> None:
    toy.offer("hub/rubbish", 1000)
    toy.offer("hub/fine", 300)
    toy.refuses_download = lambda ref: (
        DocumentRejected("no", rule="xml") if ref.tenant == "hub/rubbish" else None
    )

    await toy.run_once(guard=GuardPolicy(items=200))

    assert toy.completed_of("hub/fine") == 300
    rubbish = next(s for s in toy.passes if s.tenant == "hub/rubbish")
    assert rubbish.is_blocked
    assert rubbish.rejected < 250


async def test_held_documents_do_not_count_as_rejected_by_the_guard(toy: ToyLine) -> None:
    for tenant in "abcde":
        toy.offer(f"hub/{tenant}", 100)
    toy.refuses_download = lambda _: DocumentHeld("again?", rule="duplicate")

    await toy.run_once()

    assert sum(s.held for s in toy.passes) == 500


async def test_a_sink_that_fails_for_a_moment_is_tried_again(toy: ToyLine) -> None:
    toy.offer("hub/a", 1)
    toy.refuses_download = lambda _: DocumentRejected("no", rule="xml")
    answers = [TransientError("disk full")]
    toy.refuses_sink = lambda _: answers.pop() if answers else None

    await toy.run_once()

    assert len(toy.rejected) == 1


async def test_a_sink_with_a_bug_loses_nothing(toy: ToyLine) -> None:
    toy.offer("hub/a", 1)
    toy.refuses_download = lambda _: DocumentRejected("no", rule="xml")
    toy.refuses_sink = lambda _: ZeroDivisionError()

    await toy.run_once()

    assert len(toy.bugs) == 1
    assert toy.passes[0].postponed == 1
    assert toy.pending["hub/a"]


async def test_the_end_of_a_pass_that_cannot_be_reported_is_a_bug_and_the_line_goes_on(
    toy: ToyLine,
) -> None:
    toy.offer("hub/a", 1)
    toy.offer("hub/b", 1)

    async def fail(_: object) -> None:
        raise ZeroDivisionError

    toy.note_pass = fail  # type: ignore[method-assign,assignment]

    await toy.run_once()

    told = " ".join(where for _, where in toy.bugs)
    assert "hub/a" in told
    assert "hub/b" in told
    assert len(toy.completed) == 2


async def test_a_huge_backlog_is_listed_page_by_page_as_room_comes_free(toy: ToyLine) -> None:
    toy.offer("hub/huge", 2000)
    limits = Limits(queued=100, queued_per_tenant=100, in_flight=10)
    seen: list[int] = []
    running = toy.assemble(toy.scheduler(), limits=limits)

    def look(_: Sequence[Ref]) -> None:
        seen.append(running.snapshot().queued)

    toy.refuses_write = look
    scheduler = running._scheduler
    scheduler.close_when_idle()
    async with toy.clock.running():
        await running.run()

    assert toy.listed["hub/huge"] == 1
    assert len(toy.completed) == 2000
    assert max(seen) <= 100


async def test_listers_that_may_not_wait_any_longer_leave_the_rest_to_the_next_pass(
    toy: ToyLine,
) -> None:
    for number in range(8):
        toy.offer(f"hub/{number}", 300)

    await toy.run_once(listers=4, limits=Limits(queued_per_tenant=20))

    assert len(toy.completed) == 2400
    assert any(summary.is_partial for summary in toy.passes)


async def test_a_retry_waits_outside_the_workers(toy: ToyLine) -> None:
    toy.workers = 1
    toy.offer("hub/a", 1)
    toy.offer("hub/b", 5)
    refusals = [TransientError("busy", retry_after=timedelta(seconds=20))]
    toy.refuses_download = lambda ref: (
        refusals.pop() if refusals and ref.tenant == "hub/a" else None
    )

    await toy.run_once(retry=RetryPolicy())

    times = {ref.tenant: at for at, ref in toy.completed}
    assert times["hub/b"] < 1
    assert 20 <= times["hub/a"] <= 23
