"""Stages in the wrong order do not type-check.

Each line below that is wrong carries a ``type: ignore`` with its error code. The type checker
reports an ignore that nothing needs, so a chain that began to accept the wrong order would fail
the check of this very file.
"""

from collections.abc import Sequence

from pipeline.engine.line import Line, Opening, ReadyLine
from tests.unit.engine.toy_line import Body, Ref, Row, ToyLine


def opening(toy: ToyLine) -> Opening[Ref]:
    return Line.starting_with(
        toy.list,
        hub_of=lambda tenant: tenant,
        lane_of=lambda ref: ref.lane,
        weight_of=lambda ref: ref.weight,
    )


async def look_at_bodies(bodies: Sequence[Body]) -> Sequence[Body | Exception]:
    return bodies


def test_stages_in_their_order_type_check() -> None:
    toy = ToyLine()

    downloaded: Line[Body] = opening(toy).then(toy.download, name="download", workers=2)
    checked: Line[Body] = downloaded.then_batch(look_at_bodies, name="check", max_items=2)
    written: Line[Row] = checked.then_batch(toy.write, name="write", max_items=2)
    ready: ReadyLine = written.rejecting_into(toy.record)

    assert [spec.name for spec in ready.plan.stages] == ["download", "check", "write"]
    assert ready.sink.name == "reject"


def test_a_stage_after_the_wrong_one_does_not_type_check() -> None:
    toy = ToyLine()
    downloaded = opening(toy).then(toy.download, name="download", workers=2)
    written = downloaded.then_batch(toy.write, name="write", max_items=2)

    downloaded.then(toy.download, name="again", workers=1)  # type: ignore[arg-type]
    downloaded.then_batch(toy.acknowledge, name="early", max_items=1)  # type: ignore[arg-type]
    written.then_batch(toy.write, name="twice", max_items=1)  # type: ignore[arg-type]
    downloaded.then(toy.write, name="one", workers=1)  # type: ignore[arg-type]
    downloaded.then_batch(toy.download, name="many", max_items=1)  # type: ignore[arg-type]


def test_a_line_that_does_not_say_where_rejected_items_go_cannot_run() -> None:
    downloaded = opening(ToyLine()).then(ToyLine().download, name="download", workers=2)

    assert not hasattr(downloaded, "run")
    assert not hasattr(opening(ToyLine()), "then_batch")


async def test_an_item_can_go_one_by_one_through_every_stage() -> None:
    toy = ToyLine()
    toy.offer("hub/a", 5)

    async def check(body: Body) -> Body:
        return body

    async def finish(body: Body) -> Row:
        toy.completed.append((0.0, body.ref))
        return Row(body.ref)

    line = (
        opening(toy)
        .then(toy.download, name="download", workers=2)
        .then(check, name="check", workers=2)
        .then(finish, name="finish", workers=1)
        .rejecting_into(toy.record)
    )
    scheduler = toy.scheduler()
    scheduler.close_when_idle()
    await line.run(scheduler, toy.options())

    assert len(toy.completed) == 5
