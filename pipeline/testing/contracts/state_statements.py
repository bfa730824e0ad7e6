"""The contract of the state for bank statements that follow each other, or do not."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from pipeline.domain.delivery import PlannedDelivery, RowStatus
from pipeline.domain.documents import AccountStatement, DocumentKey, DocumentKind, Verdict
from pipeline.domain.statements import MISSING, OPENING, REPEATED
from pipeline.ports.state import StateStore
from pipeline.testing.contracts.state_values import (
    DOSSIER,
    HUB,
    intend,
    key,
    later,
    planned,
    rejection,
    seen,
)

ACCOUNT = "BE68539007547034 EUR"


def statement(number: int, *, day: int | None = None, old: int | None = None) -> AccountStatement:
    """Statement ``number``; one a day, and each adds ten to the balance, unless told otherwise."""
    new_on = date(2026, 3, 1) + timedelta(days=number if day is None else day)
    balance = 10_000 * number if old is None else old
    return AccountStatement(
        ACCOUNT, new_on, new_on - timedelta(days=1), number, balance, balance + 10_000
    )


def bank(document: DocumentKey, *statements: AccountStatement, seconds: int = 0) -> PlannedDelivery:
    """The delivery of a file of bank statements that is right in itself, and may repeat others."""
    return replace(
        planned(document),
        kind=DocumentKind.BANK_STATEMENT,
        received_at=later(seconds),
        verdict=Verdict.VALID,
        findings_json="[]",
        statements=statements,
        may_repeat=True,
    )


async def warnings(state: StateStore, document: DocumentKey) -> list[tuple[str, str]]:
    """Rules and messages found in a row, which agree with its verdict."""
    row = await state.row(document)
    assert row is not None
    found = [(each["rule"], each["message"]) for each in json.loads(row.findings_json)]
    assert row.verdict is (Verdict.WARNINGS if found else Verdict.VALID)
    return found


async def rules(state: StateStore, document: DocumentKey) -> list[str]:
    """Rules found in a row."""
    return [rule for rule, _ in await warnings(state, document)]


class StateStatementsContract:
    """A gap is told on the statement after it, as long as it is one."""

    async def test_statements_that_follow_each_other_have_no_warning(
        self, state: StateStore
    ) -> None:
        await intend(state, bank(key("40"), statement(40)), bank(key("41"), statement(41)))

        assert await warnings(state, key("40")) == []
        assert await warnings(state, key("41")) == []

    async def test_a_missing_statement_is_told_on_the_next_one(self, state: StateStore) -> None:
        await intend(state, bank(key("40"), statement(40)))
        await intend(state, bank(key("42"), statement(42)))

        ((rule, message),) = await warnings(state, key("42"))
        assert rule == MISSING
        assert message.startswith("Statement 041 is missing")

    async def test_the_warning_goes_when_the_missing_statement_arrives(
        self, state: StateStore
    ) -> None:
        await intend(state, bank(key("40"), statement(40)))
        await intend(state, bank(key("42"), statement(42)))
        await intend(state, bank(key("41"), statement(41)))

        assert await warnings(state, key("42")) == []
        assert await warnings(state, key("41")) == []

    @pytest.mark.parametrize(
        "order", [(40, 41, 42), (42, 41, 40), (41, 42, 40)], ids=["in order", "reversed", "mixed"]
    )
    async def test_the_order_within_a_batch_is_of_no_importance(
        self, state: StateStore, order: Sequence[int]
    ) -> None:
        batch = [bank(key(str(number)), statement(number)) for number in order]

        await intend(state, *batch)

        assert [await warnings(state, each.key) for each in batch] == [[], [], []]

    async def test_a_file_with_several_statements_is_judged_from_the_first_to_the_last(
        self, state: StateStore
    ) -> None:
        await intend(state, bank(key("a"), statement(40), statement(41)))
        await intend(state, bank(key("b"), statement(42), statement(44)))
        await intend(state, bank(key("c"), statement(45)))

        assert await warnings(state, key("a")) == []
        assert await rules(state, key("b")) == [MISSING]
        assert await warnings(state, key("c")) == []

    async def test_a_balance_that_does_not_go_on_is_told(self, state: StateStore) -> None:
        await intend(state, bank(key("40"), statement(40)))
        await intend(state, bank(key("41"), statement(41, old=7)))

        assert await rules(state, key("41")) == [OPENING]

    async def test_a_statement_that_comes_twice_is_told_on_the_second(
        self, state: StateStore
    ) -> None:
        await intend(state, bank(key("40"), statement(40)))
        await intend(state, bank(key("41"), statement(41)))
        await intend(state, bank(key("again"), statement(41), seconds=1))

        assert await warnings(state, key("41")) == []
        ((rule, message),) = await warnings(state, key("again"))
        assert rule == REPEATED
        assert "document 41" in message

    async def test_accounts_and_dossiers_have_sequences_of_their_own(
        self, state: StateStore
    ) -> None:
        other = replace(statement(42), account="BE999 USD")
        await intend(
            state,
            bank(key("40"), statement(40)),
            bank(key("usd"), other),
            bank(key("42", dossier="other"), statement(42)),
        )

        assert await warnings(state, key("usd")) == []
        assert await warnings(state, key("42", dossier="other")) == []

    async def test_a_statement_that_was_withdrawn_is_missing_again(self, state: StateStore) -> None:
        for number in (40, 41, 42):
            await intend(state, bank(key(str(number)), statement(number)))

        await state.withdraw([key("41")])

        assert await rules(state, key("42")) == [MISSING]

    async def test_a_statement_that_is_error_is_missing(self, state: StateStore) -> None:
        for number in (40, 41, 42):
            await intend(state, bank(key(str(number)), statement(number)))

        await state.rejected([rejection(key("41"))])

        assert await rules(state, key("42")) == [MISSING]

    async def test_what_is_delivered_and_acknowledged_still_counts(self, state: StateStore) -> None:
        await intend(state, bank(key("40"), statement(40)))
        await state.delivered([seen(key("40"))])
        await state.acked([key("40")])
        await intend(state, bank(key("42"), statement(42)))

        assert await rules(state, key("42")) == [MISSING]

    async def test_an_intent_that_is_replaced_replaces_its_statements(
        self, state: StateStore
    ) -> None:
        await intend(state, bank(key("a"), statement(40)), bank(key("b"), statement(42)))
        await intend(state, bank(key("a"), statement(41)))

        assert await warnings(state, key("b")) == []

    async def test_an_intent_of_a_log_keeps_the_statements_that_are_known(
        self, state: StateStore
    ) -> None:
        await intend(state, bank(key("40"), statement(40)), bank(key("41"), statement(41)))
        await intend(state, replace(bank(key("41")), is_released=True))
        await intend(state, bank(key("42"), statement(42)))

        assert await warnings(state, key("42")) == []

    async def test_lists_of_rows_tell_gaps_too(self, state: StateStore) -> None:
        await intend(state, bank(key("40"), statement(40)))
        await intend(state, bank(key("42"), statement(42)))

        listed = await state.rows(hub=HUB, dossier=DOSSIER, statuses=[RowStatus.INTENT])
        known = await state.known([key("42")])

        assert [row.verdict for row in listed] == [Verdict.VALID, Verdict.WARNINGS]
        assert known[key("42")] == listed[1]
