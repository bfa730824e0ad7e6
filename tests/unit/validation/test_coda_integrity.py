from collections.abc import Callable

import pytest

from pipeline.domain.documents import KeyData, ValidationReport, Verdict
from pipeline.domain.errors import DocumentRejected
from pipeline.testing.contracts.profile import listed, rule_of
from pipeline.validation import coda
from pipeline.validation.coda import read_statements
from pipeline.validation.profiles.coda_2 import read_key_data
from pipeline.validation.validator import Validator
from tests.data.hostile.documents import STATEMENT, good
from tests.data.hostile.planting import plant


def record(text: str, *fields: tuple[int, str]) -> str:
    """A record of 128 characters with texts at their places."""
    line = list(f"{text:128}")
    for place, field in fields:
        line[place : place + len(field)] = field
    return "".join(line)


HEADER = record("0000001012699905", (127, "2"))
OLD = record("12001BE68539007547034", (39, "EUR0000000000100000010126"), (125, "001"))
CREDIT = record("2100010000", (31, "0000000000055000010126"), (53, "00150000"))
DEBIT = record("2100020000", (31, "1000000000012500010126"), (53, "30101000"))
DETAIL = record("2100020001", (31, "1000000000002500010126"), (53, "80101000"))
TEXT = record("3100020002")
NEW = record("8001BE68539007547034", (38, "EUR0000000000142500020126"))
FREE = record("4 00010000", (32, "A message for every customer"))
END = record("9", (16, "000006000000000012500000000000055000"), (127, "2"))
WHOLE = (HEADER, OLD, CREDIT, DEBIT, DETAIL, TEXT, NEW, FREE, END)


def file_of(*records: str) -> bytes:
    return "".join(f"{line}\r\n" for line in records).encode("cp1252")


def changed(place: int, *fields: tuple[int, str]) -> bytes:
    lines = list(WHOLE)
    lines[place] = record(lines[place], *fields)
    return file_of(*lines)


async def rejection(validator: Validator, body: bytes) -> DocumentRejected:
    (outcome,) = await validator.validate([listed(body, STATEMENT)])
    assert isinstance(outcome, DocumentRejected)
    return outcome


def test_the_totals_are_those_of_the_standard() -> None:
    (statement,) = read_statements(file_of(*WHOLE))

    assert (statement.records, statement.debit, statement.credit) == (6, 12_500, 55_000)
    assert (statement.old_balance, statement.new_balance) == (100_000, 142_500)
    assert statement.reckoned_balance == 142_500


async def test_a_whole_statement_is_valid_and_named(validator: Validator) -> None:
    (outcome,) = await validator.validate([listed(file_of(*WHOLE), STATEMENT)])

    assert isinstance(outcome, ValidationReport)
    assert outcome.verdict is Verdict.VALID
    assert [layer.name for layer in outcome.layers] == ["coda"]
    assert outcome.key_data == KeyData(
        number="001", issue_date="2026-01-02", currency="EUR", iban="BE68539007547034"
    )


@pytest.mark.parametrize(
    ("body", "rule", "numbers"),
    [
        pytest.param(changed(8, (16, "000007")), "coda-count", ("6", "7"), id="count"),
        pytest.param(
            changed(3, (45, "1")), "coda-debit-total", ("12.510", "12.500"), id="digit in a debit"
        ),
        pytest.param(
            changed(2, (45, "2")), "coda-credit-total", ("55.020", "55.000"), id="digit in a credit"
        ),
        pytest.param(
            changed(6, (54, "9")), "coda-balance", ("142.500", "142.900"), id="digit in the balance"
        ),
        pytest.param(
            changed(1, (42, "1")), "coda-balance", ("-57.500", "142.500"), id="sign of the balance"
        ),
        pytest.param(
            changed(2, (31, "1")), "coda-debit-total", ("67.500", "12.500"), id="sign of a credit"
        ),
        pytest.param(
            changed(4, (53, "1")), "coda-debit-total", ("15.000", "12.500"), id="detail that counts"
        ),
    ],
)
async def test_a_broken_total_is_rejected_with_both_numbers(
    validator: Validator, body: bytes, rule: str, numbers: tuple[str, str]
) -> None:
    rejected = await rejection(validator, body)

    assert rejected.rule == rule
    assert f"{numbers[0]}" in str(rejected)
    assert f"{numbers[1]}." in str(rejected)
    assert rejected.report is not None
    assert rejected.report.key_data.iban == "BE68539007547034"
    assert rejected.report.verdict is Verdict.INVALID


@pytest.mark.parametrize(
    ("body", "rule", "message"),
    [
        pytest.param(file_of(*WHOLE[1:]), "coda-record", "Line 1 is a record 1", id="no header"),
        pytest.param(file_of(*WHOLE[:1], *WHOLE[2:]), "coda-record", "Line 2", id="no balance"),
        pytest.param(file_of(*WHOLE[:-1]), "coda-truncated", "after line 8", id="no end"),
        pytest.param(file_of(*WHOLE, NEW), "coda-record", "Line 10", id="after the end"),
        pytest.param(file_of(*WHOLE[:7], CREDIT, END), "coda-record", "Line 8", id="after balance"),
        pytest.param(changed(2, (1, "7")), "coda-record", "Line 3", id="unknown part"),
        pytest.param(changed(5, (0, "x")), "coda-record", "no known type", id="unknown record"),
        pytest.param(changed(0, (127, "3")), "coda-version", "Line 1", id="unknown version"),
        pytest.param(changed(2, (40, "x")), "coda-number", "Line 3", id="letter in an amount"),
        pytest.param(changed(2, (31, "2")), "coda-number", "without a sign", id="no sign"),
        pytest.param(changed(8, (16, " ")), "coda-number", "Line 9", id="space in a total"),
        pytest.param(file_of(*WHOLE)[:-10], "coda-length", "has 120 char", id="cut in a line"),
        pytest.param(file_of(*WHOLE, ""), None, "", id="empty line at the end"),
        pytest.param(file_of(*WHOLE[:3], "", *WHOLE[3:]), "coda-length", "Line 4", id="empty line"),
    ],
)
async def test_a_file_that_is_not_whole_names_the_line(
    validator: Validator, body: bytes, rule: str | None, message: str
) -> None:
    (outcome,) = await validator.validate([listed(body, STATEMENT)])

    assert rule_of(outcome) == rule
    assert rule is None or message in str(outcome)


async def test_every_statement_of_a_file_is_checked(validator: Validator) -> None:
    rejected = await rejection(validator, file_of(*WHOLE) * 2 + changed(3, (45, "1")))

    assert str(rejected).startswith("Statement 3 of the file (line 20)")
    assert rejected.report is not None
    assert [finding.rule for finding in rejected.report.findings] == [
        "coda-debit-total",
        "coda-balance",
    ]


async def test_a_statement_without_new_balance_leaves_the_balance_alone(
    validator: Validator,
) -> None:
    end = record(END, (16, "000001000000000000000000000000000000"))

    (outcome,) = await validator.validate([listed(file_of(HEADER, OLD, end), STATEMENT)])

    assert isinstance(outcome, ValidationReport)
    assert outcome.verdict is Verdict.VALID
    assert outcome.key_data.issue_date is None


async def test_version_1_is_delivered_unchecked(validator: Validator) -> None:
    (outcome,) = await validator.validate([listed(changed(0, (127, "1")), STATEMENT)])

    assert isinstance(outcome, ValidationReport)
    assert outcome.verdict is Verdict.UNCHECKED
    assert outcome.layers[0].reason == "no rules for version 1"


@pytest.mark.parametrize(
    ("old", "account"),
    [
        pytest.param(
            record("10001539007547034 EUR0BE", (42, "0" * 22)), "539007547034", id="belgian number"
        ),
        pytest.param(record("11001NL 123", (39, "EUR0" + "0" * 21)), "NL 123", id="foreign number"),
        pytest.param(
            record("13001FR7630006000011234567890189", (39, "USD0")),
            "FR7630006000011234567890189",
            id="foreign iban",
        ),
    ],
)
def test_the_account_stands_where_its_structure_says(old: str, account: str) -> None:
    key_data = read_key_data(file_of(HEADER, old))

    assert key_data.iban == account
    assert key_data.currency in ("EUR", "USD")


@pytest.mark.parametrize("body", [b"", b"00000", b"0\n2", b"00000\n1"], ids=repr)
def test_a_file_without_heading_has_no_key_data(body: bytes) -> None:
    assert read_key_data(body) == KeyData()


@pytest.mark.parametrize(
    ("edit", "breaks"),
    [
        pytest.param((' = b"0123"', ' = b"01238"'), "debit", id="details counted"),
        pytest.param(('in b"238"', 'in b"2348"'), "records", id="free text counted"),
        pytest.param(('in b"238"', 'in b"28"'), "records", id="information not counted"),
        pytest.param(('== b"1" else amount', '== b"0" else amount'), "debit", id="sign reversed"),
        pytest.param(("record, 31, line", "record, 30, line"), None, id="one place to the left"),
        pytest.param(('b"21"', 'b"22"'), "credit", id="wrong part"),
    ],
)
def test_a_planted_bug_breaks_a_whole_statement(edit: tuple[str, str], breaks: str | None) -> None:
    read: Callable[[bytes], list[coda.Statement]] = plant(coda, edit).read_statements

    if breaks is None:
        with pytest.raises(Exception, match="sign"):
            read(file_of(*WHOLE))
        return
    (statement,) = read(file_of(*WHOLE))
    assert getattr(statement, breaks) != getattr(statement, f"told_{breaks}")


def test_good_statements_are_small_enough_to_read_here() -> None:
    assert len(good(STATEMENT).splitlines()) < 40
