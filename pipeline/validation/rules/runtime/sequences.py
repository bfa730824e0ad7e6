"""How many items there are: at most one where an operator takes one, and the boolean value."""

from collections.abc import Sequence
from typing import Any

from pipeline.validation.rules.runtime.errors import DynamicError
from pipeline.validation.rules.runtime.tree import Node, text_of
from pipeline.validation.rules.runtime.values import Date, Untyped, string_of

RANGE_MAX = 100_000
"""Longer ranges are refused: they would come from a number in a document."""


def at_most_one(items: Sequence[Any]) -> Any:
    """The only item, or None."""
    if not items:
        return None
    if len(items) > 1:
        raise DynamicError(f"{len(items)} items where one is allowed")
    return items[0]


def exactly_one(item: Any) -> Any:
    """The item; None is an error."""
    if item is None:
        raise DynamicError("no item where one is needed")
    return item


def a_node(item: Any) -> Any:
    """The item, which must be a node if there is one."""
    if item is None or item.__class__ is Node:
        return item
    raise DynamicError(f"'{string_of(item)[:40]}' where a node is needed")


def all_nodes(items: Sequence[Any]) -> Sequence[Node]:
    """The items, which must be nodes."""
    for item in items:
        a_node(item)
    return items


def text_of_nodes(nodes: Sequence[Node]) -> str:
    """The text of the only node, empty for none."""
    if not nodes:
        return ""
    if len(nodes) > 1:
        raise DynamicError(f"{len(nodes)} elements where one is allowed")
    return text_of(nodes[0])


def text_of_items(items: Sequence[Any]) -> str:
    """The text of the only item, empty for none."""
    item = at_most_one(items)
    return "" if item is None else string_of(item)


def text_or_empty(item: Any) -> str:
    """The text of an item that may be missing."""
    return "" if item is None else string_of(item)


def truth(items: Sequence[Any]) -> bool:
    """The effective boolean value."""
    if not items:
        return False
    first = items[0]
    if first.__class__ is Node or first.__class__ is Untyped:  # untyped text is that of a node
        return True
    if len(items) > 1:
        raise DynamicError(f"{len(items)} values where a yes or no is needed")
    if isinstance(first, Date):
        raise DynamicError("a date where a yes or no is needed")
    return truth_of_number(first) if not isinstance(first, str) else bool(first)


def truth_of_number(number: Any) -> bool:
    """Whether a number is neither zero nor missing nor not a number."""
    return number is not None and bool(number) and number == number  # noqa: PLR0124


def optional(item: Any) -> Sequence[Any]:
    """An item that may be missing, as a sequence."""
    return () if item is None else (item,)


def item_at(items: Sequence[Any], place: Any) -> Sequence[Any]:
    """The item at a place counted from 1, as a sequence."""
    if place is None:
        return ()
    index = int(place) if place == place and abs(place) < len(items) + 1 else 0  # noqa: PLR0124
    return items[index - 1 : index] if index >= 1 and index == place else ()


def integer_range(first: int | None, last: int | None) -> range:
    """The integers of ``first to last``."""
    if first is None or last is None:
        return range(0)
    if last - first > RANGE_MAX:
        raise DynamicError(f"more than {RANGE_MAX} integers")
    return range(first, last + 1)


def filtered(items: Sequence[Any], keeps: Any) -> list[Any]:
    """The items for which ``keeps(item, place, count)`` holds."""
    count = len(items)
    return [item for place, item in enumerate(items, 1) if keeps(item, place, count)]


def indexed(pairs: Sequence[tuple[str, Node]]) -> dict[str, list[Node]]:
    """Nodes by a text of theirs."""
    index: dict[str, list[Node]] = {}
    for text, node in pairs:
        index.setdefault(text, []).append(node)
    return index


def distinct_values(items: Sequence[Any]) -> list[Any]:
    """The values without repetitions; untyped text counts as a string."""
    seen: dict[Any, Any] = {}
    for item in items:
        value = str(item) if isinstance(item, str) else item
        seen.setdefault((isinstance(value, str), isinstance(value, bool), value), value)
    return list(seen.values())
