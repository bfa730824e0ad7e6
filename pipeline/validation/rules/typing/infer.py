"""Type inference: one function for each form of expression, from the leaves up."""

from collections.abc import Sequence as Many
from decimal import Decimal
from functools import reduce, singledispatch

from pipeline.validation.rules.syntax import tree as syntax
from pipeline.validation.rules.types import (
    A_BOOLEAN,
    A_STRING,
    AN_INTEGER,
    EXACT_NUMBERS,
    ITEMS,
    NODES,
    NOTHING,
    Count,
    Item,
    Type,
    common_item,
    either,
)
from pipeline.validation.rules.typing import convert
from pipeline.validation.rules.typing.convert import TypingError
from pipeline.validation.rules.typing.functions import type_call, uses_of
from pipeline.validation.rules.typing.paths import type_path
from pipeline.validation.rules.typing.scope import Scope
from pipeline.validation.rules.typing.tree import (
    All,
    Any,
    Arithmetic,
    Call,
    Cast,
    Castable,
    Compare,
    CompareValues,
    Constant,
    Conversion,
    Convert,
    If,
    Loop,
    Quantified,
    Range,
    Sequence,
    Typed,
    Union,
    Uses,
)


@singledispatch
def infer(expression: syntax.Expression, scope: Scope) -> Typed:  # noqa: ARG001
    """The typed tree of an expression; raises `TypingError`."""
    raise TypingError(f"{type(expression).__name__} is not supported")


def condition(expression: syntax.Expression, scope: Scope) -> Typed:
    """The typed tree of an expression as a condition."""
    return convert.truth(infer(expression, scope))


@infer.register
def _number(expression: syntax.Number, _scope: Scope) -> Typed:
    text = expression.text
    if "e" in text.lower():
        return Constant(Type(Item.DOUBLE), Uses.NOTHING, float(text))
    if "." in text:
        return Constant(Type(Item.DECIMAL), Uses.NOTHING, Decimal(text))
    return Constant(AN_INTEGER, Uses.NOTHING, int(text))


@infer.register
def _string(expression: syntax.String, _scope: Scope) -> Typed:
    return Constant(A_STRING, Uses.NOTHING, expression.value)


@infer.register
def _variable(expression: syntax.Variable, scope: Scope) -> Typed:
    return scope.variable(expression.name)


@infer.register
def _here(_expression: syntax.Here, scope: Scope) -> Typed:
    return scope.context_item()


@infer.register
def _call(expression: syntax.Call, scope: Scope) -> Typed:
    arguments = [infer(one, scope) for one in expression.arguments]
    return type_call(expression.function, arguments, scope)


@infer.register
def _path(expression: syntax.Path, scope: Scope) -> Typed:
    return type_path(expression, scope, infer)


@infer.register
def _sequence(expression: syntax.Sequence, scope: Scope) -> Typed:
    parts = tuple(infer(one, scope) for one in expression.items)
    if not parts:
        return Sequence(NOTHING, Uses.NOTHING, ())
    item = reduce(common_item, (part.type.item for part in parts))
    return Sequence(Type(item, Count.MANY), uses_of(parts), parts)


@infer.register
def _union(expression: syntax.Union, scope: Scope) -> Typed:
    parts = tuple(infer(one, scope) for one in expression.parts)
    kinds = {part.type.item for part in parts}
    if kinds not in ({Item.NODE}, {Item.UNTYPED}):
        raise TypingError("a union of anything but nodes is not supported")
    return Union(
        NODES if kinds == {Item.NODE} else Type(Item.UNTYPED, Count.MANY), uses_of(parts), parts
    )


@infer.register
def _and(expression: syntax.And, scope: Scope) -> Typed:
    parts = tuple(condition(one, scope) for one in expression.parts)
    return All(A_BOOLEAN, uses_of(parts), parts)


@infer.register
def _or(expression: syntax.Or, scope: Scope) -> Typed:
    parts = tuple(condition(one, scope) for one in expression.parts)
    return Any(A_BOOLEAN, uses_of(parts), parts)


@infer.register
def _comparison(expression: syntax.Comparison, scope: Scope) -> Typed:
    left, right = infer(expression.left, scope), infer(expression.right, scope)
    uses = left.uses | right.uses
    if expression.of_values:
        return CompareValues(A_BOOLEAN, uses, expression.operator, left, right)
    return Compare(A_BOOLEAN, uses, expression.operator, left, right, expression.source)


@infer.register
def _arithmetic(expression: syntax.Arithmetic, scope: Scope) -> Typed:
    left = convert.number(infer(expression.left, scope))
    right = convert.number(infer(expression.right, scope))
    result = _result(expression.operator, left.type, right.type)
    return Arithmetic(result, left.uses | right.uses, expression.operator, left, right)


def _result(operator: str, left: Type, right: Type) -> Type:
    """The type of an operation; a missing operand gives a missing result."""
    count = Count.ONE if left.is_one and right.is_one else Count.OPTIONAL
    if operator == "idiv":
        return Type(Item.INTEGER, count)
    items = {left.item, right.item}
    if Item.DOUBLE in items:
        return Type(Item.DOUBLE, count)
    if not items <= EXACT_NUMBERS:
        return Type(Item.NUMERIC, count)
    is_whole = items == {Item.INTEGER} and operator != "div"
    return Type(Item.INTEGER if is_whole else Item.DECIMAL, count)


@infer.register
def _negative(expression: syntax.Negative, scope: Scope) -> Typed:
    operand = convert.number(infer(expression.operand, scope))
    if isinstance(operand, Constant) and isinstance(operand.value, (int, Decimal)):
        return Constant(operand.type, operand.uses, -operand.value)
    return Call(operand.type, operand.uses, "-", (operand,))


@infer.register
def _range(expression: syntax.Range, scope: Scope) -> Typed:
    first, last = (
        convert.cast(convert.number(infer(one, scope)), Item.INTEGER)
        for one in (expression.first, expression.last)
    )
    return Range(Type(Item.INTEGER, Count.MANY), first.uses | last.uses, first, last)


@infer.register
def _if(expression: syntax.If, scope: Scope) -> Typed:
    test = condition(expression.test, scope)
    then, otherwise = infer(expression.then, scope), infer(expression.otherwise, scope)
    result = either(then.type, otherwise.type)
    then, otherwise = fitted(then, result), fitted(otherwise, result)
    return If(result, uses_of((test, then, otherwise)), test, then, otherwise)


def fitted(value: Typed, target: Type) -> Typed:
    """A value in the form in which ``target`` is held; ``target`` must cover its type."""
    if value.type == target or (value.type.count is Count.EMPTY and target.is_many):
        return value
    if target == ITEMS:
        return convert.items(value)
    if target.is_many or value.type.count is Count.EMPTY or target.item is Item.ANY:
        return Convert(target, value.uses, Conversion.SAME, value)
    return value


@infer.register
def _for(expression: syntax.For, scope: Scope) -> Typed:
    return _loop(expression.bindings, expression.body, scope)


def _loop(bindings: Many[syntax.Binding], body: syntax.Expression, scope: Scope) -> Typed:
    if not bindings:
        return infer(body, scope)
    first, *rest = bindings
    source = infer(first.source, scope)
    inner = _loop(rest, body, scope.with_local(first.name, source.type.times(Count.ONE)))
    result = inner.type.times(Count.MANY)
    return Loop(result, source.uses | inner.uses, first.name, source, inner)


@infer.register
def _quantified(expression: syntax.Quantified, scope: Scope) -> Typed:
    return _quantifier(expression, expression.bindings, scope)


def _quantifier(
    expression: syntax.Quantified, bindings: Many[syntax.Binding], scope: Scope
) -> Typed:
    if not bindings:
        return condition(expression.body, scope)
    first, *rest = bindings
    source = infer(first.source, scope)
    inner_scope = scope.with_local(first.name, source.type.times(Count.ONE))
    inner = _quantifier(expression, rest, inner_scope)
    uses = source.uses | inner.uses
    return Quantified(A_BOOLEAN, uses, expression.is_every, first.name, source, inner)


@infer.register
def _castable(expression: syntax.Castable, scope: Scope) -> Typed:
    operand = infer(expression.operand, scope)
    target = Type(convert.atomic_item(expression.type))
    return Castable(A_BOOLEAN, operand.uses, target, operand, expression.is_optional)


@infer.register
def _cast(expression: syntax.Cast, scope: Scope) -> Typed:
    operand = infer(expression.operand, scope)
    value: Typed = convert.cast(operand, convert.atomic_item(expression.type))
    if isinstance(value, Cast) and not expression.is_optional:
        return convert.required(value)
    return value
