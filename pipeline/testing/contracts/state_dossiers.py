"""The contract of the state for dossiers, cursors, folders and log marks."""

from dataclasses import replace
from datetime import timedelta

from pipeline.domain.customers import AccountingPackage, Dossier
from pipeline.domain.documents import Location
from pipeline.ports.state import FolderClaim, LogMark, PassRecord, PinnedFolder, StateStore
from pipeline.testing.contracts.state_values import BOOT, HUB, RECEIVED, intend, key, planned

PACKAGE = AccountingPackage(
    id="winbooks",
    name="Winbooks",
    locations={Location.PURCHASE_INVOICES: r"D:\Books\[dossier]\In"},
    extracts_embedded_pdf=True,
    shares_folders=True,
    file_name="[number]",
    blocks_on_fatal=True,
    delivers_duplicates=True,
)
BAKERY = Dossier(HUB, "b", "Bakkerij Peeters", "BE0123456749", "0007", package=PACKAGE)
GARAGE = Dossier(HUB, "a", "Garage Dubois", shares_documents=False)
PIN = PinnedFolder(HUB, "b", Location.PURCHASE_INVOICES, "/books/[name]", "/books/Peeters")


def claim(tenant: str, *, is_shared: bool = False) -> FolderClaim:
    """A claim on the one folder of these tests."""
    return FolderClaim("/books/in", "/Books/In", tenant, is_shared)


class StateDossiersContract:
    """Dossiers, cursors, what is due, passes, folders, marks."""

    async def test_the_installation_keeps_its_id(self, state: StateStore) -> None:
        first = await state.installation_id()

        assert first
        assert await state.installation_id() == first

    # -- dossiers -----------------------------------------------------------------------------
    async def test_dossiers_come_back_by_id_with_their_package(self, state: StateStore) -> None:
        await state.save_dossiers([BAKERY, GARAGE, replace(GARAGE, hub="other")])

        assert await state.load_dossiers(HUB) == [GARAGE, BAKERY]
        assert await state.load_dossiers("nowhere") == []

    async def test_a_dossier_saved_again_is_replaced_and_the_others_stay(
        self, state: StateStore
    ) -> None:
        await state.save_dossiers([BAKERY, GARAGE])

        moved = replace(BAKERY, enterprise_name="Bakkerij Peeters en Zoon", package=None)
        await state.save_dossiers([moved])

        assert await state.load_dossiers(HUB) == [GARAGE, moved]

    async def test_a_dossier_knows_of_which_it_is_another_channel(self, state: StateStore) -> None:
        await state.save_dossiers([replace(GARAGE, linked_to=BAKERY.tenant)])

        (found,) = await state.load_dossiers(HUB)

        assert found.owner == BAKERY.tenant

    async def test_dossiers_of_one_package_share_what_was_saved_last(
        self, state: StateStore
    ) -> None:
        await state.save_dossiers([BAKERY])

        renamed = replace(PACKAGE, name="Winbooks on Web")
        await state.save_dossiers([replace(GARAGE, package=renamed)])

        assert [each.package for each in await state.load_dossiers(HUB)] == [renamed, renamed]

    async def test_dossiers_that_a_hub_does_not_list_any_more_stop_sharing(
        self, state: StateStore
    ) -> None:
        elsewhere = replace(BAKERY, hub="other")
        await state.save_dossiers([BAKERY, replace(GARAGE, shares_documents=True), elsewhere])

        await state.retain_dossiers(HUB, [GARAGE.id])

        shared = {each.id: each.shares_documents for each in await state.load_dossiers(HUB)}
        assert shared == {GARAGE.id: True, BAKERY.id: False}
        assert await state.load_dossiers("other") == [elsewhere]

    async def test_a_hub_without_dossiers_retains_none(self, state: StateStore) -> None:
        await state.save_dossiers([BAKERY])

        await state.retain_dossiers(HUB, [])

        assert await state.load_dossiers(HUB) == [replace(BAKERY, shares_documents=False)]

    # -- cursors and what is due --------------------------------------------------------------
    async def test_a_cursor_belongs_to_its_hub_and_scope(self, state: StateStore) -> None:
        await state.save_cursor(HUB, "feed", "17")
        await state.save_cursor(HUB, "b", "3")
        await state.save_cursor(HUB, "feed", "18")

        assert await state.load_cursor(HUB, "feed") == "18"
        assert await state.load_cursor(HUB, "b") == "3"
        assert await state.load_cursor("other", "feed") is None

    async def test_a_cursor_and_the_dossiers_it_made_due_are_stored_together(
        self, state: StateStore
    ) -> None:
        await state.save_cursor(HUB, "feed", "17", ["b", "a", "b"])

        assert await state.load_cursor(HUB, "feed") == "17"
        assert list(await state.load_due(HUB)) == ["a", "b"]

    async def test_what_is_due_stays_due_until_it_is_cleared(self, state: StateStore) -> None:
        await state.mark_due(HUB, ["c", "a"])
        await state.mark_due(HUB, ["a", "b"])
        await state.mark_due("other", ["a"])

        marks = await state.load_due(HUB)
        await state.end_passes((), {HUB: {"a": marks["a"], "never-due": 1}})

        assert list(await state.load_due(HUB)) == ["b", "c"]
        assert list(await state.load_due("other")) == ["a"]

    async def test_what_was_marked_again_meanwhile_stays_due(self, state: StateStore) -> None:
        await state.mark_due(HUB, ["a", "b"])
        marks = await state.load_due(HUB)
        await state.mark_due(HUB, ["a"])

        await state.end_passes((), {HUB: marks})

        again = await state.load_due(HUB)
        assert list(again) == ["a"]
        assert again["a"] > marks["a"]

    async def test_the_last_pass_of_each_dossier_is_kept(self, state: StateStore) -> None:
        first = PassRecord("billing/a", RECEIVED, 1.5, 4, 3, 1, "1 document is Error")
        other = PassRecord("billing/b", RECEIVED, 0.25, 0, 0, 0)
        again = replace(first, finished_at=RECEIVED + timedelta(hours=1), problem=None)
        await state.end_passes([first, other], {})
        await state.end_passes([again], {})

        assert await state.last_passes() == {"billing/a": again, "billing/b": other}

    # -- folders ------------------------------------------------------------------------------
    async def test_a_pinned_folder_stays_when_the_enterprise_is_renamed(
        self, state: StateStore
    ) -> None:
        assert await state.pin_folders([PIN]) == [PIN]

        assert await state.pin_folders([replace(PIN, folder="/books/Peeters & Zoon")]) == [PIN]

    async def test_a_pinned_folder_moves_when_the_office_changes_the_location(
        self, state: StateStore
    ) -> None:
        await state.pin_folders([PIN])
        moved = replace(PIN, template="/new/[name]", folder="/new/Peeters")

        assert await state.pin_folders([moved]) == [moved]
        assert await state.pin_folders([replace(moved, folder="/new/other")]) == [moved]

    async def test_each_location_of_each_dossier_is_pinned_by_itself(
        self, state: StateStore
    ) -> None:
        await state.pin_folders([PIN])

        for other in (replace(PIN, dossier="c"), replace(PIN, location=Location.OTHER_DOCUMENTS)):
            mine = replace(other, folder="/books/mine")
            assert await state.pin_folders([mine]) == [mine]

    async def test_a_folder_belongs_to_who_claimed_it_first(self, state: StateStore) -> None:
        assert await state.claim_folders([claim("h/a")]) == ["h/a"]
        assert await state.claim_folders([claim("h/b")]) == ["h/a"]
        assert await state.claim_folders([claim("h/a")]) == ["h/a"]

    async def test_a_folder_is_shared_when_every_claim_says_so(self, state: StateStore) -> None:
        await state.claim_folders([claim("h/a", is_shared=True)])

        shared = await state.claim_folders([claim("h/b", is_shared=True)])
        alone = await state.claim_folders([claim("h/c")])

        assert shared == ["h/b"]
        assert alone == ["h/a"]

    async def test_a_folder_that_is_not_shared_is_not_opened_by_a_shared_claim(
        self, state: StateStore
    ) -> None:
        await state.claim_folders([claim("h/a")])

        assert await state.claim_folders([claim("h/b", is_shared=True)]) == ["h/a"]

    async def test_the_first_owner_ends_the_sharing_of_a_folder(self, state: StateStore) -> None:
        await state.claim_folders([claim("h/a", is_shared=True)])
        await state.claim_folders([claim("h/b", is_shared=True)])

        assert await state.claim_folders([claim("h/a")]) == ["h/a"]
        assert await state.claim_folders([claim("h/b", is_shared=True)]) == ["h/a"]

    async def test_folders_are_claimed_in_one_call(self, state: StateStore) -> None:
        other = replace(claim("h/b"), folder_key="/books/other")

        owners = await state.claim_folders([claim("h/a"), other, replace(other, tenant="h/c")])

        assert owners == ["h/a", "h/b", "h/b"]

    # -- delivery log -------------------------------------------------------------------------
    async def test_marks_are_committed_with_the_intents(self, state: StateStore) -> None:
        marks = {"books": LogMark(1200, "abc"), "share": LogMark(0, "")}

        await state.intend([planned(key("1"))], boot_id=BOOT, marks=marks)

        assert await state.load_mark("books") == LogMark(1200, "abc")
        assert await state.load_mark("share") == LogMark(0, "")
        assert await state.load_mark("other") is None
        assert await state.marked_destinations() == ["books", "share"]

    async def test_marks_stay_until_new_ones_are_saved(self, state: StateStore) -> None:
        await state.save_marks({"books": LogMark(10, "a")})
        await intend(state, planned(key("1")))
        assert await state.load_mark("books") == LogMark(10, "a")

        await state.save_marks({"books": LogMark(5, "b")})
        assert await state.load_mark("books") == LogMark(5, "b")
