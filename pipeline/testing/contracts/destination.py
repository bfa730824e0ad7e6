"""What every destination must do; the test of one subclasses `DestinationContract`."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from pipeline.domain.delivery import Evidence, PlannedDelivery, RowStatus
from pipeline.domain.errors import AnotherInstance, ConfigurationError, DestinationUnavailable
from pipeline.domain.paths import name_key
from pipeline.ports.destination import (
    Destination,
    FolderFault,
    FolderProblem,
    LoggedRows,
    MoveOutcome,
    MoveResult,
    Staged,
    TokenState,
    delivery_stem,
)
from pipeline.ports.state import LogMark
from pipeline.testing.contracts.destination_site import INSTALLATION, Site, planned


class DestinationContract:
    """Inherit, and define the fixture ``site``, a tree whose root exists and is empty."""

    @pytest.fixture
    async def destination(self, site: Site) -> AsyncIterator[Destination]:
        destination = site.destination()
        await destination.open(INSTALLATION)
        yield destination
        await destination.close()

    @pytest.fixture
    def inbox(self, site: Site) -> str:
        folder = site.folder("F1", "in")
        site.make_folder(folder)
        return folder

    @staticmethod
    async def stage(
        destination: Destination, *deliveries: PlannedDelivery, existing: str | None = None
    ) -> Staged:
        folders = {file.folder for each in deliveries for file in each.files}
        return await destination.stage(
            deliveries, existing={folder: existing or folder for folder in folders}
        )

    @staticmethod
    async def move(destination: Destination, *deliveries: PlannedDelivery) -> list[MoveOutcome]:
        return list(await destination.move([each.files for each in deliveries]))

    # -- placing ------------------------------------------------------------------------------
    async def test_nothing_is_visible_before_the_move_and_everything_after(
        self, site: Site, destination: Destination, inbox: str
    ) -> None:
        batch = [planned(destination, inbox, number) for number in range(5)]

        staged = await self.stage(destination, *batch)

        assert not staged.failures
        assert site.files(inbox) == {}
        assert len(await destination.tokens()) == 5

        outcomes = await self.move(destination, *batch)

        assert {outcome.result for outcome in outcomes} == {MoveResult.MOVED}
        assert {outcome.evidence for outcome in outcomes} == {Evidence.MOVED}
        assert site.files(inbox) == {f"n{n}.xml": f"body {n}".encode() for n in range(5)}
        assert list(await destination.tokens()) == []

    async def test_an_attachment_is_placed_with_its_document(
        self, site: Site, destination: Destination, inbox: str
    ) -> None:
        pair = planned(destination, inbox, 1, b"pdf", b"xml", is_pair=True)
        await self.stage(destination, pair)

        [outcome] = await self.move(destination, pair)

        assert outcome.moved == 2
        assert site.files(inbox) == {"n1.pdf": b"pdf", "n1.xml": b"xml"}

    async def test_folders_below_the_existing_part_are_made(
        self, site: Site, destination: Destination
    ) -> None:
        delivery = planned(destination, site.folder("F2", "in", "2026"), 1)

        staged = await self.stage(destination, delivery, existing=site.root)
        await self.move(destination, delivery)

        assert not staged.failures
        assert site.files(site.folder("F2", "in", "2026")) == {"n1.xml": b"body 1"}

    async def test_a_missing_folder_of_the_administrator_stops_its_documents_alone(
        self, site: Site, destination: Destination, inbox: str
    ) -> None:
        missing = planned(destination, site.folder("missing", "in"), 1)
        good = planned(destination, inbox, 2)

        staged = await self.stage(destination, missing, good)

        problem = staged.failures[missing.key]
        assert isinstance(problem, FolderProblem)
        assert problem.fault is FolderFault.MISSING
        assert problem.folder == site.folder("missing", "in")
        assert staged.failures.keys() == {missing.key}
        assert list(await destination.tokens()) == [good.files[0].token]

    async def test_a_folder_outside_the_root_is_refused(self, destination: Destination) -> None:
        staged = await self.stage(destination, planned(destination, "/elsewhere/in", 1))

        [problem] = staged.failures.values()
        assert isinstance(problem, FolderProblem)
        assert problem.fault is FolderFault.OUTSIDE

    async def test_a_file_in_the_place_of_a_folder_is_refused(
        self, site: Site, destination: Destination
    ) -> None:
        site.put(site.root, "F9", b"")

        staged = await self.stage(destination, planned(destination, site.folder("F9", "in"), 1))

        [problem] = staged.failures.values()
        assert isinstance(problem, FolderProblem)
        assert problem.fault is FolderFault.IS_LINK

    # -- names that exist ----------------------------------------------------------------------
    async def test_another_file_of_that_name_is_never_replaced(
        self, site: Site, destination: Destination, inbox: str
    ) -> None:
        site.put(inbox, "n1.xml", b"somebody else")
        delivery = planned(destination, inbox, 1)
        await self.stage(destination, delivery)

        [outcome] = await self.move(destination, delivery)

        assert outcome == MoveOutcome(MoveResult.NAME_EXISTS, 0)
        assert site.files(inbox) == {"n1.xml": b"somebody else"}
        assert len(await destination.tokens()) == 1

    async def test_the_same_content_under_that_name_counts_as_delivered(
        self, site: Site, destination: Destination, inbox: str
    ) -> None:
        site.put(inbox, "n1.xml", b"body 1")
        delivery = planned(destination, inbox, 1)
        await self.stage(destination, delivery)

        [outcome] = await self.move(destination, delivery)

        assert outcome == MoveOutcome(MoveResult.MOVED, 1, Evidence.SAME_CONTENT)
        assert list(await destination.tokens()) == []

    async def test_a_document_and_its_attachment_do_not_get_different_names(
        self, site: Site, destination: Destination, inbox: str
    ) -> None:
        site.put(inbox, "n1.xml", b"somebody else")
        pair = planned(destination, inbox, 1, b"pdf", b"xml", is_pair=True)
        await self.stage(destination, pair)

        [outcome] = await self.move(destination, pair)

        assert outcome == MoveOutcome(MoveResult.NAME_EXISTS, 0)
        assert site.files(inbox) == {"n1.xml": b"somebody else"}

    async def test_a_renamed_delivery_is_logged_again(
        self, site: Site, destination: Destination, inbox: str
    ) -> None:
        delivery = planned(destination, inbox, 1)
        await self.stage(destination, delivery)
        other = replace(delivery.files[0], name="other.xml", name_key=name_key(inbox, "other.xml"))

        await destination.log([replace(delivery, files=(other,))])
        await destination.move([[other]])

        [chunk] = await self.read(destination)
        assert [row.path for row in chunk.rows] == [f"{inbox}/other.xml"]
        assert site.files(inbox) == {"other.xml": b"body 1"}

    # -- tokens that are gone ------------------------------------------------------------------
    async def test_a_token_that_somebody_removed_is_reported(
        self, site: Site, destination: Destination, inbox: str
    ) -> None:
        delivery = planned(destination, inbox, 1)
        await self.stage(destination, delivery)
        site.remove(site.folder(".dossierpost"), delivery.files[0].token)

        [outcome] = await self.move(destination, delivery)

        assert outcome.result is MoveResult.VANISHED

    async def test_withdrawing_removes_the_tokens_and_tells_the_log(
        self, destination: Destination, inbox: str
    ) -> None:
        kept, given_up = planned(destination, inbox, 1), planned(destination, inbox, 2)
        await self.stage(destination, kept, given_up)

        await destination.withdraw([delivery_stem(given_up.files)])

        [chunk] = await self.read(destination)
        assert list(await destination.tokens()) == [kept.files[0].token]
        assert [row.key for row in chunk.rows] == [kept.key]
        assert chunk.withdrawn == {delivery_stem(given_up.files)}

    async def test_fences_never_repeat_not_even_after_a_restart(
        self, site: Site, destination: Destination, inbox: str
    ) -> None:
        stray = planned(destination, inbox, 1)
        await self.stage(destination, stray)
        await destination.withdraw([delivery_stem(stray.files)])
        await destination.close()
        again = site.destination()
        await again.open(INSTALLATION)

        fences = {again.new_fence() for _ in range(3)}

        assert len(fences) == 3
        assert stray.files[0].token.split(".")[1] not in fences
        await again.close()

    # -- recovery -----------------------------------------------------------------------------
    async def test_what_is_left_of_a_delivery_is_told_apart(
        self, site: Site, destination: Destination, inbox: str
    ) -> None:
        deliveries = [planned(destination, inbox, number) for number in range(4)]
        await self.stage(destination, *deliveries)
        staged, damaged, in_place, imported = [each.files[0] for each in deliveries]
        site.remove(site.folder(".dossierpost"), damaged.token)
        site.put(site.folder(".dossierpost"), damaged.token, b"half")
        await destination.move([[in_place], [imported]])
        site.remove(inbox, imported.name)

        states = await destination.inspect([staged, damaged, in_place, imported])

        assert list(states) == [
            TokenState.STAGED,
            TokenState.DAMAGED,
            TokenState.FOUND_IN_PLACE,
            TokenState.GONE,
        ]

    async def test_flushing_leaves_out_folders_that_are_gone(
        self, site: Site, destination: Destination, inbox: str
    ) -> None:
        await destination.flush([inbox, site.folder("gone"), "/elsewhere"])

    # -- the log ------------------------------------------------------------------------------
    @staticmethod
    async def read(destination: Destination, start: int = 0) -> list[LoggedRows]:
        return [chunk async for chunk in destination.read_log(start)]

    async def test_the_log_gives_back_what_was_intended(
        self, destination: Destination, inbox: str
    ) -> None:
        pair = planned(destination, inbox, 1, b"pdf", b"xml", is_pair=True)
        staged = await self.stage(destination, pair)

        [chunk] = await self.read(destination)

        [row] = chunk.rows
        assert row.key == pair.key
        assert row.status is RowStatus.INTENT
        assert row.files == tuple(replace(file, body=None) for file in pair.files)
        assert (row.kind, row.received_at, row.sha256, row.size_bytes) == (
            pair.kind,
            pair.received_at,
            pair.sha256,
            pair.size_bytes,
        )
        assert (row.key_data, row.offset) == (pair.key_data, "7")
        assert (row.boot_id, row.destination) == (destination.boot_id, destination.name)
        assert chunk.mark == staged.mark

    async def test_the_log_says_whether_the_state_knows_all_of_it(
        self, destination: Destination, inbox: str
    ) -> None:
        first = (await self.stage(destination, planned(destination, inbox, 1))).mark
        last = (await self.stage(destination, planned(destination, inbox, 2))).mark
        assert first is not None

        ahead = await destination.compare_log(first)
        assert ahead.start == first.position
        assert not ahead.was_restored
        [chunk] = await self.read(destination, first.position)
        assert [row.key.document_id for row in chunk.rows] == ["document-2"]
        assert (await destination.compare_log(last)).start is None
        assert (await destination.compare_log(None)).start == 0

    @pytest.mark.parametrize(
        "mark",
        [LogMark(10_000_000, "0" * 16), LogMark(50, "0" * 16)],
        ids=["beyond its end", "other line"],
    )
    async def test_a_log_that_lacks_the_marked_line_was_restored(
        self, destination: Destination, inbox: str, mark: LogMark
    ) -> None:
        await self.stage(destination, planned(destination, inbox, 1))

        comparison = await destination.compare_log(mark)

        assert comparison.was_restored
        assert comparison.start == 0

    async def test_a_torn_line_spoils_only_itself(
        self, site: Site, destination: Destination, inbox: str
    ) -> None:
        await self.stage(destination, planned(destination, inbox, 1))
        await destination.close()
        staging = site.folder(".dossierpost")
        [name] = [name for name in site.files(staging) if name.endswith(".log")]
        whole = site.files(staging)[name]
        site.remove(staging, name)
        site.put(staging, name, whole + whole[: len(whole) // 2] + b"\x00\xff")

        again = site.destination()
        await again.open(INSTALLATION)
        await self.stage(again, planned(again, inbox, 2))

        keys = [row.key.document_id for chunk in await self.read(again) for row in chunk.rows]
        assert keys == ["document-1", "document-2"]
        await again.close()

    # -- who may work here ---------------------------------------------------------------------
    @pytest.mark.usefixtures("destination")
    async def test_a_second_instance_is_refused_while_the_first_lives(self, site: Site) -> None:
        with pytest.raises(AnotherInstance, match="lock"):
            await site.destination().open(INSTALLATION)

    async def test_another_installation_is_refused_until_it_takes_over(
        self, site: Site, destination: Destination
    ) -> None:
        await destination.close()
        other = site.destination()

        with pytest.raises(AnotherInstance, match="--take-over"):
            await other.open("another")
        await other.open("another", take_over=True)
        await other.close()

        with pytest.raises(AnotherInstance, match="another"):
            await destination.open(INSTALLATION)

    async def test_opening_again_is_how_a_failed_destination_is_tried(
        self, destination: Destination, inbox: str
    ) -> None:
        await destination.open(INSTALLATION)

        staged = await self.stage(destination, planned(destination, inbox, 1))

        assert not staged.failures

    async def test_nothing_works_before_it_is_open(self, site: Site) -> None:
        closed = site.destination()

        with pytest.raises(DestinationUnavailable):
            await closed.tokens()
        with pytest.raises(DestinationUnavailable):
            closed.new_fence()
        await closed.close()

    @pytest.mark.parametrize("parts", [(), (".dossierpost", "in")], ids=["above", "inside"])
    async def test_an_inbox_that_overlaps_staging_is_refused(
        self, site: Site, parts: tuple[str, ...]
    ) -> None:
        with pytest.raises(ConfigurationError, match="lie inside each other"):
            await site.destination().open(INSTALLATION, inboxes=[site.folder(*parts)])

    async def test_the_self_test_leaves_no_token(self, destination: Destination) -> None:
        assert list(await destination.tokens()) == []
