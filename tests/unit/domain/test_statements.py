"""Which statements of a bank account follow each other."""

from dataclasses import replace
from datetime import date

import pytest

from pipeline.domain.documents import AccountStatement
from pipeline.domain.statements import MISSING, OPENING, PlacedStatement, amount_text, findings_of

LAST = AccountStatement("BE1 EUR", date(2025, 12, 30), date(2025, 12, 29), 250, 0, 500)


def next_one(number: int, *, on: date, old: int = 500) -> AccountStatement:
    return replace(LAST, number=number, new_on=on, old_on=LAST.new_on, old_balance=old)


@pytest.mark.parametrize(
    ("number", "on", "old", "rule", "part"),
    [
        pytest.param(251, date(2025, 12, 31), 500, None, "", id="next"),
        pytest.param(251, date(2026, 1, 2), 500, None, "", id="next, in a sequence without end"),
        pytest.param(1, date(2026, 1, 2), 500, None, "", id="first of the year"),
        pytest.param(0, date(2026, 1, 2), 500, None, "", id="a bank that starts at nought"),
        pytest.param(1, date(2025, 12, 31), 500, None, "", id="started again on the last day"),
        pytest.param(252, date(2025, 12, 31), 500, MISSING, "Statement 251 is", id="one missing"),
        pytest.param(
            255, date(2025, 12, 31), 9, MISSING, "Statements 251 to 254 are", id="several missing"
        ),
        pytest.param(
            3, date(2026, 1, 9), 500, MISSING, "Statements 001 to 002 are", id="first ones missing"
        ),
        pytest.param(1, date(2026, 1, 2), 400, OPENING, "250 ended with 0.500", id="year's end"),
        pytest.param(251, date(2025, 12, 31), -1, OPENING, "of -0.001", id="balance jumps"),
        pytest.param(7, date(2025, 12, 31), 500, None, "", id="renumbered within a year"),
    ],
)
def test_what_follows_statement_250_of_the_year(
    *, number: int, on: date, old: int, rule: str | None, part: str
) -> None:
    found = list(findings_of(PlacedStatement(next_one(number, on=on, old=old), before=LAST)))

    assert [each.rule for each in found] == ([rule] if rule else [])
    assert all(part in each.message for each in found)


def test_the_first_statement_of_an_account_has_nothing_to_follow() -> None:
    assert list(findings_of(PlacedStatement(LAST))) == []


def test_amounts_are_in_thousandths() -> None:
    assert [amount_text(each) for each in (0, -1, 1234, -25_000)] == [
        "0.000",
        "-0.001",
        "1.234",
        "-25.000",
    ]
