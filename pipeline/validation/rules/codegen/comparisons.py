"""Code of comparisons: Python's operator between converted values, wherever the types allow it."""

import enum

from pipeline.validation.rules.codegen import conversions
from pipeline.validation.rules.codegen.clauses import Clauses, Shape
from pipeline.validation.rules.codegen.frame import Frame
from pipeline.validation.rules.codegen.scribe import Scribe
from pipeline.validation.rules.types import (
    EXACT_NUMBERS,
    NUMBERS,
    STRINGS,
    TEXTS,
    UNTYPED_TEXTS,
    Item,
    Type,
)
from pipeline.validation.rules.typing import tree
from pipeline.validation.rules.typing.tree import Typed, Uses

_PYTHON = {"=": "=="}


class Mode(enum.Enum):
    """As what the values are compared."""

    TEXT = Item.STRING
    DOUBLE = Item.DOUBLE
    BOOLEAN = Item.BOOLEAN
    DATE = Item.DATE
    AS_IS = None


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


def compare_any(scribe: Scribe, node: tree.Compare, frame: Frame) -> str:
    """Code of a general comparison; one that is repeated often is remembered for each node."""
    if _is_of_node(node) and scribe.module.is_remembered(node.source):
        name = scribe.module.per_node(_compare_any(scribe.unit(), node, Frame("x")))
        return f"{name}({frame.context}, d)"
    return _compare_any(scribe, node, frame)


def _is_of_node(node: tree.Compare) -> bool:
    """Whether the answer can be kept with the context node."""
    return node.uses == Uses.CONTEXT and _starts_at_node(node)


def _starts_at_node(node: Typed) -> bool:
    """Whether a path from the context item proves that it is a node."""
    if isinstance(node, tree.Path):
        return isinstance(node.start, tree.ContextItem) and node.start.type.item is Item.NODE
    parts = [getattr(node, name, None) for name in ("left", "right", "operand")]
    parts += getattr(node, "arguments", ())
    return any(_starts_at_node(part) for part in parts if part is not None)


def _compare_any(scribe: Scribe, node: tree.Compare, frame: Frame) -> str:
    mode = mode_of(node.left.type.item, node.right.type.item)
    if mode is None:
        items = f"{scribe.items(node.left, frame)}, {scribe.items(node.right, frame)}"
        return f"any_pair({node.operator!r}, {items})"
    short = _has_text(scribe, node, frame) or _in_a_set(scribe, node, mode, frame)
    if short:
        return short
    if mode is Mode.AS_IS and _may_be_missing(node.left.type, node.right.type):
        values = f"{scribe.value(node.left, frame)}, {scribe.value(node.right, frame)}"
        return f"both({node.operator!r}, {values})"
    left, right = scribe.clauses(node.left, frame), scribe.clauses(node.right, frame)
    pairs = Clauses("", left.kind, Shape.LOOSE, (*left.clauses, *right.clauses))
    first, second = _operand(left.item, left.kind, mode), _operand(right.item, right.kind, mode)
    return pairs.any_is(f"{first} {_python_operator(node.operator)} {second}")


def _has_text(scribe: Scribe, node: tree.Compare, frame: Frame) -> str:
    """Code for ``normalize-space(x) != ''``, which needs no normal form of what may be a file."""
    call, empty = node.left, node.right
    if not isinstance(call, tree.Call) or call.function != "normalize-space":
        return ""
    if not isinstance(empty, tree.Constant) or empty.value != "" or node.operator not in "!=":
        return ""
    negation = "" if node.operator == "!=" else "not "
    return f"({negation}has_text({scribe.value(call.arguments[0], frame)}))"


def _in_a_set(scribe: Scribe, node: tree.Compare, mode: Mode, frame: Frame) -> str:
    """Code for a comparison with constant strings as membership, if it is one."""
    if mode is not Mode.TEXT or node.operator != "=":
        return ""
    for strings, other in ((node.right, node.left), (node.left, node.right)):
        if strings.type == STRINGS and strings.uses == Uses.NOTHING:
            known = scribe.module.constant(f"frozenset({scribe.value(strings, frame)})")
            found = scribe.clauses(other, frame)
            return found.any_is(f"{_operand(found.item, found.kind, mode)} in {known}")
    return ""


def _may_be_missing(left: Type, right: Type) -> bool:
    """Whether one of two values, of which none is many, may be missing."""
    return not (left.is_many or right.is_many) and not (left.is_one and right.is_one)


def _operand(code: str, item: Item, mode: Mode) -> str:
    """One value, converted for a mode."""
    if mode is Mode.AS_IS:
        return code
    if mode is Mode.TEXT:
        return conversions.text_of(code, item)
    if mode is Mode.DOUBLE and item in NUMBERS:
        return code if item is Item.DOUBLE else f"float({code})"
    return conversions.cast_one(code, item, mode.value or item)


def _python_operator(operator: str) -> str:
    return _PYTHON.get(operator, operator)


def compare_values(scribe: Scribe, node: tree.CompareValues, frame: Frame) -> str:
    """Code of a value comparison."""
    left, right = node.left.type, node.right.type
    mode = mode_of(_as_value(left.item), _as_value(right.item))
    if mode is None or not (left.is_one and right.is_one):
        items = f"{scribe.items(node.left, frame)}, {scribe.items(node.right, frame)}"
        return f"compared({node.operator!r}, {items})"
    first = _operand(scribe.value(node.left, frame), left.item, mode)
    second = _operand(scribe.value(node.right, frame), right.item, mode)
    return f"({first} {_python_operator(node.operator)} {second})"


def _as_value(item: Item) -> Item:
    """In a value comparison untyped text is a string."""
    return Item.STRING if item in UNTYPED_TEXTS else item
