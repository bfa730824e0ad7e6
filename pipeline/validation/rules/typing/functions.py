"""The functions of XPath that rule files call: what they take and what they give."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from pipeline.validation.rules.types import (
    A_BOOLEAN,
    A_STRING,
    AN_INTEGER,
    ITEMS,
    NUMBERS,
    STRINGS,
    Count,
    Item,
    Type,
)
from pipeline.validation.rules.typing import convert
from pipeline.validation.rules.typing.convert import TypingError
from pipeline.validation.rules.typing.scope import Scope
from pipeline.validation.rules.typing.tree import (
    Call,
    Conversion,
    Convert,
    OwnCall,
    Typed,
    Uses,
)

Conversions = Callable[[Typed], Typed]


@dataclass(frozen=True, slots=True)
class _Function:
    """``parameters`` convert the arguments; ``required`` of them must be given.

    ``or_context`` lets the context item stand in for a missing only argument.
    """

    parameters: tuple[Conversions, ...]
    result: Type
    required: int
    or_context: bool = False


def _function(
    result: Type, *parameters: Conversions, optional: int = 0, or_context: bool = False
) -> _Function:
    return _Function(parameters, result, len(parameters) - optional, or_context)


def _as_is(operand: Typed) -> Typed:
    return operand


_TEXT, _NUMBER, _ITEMS, _NODE = convert.text, convert.number, convert.items, convert.one_node
_ONE_NUMBER: Conversions = lambda operand: convert.required(convert.number(operand))  # noqa: E731
_DOUBLE = Type(Item.DOUBLE)
_INTEGERS = Type(Item.INTEGER, Count.MANY)
_FUNCTIONS: Mapping[str, _Function] = {
    "boolean": _function(A_BOOLEAN, convert.truth),
    "not": _function(A_BOOLEAN, convert.truth),
    "true": _function(A_BOOLEAN),
    "false": _function(A_BOOLEAN),
    "exists": _function(A_BOOLEAN, _as_is),
    "empty": _function(A_BOOLEAN, _as_is),
    "count": _function(AN_INTEGER, _as_is),
    "normalize-space": _function(A_STRING, _TEXT, or_context=True),
    "string": _function(A_STRING, _TEXT, or_context=True),
    "string-length": _function(AN_INTEGER, _TEXT, or_context=True),
    "upper-case": _function(A_STRING, _TEXT),
    "lower-case": _function(A_STRING, _TEXT),
    "substring": _function(A_STRING, _TEXT, _ONE_NUMBER, _ONE_NUMBER, optional=1),
    "substring-before": _function(A_STRING, _TEXT, _TEXT),
    "substring-after": _function(A_STRING, _TEXT, _TEXT),
    "contains": _function(A_BOOLEAN, _TEXT, _TEXT),
    "starts-with": _function(A_BOOLEAN, _TEXT, _TEXT),
    "ends-with": _function(A_BOOLEAN, _TEXT, _TEXT),
    "translate": _function(A_STRING, _TEXT, _TEXT, _TEXT),
    "string-join": _function(A_STRING, _ITEMS, _TEXT, optional=1),
    "matches": _function(A_BOOLEAN, _TEXT, _TEXT, _TEXT, optional=1),
    "replace": _function(A_STRING, _TEXT, _TEXT, _TEXT, _TEXT, optional=1),
    "tokenize": _function(STRINGS, _TEXT, _TEXT, _TEXT, optional=1),
    "string-to-codepoints": _function(_INTEGERS, _TEXT),
    "codepoints-to-string": _function(A_STRING, _as_is),
    "name": _function(A_STRING, _NODE, or_context=True),
    "local-name": _function(A_STRING, _NODE, or_context=True),
    "namespace-uri": _function(A_STRING, _NODE, or_context=True),
    "distinct-values": _function(ITEMS, _ITEMS),
}
_SAME_NUMBER = frozenset({"abs", "round", "floor", "ceiling"})
_OF_ALL = frozenset({"sum", "min", "max", "avg"})


def type_call(name: str, arguments: Sequence[Typed], scope: Scope) -> Typed:
    """The typed call of a function of XPath or of the rule file."""
    name = name.removeprefix("fn:")
    own = scope.functions.get(name)
    if own is not None:
        return _own_call(name, arguments, own.parameters, own.result)
    if name.startswith("xs:"):
        _require(len(arguments) == 1, name)
        return convert.cast(arguments[0], convert.atomic_item(name))
    special = _SPECIAL.get(name)
    if special is not None:
        return special(name, arguments, scope)
    return _library_call(name, arguments, scope)


def _library_call(name: str, arguments: Sequence[Typed], scope: Scope) -> Typed:
    function = _FUNCTIONS.get(name)
    if function is None:
        raise TypingError(f"the function {name}() is not supported")
    if not arguments and function.or_context:
        arguments = (scope.context_item(),)
    _require(function.required <= len(arguments) <= len(function.parameters), name)
    converted = [
        conversion(argument)
        for conversion, argument in zip(function.parameters, arguments, strict=False)
    ]
    return _call(name, function.result, converted)


def _own_call(
    name: str, arguments: Sequence[Typed], parameters: Sequence[Type], result: Type
) -> Typed:
    _require(len(arguments) == len(parameters), name)
    converted = tuple(map(convert.as_declared, arguments, parameters))
    return OwnCall(result, uses_of(converted) | Uses.DOCUMENT, name, converted)


def _call(name: str, result: Type, arguments: Sequence[Typed]) -> Typed:
    return Call(result, uses_of(arguments), name, tuple(arguments))


def uses_of(parts: Sequence[Typed]) -> Uses:
    """What any of the parts uses."""
    return reduce(or_, (part.uses for part in parts), Uses.NOTHING)


def _require(holds: bool, name: str) -> None:  # noqa: FBT001
    if not holds:
        raise TypingError(f"{name}() has a wrong number of arguments")


def _concat(name: str, arguments: Sequence[Typed], _scope: Scope) -> Typed:
    _require(len(arguments) > 1, name)
    return _call(name, A_STRING, [convert.text(argument) for argument in arguments])


def _number(name: str, arguments: Sequence[Typed], scope: Scope) -> Typed:
    _require(len(arguments) <= 1, name)
    operand = arguments[0] if arguments else scope.context_item()
    return Convert(_DOUBLE, operand.uses, Conversion.NUMBER_OR_NAN, operand)


def _same_number(name: str, arguments: Sequence[Typed], _scope: Scope) -> Typed:
    _require(len(arguments) == 1, name)
    operand = convert.number(arguments[0])
    return _call(name, operand.type, [operand])


def _of_all(name: str, arguments: Sequence[Typed], _scope: Scope) -> Typed:
    _require(len(arguments) == 1, name)
    operand = arguments[0]
    item = _summed_item(operand.type.item)
    if name == "avg" and item is Item.INTEGER:
        item = Item.DECIMAL
    if name == "sum":
        # Nothing adds up to an integer zero, whatever the items would have been.
        item = item if item in (Item.INTEGER, Item.DECIMAL) else Item.NUMERIC
        return _call(name, Type(item), [operand])
    return _call(name, Type(item, Count.OPTIONAL), [operand])


def _summed_item(item: Item) -> Item:
    if item in NUMBERS:
        return item
    if item in (Item.NODE, Item.UNTYPED):
        return Item.DOUBLE
    if item is Item.ANY:
        return Item.NUMERIC
    raise TypingError(f"a sum of {item.value}")


def _reverse(name: str, arguments: Sequence[Typed], _scope: Scope) -> Typed:
    _require(len(arguments) == 1, name)
    return _call(name, arguments[0].type.times(Count.MANY), arguments)


def _position(name: str, arguments: Sequence[Typed], scope: Scope) -> Typed:
    _require(not arguments, name)
    if not scope.has_position:
        raise TypingError(f"{name}() outside a predicate is not supported")
    return Call(AN_INTEGER, Uses.POSITION, name, ())


_SPECIAL: Mapping[str, Callable[[str, Sequence[Typed], Scope], Typed]] = {
    "concat": _concat,
    "number": _number,
    "reverse": _reverse,
    "position": _position,
    "last": _position,
    **dict.fromkeys(_SAME_NUMBER, _same_number),
    **dict.fromkeys(_OF_ALL, _of_all),
}
