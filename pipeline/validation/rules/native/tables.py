"""The tables of a serialised program, and the bytes that they become.

Everything is a row of little-endian words of 32 bits; strings lie behind one another in one table
and are known by their number, as are constants, operations and functions. The C loader
(`program.c`) has the same order of tables.
"""

import struct
from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import IntEnum

MAGIC = 0x4C525044
VERSION = 1
NONE = 0xFFFFFFFF
"""In the place of a number that is missing."""
COUNT_MAX = 0xFFFF


class Unserialisable(Exception):
    """The program has something that the native engine does not know."""


class Table(IntEnum):
    """The tables in their order."""

    BYTES = 0
    STRINGS = 1
    CONSTANTS = 2
    OPERATIONS = 3
    OPERANDS = 4
    FUNCTIONS = 5
    STATEMENTS = 6
    SYMBOLS = 7
    ATTRIBUTES = 8
    STEPS = 9
    ROWS = 10
    WILD = 11
    GATES = 12
    MEMO = 13
    NODE_MEMO = 14
    ASSERTIONS = 15
    COLLECTED = 16


class _Constant(IntEnum):
    """Kinds of constants."""

    NONE = 0
    FALSE = 1
    TRUE = 2
    INTEGER = 3
    DECIMAL = 4
    DOUBLE = 5
    TEXT = 6
    ITEMS = 7
    SET = 8


class Tables:
    """Collects rows; equal strings and constants are written once."""

    def __init__(self) -> None:
        self._rows: dict[Table, list[tuple[int, ...]]] = {table: [] for table in Table}
        self._text = bytearray()
        self._strings: dict[str, int] = {}
        self._constants: dict[object, int] = {}
        self._attributes: dict[str, int] = {}

    def add(self, table: Table, *row: int) -> int:
        """The number of a new row."""
        rows = self._rows[table]
        rows.append(row)
        return len(rows) - 1

    def size(self, table: Table) -> int:
        """How many rows there are."""
        return len(self._rows[table])

    def replace(self, table: Table, number: int, *row: int) -> None:
        """Write a row anew."""
        self._rows[table][number] = row

    def string(self, text: str) -> int:
        """The number of a string."""
        number = self._strings.get(text)
        if number is None:
            data = text.encode()
            number = self._strings[text] = self.add(Table.STRINGS, len(self._text), len(data))
            self._text += data
        return number

    def attribute(self, name: str) -> int:
        """The number of an attribute's name."""
        number = self._attributes.get(name)
        if number is None:
            number = self._attributes[name] = self.add(Table.ATTRIBUTES, self.string(name))
        return number

    def operands(self, numbers: Sequence[int]) -> tuple[int, int]:
        """The first place of numbers that stand in a row, and how many there are."""
        if len(numbers) > COUNT_MAX:
            raise Unserialisable(f"{len(numbers)} operands")
        first = self.size(Table.OPERANDS)
        for number in numbers:
            self.add(Table.OPERANDS, number)
        return first, len(numbers)

    def constant(self, value: object) -> int:
        """The number of a constant: anything that a module of rules may hold."""
        key = (type(value).__name__, repr(value))
        number = self._constants.get(key)
        if number is None:
            row = self._constant_row(value)
            number = self._constants[key] = self.add(Table.CONSTANTS, *row)
        return number

    def _constant_row(self, value: object) -> tuple[int, int, int]:
        if value is None or isinstance(value, bool):
            return _SINGLE[value], 0, 0
        if isinstance(value, (list, tuple)):
            return (_Constant.ITEMS, *self.operands([self.constant(item) for item in value]))
        if isinstance(value, frozenset):
            return (_Constant.SET, *self.operands(sorted(map(self._member, value))))
        kind = _kind_of(value)
        if kind is None:
            raise Unserialisable(f"a constant of type {type(value).__name__}")
        written = repr(value) if isinstance(value, float) else _text(value)
        return kind, self.string(written), 0

    def _member(self, value: object) -> int:
        if not isinstance(value, str):
            raise Unserialisable(f"a set with a {type(value).__name__}")
        return self.string(value)

    def to_bytes(self) -> bytes:
        """The whole program."""
        text = bytes(self._text)
        words = struct.unpack(f"<{-(-len(text) // 4)}I", text + bytes(-len(text) % 4))
        self._rows[Table.BYTES] = [(word,) for word in words]
        first = 2 + 2 * len(Table)
        head, body = [MAGIC, VERSION], list[int]()
        for table in Table:
            rows = self._rows[table]
            head += [first + len(body), len(rows)]
            body += _flat(rows)
        return struct.pack(f"<{len(head) + len(body)}I", *head, *body)


def _flat(rows: Iterable[Sequence[int]]) -> list[int]:
    return [number for row in rows for number in row]


def _kind_of(value: object) -> _Constant | None:
    for class_, kind in _KINDS.items():
        if isinstance(value, class_):
            return kind
    return None


def _text(value: object) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)


_SINGLE = {None: _Constant.NONE, False: _Constant.FALSE, True: _Constant.TRUE}
_KINDS = {
    int: _Constant.INTEGER,
    Decimal: _Constant.DECIMAL,
    float: _Constant.DOUBLE,
    str: _Constant.TEXT,
}
