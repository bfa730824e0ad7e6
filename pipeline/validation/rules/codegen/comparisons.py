"""How two kinds of items are compared: Python's operator between converted values, if one fits."""

import enum

from pipeline.validation.rules.codegen import conversions
from pipeline.validation.rules.types import EXACT_NUMBERS, NUMBERS, TEXTS, UNTYPED_TEXTS, Item

_PYTHON = {"=": "=="}


class Mode(enum.Enum):
    """As what the values are compared."""

    TEXT = Item.STRING
    DOUBLE = Item.DOUBLE
    BOOLEAN = Item.BOOLEAN
    DATE = Item.DATE
    AS_IS = None


def python_operator(operator: str) -> str:
    """Python's spelling."""
    return _PYTHON.get(operator, operator)


def mode_of(left: Item, right: Item) -> Mode | None:
    """How a general comparison compares these, None when only the values at run time tell."""
    if left in TEXTS and right in TEXTS:
        return Mode.TEXT
    if left in UNTYPED_TEXTS or right in UNTYPED_TEXTS:
        return _mode_beside_untyped(right if left in UNTYPED_TEXTS else left)
    if left in NUMBERS and right in NUMBERS:
        return _mode_of_numbers(left, right)
    is_alike = left is right and left in (Item.BOOLEAN, Item.DATE)
    return Mode.AS_IS if is_alike else None


def _mode_beside_untyped(other: Item) -> Mode | None:
    if other in NUMBERS:
        return Mode.DOUBLE
    if other is Item.BOOLEAN:
        return Mode.BOOLEAN
    return Mode.DATE if other is Item.DATE else None


def _mode_of_numbers(left: Item, right: Item) -> Mode | None:
    if left in EXACT_NUMBERS and right in EXACT_NUMBERS:
        return Mode.AS_IS
    return Mode.DOUBLE if Item.DOUBLE in (left, right) else None


def operand(code: str, item: Item, mode: Mode) -> str:
    """One value, converted for a mode."""
    if mode is Mode.AS_IS:
        return code
    if mode is Mode.TEXT:
        return conversions.text_of(code, item)
    if mode is Mode.DOUBLE and item in NUMBERS:
        return code if item is Item.DOUBLE else f"float({code})"
    return conversions.cast_one(code, item, mode.value or item)
