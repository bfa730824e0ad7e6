"""Bank statements as CODA files, version 2, with right control totals.

Source: the Febelfin standard CODA 2.6; positions are those of its record tables, from 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from pipeline.testing.documents.identifiers import belgian_iban, payment_reference

_BIC = "EXAMBEB1"
_BANK = "999"


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that came in (cents above 0) or went out, with whom it was exchanged."""

    cents: int
    counterparty: str
    account: str
    communication: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of one account; the new balance follows from the old one."""

    account: str
    holder: str
    number: int
    old_on: date
    new_on: date
    old_balance: int
    movements: Sequence[Movement]

    @property
    def new_balance(self) -> int:
        """Old balance plus all movements."""
        return self.old_balance + sum(movement.cents for movement in self.movements)


def draw_movements(rng: Random, total: int, names: Sequence[str]) -> list[Movement]:
    """At most ten movements that add up to ``total`` cents."""
    amounts = [int((rng.random() - 0.5) * 400_000) for _ in range(1 + int(rng.random() * 9))]
    amounts.append(total - sum(amounts))
    return [
        Movement(cents, rng.choice(names), belgian_iban(rng), payment_reference(rng))
        for cents in amounts
        if cents
    ]


def render_coda(statement: Statement) -> bytes:
    """The file: records of 128 characters, windows-1252, CR LF."""
    records = [_header(statement), _old_balance(statement)]
    for place, movement in enumerate(statement.movements, start=1):
        records += _movement(statement, place, movement)
    counted = len(records)  # the header is not counted, the new balance is
    records += [_new_balance(statement), _trailer(statement, counted)]
    return "".join(f"{record}\r\n" for record in records).encode("cp1252")


def _header(statement: Statement) -> str:
    start = f"00000{_day(statement.new_on)}{_BANK}05{'':8}{statement.number:010d}"
    return f"{start}{_text(statement.holder, 26)}{_BIC:11}{'0' * 11} {'0' * 5}{'':39}2"


def _old_balance(statement: Statement) -> str:
    balance = _signed(statement.old_balance)
    return (
        f"12{statement.number:03d}{statement.account:34}EUR{balance}{_day(statement.old_on)}"
        f"{_text(statement.holder, 26)}{'Current account':35}{statement.number:03d}"
    )


def _movement(statement: Statement, place: int, movement: Movement) -> list[str]:
    family = "0150000" if movement.cents >= 0 else "0101000"
    communication = "101" + "".join(filter(str.isdigit, movement.communication))
    sequence = f"{place % 10_000:04d}0000"
    return [
        (
            f"21{sequence}{f'EX{statement.number:03d}{place:04d}':21}{_signed(movement.cents)}"
            f"{_day(statement.new_on)}0{family}1{communication:53}{_day(statement.new_on)}"
            f"{statement.number:03d}01 0"
        ),
        f"22{sequence}{'':53}{'':35}{_BIC:11}{'':3} {'':4}{'':8}1 0",
        f"23{sequence}{movement.account:37}{_text(movement.counterparty, 35)}{'':43}0 0",
    ]


def _new_balance(statement: Statement) -> str:
    balance = _signed(statement.new_balance)
    start = f"8{statement.number:03d}{statement.account:34}EUR{balance}{_day(statement.new_on)}"
    return f"{start}{'':64}0"


def _trailer(statement: Statement, counted: int) -> str:
    debit = -sum(one.cents for one in statement.movements if one.cents < 0)
    credit = sum(one.cents for one in statement.movements if one.cents >= 0)
    return f"9{'':15}{counted:06d}{debit * 10:015d}{credit * 10:015d}{'':75}2"


def _signed(cents: int) -> str:
    return f"{'1' if cents < 0 else '0'}{abs(cents) * 10:015d}"


def _day(day: date) -> str:
    return f"{day:%d%m%y}"


def _text(text: str, width: int) -> str:
    return f"{text[:width]:{width}}"
