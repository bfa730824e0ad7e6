"""Code for conversions and casts of a value whose code and type are known."""

from pipeline.validation.rules.types import Count, Item, Type

_CASTS = {
    Item.STRING: "string_of",
    Item.BOOLEAN: "boolean_of",
    Item.INTEGER: "integer_of",
    Item.DECIMAL: "decimal_of",
    Item.DOUBLE: "double_of",
    Item.DATE: "date_of",
}
_FROM_TEXT = {
    Item.STRING: "{}",
    Item.BOOLEAN: "to_boolean({})",
    Item.INTEGER: "to_integer({})",
    Item.DECIMAL: "to_decimal({})",
    Item.DOUBLE: "to_double({})",
    Item.DATE: "to_date({})",
}
_FALSE_LIKE_PYTHON = frozenset({Item.BOOLEAN, Item.STRING, Item.INTEGER, Item.DECIMAL})
"""Types of which the same values are false in XPath and in Python."""
_STRINGS = frozenset({Item.STRING, Item.UNTYPED})


def text_of(code: str, item: Item) -> str:
    """Text of one item."""
    if item in _STRINGS:
        return code
    if item is not Item.NODE:
        return f"string_of({code})"
    # Most nodes have their text at hand.
    return f"({code}.text or text_of({code}))" if code.isidentifier() else f"text_of({code})"


def text(code: str, type_: Type) -> str:
    """Text of at most one item, empty for none."""
    if type_.is_one:
        return text_of(code, type_.item)
    if type_.count is Count.EMPTY:
        return "''"
    if type_.is_many:
        function = "text_of_nodes" if type_.item is Item.NODE else "text_of_items"
        return f"{function}({code})"
    return f"({code} or '')" if type_.item in _STRINGS else f"text_or_empty({code})"


def truth(code: str, type_: Type) -> str:
    """The effective boolean value."""
    if type_.is_many:
        return _truth_of_many(code, type_)
    if type_.item in (Item.NODE, Item.UNTYPED):
        return "True" if type_.is_one else f"({code} is not None)"
    if type_.item in _FALSE_LIKE_PYTHON:
        return code
    return f"truth({_as_items(code, type_)})"


def _truth_of_many(code: str, type_: Type) -> str:
    if type_.count is Count.EMPTY:
        return "False"
    if type_.item in (Item.NODE, Item.UNTYPED):
        return f"(len({code}) > 0)"
    return f"truth({code})"


def _as_items(code: str, type_: Type) -> str:
    return f"({code},)" if type_.is_one else f"optional({code})"


def cast(code: str, type_: Type, target: Item) -> str:
    """At most one item cast to a type."""
    if type_.is_one:
        return cast_one(code, type_.item, target)
    if type_.item is Item.NODE and type_.is_many and target is Item.DECIMAL:
        return f"decimal_of_nodes({code})"
    return f"cast_optional({_CASTS[target]}, {at_most_one(code, type_)})"


def cast_one(code: str, item: Item, target: Item) -> str:
    """One item cast to a type."""
    if item in (Item.NODE, Item.UNTYPED, Item.STRING):
        return _FROM_TEXT[target].format(text_of(code, item))
    return code if item is target else f"{_CASTS[target]}({code})"


def cast_function(target: Item) -> str:
    """The function that casts one item to a type."""
    return _CASTS[target]


def at_most_one(code: str, type_: Type) -> str:
    """The only item, or None."""
    if type_.count is Count.EMPTY:
        return "None"
    return f"at_most_one({code})" if type_.is_many else code


def required(code: str, type_: Type) -> str:
    """The only item, which must be there."""
    return code if type_.is_one else f"exactly_one({at_most_one(code, type_)})"


def number(code: str, type_: Type) -> str:
    """An operand of arithmetic."""
    if type_.item in (Item.NODE, Item.UNTYPED):
        return cast(code, type_, Item.DOUBLE)
    only = at_most_one(code, type_)
    return f"numeric({only})" if type_.item is Item.ANY else only


def number_or_nan(code: str, type_: Type) -> str:
    """``fn:number``."""
    if type_.item is Item.DOUBLE and type_.is_one:
        return code
    return f"number_of({at_most_one(code, type_)})"


def items(code: str, type_: Type) -> str:
    """A sequence of items that are told apart by class."""
    if type_.count is Count.EMPTY:
        return "E"
    if type_.item is not Item.UNTYPED:
        return code if type_.is_many else _as_items(code, type_)
    if type_.is_many:
        return f"[Untyped(u) for u in {code}]"
    if type_.is_one:
        return f"(Untyped({code}),)"
    return f"[Untyped(u) for u in optional({code})]"


def nodes(code: str, type_: Type) -> str:
    """Items of which each must be a node."""
    return f"all_nodes({code})" if type_.is_many else f"a_node({code})"


def held_as(code: str, type_: Type, target: Type) -> str:
    """A value in the form in which another type, which covers its own, is held."""
    if target.is_many:
        return items(code, type_) if target.item is Item.ANY else _listed(code, type_)
    if type_.count is Count.EMPTY:
        return "None"
    is_wrapped = target.item is Item.ANY and type_.item is Item.UNTYPED
    if not is_wrapped:
        return code
    return f"Untyped({code})" if type_.is_one else f"cast_optional(Untyped, {code})"


def _listed(code: str, type_: Type) -> str:
    if type_.count is Count.EMPTY:
        return "E"
    return code if type_.is_many else _as_items(code, type_)
