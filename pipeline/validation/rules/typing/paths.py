"""Typing of paths: steps, predicates, and the forms of ``//`` that need no detour."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from pipeline.validation.rules.syntax import tree as syntax
from pipeline.validation.rules.syntax.tree import Axis
from pipeline.validation.rules.types import A_NODE, NUMBERS, Count, Item, Type
from pipeline.validation.rules.typing import convert
from pipeline.validation.rules.typing.convert import TypingError
from pipeline.validation.rules.typing.scope import Scope
from pipeline.validation.rules.typing.tree import (
    AxisStep,
    DocumentNode,
    EachStep,
    Filter,
    NameKind,
    NameTest,
    Path,
    Place,
    Step,
    Typed,
    Uses,
    Where,
)

Infer = Callable[[syntax.Expression, Scope], Typed]
_INNER = Uses.CONTEXT | Uses.POSITION
_ANY_NODE = syntax.AxisStep(Axis.DESCENDANT_OR_SELF, "node()")


def type_path(expression: syntax.Path, scope: Scope, infer: Infer) -> Typed:
    """A typed path, or its start alone when there is nothing more."""
    steps = list(_shortened(expression.steps))
    typist = _PathTypist(scope, infer)
    start, filters = typist.start(expression, steps)
    typed_steps = tuple(typist.step(step) for step in steps)
    if not typed_steps and not filters:
        return start
    return Path(typist.result(), typist.uses, start, filters, typed_steps)


def _shortened(steps: tuple[syntax.Step, ...]) -> Iterator[syntax.Step]:
    """``descendant-or-self::node()/child::x`` as ``descendant::x`` where that is the same."""
    place = 0
    while place < len(steps):
        step, after = steps[place], steps[place + 1 : place + 2]
        if step == _ANY_NODE and after and _may_descend(after[0]):
            yield _descending(after[0])
            place += 2
        else:
            yield step
            place += 1


def _may_descend(step: syntax.Step) -> bool:
    if isinstance(step, syntax.AxisStep):
        return step.axis is Axis.CHILD and not any(map(_may_be_place, step.predicates))
    if not isinstance(step.expression, syntax.Union) or step.predicates:
        return False
    parts = step.expression.parts
    return all(isinstance(part, syntax.Path) and _descends(part) for part in parts)


def _descends(path: syntax.Path) -> bool:
    return not path.is_absolute and bool(path.steps) and _may_descend(path.steps[0])


def _descending(step: syntax.Step) -> syntax.Step:
    if isinstance(step, syntax.AxisStep):
        return replace(step, axis=Axis.DESCENDANT)
    assert isinstance(step.expression, syntax.Union)  # noqa: S101 - checked by _may_descend
    parts = tuple(
        replace(part, steps=(_descending(part.steps[0]), *part.steps[1:]))
        for part in step.expression.parts
        if isinstance(part, syntax.Path)
    )
    return replace(step, expression=syntax.Union(parts))


def _may_be_place(predicate: syntax.Expression) -> bool:
    """Whether a predicate may look at positions; conditions that plainly do not are known."""
    if isinstance(predicate, (syntax.And, syntax.Or)):
        return any(map(_may_be_place, predicate.parts))
    if isinstance(predicate, syntax.Comparison):
        return _counts(predicate.left) or _counts(predicate.right)
    if isinstance(predicate, syntax.Call):
        is_condition = predicate.function in ("not", "exists", "empty", "contains", "matches")
        is_condition |= predicate.function in ("starts-with", "ends-with", "boolean")
        return not is_condition or any(map(_counts, predicate.arguments))
    return not isinstance(predicate, syntax.Path)


def _counts(expression: object) -> bool:
    """Whether ``position()`` or ``last()`` is anywhere inside."""
    if isinstance(expression, syntax.Call) and expression.function in ("position", "last"):
        return True
    if isinstance(expression, tuple):
        return any(map(_counts, expression))
    slots = getattr(expression, "__slots__", ())
    return any(_counts(getattr(expression, name)) for name in slots)


class _PathTypist:
    """Types the steps of one path in order; ``item`` is the kind of what was reached."""

    def __init__(self, scope: Scope, infer: Infer) -> None:
        self._scope = scope
        self._infer = infer
        self._item = Item.NODE
        self._is_single = True
        self.uses = Uses.NOTHING

    def start(
        self, expression: syntax.Path, steps: list[syntax.Step]
    ) -> tuple[Typed, tuple[Filter, ...]]:
        """What the path starts from; a computed first step is taken off ``steps``."""
        filters: tuple[Filter, ...] = ()
        start: Typed
        if expression.is_absolute:
            start = DocumentNode(A_NODE, Uses.DOCUMENT)
        elif isinstance(steps[0], syntax.ComputedStep):
            first = steps.pop(0)
            assert isinstance(first, syntax.ComputedStep)  # noqa: S101 - as tested above
            start = self._infer(first.expression, self._scope)
            if start.type.item is Item.ANY and steps:
                start = convert.nodes(start)
            filters = self._reach(start.type, first.predicates)
        else:
            start = self._scope.context_item()
            self._reach(start.type, ())
        self.uses |= start.uses
        return start, filters

    def step(self, step: syntax.Step) -> Step:
        """A step after the start."""
        if isinstance(step, syntax.AxisStep):
            return self._axis_step(step)
        expression = self._infer(step.expression, self._scope.inside(Type(self._item)))
        self.uses |= expression.uses & ~_INNER
        return EachStep(expression, self._reach(expression.type, step.predicates))

    def result(self) -> Type:
        """The type of the whole path."""
        return Type(self._item, Count.OPTIONAL if self._is_single else Count.MANY)

    def _axis_step(self, step: syntax.AxisStep) -> Step:
        if self._item is not Item.NODE:
            raise TypingError(f"a step from a {self._item.value}")
        test = self._scope.test(step.test, is_attribute=step.axis is Axis.ATTRIBUTE)
        return AxisStep(step.axis, test, self._reach(_reached(step.axis, test), step.predicates))

    def _reach(
        self, reached: Type, predicates: tuple[syntax.Expression, ...]
    ) -> tuple[Filter, ...]:
        self._item = reached.item
        filters = tuple(map(self._filter, predicates))
        is_single = not reached.is_many or any(isinstance(one, Place) for one in filters)
        self._is_single = self._is_single and is_single
        return filters

    def _filter(self, predicate: syntax.Expression) -> Filter:
        if predicate == syntax.Call("last", ()):
            return Place(None)
        value = self._infer(predicate, self._scope.inside(Type(self._item)))
        self.uses |= value.uses & ~_INNER
        if value.type.item is Item.ANY:
            raise TypingError("a predicate that may be a position or a condition")
        if value.type.item not in NUMBERS:
            return Where(convert.truth(value))
        if value.uses & _INNER:
            raise TypingError("a position that depends on the item is not supported")
        return Place(convert.number(value))


def _reached(axis: Axis, test: NameTest) -> Type:
    """What one step from one node may give."""
    is_text = axis is Axis.ATTRIBUTE or test.kind is NameKind.TEXT
    is_one = axis in (Axis.SELF, Axis.PARENT)
    is_one |= axis is Axis.ATTRIBUTE and test.kind is NameKind.NAME
    item = Item.UNTYPED if is_text else Item.NODE
    return Type(item, Count.OPTIONAL if is_one else Count.MANY)
