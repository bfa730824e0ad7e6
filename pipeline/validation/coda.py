"""Reading CODA version 2: records into statements, as far as integrity needs it.

A file is windows-1252 text in records of 128 characters; the first character is the type. All
arithmetic is in thousandths, as written. Nothing is repaired or guessed.

Source: the Febelfin standard CODA 2.6, record tables; positions from 0, end excluded.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

RECORD_LENGTH = 128
_MOVEMENT_TYPES = b"0123"
"""Transaction types that count; 5 to 9 are details of one of them."""
_VERSION = 127
_LINES_WITH_HEADING = 2
_PARTS = {b"2": b"123", b"3": b"123"}


class BrokenCoda(Exception):
    """A file that is not made of whole statements; ``rule`` and line say why."""

    def __init__(self, rule: str, message: str, line: int) -> None:
        super().__init__(message)
        self.rule = rule
        self.line = line


@dataclass(slots=True)
class Statement:
    """One statement: what its records add up to, beside what its last record says.

    Texts and dates (ddmmyy) are as written; ``new_on`` is empty where the balance is unchanged.
    """

    line: int
    old_balance: int
    new_balance: int
    account: str = ""
    currency: str = ""
    number: str = ""
    created_on: str = ""
    old_on: str = ""
    new_on: str = ""
    records: int = 1
    debit: int = 0
    credit: int = 0
    told_records: int = 0
    told_debit: int = 0
    told_credit: int = 0

    @property
    def reckoned_balance(self) -> int:
        """The new balance that follows from the old one and the movements."""
        return self.old_balance + self.credit - self.debit


@dataclass(frozen=True, slots=True)
class Heading:
    """What names a statement; texts as written, the date as ddmmyy."""

    account: str = ""
    currency: str = ""
    number: str = ""
    new_on: str = ""


def read_heading(body: bytes) -> Heading:
    """The heading of the first statement, as far as a file has one, broken or not."""
    lines = body.split(b"\n", 2)
    if len(lines) < _LINES_WITH_HEADING or lines[1][:1] != b"1":
        return Heading()
    text = lines[1].decode("cp1252", "replace")
    account, currency = _account(text)
    end = body.find(b"\n8")
    new_on = body[end + 58 : end + 64].decode("ascii", "replace") if end >= 0 else ""
    return Heading(account, currency, text[125:128].strip(), new_on)


def _account(text: str) -> tuple[str, str]:
    """Account and currency, placed by the account structure: Belgian or foreign, IBAN or not."""
    match text[1:2]:
        case "0":
            return text[5:17].strip(), text[18:21].strip()
        case "2":
            return text[5:36].strip(), text[39:42].strip()
        case _:
            return text[5:39].strip(), text[39:42].strip()


def is_version_1(body: bytes) -> bool:
    """Whether a whole header says version 1, whose records were others."""
    return body[:1] == b"0" and body[_VERSION : RECORD_LENGTH + 1] in (b"1\r", b"1\n")


def read_statements(body: bytes) -> Sequence[Statement]:
    """All statements of a file, in order, at least one; raises `BrokenCoda`."""
    reader = _Reader()
    line = 0
    for line, record in _records(body):
        reader.take(record, line)
    reader.end(line)
    return reader.statements


def _records(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Numbered records; CR LF or LF, and line ends or a DOS end of file after the last."""
    for number, line in enumerate(_lines(body.rstrip(b"\r\n\x1a")), start=1):
        record = line.removesuffix(b"\r")
        if len(record) != RECORD_LENGTH:
            raise _wrong_length(record, number)
        yield number, record


def _lines(text: bytes) -> Iterator[bytes]:
    # One at a time: fifty megabytes of line ends would be a list of fifty million.
    start = 0
    while start < len(text):
        end = text.find(b"\n", start)
        end = len(text) if end < 0 else end
        yield text[start:end]
        start = end + 1


def _wrong_length(record: bytes, line: int) -> BrokenCoda:
    if len(record) > RECORD_LENGTH and len(record.decode("utf-8", "ignore")) == RECORD_LENGTH:
        return BrokenCoda(
            "coda-encoding",
            f"Line {line} has 128 characters in UTF-8, but {len(record)} bytes: the file was "
            "re-encoded on its way. Ask for the original, in windows-1252.",
            line,
        )
    return BrokenCoda(
        "coda-length",
        f"Line {line} has {len(record)} characters instead of 128. "
        "The file was cut or edited; ask for it again.",
        line,
    )


@dataclass(slots=True)
class _Reader:
    """Accepts records in their order: 0, 1, then 2, 3 and 4 as they come, 8, and 9 at the end."""

    statements: list[Statement] = field(default_factory=list)
    _current: Statement | None = None
    _created_on: str = ""
    _expected: bytes = b"0"

    def take(self, record: bytes, line: int) -> None:
        """Add one record to the statement it belongs to."""
        kind = record[:1]
        if kind not in self._expected:
            raise BrokenCoda("coda-record", _out_of_order(kind, self._expected, line), line)
        if kind in _PARTS and record[1:2] not in _PARTS[kind]:
            raise BrokenCoda("coda-record", f"Line {line} is no known kind of record.", line)
        if kind == b"0":
            _require_version_2(record, line)
            self._created_on = _text(record[5:11])
            self._expected = b"1"
        elif kind == b"1":
            self._current = _opened(record, line, self._created_on)
            self._expected = b"23489"
        elif self._current is not None:
            self._add(self._current, kind, record, line)

    def end(self, line: int) -> None:
        """Say that the file is over."""
        if self._expected != b"0" or not self.statements:
            raise BrokenCoda(
                "coda-truncated",
                f"The file ends after line {line} without the last record of its statement. "
                "It was cut on its way; ask for it again.",
                line,
            )

    def _add(self, statement: Statement, kind: bytes, record: bytes, line: int) -> None:
        if kind in b"238":
            statement.records += 1
        if record[:2] == b"21":
            _move(statement, record, line)
        elif kind == b"8":
            statement.new_balance = _signed(record, 41, line)
            statement.new_on = _text(record[57:63])
            self._expected = b"49"
        elif kind == b"9":
            _close(statement, record, line)
            self.statements.append(statement)
            self._expected = b"0"


def _require_version_2(record: bytes, line: int) -> None:
    if record[_VERSION:] != b"2":
        raise BrokenCoda("coda-version", f"Line {line} says no version that is known.", line)


def _out_of_order(kind: bytes, expected: bytes, line: int) -> str:
    found = kind.decode("ascii") if kind.isdigit() else "of no known type"
    wanted = ", ".join(expected.decode())
    return (
        f"Line {line} is a record {found} where one of {wanted} must come. "
        "Lines are missing or out of order; ask for the file again."
    )


def _opened(record: bytes, line: int, created_on: str) -> Statement:
    balance = _signed(record, 42, line)
    account, currency = _account(_text(record))
    return Statement(
        line,
        old_balance=balance,
        new_balance=balance,
        account=account,
        currency=currency,
        number=_text(record[125:128]),
        created_on=created_on,
        old_on=_text(record[58:64]),
    )


def _text(field: bytes) -> str:
    return field.decode("cp1252", "replace").strip()


def _move(statement: Statement, record: bytes, line: int) -> None:
    amount = _signed(record, 31, line)
    if record[53:54] not in _MOVEMENT_TYPES:
        return
    if amount < 0:
        statement.debit -= amount
    else:
        statement.credit += amount


def _close(statement: Statement, record: bytes, line: int) -> None:
    statement.told_records = _number(record[16:22], line)
    statement.told_debit = _number(record[22:37], line)
    statement.told_credit = _number(record[37:52], line)


def _signed(record: bytes, sign: int, line: int) -> int:
    """The fifteen digits after a sign, where 1 is debit."""
    amount = _number(record[sign + 1 : sign + 16], line)
    if record[sign : sign + 1] not in (b"0", b"1"):
        raise BrokenCoda("coda-number", f"Line {line} has an amount without a sign.", line)
    return -amount if record[sign : sign + 1] == b"1" else amount


def _number(digits: bytes, line: int) -> int:
    if not digits.isdigit():
        raise BrokenCoda(
            "coda-number",
            f"Line {line} has something else than digits in a number. "
            "The file was damaged; ask for it again.",
            line,
        )
    return int(digits)
