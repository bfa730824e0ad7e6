"""The contract of the state for INTENT: what is accepted, and what is refused with which answer."""

from dataclasses import replace

import pytest

from pipeline.domain.delivery import Evidence, RowStatus
from pipeline.domain.duplicates import Sameness
from pipeline.ports.state import IntentOutcome, IntentResult, StateStore
from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.state_values import (
    BOOT,
    bring_to,
    intend,
    key,
    later,
    logged,
    planned,
    rejection,
    seen,
    status_of,
    stored,
)

INTENDED, NAME_TAKEN = IntentResult.INTENDED, IntentResult.NAME_TAKEN
DUPLICATE, CHANGED, KNOWN = IntentResult.DUPLICATE, IntentResult.CHANGED, IntentResult.KNOWN
PLACED = [RowStatus.INTENT, RowStatus.DELIVERED, RowStatus.ACKED]
REFUSED = [RowStatus.ERROR, RowStatus.HELD]


class StateIntentsContract:
    """`StateStore.intend` and `StateStore.import_intents`."""

    async def test_an_intent_is_read_back_as_it_was_planned(
        self, state: StateStore, clock: VirtualClock
    ) -> None:
        delivery = planned(key("1"), names=["1.pdf", "1.xml"])

        assert await intend(state, delivery) == [INTENDED]

        row = await state.row(key("1"))
        assert row is not None
        assert row.status is RowStatus.INTENT
        assert row.files == stored(delivery)
        assert row.path == f"{delivery.files[1].folder}/1.xml"
        assert (row.updated_at, row.boot_id) == (clock.now(), BOOT)
        for name in (
            *("kind", "received_at", "sha256", "size_bytes", "destination", "key_data"),
            *("verdict", "findings_json", "file_name", "content_type", "offset"),
        ):
            assert getattr(row, name) == getattr(delivery, name), name

    async def test_bodies_are_not_stored(self, state: StateStore) -> None:
        await intend(state, planned(key("1")))

        row = await state.row(key("1"))
        assert row is not None
        assert [file.body for file in row.files] == [None]

    async def test_an_empty_batch_is_nothing(self, state: StateStore) -> None:
        assert await intend(state) == []

    # -- the same document again --------------------------------------------------------------
    async def test_an_intent_for_the_same_key_is_replaced(self, state: StateStore) -> None:
        await intend(state, planned(key("1"), names=["first.pdf", "first.xml"]))
        again = planned(key("1"), names=["second.xml"])

        assert await intend(state, again) == [INTENDED]

        row = await state.row(key("1"))
        assert row is not None
        assert row.files == stored(again)

    async def test_the_names_of_a_replaced_intent_are_free(self, state: StateStore) -> None:
        await intend(state, planned(key("1"), names=["first.xml"]))

        results = await intend(
            state,
            planned(key("1"), names=["second.xml"]),
            planned(key("2"), names=["first.xml"]),
        )

        assert results == [INTENDED, INTENDED]

    async def test_the_same_key_twice_in_a_batch_leaves_the_last(self, state: StateStore) -> None:
        last = planned(key("1"), names=["last.xml"])

        assert await intend(state, planned(key("1")), last) == [INTENDED, INTENDED]

        row = await state.row(key("1"))
        assert row is not None
        assert row.files == stored(last)

    @pytest.mark.parametrize("status", PLACED[1:])
    async def test_a_document_past_intent_is_known(
        self, state: StateStore, status: RowStatus
    ) -> None:
        await bring_to(state, key("1"), status)
        before = await state.row(key("1"))

        outcomes = await state.intend([planned(key("1"))], boot_id="boot-2")

        assert outcomes == [IntentOutcome(KNOWN, other=before)]
        assert await state.row(key("1")) == before

    @pytest.mark.parametrize("status", PLACED[1:])
    async def test_other_content_under_a_delivered_key_is_changed(
        self, state: StateStore, status: RowStatus
    ) -> None:
        await bring_to(state, key("1"), status)
        before = await state.row(key("1"))
        other = planned(key("1"), content="other")

        outcomes = await state.intend([other], boot_id=BOOT)
        released = await intend(state, replace(other, is_released=True))

        assert outcomes == [IntentOutcome(CHANGED, other=before)]
        assert released == [KNOWN]
        assert await state.row(key("1")) == before

    @pytest.mark.parametrize("status", REFUSED)
    async def test_a_refused_document_may_be_intended(
        self, state: StateStore, status: RowStatus
    ) -> None:
        await bring_to(state, key("1"), status)
        await state.reported([key("1")])

        assert await intend(state, planned(key("1"))) == [INTENDED]

        row = await state.row(key("1"))
        assert row is not None
        assert (row.status, row.rule, row.reason) == (RowStatus.INTENT, None, None)
        assert not row.is_reported
        assert row.quarantine == rejection(key("1")).quarantine

    # -- booked twice -------------------------------------------------------------------------
    @pytest.mark.parametrize("status", PLACED)
    async def test_a_new_version_of_a_placed_document_is_changed(
        self, state: StateStore, status: RowStatus
    ) -> None:
        await bring_to(state, key("1"), status)

        outcomes = await state.intend([planned(key("1", version="2"))], boot_id=BOOT)

        assert outcomes == [IntentOutcome(CHANGED, other=await state.row(key("1")))]
        assert await state.row(key("1", version="2")) is None

    async def test_changed_names_the_version_received_last(self, state: StateStore) -> None:
        versions = [("1", later(2)), ("2", later(3)), ("3", later(1))]
        for version, received in versions:
            delivery = planned(key("1", version=version))
            await intend(state, replace(delivery, received_at=received, is_released=True))

        (outcome,) = await state.intend([planned(key("1", version="4"))], boot_id=BOOT)

        assert outcome.other is not None
        assert outcome.other.key.version == "2"

    @pytest.mark.parametrize("status", PLACED)
    async def test_the_same_content_under_another_id_is_a_duplicate(
        self, state: StateStore, status: RowStatus
    ) -> None:
        await bring_to(state, key("1"), status)
        row = await state.row(key("1"))
        same = replace(planned(key("2")), sha256=planned(key("1")).sha256)

        outcomes = await state.intend([same], boot_id=BOOT)

        assert outcomes == [IntentOutcome(DUPLICATE, other=row, sameness=Sameness.CONTENT)]
        assert await state.row(key("2")) is None

    async def test_a_batch_sees_its_own_duplicates(self, state: StateStore) -> None:
        outcomes = await state.intend(
            [planned(key("1"), content="same"), planned(key("2"), content="same")], boot_id=BOOT
        )

        assert [each.result for each in outcomes] == [INTENDED, DUPLICATE]
        assert outcomes[1].other == await state.row(key("1"))

    async def test_a_batch_sees_its_own_versions(self, state: StateStore) -> None:
        results = await intend(state, planned(key("1")), planned(key("1", version="2")))

        assert results == [INTENDED, CHANGED]

    async def test_content_replaced_in_a_batch_is_no_duplicate_any_more(
        self, state: StateStore
    ) -> None:
        results = await intend(
            state,
            planned(key("1"), content="first"),
            planned(key("1"), content="second"),
            planned(key("2"), content="first"),
        )

        assert results == [INTENDED, INTENDED, INTENDED]

    async def test_another_dossier_may_have_the_same_document(self, state: StateStore) -> None:
        results = await intend(
            state,
            planned(key("1"), content="same"),
            planned(key("1", dossier="other"), content="same"),
        )

        assert results == [INTENDED, INTENDED]

    @pytest.mark.parametrize("status", REFUSED)
    async def test_what_was_refused_makes_no_duplicate(
        self, state: StateStore, status: RowStatus
    ) -> None:
        await bring_to(state, key("1"), status)
        same = replace(planned(key("2")), sha256=rejection(key("1")).sha256 or "")

        assert await intend(state, same, planned(key("1", version="2"))) == [INTENDED, INTENDED]

    async def test_a_released_document_is_neither_duplicate_nor_changed(
        self, state: StateStore
    ) -> None:
        await intend(state, planned(key("1"), content="same"))

        results = await intend(
            state,
            replace(planned(key("2"), content="same"), is_released=True),
            replace(planned(key("1", version="2")), is_released=True),
        )

        assert results == [INTENDED, INTENDED]

    # -- names --------------------------------------------------------------------------------
    async def test_a_name_of_another_document_is_taken(self, state: StateStore) -> None:
        first = planned(key("1"), names=["A.xml"])
        await intend(state, first)

        outcomes = await state.intend([planned(key("2"), names=["2.pdf", "a.xml"])], boot_id=BOOT)

        assert outcomes == [IntentOutcome(NAME_TAKEN, name_key=first.files[0].name_key)]
        assert await state.row(key("2")) is None

    async def test_a_name_is_taken_once_in_a_batch(self, state: StateStore) -> None:
        results = await intend(
            state,
            planned(key("1"), names=["a.xml"]),
            planned(key("2"), names=["A.XML"]),
            planned(key("3"), names=["b.xml", "B.xml"]),
        )

        assert results == [INTENDED, NAME_TAKEN, NAME_TAKEN]

    async def test_a_released_document_does_not_take_a_name_either(self, state: StateStore) -> None:
        await intend(state, planned(key("1"), names=["a.xml"]))
        released = replace(planned(key("2"), names=["a.xml"]), is_released=True)

        assert await intend(state, released) == [NAME_TAKEN]

    async def test_an_intent_stays_as_it_was_when_its_new_name_is_taken(
        self, state: StateStore
    ) -> None:
        await intend(state, planned(key("1"), names=["a.xml"]), planned(key("2")))
        before = await state.row(key("2"))

        assert await intend(state, planned(key("2"), names=["a.xml"])) == [NAME_TAKEN]
        assert await state.row(key("2")) == before

    async def test_name_keys_with_and_without_folders_are_different_names(
        self, state: StateStore
    ) -> None:
        name_keys = ["a.xml", "/a.xml", "//a.xml", "/a.xml/", "", "/"]
        deliveries = [planned(key(str(number))) for number in range(len(name_keys))]
        named = [
            replace(delivery, files=(replace(delivery.files[0], name_key=name_key),))
            for delivery, name_key in zip(deliveries, name_keys, strict=True)
        ]

        assert await intend(state, *named) == [INTENDED] * len(name_keys)

        owners = await state.taken_names([*name_keys, "b.xml"])
        assert owners == {name: key(str(number)) for number, name in enumerate(name_keys)}

    async def test_names_are_free_after_an_intent_is_withdrawn(self, state: StateStore) -> None:
        await intend(state, planned(key("1"), names=["a.xml"]))

        await state.withdraw([key("1")])

        assert await intend(state, planned(key("2"), names=["a.xml"])) == [INTENDED]

    # -- read back from a delivery log --------------------------------------------------------
    async def test_rows_of_a_delivery_log_become_intents(
        self, state: StateStore, clock: VirtualClock
    ) -> None:
        row = replace(logged(key("1")), status=RowStatus.DELIVERED, rule="old")

        assert await state.import_intents([row, logged(key("2"))]) == 2

        imported = await state.row(key("1"))
        files = stored(planned(key("1")))
        assert imported == replace(
            logged(key("1")), files=files, updated_at=clock.now(), evidence=Evidence.LOGGED
        )

    async def test_importing_again_changes_nothing(self, state: StateStore) -> None:
        await bring_to(state, key("1"), RowStatus.DELIVERED)
        await bring_to(state, key("2"), RowStatus.ERROR)
        await state.import_intents([logged(key("3"))])
        before = await state.rows()

        rows = [logged(key(name)) for name in "1233"]
        assert await state.import_intents(rows) == 0
        assert await state.rows() == before

    @pytest.mark.parametrize("status", REFUSED)
    async def test_a_later_attempt_in_the_log_replaces_a_row_which_stays_released(
        self, state: StateStore, status: RowStatus
    ) -> None:
        await bring_to(state, key("1"), status)
        await state.want([key("1")], release=True)

        assert await state.import_intents([logged(key("1"))], replaces=True) == 1

        row = await state.row(key("1"))
        assert row is not None
        assert (row.status, row.evidence) == (RowStatus.INTENT, Evidence.LOGGED)
        assert (row.is_released, row.is_wanted, row.rule) == (True, False, None)
        assert row.files == stored(planned(key("1")))

    async def test_what_was_read_back_is_judged_when_it_is_intended(
        self, state: StateStore
    ) -> None:
        rows = [replace(logged(key(name)), sha256="ab" * 32) for name in "12"]
        await state.import_intents(rows)
        deliveries = [replace(planned(key(name)), sha256="ab" * 32) for name in "12"]

        assert await intend(state, deliveries[0]) == [DUPLICATE]
        await state.withdraw([key("1")])
        assert await intend(state, deliveries[1]) == [INTENDED]

        row = await state.row(key("2"))
        assert row is not None
        assert row.evidence is None

    async def test_of_two_logged_rows_with_one_name_the_first_is_imported(
        self, state: StateStore
    ) -> None:
        rows = [logged(key("1"), names=["a.xml"]), logged(key("2"), names=["2.pdf", "a.xml"])]
        await intend(state, planned(key("3"), names=["c.xml"]))

        assert await state.import_intents([*rows, logged(key("4"), names=["c.xml"])]) == 1
        assert await status_of(state, key("2")) is None

    async def test_an_imported_intent_is_delivered_like_any_other(self, state: StateStore) -> None:
        await state.import_intents([logged(key("1"))])

        await state.delivered([seen(key("1"))])

        assert await status_of(state, key("1")) is RowStatus.DELIVERED
