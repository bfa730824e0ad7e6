"""The contract of the state for one document that comes to a client by several channels."""

from dataclasses import replace

import pytest
from anyio import create_task_group

from pipeline.domain.customers import Dossier
from pipeline.domain.delivery import PlannedDelivery, RowStatus
from pipeline.domain.documents import DocumentKey, KeyData
from pipeline.domain.duplicates import Sameness
from pipeline.ports.state import IntentOutcome, IntentResult, StateStore
from pipeline.testing.contracts.state_statements import bank, statement
from pipeline.testing.contracts.state_values import (
    BOOT,
    DOSSIER,
    HUB,
    bring_to,
    intend,
    key,
    planned,
    rejection,
    status_of,
)

INTENDED, DUPLICATE = IntentResult.INTENDED, IntentResult.DUPLICATE
VAT = "BE 0123.456.749"
INVOICE = KeyData(
    supplier_id="BE0428759497", number="2026/17", issue_date="2026-03-01", type_code="380"
)
FIRST = key("1")
OTHER_HUB = "peppol"
SECOND = DocumentKey(OTHER_HUB, "0123456749", "a-1")
THIRD = DocumentKey("second account", "7", "uuid")


async def channels(state: StateStore, **numbers: str) -> None:
    """The dossier of `FIRST`, and those of the others, all with these numbers."""
    tenants = [(HUB, DOSSIER), (SECOND.hub, SECOND.dossier), (THIRD.hub, THIRD.dossier)]
    own = numbers or {"enterprise_identifier": VAT}
    dossiers = [
        Dossier(
            *(*tenant, "Bakkerij", own.get("enterprise_identifier", "")),
            accounting_file_id=own.get("accounting_file_id", ""),
        )
        for tenant in tenants
    ]
    await state.save_dossiers(dossiers)


def invoice(document: DocumentKey, key_data: KeyData = INVOICE) -> PlannedDelivery:
    """An invoice whose bytes no other document has."""
    return replace(planned(document, content=str(document)), key_data=key_data)


def same(document: DocumentKey) -> PlannedDelivery:
    """A document with the bytes that `FIRST` has."""
    return planned(document, content="same")


async def hold(state: StateStore, document: DocumentKey, repeats: DocumentKey) -> None:
    """What the line does with a document that is DUPLICATE."""
    await state.rejected([replace(rejection(document, is_held=True), repeats=repeats)])


async def wanted(state: StateStore, document: DocumentKey) -> bool:
    """Whether a document is fetched again at the next pass, and its dossier due."""
    references = (await state.survey(document.hub, document.dossier, ())).wanted
    due = await state.load_due(document.hub)
    return document in [each.key for each in references] and document.dossier in due


class StateDuplicatesContract:
    """A client books a document once, by whatever channels it comes."""

    # -- of one client ------------------------------------------------------------------------
    @pytest.mark.parametrize(
        "numbers",
        [
            {"enterprise_identifier": VAT},
            {"enterprise_identifier": VAT, "accounting_file_id": "F1"},
            {"accounting_file_id": "F1"},
        ],
        ids=["VAT number", "both numbers", "dossier number"],
    )
    async def test_dossiers_with_the_same_number_are_of_one_client(
        self, state: StateStore, numbers: dict[str, str]
    ) -> None:
        await channels(state, **numbers)
        await intend(state, same(FIRST))

        (outcome,) = await state.intend([same(SECOND)], boot_id=BOOT)

        expected = IntentOutcome(DUPLICATE, other=await state.row(FIRST), sameness=Sameness.CONTENT)
        assert outcome == expected
        assert await state.row(SECOND) is None

    async def test_a_linked_dossier_without_numbers_is_of_the_client_it_is_linked_to(
        self, state: StateStore
    ) -> None:
        own = Dossier(HUB, DOSSIER, "Bakkerij")
        channel = Dossier(SECOND.hub, SECOND.dossier, "Bakkerij", linked_to=own.tenant)
        await state.save_dossiers([own, channel])

        assert await intend(state, same(FIRST), same(SECOND)) == [INTENDED, DUPLICATE]

    async def test_the_number_may_be_written_in_another_form(self, state: StateStore) -> None:
        await state.save_dossiers(
            [
                Dossier(HUB, DOSSIER, "Bakkerij", enterprise_identifier=VAT),
                Dossier(*(SECOND.hub, SECOND.dossier, "X", "0208:0123456749"), "F9"),
            ]
        )

        assert await intend(state, same(FIRST), same(SECOND)) == [INTENDED, DUPLICATE]

    async def test_other_clients_and_dossiers_never_saved_may_have_the_same_document(
        self, state: StateStore
    ) -> None:
        await state.save_dossiers(
            [
                Dossier(HUB, DOSSIER, "Bakkerij", enterprise_identifier=VAT),
                Dossier(SECOND.hub, SECOND.dossier, "Slagerij", "BE0428759497"),
            ]
        )

        results = await intend(state, same(FIRST), same(SECOND), same(THIRD))

        assert results == [INTENDED, INTENDED, INTENDED]

    async def test_a_link_made_later_counts_from_then_on(self, state: StateStore) -> None:
        await intend(state, same(FIRST))
        await channels(state)

        assert await intend(state, same(SECOND)) == [DUPLICATE]

    async def test_a_dossier_that_is_not_shared_any_more_still_counts(
        self, state: StateStore
    ) -> None:
        await channels(state)
        await intend(state, same(FIRST))
        await state.retain_dossiers(HUB, [])

        assert await intend(state, same(SECOND)) == [DUPLICATE]

    # -- the same document --------------------------------------------------------------------
    async def test_an_invoice_with_the_same_identity_is_a_duplicate(
        self, state: StateStore
    ) -> None:
        await channels(state)
        await intend(state, invoice(FIRST))
        written_otherwise = replace(INVOICE, supplier_id="0208:0428759497")

        (outcome,) = await state.intend([invoice(SECOND, written_otherwise)], boot_id=BOOT)

        assert outcome.result is DUPLICATE
        assert outcome.sameness is Sameness.INVOICE
        assert outcome.other == await state.row(FIRST)

    async def test_so_is_one_of_the_same_dossier(self, state: StateStore) -> None:
        assert await intend(state, invoice(FIRST), invoice(key("2"))) == [INTENDED, DUPLICATE]

    @pytest.mark.parametrize(
        "other",
        [
            {"supplier_id": "BE0123456749"},
            {"number": "2026/18"},
            {"issue_date": "2026-03-02"},
            {"type_code": "381"},
        ],
        ids=str,
    )
    async def test_an_invoice_that_differs_in_one_part_is_another(
        self, state: StateStore, other: dict[str, str]
    ) -> None:
        await channels(state)
        results = await intend(state, invoice(FIRST), invoice(SECOND, replace(INVOICE, **other)))

        assert results == [INTENDED, INTENDED]

    @pytest.mark.parametrize("unknown", ["supplier_id", "number", "issue_date"])
    async def test_what_is_not_known_is_the_same_as_nothing(
        self, state: StateStore, unknown: str
    ) -> None:
        await channels(state)
        data = replace(INVOICE, **{unknown: None})

        assert await intend(state, invoice(FIRST, data), invoice(SECOND, data)) == [INTENDED] * 2

    async def test_a_bank_statement_that_is_placed_is_a_duplicate_in_any_file(
        self, state: StateStore
    ) -> None:
        await channels(state)
        await intend(state, bank(FIRST, statement(40), statement(41)))
        judged = replace(bank(SECOND, statement(39), statement(41)), may_repeat=False)

        (outcome,) = await state.intend([judged], boot_id=BOOT)

        assert outcome.result is DUPLICATE
        assert outcome.sameness is Sameness.STATEMENT
        assert outcome.other == await state.row(FIRST)

    async def test_other_bank_statements_are_no_duplicates(self, state: StateStore) -> None:
        await channels(state)
        files = [bank(FIRST, statement(40)), bank(SECOND, statement(41))]

        results = await intend(state, *[replace(each, may_repeat=False) for each in files])

        assert results == [INTENDED, INTENDED]

    async def test_the_lowest_key_of_several_is_named(self, state: StateStore) -> None:
        await channels(state)
        await intend(state, *[replace(same(each), is_released=True) for each in (SECOND, FIRST)])

        (outcome,) = await state.intend([same(THIRD)], boot_id=BOOT)

        assert outcome.other is not None
        assert outcome.other.key == min(FIRST, SECOND)

    # -- which of them is placed --------------------------------------------------------------
    async def test_of_channels_that_deliver_at_the_same_moment_one_is_intended(
        self, state: StateStore
    ) -> None:
        await channels(state)
        results: list[IntentResult] = []

        async def deliver(document: DocumentKey) -> None:
            results.extend(await intend(state, invoice(document)))

        async with create_task_group() as tasks:
            for document in (FIRST, SECOND, THIRD):
                tasks.start_soon(deliver, document)

        assert sorted(results) == sorted([INTENDED, DUPLICATE, DUPLICATE])

    async def test_what_was_refused_without_a_token_is_no_reason(self, state: StateStore) -> None:
        await channels(state)
        await intend(state, same(FIRST))
        await state.withdraw([FIRST])
        await state.rejected([rejection(FIRST)])

        assert await intend(state, same(SECOND)) == [INTENDED]

    async def test_what_was_refused_with_its_token_in_staging_may_come_yet(
        self, state: StateStore
    ) -> None:
        await channels(state)
        await intend(state, same(FIRST))
        await state.rejected([replace(rejection(FIRST), sha256=None)])

        assert await intend(state, same(SECOND)) == [DUPLICATE]

    async def test_a_released_document_is_placed_whatever_it_repeats(
        self, state: StateStore
    ) -> None:
        await channels(state)
        await intend(state, invoice(FIRST))

        assert await intend(state, replace(invoice(SECOND), is_released=True)) == [INTENDED]

    async def test_a_package_may_want_what_its_client_has_already(self, state: StateStore) -> None:
        await channels(state)
        await intend(state, invoice(FIRST))
        again = replace(invoice(SECOND), may_repeat=True)

        assert await intend(state, again) == [INTENDED]
        changed = replace(invoice(SECOND._replace(version="2")), may_repeat=True)
        assert await intend(state, changed) == [IntentResult.CHANGED]

    # -- held, and the first comes to nothing -------------------------------------------------
    async def test_a_held_document_knows_which_one_it_repeats(self, state: StateStore) -> None:
        await bring_to(state, FIRST, RowStatus.DELIVERED)

        await hold(state, SECOND, FIRST)

        row = await state.row(SECOND)
        assert row is not None
        assert row.repeats == FIRST.digest
        assert not row.is_wanted
        assert await state.want([SECOND], release=True) == [SECOND]
        await intend(state, replace(planned(SECOND), is_released=True))
        row = await state.row(SECOND)
        assert row is not None
        assert row.repeats is None

    async def test_it_is_wanted_when_the_first_is_withdrawn(self, state: StateStore) -> None:
        await channels(state)
        await intend(state, same(FIRST))
        await hold(state, SECOND, FIRST)
        await hold(state, THIRD, FIRST)

        await state.withdraw([FIRST])

        assert await wanted(state, SECOND)
        assert await wanted(state, THIRD)
        assert await intend(state, same(SECOND), same(THIRD)) == [INTENDED, DUPLICATE]
        assert await status_of(state, SECOND) is RowStatus.INTENT

    async def test_it_is_wanted_when_the_first_is_lost(self, state: StateStore) -> None:
        await channels(state)
        await intend(state, same(FIRST))
        await hold(state, SECOND, FIRST)

        await state.rejected([replace(rejection(FIRST), is_lost=True)])

        row = await state.row(FIRST)
        assert row is not None
        assert row.files == ()
        assert await wanted(state, SECOND)

    @pytest.mark.parametrize("status", [RowStatus.DELIVERED, RowStatus.ACKED])
    async def test_what_is_delivered_is_never_lost_by_a_rejection(
        self, state: StateStore, status: RowStatus
    ) -> None:
        await bring_to(state, FIRST, status)
        await hold(state, SECOND, FIRST)

        await state.withdraw([FIRST])
        await state.rejected([replace(rejection(FIRST), is_lost=True)])

        row = await state.row(FIRST)
        assert row is not None
        assert row.files
        assert not await wanted(state, SECOND)

    async def test_it_is_wanted_at_once_when_the_first_came_to_nothing_meanwhile(
        self, state: StateStore
    ) -> None:
        await channels(state)
        await intend(state, same(FIRST))
        assert await intend(state, same(SECOND)) == [DUPLICATE]
        await state.withdraw([FIRST])

        await hold(state, SECOND, FIRST)

        assert await wanted(state, SECOND)

    async def test_it_is_wanted_when_the_first_is_placed_with_other_content(
        self, state: StateStore
    ) -> None:
        await intend(state, same(FIRST))
        await hold(state, SECOND, FIRST)
        await intend(state, same(FIRST))
        assert not await wanted(state, SECOND)

        await intend(state, planned(FIRST, content="other"))

        assert await wanted(state, SECOND)

    async def test_a_document_refused_for_something_else_repeats_nothing(
        self, state: StateStore
    ) -> None:
        await intend(state, same(FIRST))
        await hold(state, SECOND, FIRST)
        await state.rejected([rejection(SECOND)])

        await state.withdraw([FIRST])

        row = await state.row(SECOND)
        assert row is not None
        assert (row.repeats, row.is_wanted) == (None, False)
