"""Code of typed expressions.

A `Writer` writes one unit: an assertion, a kept value, a function. Variables are numbered within a
unit, so that equal expressions give equal code, by which `Module` knows them.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import singledispatchmethod
from itertools import count

from pipeline.validation.rules.codegen import conversions
from pipeline.validation.rules.codegen.calls import NAMES, TAKES_ALL, TEMPLATES
from pipeline.validation.rules.codegen.clauses import Clauses, Need, Shape
from pipeline.validation.rules.codegen.comparisons import Mode, mode_of, operand, python_operator
from pipeline.validation.rules.codegen.lookups import find_lookup, selfsame
from pipeline.validation.rules.codegen.frame import DOCUMENT, Frame
from pipeline.validation.rules.codegen.module import Module
from pipeline.validation.rules.codegen.steps import axis_step
from pipeline.validation.rules.program import Step
from pipeline.validation.rules.runtime.patterns import UnsupportedPattern, compiled
from pipeline.validation.rules.syntax.tree import Axis
from pipeline.validation.rules.types import EXACT_NUMBERS, STRINGS, Count, Item, Type
from pipeline.validation.rules.typing import tree
from pipeline.validation.rules.typing.convert import TypingError
from pipeline.validation.rules.typing.tree import Conversion, Filter, Typed, Uses

_PATTERN_FUNCTIONS = frozenset({"matches", "replace", "tokenize"})


def own_function_name(name: str) -> str:
    """The Python name of a function of the rule file."""
    return "U_" + "".join(letter if letter.isalnum() else "_" for letter in name)


class Writer:
    """Writes one unit of a module.

    ``keeps_conditions`` says whether conditions on the document alone are worth keeping: not where
    they are asked once. ``own`` is the path that this unit itself keeps.
    """

    def __init__(
        self, module: Module, *, keeps_conditions: bool = True, own: Typed | None = None
    ) -> None:
        self._module = module
        self._numbers = count(1)
        self._keeps_conditions = keeps_conditions
        self._own = own

    def fresh(self) -> str:
        """A variable that is new in this unit."""
        return f"v{next(self._numbers)}"

    def file(self, name: str) -> None:
        """Note that children are looked up by this name."""
        self._module.file(name)

    # -- what readers ask for

    def condition(self, node: Typed, frame: Frame) -> str:
        """Code for an expression of type boolean."""
        is_repeated = self._keeps_conditions or frame.is_inner
        if is_repeated and _is_of_document(node) and not isinstance(node, tree.Global):
            unit = Writer(self._module, keeps_conditions=False)
            return self._module.per_document(unit.condition(node, DOCUMENT))
        return self._own_condition(node, frame)

    def value(self, node: Typed, frame: Frame) -> str:
        """Code for the value, held as its type is held."""
        if node.type == Type(Item.BOOLEAN) and not isinstance(node, (tree.Constant, tree.Local)):
            return f"bool({self.condition(node, frame)})"
        return self._value(node, frame)

    def items(self, node: Typed, frame: Frame) -> str:
        """Code for a sequence of items that are told apart by class."""
        return conversions.items(self.value(node, frame), node.type)

    def clauses(self, node: Typed, frame: Frame) -> Clauses:
        """An expression as something to loop over."""
        if isinstance(node, tree.Path):
            return self._path(node, frame)
        if isinstance(node, tree.Union):
            return self._union_clauses(node, frame)
        code = self.value(node, frame)
        start = Clauses(code, node.type.item)
        if node.type.is_one:
            return start
        variable = self.fresh()
        if node.type.is_many:
            return start.each(variable, code, Shape.ORDERED)
        found = start.each(variable, f"({code},)", Shape.SINGLE)
        return found.where(f"{variable} is not None")

    def listed(self, node: Typed, frame: Frame, need: Need = Need.ORDER) -> str:
        """Code for a list of the items."""
        return self._in_shape(self.clauses(node, frame), need)

    # -- conditions

    def _own_condition(self, node: Typed, frame: Frame) -> str:
        if isinstance(node, tree.Convert) and node.conversion is Conversion.TRUTH:
            return self._truth(node.operand, frame)
        return self._value(node, frame)

    def _truth(self, node: Typed, frame: Frame) -> str:
        if node.type.item in (Item.NODE, Item.UNTYPED) and not isinstance(node, tree.Local):
            return self.exists(node, frame)
        return conversions.truth(self.value(node, frame), node.type)

    def exists(self, node: Typed, frame: Frame) -> str:
        """Code for whether there is any item."""
        if isinstance(node, tree.Union):
            return "(" + " or ".join(self.exists(part, frame) for part in node.parts) + ")"
        return self.clauses(node, frame).exists()

    # -- values by kind of expression

    @singledispatchmethod
    def _value(self, node: Typed, frame: Frame) -> str:
        raise TypingError(f"no code for {type(node).__name__}")

    @_value.register
    def _constant(self, node: tree.Constant, _frame: Frame) -> str:
        if isinstance(node.value, Decimal):
            return self._module.constant(f"Decimal({str(node.value)!r})")
        return repr(node.value)

    @_value.register
    def _local(self, node: tree.Local, frame: Frame) -> str:
        return frame.variables[node.name]

    @_value.register
    def _global(self, node: tree.Global, _frame: Frame) -> str:
        return self._module.global_code(node.number)

    @_value.register
    def _context(self, _node: tree.ContextItem, frame: Frame) -> str:
        return frame.context

    @_value.register
    def _document(self, _node: tree.DocumentNode, _frame: Frame) -> str:
        return "d.root"

    @_value.register
    def _root_element(self, _node: tree.RootElement, _frame: Frame) -> str:
        return "d.top"

    @_value.register
    def _path_value(self, node: tree.Path, frame: Frame) -> str:
        found = self._path(node, frame)
        if node.type.is_many:
            return self._in_shape(found, Need.ORDER)
        attribute = _single_attribute(found)
        if attribute:
            return attribute
        return f"at_most_one({found.listed()})"

    @_value.register
    def _union(self, node: tree.Union, frame: Frame) -> str:
        return self._in_shape(self._union_clauses(node, frame), Need.ORDER)

    @_value.register
    def _sequence(self, node: tree.Sequence, frame: Frame) -> str:
        if not node.parts:
            return "E"
        code = "(" + ", ".join(self._spliced(part, node.type, frame) for part in node.parts) + ",)"
        return self._module.constant(code) if node.uses is Uses.NOTHING else code

    def _spliced(self, part: Typed, target: Type, frame: Frame) -> str:
        code = self.value(part, frame)
        if part.type.is_one and part.type.item is not Item.UNTYPED:
            return code
        return "*" + conversions.held_as(code, part.type, target)

    @_value.register
    def _range(self, node: tree.Range, frame: Frame) -> str:
        return f"integer_range({self.value(node.first, frame)}, {self.value(node.last, frame)})"

    @_value.register
    def _convert(self, node: tree.Convert, frame: Frame) -> str:
        if node.conversion is Conversion.TRUTH:
            return self._truth(node.operand, frame)
        code, type_ = self.value(node.operand, frame), node.operand.type
        if node.conversion is Conversion.SAME:
            return conversions.held_as(code, type_, node.type)
        return _CONVERSIONS[node.conversion](code, type_)

    @_value.register
    def _cast(self, node: tree.Cast, frame: Frame) -> str:
        return conversions.cast(self.value(node.operand, frame), node.operand.type, node.type.item)

    @_value.register
    def _castable(self, node: tree.Castable, frame: Frame) -> str:
        function = conversions.cast_function(node.target.item)
        return f"is_castable({function}, {self.items(node.operand, frame)}, {node.is_optional})"

    @_value.register
    def _all(self, node: tree.All, frame: Frame) -> str:
        return "(" + " and ".join(self.condition(part, frame) for part in node.parts) + ")"

    @_value.register
    def _any(self, node: tree.Any, frame: Frame) -> str:
        return "(" + " or ".join(self.condition(part, frame) for part in node.parts) + ")"

    @_value.register
    def _if(self, node: tree.If, frame: Frame) -> str:
        then, otherwise = self.value(node.then, frame), self.value(node.otherwise, frame)
        return f"({then} if {self.condition(node.condition, frame)} else {otherwise})"

    @_value.register
    def _loop(self, node: tree.Loop, frame: Frame) -> str:
        source, inner = self._bound(node.name, node.source, frame)
        body = self.clauses(node.body, inner)
        return f"[{body.item} {source.text} {' '.join(body.clauses)}]"

    @_value.register
    def _quantified(self, node: tree.Quantified, frame: Frame) -> str:
        source, inner = self._bound(node.name, node.source, frame)
        function = "all" if node.is_every else "any"
        return f"{function}([{self.condition(node.body, inner)} {source.text}])"

    def _bound(self, name: str, source: Typed, frame: Frame) -> tuple[Clauses, Frame]:
        """The loop over ``source``, and the frame in which ``name`` has its items."""
        found = self.clauses(source, frame)
        if found.shape > Shape.ORDERED:
            found = Clauses("", found.kind).each(
                self.fresh(), self._in_shape(found, Need.ORDER), Shape.ORDERED
            )
        if not found.item.isidentifier():
            found = found.each(self.fresh(), f"({found.item},)", found.shape)
        return found, frame.with_variable(name, found.item)

    # -- comparisons

    @_value.register
    def _compare(self, node: tree.Compare, frame: Frame) -> str:
        if _is_of_node(node) and self._module.is_remembered(node.source):
            inner = Writer(self._module)
            name = self._module.per_node(inner._compared(node, Frame("n")))
            return f"{name}({frame.context}, d)"
        return self._compared(node, frame)

    def _compared(self, node: tree.Compare, frame: Frame) -> str:
        mode = mode_of(node.left.type.item, node.right.type.item)
        if mode is None:
            left, right = self.items(node.left, frame), self.items(node.right, frame)
            return f"any_pair({node.operator!r}, {left}, {right})"
        listed = self._in_a_set(node, mode, frame)
        if listed:
            return listed
        if mode is Mode.AS_IS and _may_be_missing(node.left.type, node.right.type):
            values = f"{self.value(node.left, frame)}, {self.value(node.right, frame)}"
            return f"both({node.operator!r}, {values})"
        left, right = self.clauses(node.left, frame), self.clauses(node.right, frame)
        test = (
            f"{operand(left.item, left.kind, mode)} {python_operator(node.operator)} "
            f"{operand(right.item, right.kind, mode)}"
        )
        return _joined(left, right).any_is(test)

    def _in_a_set(self, node: tree.Compare, mode: Mode, frame: Frame) -> str:
        """Code for a comparison with constant strings as membership, if it is one."""
        if mode is not Mode.TEXT or node.operator != "=":
            return ""
        for strings, other in ((node.right, node.left), (node.left, node.right)):
            if strings.type == STRINGS and strings.uses is Uses.NOTHING:
                known = self._module.constant(f"frozenset({self.value(strings, frame)})")
                found = self.clauses(other, frame)
                return found.any_is(f"{operand(found.item, found.kind, mode)} in {known}")
        return ""

    @_value.register
    def _compare_values(self, node: tree.CompareValues, frame: Frame) -> str:
        left, right = node.left.type, node.right.type
        mode = mode_of(_as_value(left.item), _as_value(right.item))
        if mode is None or not (left.is_one and right.is_one):
            return (
                f"compared({node.operator!r}, {self.items(node.left, frame)}, "
                f"{self.items(node.right, frame)})"
            )
        first = operand(self.value(node.left, frame), left.item, mode)
        second = operand(self.value(node.right, frame), right.item, mode)
        return f"({first} {python_operator(node.operator)} {second})"

    # -- numbers

    @_value.register
    def _arithmetic(self, node: tree.Arithmetic, frame: Frame) -> str:
        left, right = self.value(node.left, frame), self.value(node.right, frame)
        types = (node.left.type, node.right.type)
        are_exact = all(one.item in EXACT_NUMBERS for one in types)
        if node.operator == "div":
            power = _power_of_ten(node.right)
            if power and are_exact:
                return f"by_power_of_ten({left}, {power})"
        are_alike = are_exact or all(one.item is Item.DOUBLE for one in types)
        if node.operator in "+-*" and are_alike and all(one.is_one for one in types):
            return f"({left} {node.operator} {right})"
        exactly = "exact_" if are_exact and node.operator in "+-*" else ""
        return f"{exactly}{_ARITHMETIC[node.operator]}({left}, {right})"

    # -- functions

    @_value.register
    def _own_call(self, node: tree.OwnCall, frame: Frame) -> str:
        arguments = ", ".join(["d", *(self.value(one, frame) for one in node.arguments)])
        return f"{own_function_name(node.function)}({arguments})"

    @_value.register
    def _call(self, node: tree.Call, frame: Frame) -> str:
        special = _SPECIAL_CALLS.get(node.function)
        if special is not None:
            return special(self, node, frame)
        if node.function in _PATTERN_FUNCTIONS:
            _require_known_pattern(node)
        arguments = [self.value(one, frame) for one in node.arguments]
        if node.function in TAKES_ALL:
            arguments = [", ".join(arguments)]
        code = TEMPLATES[node.function].format(*arguments)
        is_constant = node.uses is Uses.NOTHING and node.type.is_many
        return self._module.constant(code) if is_constant else code

    def _exists_call(self, node: tree.Call, frame: Frame) -> str:
        return self.exists(node.arguments[0], frame)

    def _empty_call(self, node: tree.Call, frame: Frame) -> str:
        return f"(not {self._exists_call(node, frame)})"

    def _count_call(self, node: tree.Call, frame: Frame) -> str:
        if node.arguments[0].type.is_one:
            return "1"
        return f"len({self.listed(node.arguments[0], frame, Need.DISTINCT)})"

    def _sum_call(self, node: tree.Call, frame: Frame) -> str:
        operand_ = node.arguments[0]
        found = self.listed(operand_, frame, Need.DISTINCT)
        if operand_.type.item in EXACT_NUMBERS:
            return f"sum({found})"
        return f"total({conversions.items(found, operand_.type.times(Count.MANY))})"

    def _extreme_call(self, node: tree.Call, frame: Frame) -> str:
        return TEMPLATES[node.function].format(self.items(node.arguments[0], frame))

    def _string_join_call(self, node: tree.Call, frame: Frame) -> str:
        found = self.clauses(_unwrapped(node.arguments[0]), frame)
        if found.shape > Shape.ORDERED:
            listed = self._in_shape(found, Need.ORDER)
            found = Clauses("", found.kind).each(self.fresh(), listed, Shape.ORDERED)
        separator = self.value(node.arguments[1], frame) if len(node.arguments) > 1 else "''"
        text = conversions.text_of(found.item, found.kind)
        return f"{separator}.join([{text} {found.text}])"

    def _position_call(self, _node: tree.Call, frame: Frame) -> str:
        return frame.place

    def _last_call(self, _node: tree.Call, frame: Frame) -> str:
        return frame.count

    def _name_call(self, node: tree.Call, frame: Frame) -> str:
        function, code = NAMES[node.function], self.value(node.arguments[0], frame)
        if node.arguments[0].type.is_one:
            return f"{function}({code})"
        return f"name_or_empty({function}, {code})"

    def _contains_call(self, node: tree.Call, frame: Frame) -> str:
        words, word = _code_list(node)
        if word is None:
            text, part = (self.value(one, frame) for one in node.arguments)
            return f"({part} in {text})"
        known = self._module.constant(f"frozenset({tuple(words.split())!r})")
        return (
            f"is_listed({self.value(word, frame)}, {known}, {self._module.constant(repr(words))})"
        )

    # -- paths

    def _path(self, node: tree.Path, frame: Frame) -> Clauses:
        found, steps = self._begun(node, frame)
        if not steps:
            return found
        if _is_of_document(node):
            if node is not self._own:
                unit = Writer(self._module, own=node)
                code = self._module.per_document(unit.listed(node, DOCUMENT))
                return Clauses("", node.type.item).each(self.fresh(), code, Shape.ORDERED, code)
            found, steps = self._looked_up(node) or (found, steps)
        for step in steps:
            if isinstance(step, tree.AxisStep):
                found = self._axis_step(found, step, frame)
            else:
                found = self._each_step(found, step, frame)
        return found

    def _looked_up(self, node: tree.Path) -> tuple[Clauses, tuple[tree.Step, ...]] | None:
        """The nodes whose text is a constant, from an index that all such constants share."""
        wanted = find_lookup(node)
        if wanted is None:
            return None
        unit = Writer(self._module)
        listed = unit.listed(wanted.nodes, DOCUMENT)
        each = unit.fresh()
        key = unit.value(wanted.key, DOCUMENT.at(each))
        index = self._module.per_document(f"indexed([({key}, {each}) for {each} in {listed}])")
        source = f"{index}.get({wanted.text!r}, E)"
        found = Clauses("", Item.NODE).each(self.fresh(), source, Shape.ORDERED, source)
        return found, wanted.rest

    def _begun(self, node: tree.Path, frame: Frame) -> tuple[Clauses, tuple[tree.Step, ...]]:
        """A path up to where it has to be walked, and the steps that are left."""
        if not isinstance(node.start, _NODES_AT_HAND):
            start = self.clauses(node.start, frame)
            return self._filtered(start, node.filters, frame), node.steps
        code = self.value(node.start, frame)
        way = _WAYS.get(code)
        if way is not None and not node.filters:
            return self._collected(node, code, way)
        start = Clauses(code, node.start.type.item)
        return self._filtered(start, node.filters, frame), node.steps

    def _collected(
        self, node: tree.Path, code: str, way: tuple[Step, ...]
    ) -> tuple[Clauses, tuple[tree.Step, ...]]:
        """Nodes that the automaton collects, for the steps that names alone decide."""
        steps = node.steps
        while steps and (name := _collectable(steps[0])):
            way = (*way, name)
            first, steps = steps[0], steps[1:]
            if first.filters:
                steps = (selfsame(first.filters), *steps)
                break
        if way is _WAYS[code]:
            return Clauses(code, Item.NODE), steps
        is_deep = any(deep for deep, _, _ in way)
        shape = Shape.ORDERED if is_deep else Shape.PEERS
        collected = self._module.collect(way)
        return Clauses("", Item.NODE).each(self.fresh(), collected, shape, collected), steps

    def _axis_step(self, before: Clauses, step: tree.AxisStep, frame: Frame) -> Clauses:
        if not any(map(_needs_places, step.filters)):
            return self._filtered(axis_step(before, step, self), step.filters, frame)
        # Places are counted anew for every node that the step starts from.
        alone = axis_step(Clauses(before.item, Item.NODE), step, self)
        chosen = self._filtered(alone, step.filters, frame)
        after = axis_step(before, step, self)
        shape = before.shape if chosen.shape is Shape.SINGLE else after.shape
        found = before.each(self.fresh(), chosen.listed(), shape)
        return found.of_kind(after.kind)

    def _each_step(self, before: Clauses, step: tree.EachStep, frame: Frame) -> Clauses:
        expression = step.expression
        if expression.type.item is not Item.NODE and before.shape > Shape.ORDERED:
            listed = self._in_shape(before, Need.ORDER)
            before = Clauses("", before.kind).each(self.fresh(), listed, Shape.ORDERED)
        inner = self.clauses(expression, frame.at(before.item))
        found = Clauses(
            inner.item,
            inner.kind,
            inner.shape if before.shape is Shape.SINGLE else _after_each(before, inner),
            (*before.clauses, *inner.clauses),
            inner.last_test,
        )
        if any(map(_needs_places, step.filters)):
            raise TypingError("a position in a computed step is not supported")
        return self._filtered(found, step.filters, frame)

    def _filtered(self, found: Clauses, filters: tuple[Filter, ...], frame: Frame) -> Clauses:
        for one in filters:
            if isinstance(one, tree.Place):
                found = self._placed(found, one, frame)
            elif one.condition.uses & Uses.POSITION:
                found = self._counted(found, one, frame)
            else:
                found = self._where(found, one, frame)
        return found

    def _where(self, found: Clauses, one: tree.Where, frame: Frame) -> Clauses:
        if not found.item.isidentifier() and found.item not in ("d.root", frame.context):
            found = found.each(self.fresh(), f"({found.item},)", found.shape)
        return found.where(self.condition(one.condition, frame.at(found.item)))

    def _placed(self, found: Clauses, one: tree.Place, frame: Frame) -> Clauses:
        listed = self._in_shape(found, Need.ORDER, keep_reverse=True)
        if one.number is None:
            source = f"{listed}[-1:]"
        else:
            source = f"item_at({listed}, {self.value(one.number, frame)})"
        return Clauses("", found.kind).each(self.fresh(), source, Shape.SINGLE)

    def _counted(self, found: Clauses, one: tree.Where, frame: Frame) -> Clauses:
        item, place, total = self.fresh(), self.fresh(), self.fresh()
        listed = self._in_shape(found, Need.ORDER, keep_reverse=True)
        inner = Frame(item, frame.variables, place, total)
        keeps = f"lambda {item}, {place}, {total}: {self.condition(one.condition, inner)}"
        source = f"filtered({listed}, {keeps})"
        return Clauses("", found.kind).each(self.fresh(), source, found.shape)

    def _union_clauses(self, node: tree.Union, frame: Frame) -> Clauses:
        listed = ", ".join(f"*{self.clauses(part, frame).listed()}" for part in node.parts)
        start = Clauses("", node.type.item)
        return start.each(self.fresh(), f"[{listed}]", Shape.LOOSE)

    def _in_shape(self, found: Clauses, need: Need, *, keep_reverse: bool = False) -> str:
        """A list of the items with the order and uniqueness that is needed."""
        listed = found.listed()
        is_reverse = keep_reverse and found.shape is Shape.DISTINCT
        if found.shape <= need or found.kind is not Item.NODE or is_reverse:
            return listed
        return f"distinct({listed})" if need is Need.DISTINCT else f"in_order(d, {listed})"


def _is_of_document(node: Typed) -> bool:
    return node.uses == Uses.DOCUMENT


def _after_each(before: Clauses, inner: Clauses) -> Shape:
    if inner.shape is Shape.SINGLE and inner.kind is not Item.NODE:
        return before.shape
    return Shape.LOOSE if inner.kind is Item.NODE else before.shape


def _joined(left: Clauses, right: Clauses) -> Clauses:
    return Clauses("", left.kind, Shape.LOOSE, (*left.clauses, *right.clauses))


def _is_of_node(node: tree.Compare) -> bool:
    """Whether an answer can be kept with the context node, and is worth it."""
    return node.uses is Uses.CONTEXT and _has_node_context(node)


def _has_node_context(node: Typed) -> bool:
    if isinstance(node, tree.Path):
        return isinstance(node.start, tree.ContextItem) and node.start.type.item is Item.NODE
    parts = (getattr(node, name, None) for name in ("left", "right", "operand"))
    arguments = getattr(node, "arguments", ())
    return any(_has_node_context(part) for part in (*parts, *arguments) if part is not None)


_NODES_AT_HAND = (tree.ContextItem, tree.DocumentNode, tree.RootElement)
_WAYS: dict[str, tuple[Step, ...]] = {"d.root": (), "d.top": ((False, "any", ""),)}
"""Where ways of the automaton may start, by the code for it."""


def _collectable(step: tree.Step) -> Step | None:
    """The step of the automaton that finds the same nodes, filters aside."""
    if not isinstance(step, tree.AxisStep) or any(map(_needs_places, step.filters)):
        return None
    if step.axis not in (Axis.CHILD, Axis.DESCENDANT):
        return None
    if step.test.kind not in (tree.NameKind.NAME, tree.NameKind.ANY):
        return None
    return step.axis is Axis.DESCENDANT, step.test.kind.value, step.test.name


def _may_be_missing(left: Type, right: Type) -> bool:
    """Whether one of two values, of which none is many, may be missing."""
    return not (left.is_many or right.is_many) and not (left.is_one and right.is_one)


def _needs_places(one: Filter) -> bool:
    return isinstance(one, tree.Place) or bool(one.condition.uses & Uses.POSITION)


def _single_attribute(found: Clauses) -> str:
    """Code for an attribute or None, where the clauses are no more than that."""
    if len(found.clauses) != 1 or not found.item.endswith("]"):
        return ""
    attributes, _, name = found.item.removesuffix("]").rpartition(".attributes[")
    test = f"if {name} in {attributes}.attributes"
    return f"{attributes}.attributes.get({name})" if found.clauses[0] == test else ""


def _unwrapped(node: Typed) -> Typed:
    if isinstance(node, tree.Convert) and node.conversion is Conversion.ITEMS:
        return node.operand
    return node


def _as_value(item: Item) -> Item:
    """In a value comparison untyped text is a string."""
    return Item.STRING if item in (Item.NODE, Item.UNTYPED) else item


def _power_of_ten(node: Typed) -> int:
    """The power, 0 when the expression is no constant power of ten."""
    if not isinstance(node, tree.Constant) or node.type.item is not Item.INTEGER:
        return 0
    digits = str(node.value)
    is_power = digits[0] == "1" and not digits[1:].strip("0")
    return len(digits) - 1 if is_power else 0


def _code_list(node: tree.Call) -> tuple[str, Typed | None]:
    """The words and the word of ``contains(' a b ', concat(' ', word, ' '))``."""
    words, part = node.arguments
    if not isinstance(words, tree.Constant) or not isinstance(part, tree.Call):
        return "", None
    text = str(words.value)
    is_list = text == f" {' '.join(text.split())} "
    if not is_list or part.function != "concat" or len(part.arguments) != 3:  # noqa: PLR2004
        return "", None
    before, word, after = part.arguments
    are_spaces = all(isinstance(one, tree.Constant) and one.value == " " for one in (before, after))
    return (text, word) if are_spaces else ("", None)


def _require_known_pattern(node: tree.Call) -> None:
    """Refuse at compile time what would be refused at every document."""
    constants = [one.value for one in node.arguments[1:] if isinstance(one, tree.Constant)]
    if node.function == "replace":
        constants[1:2] = []
    if constants:
        try:
            compiled(*map(str, constants[:2]))
        except UnsupportedPattern as error:
            raise TypingError(f"not supported: {error}") from error


_CONVERSIONS: dict[Conversion, Callable[[str, Type], str]] = {
    Conversion.TEXT: conversions.text,
    Conversion.NUMBER: conversions.number,
    Conversion.NUMBER_OR_NAN: conversions.number_or_nan,
    Conversion.ONE_NODE: conversions.at_most_one,
    Conversion.REQUIRED: conversions.required,
    Conversion.ITEMS: conversions.items,
}
_ARITHMETIC = {
    "+": "plus",
    "-": "minus",
    "*": "times",
    "div": "div",
    "idiv": "idiv",
    "mod": "mod",
}
_SPECIAL_CALLS: dict[str, Callable[[Writer, tree.Call, Frame], str]] = {
    "exists": Writer._exists_call,
    "empty": Writer._empty_call,
    "count": Writer._count_call,
    "sum": Writer._sum_call,
    "min": Writer._extreme_call,
    "max": Writer._extreme_call,
    "avg": Writer._extreme_call,
    "string-join": Writer._string_join_call,
    "position": Writer._position_call,
    "last": Writer._last_call,
    "contains": Writer._contains_call,
    **dict.fromkeys(NAMES, Writer._name_call),
}
