"""The contract of the state for look-ups, concurrency, and text as hubs send it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import anyio
import pytest

from pipeline.domain.customers import Dossier
from pipeline.domain.delivery import DocumentRow, RowStatus
from pipeline.domain.documents import DocumentKey, KeyData, Verdict
from pipeline.ports.state import DossierCounts, IntentResult, LogMark, StateStore
from pipeline.testing.contracts.state_values import (
    HOSTILE_TEXTS,
    HUB,
    bring_to,
    intend,
    key,
    later,
    planned,
    rejection,
    seen,
)


async def one_of_each(state: StateStore) -> None:
    """A row in every status, named after it, in two dossiers."""
    for number, status in enumerate(RowStatus):
        await bring_to(state, key(status.value, dossier=f"d{number % 2}"), status)


def names(rows: Sequence[DocumentRow]) -> list[str]:
    """Document ids, in order."""
    return [row.key.document_id for row in rows]


class StateQueriesContract:
    """Rows are found by key, by name and by condition."""

    # -- known and taken ----------------------------------------------------------------------
    async def test_documents_without_a_row_are_not_known(self, state: StateStore) -> None:
        assert await state.known([key("1")]) == {}
        assert await state.known([]) == {}
        assert await state.row(key("1")) is None
        assert await state.taken_names(["/books/1.xml"]) == {}

    async def test_the_exact_version_is_known_before_any_other(self, state: StateStore) -> None:
        await bring_to(state, key("1", version="1"), RowStatus.ERROR)
        await bring_to(state, key("1", version="2"), RowStatus.DELIVERED)

        first, second, third = (key("1", version=each) for each in "123")
        known = await state.known([first, second, third, key("2"), key("1", dossier="other")])

        assert {asked: row.key for asked, row in known.items()} == {
            first: first,
            second: second,
            third: second,
        }
        assert known[first] == await state.row(first)

    async def test_of_several_versions_the_one_received_last_is_known(
        self, state: StateStore
    ) -> None:
        for version, seconds in (("b", 2), ("a", 3), ("c", 1)):
            received = later(seconds)
            await state.rejected(
                [replace(rejection(key("1", version=version)), received_at=received)]
            )

        known = await state.known([key("1", version="d")])

        assert known[key("1", version="d")].key.version == "a"

    async def test_a_thousand_documents_are_asked_for_at_once(self, state: StateStore) -> None:
        keys = [key(f"{number:04}") for number in range(1000)]
        await intend(state, *(planned(each) for each in keys[::2]))

        known = await state.known(keys)
        owners = await state.taken_names(
            [file.name_key for each in keys for file in planned(each).files]
        )

        assert set(known) == set(keys[::2])
        assert set(owners.values()) == set(keys[::2])

    # -- rows ---------------------------------------------------------------------------------
    async def test_rows_are_found_by_every_condition(self, state: StateStore) -> None:
        await one_of_each(state)
        await state.reported([key("error", dossier="d1")])
        await bring_to(state, DocumentKey("other", "d0", "error"), RowStatus.ERROR)

        everything = ["acked", "held", "intent", "delivered", "error", "error"]
        assert names(await state.rows()) == everything
        assert names(await state.rows(hub=HUB, dossier="d1")) == ["delivered", "error"]
        assert names(await state.rows(dossier="d0")) == ["acked", "held", "intent", "error"]
        assert names(await state.rows(document_id="error", hub="other")) == ["error"]
        assert names(await state.rows(destination="books")) == ["acked", "intent", "delivered"]
        assert names(await state.rows(statuses=[RowStatus.ERROR], is_reported=True)) == ["error"]
        unreported = await state.rows(statuses=[RowStatus.ERROR], is_reported=False)
        assert [row.key.hub for row in unreported] == ["other"]

    async def test_rows_are_found_by_the_digests_in_staging(self, state: StateStore) -> None:
        await one_of_each(state)
        digests = [key("acked", dossier="d0").digest, key("held", dossier="d0").digest]

        found = await state.rows(digests=[*digests, key("none").digest, "lost+found", ""])

        assert names(found) == ["acked", "held"]
        assert names(await state.rows(digests=digests, statuses=[RowStatus.HELD])) == ["held"]
        assert await state.rows(digests=[]) == []

    async def test_rows_come_in_pages_without_gaps_or_repeats(self, state: StateStore) -> None:
        keys = [
            DocumentKey(hub, dossier, document_id, version)
            for hub, dossier in (("x", "b"), ("x", "c"), ("y", "a"))
            for document_id in ("1", "10", "9", "é")
            for version in ("1", "2")
        ]
        deliveries = [replace(planned(each), is_released=True) for each in keys]
        await intend(state, *reversed(deliveries))

        for statuses in ([], [RowStatus.INTENT]):
            paged: list[DocumentKey] = []
            after: DocumentKey | None = None
            while page := await state.rows(statuses=statuses, after=after, limit=5):
                paged += [row.key for row in page]
                after = paged[-1]
            assert paged == sorted(keys)

    async def test_a_page_may_start_after_a_key_without_a_row(self, state: StateStore) -> None:
        await intend(state, planned(key("1")), planned(key("3")))

        assert names(await state.rows(after=key("2"))) == ["3"]
        assert names(await state.rows(after=key("2", dossier=""))) == ["1", "3"]
        assert await state.rows(after=key("2", dossier="zzz")) == []

    # -- numbers ------------------------------------------------------------------------------
    async def test_counts_follow_the_rows(self, state: StateStore) -> None:
        assert await state.counts() == dict.fromkeys(RowStatus, 0)
        await one_of_each(state)
        assert await state.counts() == dict.fromkeys(RowStatus, 1)

        await state.acked([key("delivered", dossier="d1")])
        await state.withdraw([key("intent", dossier="d0")])
        await intend(state, planned(key("error", dossier="d1")))

        assert {each: n for each, n in (await state.counts()).items() if n} == {
            RowStatus.ACKED: 2,
            RowStatus.HELD: 1,
            RowStatus.INTENT: 1,
        }

    async def test_counts_of_a_dossier_follow_its_rows(self, state: StateStore) -> None:
        await one_of_each(state)
        await bring_to(state, key("gone", dossier="empty"), RowStatus.INTENT)
        await state.withdraw([key("gone", dossier="empty")])

        assert await state.dossier_counts(HUB) == {
            "d0": DossierCounts(1, 1, 1, verdicts={Verdict.WARNINGS: 1}),
            "d1": DossierCounts(1, 1, 0, verdicts={Verdict.WARNINGS: 1}),
        }
        assert await state.dossier_counts("other") == {}

    async def test_verdicts_are_counted_of_what_is_forwarded(self, state: StateStore) -> None:
        checked = [
            replace(planned(key(str(number))), verdict=verdict)
            for number, verdict in enumerate([*Verdict, Verdict.INVALID])
        ]
        under_way = replace(planned(key("under way")), verdict=Verdict.INVALID)

        await intend(state, *checked, under_way)
        await state.delivered([seen(delivery.key) for delivery in checked])
        await state.acked([checked[0].key])

        (counts,) = (await state.dossier_counts(HUB)).values()
        assert counts.verdicts == {**dict.fromkeys(Verdict, 1), Verdict.INVALID: 2}

    async def test_a_verdict_that_changed_is_counted_anew(self, state: StateStore) -> None:
        first = replace(planned(key("1")), verdict=Verdict.INVALID)
        await intend(state, first)
        await state.withdraw([first.key])

        await intend(state, replace(first, verdict=Verdict.VALID))
        await state.delivered([seen(first.key)])

        (counts,) = (await state.dossier_counts(HUB)).values()
        assert counts.verdicts == {Verdict.VALID: 1}

    # -- concurrency --------------------------------------------------------------------------
    async def test_a_hundred_calls_at_once_are_all_committed(self, state: StateStore) -> None:
        results: Counter[IntentResult] = Counter()

        async def work(number: int) -> None:
            batch = [planned(key(f"{number}-{each}")) for each in range(3)]
            results.update(await intend(state, *batch))
            await state.delivered([seen(delivery.key) for delivery in batch])

        async with anyio.create_task_group() as tasks:
            for number in range(100):
                tasks.start_soon(work, number)

        assert results == {IntentResult.INTENDED: 300}
        assert (await state.counts())[RowStatus.DELIVERED] == 300

    async def test_of_two_calls_that_want_one_name_one_gets_it(self, state: StateStore) -> None:
        results: Counter[IntentResult] = Counter()

        async def work(name: str) -> None:
            results.update(await intend(state, planned(key(name), names=["a.xml"])))

        async with anyio.create_task_group() as tasks:
            for number in range(20):
                tasks.start_soon(work, str(number))

        assert results == {IntentResult.INTENDED: 1, IntentResult.NAME_TAKEN: 19}

    async def test_a_cancelled_caller_does_not_disturb_the_others(self, state: StateStore) -> None:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await intend(state, planned(key("cancelled")))

        assert await intend(state, planned(key("1"))) == [IntentResult.INTENDED]

    # -- hostile text -------------------------------------------------------------------------
    @pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS.keys())
    async def test_every_text_comes_back_as_it_was(self, state: StateStore, text: str) -> None:
        document = DocumentKey(text, f"d{text}", f"i{text}", f"v{text}")
        delivery = replace(
            planned(document, names=[f"n{text}"]),
            key_data=KeyData(supplier_name=text),
            findings_json=f'["{text}"]',
            file_name=text,
        )

        assert await intend(state, delivery) == [IntentResult.INTENDED]

        row = await state.row(document)
        assert row is not None
        assert row.key == document
        assert (row.files[0].name, row.key_data, row.findings_json, row.file_name) == (
            *(f"n{text}", delivery.key_data, delivery.findings_json),
            text,
        )
        (name_key,) = (file.name_key for file in delivery.files)
        assert await state.taken_names([name_key]) == {name_key: document}
        assert await state.known([document]) == {document: row}

    @pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS.keys())
    async def test_every_text_may_name_a_dossier_a_cursor_and_a_mark(
        self, state: StateStore, text: str
    ) -> None:
        await state.save_dossiers([Dossier(text, text, text)])
        await state.save_cursor(text, text, text, [text])
        await state.save_marks({text: LogMark(1, text)})

        assert await state.load_dossiers(text) == [Dossier(text, text, text)]
        assert await state.load_cursor(text, text) == text
        assert list(await state.load_due(text)) == [text]
        assert await state.load_mark(text) == LogMark(1, text)

    async def test_rows_are_ordered_by_key_whatever_the_text(self, state: StateStore) -> None:
        keys = [key(text) for text in HOSTILE_TEXTS.values()]
        keys += [key("\ud7ff"), key("\ud7ff\x00"), key("\ud800"), key("\ue000"), key("\U0001f9fe")]
        await intend(state, *(planned(each) for each in keys))

        assert [row.key for row in await state.rows()] == sorted(keys)
