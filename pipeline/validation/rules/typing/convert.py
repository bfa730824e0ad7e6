"""Conversions between static types, left out where they would do nothing."""

from pipeline.validation.rules.types import (
    A_BOOLEAN,
    A_STRING,
    ITEMS,
    NUMBERS,
    UNTYPED_TEXTS,
    Count,
    Item,
    Type,
)
from pipeline.validation.rules.typing.tree import Cast, Conversion, Convert, Typed

_TYPES = {
    "xs:string": Item.STRING,
    "xs:boolean": Item.BOOLEAN,
    "xs:integer": Item.INTEGER,
    "xs:int": Item.INTEGER,
    "xs:decimal": Item.DECIMAL,
    "xs:double": Item.DOUBLE,
    "xs:date": Item.DATE,
}
_NODE_TYPES = frozenset({"element()", "node()", "document-node()"})


class TypingError(ValueError):
    """The expression can have no meaning, or none that the compiler knows."""


def atomic_item(name: str) -> Item:
    """The item type with this name, such as ``xs:decimal``."""
    item = _TYPES.get(name)
    if item is None:
        raise TypingError(f"the type {name} is not supported")
    return item


def optional_count(operand: Typed) -> Count:
    """ONE of one, else OPTIONAL."""
    return Count.ONE if operand.type.is_one else Count.OPTIONAL


def text(operand: Typed) -> Typed:
    """``operand`` where ``xs:string?`` is expected."""
    if operand.type == A_STRING:
        return operand
    return Convert(A_STRING, operand.uses, Conversion.TEXT, operand)


def truth(operand: Typed) -> Typed:
    """``operand`` where a condition is expected."""
    if operand.type == A_BOOLEAN:
        return operand
    return Convert(A_BOOLEAN, operand.uses, Conversion.TRUTH, operand)


def number(operand: Typed) -> Typed:
    """``operand`` where arithmetic expects a number."""
    item, count = operand.type.item, operand.type.count
    if item in NUMBERS and not operand.type.is_many:
        return operand
    if item in NUMBERS:
        target = Type(item, Count.OPTIONAL)
    elif item in UNTYPED_TEXTS:
        target = Type(Item.DOUBLE, optional_count(operand))
    elif item is Item.ANY:
        target = Type(Item.NUMERIC, Count.OPTIONAL if count is not Count.ONE else count)
    else:
        raise TypingError(f"arithmetic with a {item.value}")
    return Convert(target, operand.uses, Conversion.NUMBER, operand)


def items(operand: Typed) -> Typed:
    """``operand`` as a sequence of items of any type."""
    if operand.type == ITEMS:
        return operand
    return Convert(ITEMS, operand.uses, Conversion.ITEMS, operand)


def one_node(operand: Typed) -> Typed:
    """``operand`` where at most one node is expected."""
    if operand.type.item not in (Item.NODE, Item.ANY):
        raise TypingError(f"a {operand.type.item.value} where a node is expected")
    if operand.type.item is Item.NODE and not operand.type.is_many:
        return operand
    return Convert(Type(Item.NODE, Count.OPTIONAL), operand.uses, Conversion.ONE_NODE, operand)


def nodes(operand: Typed) -> Typed:
    """``operand``, of which nothing is known, where a step starts."""
    count = Count.MANY if operand.type.is_many else operand.type.count
    return Convert(Type(Item.NODE, count), operand.uses, Conversion.NODES, operand)


def cast(operand: Typed, item: Item) -> Typed:
    """``operand`` cast to an atomic type."""
    target = Type(item, optional_count(operand))
    return operand if operand.type == target else Cast(target, operand.uses, operand)


def required(operand: Typed) -> Typed:
    """``operand``, which must be exactly one item."""
    if operand.type.is_one:
        return operand
    one = operand.type.times(Count.ONE)
    return Convert(one, operand.uses, Conversion.REQUIRED, operand)


def declared_type(declared: str) -> Type:
    """The type that a declaration such as ``xs:string?`` names; empty is any sequence."""
    if not declared or declared in ("item()*", "item()+"):
        return ITEMS
    mark = declared[-1] if declared[-1] in "?*+" else ""
    name = declared.removesuffix(mark)
    count = {"": Count.ONE, "?": Count.OPTIONAL}.get(mark, Count.MANY)
    return Type(Item.NODE if name in _NODE_TYPES else atomic_item(name), count)


def as_declared(operand: Typed, target: Type) -> Typed:
    """``operand`` where a function declares a type."""
    if target == ITEMS:
        return items(operand)
    if target.item is Item.NODE:
        return _as_nodes(operand, target)
    if target.count is Count.MANY:
        if operand.type.item is target.item and operand.type.is_many:
            return operand
        raise TypingError(f"a sequence of {target.item.value} as an argument is not supported")
    value = cast(operand, target.item)
    return required(value) if target.is_one else value


def _as_nodes(operand: Typed, target: Type) -> Typed:
    if target.count is Count.MANY:
        if operand.type.item is Item.NODE and operand.type.is_many:
            return operand
        raise TypingError("nodes are expected")
    value = one_node(operand)
    return required(value) if target.is_one else value
