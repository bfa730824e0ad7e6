"""Static types: what kind of items an expression gives, and how many.

They decide how a value is held in Python:

| count | held as |
|---|---|
| ONE | the value itself |
| OPTIONAL | the value, or None |
| MANY | a list or tuple of values |
| EMPTY | an empty tuple |

| item | Python class |
|---|---|
| NODE | `runtime.tree.Node`, an element or the document |
| UNTYPED | str: the text of an attribute or a text node, which takes the type it is compared with |
| STRING, BOOLEAN, INTEGER, DOUBLE | str, bool, int, float |
| DECIMAL | Decimal, or int where the value is whole |
| NUMERIC | one of int, Decimal, float |
| DATE | `runtime.values.Date` |
| ANY | any of them, told apart by class; untyped text is wrapped in `runtime.values.Untyped` |
"""

import enum
from dataclasses import dataclass


class Item(enum.Enum):
    """Kind of one item."""

    NODE = "node"
    UNTYPED = "untyped"
    STRING = "string"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DOUBLE = "double"
    NUMERIC = "number"
    DATE = "date"
    ANY = "any"


class Count(enum.Enum):
    """How many items."""

    EMPTY = "none"
    ONE = "one"
    OPTIONAL = "at most one"
    MANY = "any number"


NUMBERS = frozenset({Item.INTEGER, Item.DECIMAL, Item.DOUBLE, Item.NUMERIC})
EXACT_NUMBERS = frozenset({Item.INTEGER, Item.DECIMAL})
TEXTS = frozenset({Item.NODE, Item.UNTYPED, Item.STRING})
UNTYPED_TEXTS = frozenset({Item.NODE, Item.UNTYPED})


@dataclass(frozen=True, slots=True)
class Type:
    """Static type of an expression."""

    item: Item
    count: Count = Count.ONE

    @property
    def is_one(self) -> bool:
        """Whether there is exactly one item."""
        return self.count is Count.ONE

    @property
    def is_many(self) -> bool:
        """Whether the value is held as a list or tuple."""
        return self.count in (Count.MANY, Count.EMPTY)

    def times(self, count: Count) -> "Type":
        """The type of ``count`` such items."""
        return Type(self.item, count)


NOTHING = Type(Item.ANY, Count.EMPTY)
A_NODE = Type(Item.NODE)
NODES = Type(Item.NODE, Count.MANY)
A_STRING = Type(Item.STRING)
STRINGS = Type(Item.STRING, Count.MANY)
A_BOOLEAN = Type(Item.BOOLEAN)
AN_INTEGER = Type(Item.INTEGER)
ITEMS = Type(Item.ANY, Count.MANY)


def common_item(first: Item, second: Item) -> Item:
    """The narrowest kind that covers both."""
    if first is second:
        return first
    if first in EXACT_NUMBERS and second in EXACT_NUMBERS:
        return Item.DECIMAL
    return Item.NUMERIC if first in NUMBERS and second in NUMBERS else Item.ANY


def either(first: Type, second: Type) -> Type:
    """The type of a value that is one or the other."""
    if first.count is Count.EMPTY or second.count is Count.EMPTY:
        filled = second if first.count is Count.EMPTY else first
        return filled if filled.is_many else filled.times(Count.OPTIONAL)
    item = common_item(first.item, second.item)
    if first.is_many or second.is_many:
        return Type(item, Count.MANY)
    both_one = first.is_one and second.is_one
    return Type(item, Count.ONE if both_one else Count.OPTIONAL)
