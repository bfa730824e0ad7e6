"""The contract of the state for what happens to a row after its INTENT, or instead of it."""

from dataclasses import replace
from typing import Any

import pytest

from pipeline.domain.delivery import TRANSITIONS, Delivery, Evidence, RowStatus
from pipeline.domain.documents import DocumentRef
from pipeline.ports.state import IntentResult, StateStore
from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.state_values import (
    BOOT,
    DOSSIER,
    HUB,
    bring_to,
    digest_of,
    intend,
    key,
    later,
    planned,
    rejection,
    seen,
    status_of,
)

EVERY_STATUS = list(RowStatus)
SINCE = "boot-2"


class StateStatusesContract:
    """Rows move along `delivery.TRANSITIONS`, and nowhere else."""

    # -- delivered and acknowledged -----------------------------------------------------------
    async def test_a_delivered_row_has_its_evidence_and_its_time(
        self, state: StateStore, clock: VirtualClock
    ) -> None:
        await intend(state, planned(key("1")))
        before = await state.row(key("1"))
        await clock.advance(5)

        await state.delivered([Delivery(key("1"), "/books/1.xml", Evidence.SEEN, offset="43")])

        assert before is not None
        assert await state.row(key("1")) == replace(
            before,
            status=RowStatus.DELIVERED,
            evidence=Evidence.SEEN,
            offset="43",
            updated_at=clock.now(),
        )

    async def test_a_delivery_without_an_offset_keeps_the_one_listed(
        self, state: StateStore
    ) -> None:
        await intend(state, planned(key("1")))

        await state.delivered([seen(key("1"))])

        row = await state.row(key("1"))
        assert row is not None
        assert row.offset == planned(key("1")).offset

    @pytest.mark.parametrize("status", EVERY_STATUS)
    async def test_only_an_intent_is_delivered(self, state: StateStore, status: RowStatus) -> None:
        await bring_to(state, key("1"), status)
        before = await state.row(key("1"))

        await state.delivered([Delivery(key("1"), "/other", Evidence.PRESUMED), seen(key("none"))])

        if status is RowStatus.INTENT:
            assert await status_of(state, key("1")) is RowStatus.DELIVERED
        else:
            assert await state.row(key("1")) == before
        assert await state.row(key("none")) is None

    @pytest.mark.parametrize("status", EVERY_STATUS)
    async def test_only_a_delivered_row_is_acknowledged(
        self, state: StateStore, status: RowStatus
    ) -> None:
        await bring_to(state, key("1"), status)

        await state.acked([key("1"), key("none")])

        after = RowStatus.ACKED if status is RowStatus.DELIVERED else status
        assert await status_of(state, key("1")) is after

    @pytest.mark.parametrize("status", EVERY_STATUS)
    async def test_only_an_intent_is_withdrawn(self, state: StateStore, status: RowStatus) -> None:
        await bring_to(state, key("1"), status)

        await state.withdraw([key("1"), key("none")])

        assert await status_of(state, key("1")) is (None if status is RowStatus.INTENT else status)

    # -- reopened -----------------------------------------------------------------------------
    @pytest.mark.parametrize("status", [RowStatus.DELIVERED, RowStatus.ACKED])
    async def test_a_row_whose_token_is_back_is_an_intent_again(
        self, state: StateStore, status: RowStatus
    ) -> None:
        await bring_to(state, key("1"), status)
        before = await state.row(key("1"))

        await state.reopen([key("1"), key("none")], boot_id=SINCE)

        assert before is not None
        intent = replace(before, status=RowStatus.INTENT, evidence=None, boot_id=SINCE)
        assert await state.row(key("1")) == intent

    async def test_an_intent_that_became_an_error_is_reopened_with_its_files(
        self, state: StateStore
    ) -> None:
        await intend(state, planned(key("1")))
        before = await state.row(key("1"))
        await state.rejected([rejection(key("1"))])
        await state.reported([key("1")])
        await state.want([key("1")])

        await state.reopen([key("1")], boot_id=SINCE)

        row = await state.row(key("1"))
        assert before is not None
        assert row is not None
        assert (row.status, row.files, row.rule, row.reason) == (
            RowStatus.INTENT,
            before.files,
            None,
            None,
        )
        assert not row.is_reported
        assert not row.is_wanted

    @pytest.mark.parametrize("status", [RowStatus.ERROR, RowStatus.HELD])
    async def test_a_row_without_a_token_is_not_reopened(
        self, state: StateStore, status: RowStatus
    ) -> None:
        await bring_to(state, key("1"), status)

        await state.reopen([key("1")], boot_id=SINCE)

        assert await status_of(state, key("1")) is status

    async def test_an_intent_is_not_reopened(self, state: StateStore) -> None:
        await bring_to(state, key("1"), RowStatus.INTENT)

        await state.reopen([key("1")], boot_id=SINCE)

        row = await state.row(key("1"))
        assert row is not None
        assert row.boot_id == BOOT

    # -- rejected -----------------------------------------------------------------------------
    @pytest.mark.parametrize("is_held", [False, True], ids=["error", "held"])
    @pytest.mark.parametrize("status", [None, *EVERY_STATUS])
    async def test_a_rejection_moves_a_row_only_where_it_may_go(
        self, state: StateStore, status: RowStatus | None, *, is_held: bool
    ) -> None:
        if status is not None:
            await bring_to(state, key("1"), status)
        before = await state.row(key("1"))
        target = RowStatus.HELD if is_held else RowStatus.ERROR

        await state.rejected([replace(rejection(key("1"), is_held=is_held), reason="New.")])

        row = await state.row(key("1"))
        if target in TRANSITIONS[status]:
            assert row is not None
            assert (row.status, row.reason) == (target, "New.")
        else:
            assert row == before

    async def test_a_rejection_is_read_back_as_it_was_given(
        self, state: StateStore, clock: VirtualClock
    ) -> None:
        refused = rejection(key("1"))

        await state.rejected([refused])

        row = await state.row(key("1"))
        assert row is not None
        assert (row.status, row.updated_at) == (RowStatus.ERROR, clock.now())
        assert (row.files, row.path, row.is_reported) == ((), None, False)
        for name in (
            *("kind", "received_at", "rule", "reason", "sha256", "size_bytes", "quarantine"),
            *("key_data", "verdict", "findings_json", "file_name", "content_type", "offset"),
        ):
            assert getattr(row, name) == getattr(refused, name), name

    async def test_what_a_rejection_does_not_know_stays_as_it_was(self, state: StateStore) -> None:
        await intend(state, planned(key("1")))
        before = await state.row(key("1"))
        nothing: dict[str, Any] = dict.fromkeys(
            ("sha256", "size_bytes", "quarantine", "file_name", "content_type", "offset")
        )

        await state.rejected([replace(rejection(key("1")), **nothing)])

        row = await state.row(key("1"))
        assert before is not None
        assert row is not None
        assert row.files == before.files
        for name in nothing:
            assert getattr(row, name) == getattr(before, name), name

    async def test_a_new_rejection_is_not_reported_yet(self, state: StateStore) -> None:
        await state.rejected([rejection(key("1"))])
        await state.reported([key("1"), key("none")])
        reported = await state.row(key("1"))

        await state.rejected([rejection(key("1"))])

        again = await state.row(key("1"))
        assert reported is not None
        assert reported.is_reported
        assert again is not None
        assert not again.is_reported

    @pytest.mark.parametrize("status", [RowStatus.INTENT, RowStatus.DELIVERED, RowStatus.ACKED])
    async def test_only_errors_are_reported(self, state: StateStore, status: RowStatus) -> None:
        await bring_to(state, key("1"), status)

        await state.reported([key("1")])

        row = await state.row(key("1"))
        assert row is not None
        assert not row.is_reported

    # -- asked for again ----------------------------------------------------------------------
    @pytest.mark.parametrize("release", [False, True], ids=["retry", "release"])
    @pytest.mark.parametrize("status", EVERY_STATUS)
    async def test_errors_may_be_wanted_and_held_documents_released(
        self, state: StateStore, status: RowStatus, *, release: bool
    ) -> None:
        await bring_to(state, key("1"), status)
        is_accepted = status is RowStatus.ERROR or (release and status is RowStatus.HELD)

        accepted = await state.want([key("1"), key("none"), key("1")], release=release)

        assert accepted == ([key("1")] if is_accepted else [])
        assert list(await state.load_due(HUB)) == ([DOSSIER] if is_accepted else [])
        assert await status_of(state, key("1")) is status
        row = await state.row(key("1"))
        assert row is not None
        assert row.is_wanted is is_accepted
        assert row.is_released is (is_accepted and release)

    async def test_wanted_documents_come_as_references_first_received_first(
        self, state: StateStore
    ) -> None:
        for name, seconds in (("late", 9), ("early", 1), ("unwanted", 5)):
            await state.rejected([replace(rejection(key(name)), received_at=later(seconds))])
        await state.rejected([rejection(key("1", dossier="other"))])
        await state.want([key("late"), key("early"), key("1", dossier="other")], release=True)

        refs = (await state.survey(HUB, DOSSIER, ())).wanted

        assert [(ref.key, ref.received_at) for ref in refs] == [
            (key("early"), later(1)),
            (key("late"), later(9)),
        ]
        assert refs[0] == DocumentRef(
            key=key("early"),
            kind=rejection(key("1")).kind,
            received_at=later(1),
            file_name="listed.xml",
            content_type="text/xml",
            offset="7",
            is_released=True,
        )

    async def test_a_document_that_is_intended_is_not_wanted_any_more(
        self, state: StateStore
    ) -> None:
        await state.rejected([rejection(key("1"))])
        await state.want([key("1")])

        await intend(state, planned(key("1")))

        assert (await state.survey(HUB, DOSSIER, ())).wanted == []

    async def test_a_document_that_is_rejected_again_is_not_wanted_but_stays_released(
        self, state: StateStore
    ) -> None:
        await state.rejected([rejection(key("1"), is_held=True)])
        await state.want([key("1")], release=True)

        await state.rejected([rejection(key("1"))])

        assert (await state.survey(HUB, DOSSIER, ())).wanted == []
        await state.want([key("1")])
        assert [ref.is_released for ref in (await state.survey(HUB, DOSSIER, ())).wanted] == [True]

    async def test_a_release_waives_the_checks_whoever_intends(self, state: StateStore) -> None:
        await intend(state, planned(key("1"), content="same"))
        await state.rejected([replace(rejection(key("2")), sha256=digest_of("same"))])
        await state.want([key("2")], release=True)

        results = await intend(state, planned(key("2"), content="same"))

        assert results == [IntentResult.INTENDED]
        row = await state.row(key("2"))
        assert row is not None
        assert row.is_released
