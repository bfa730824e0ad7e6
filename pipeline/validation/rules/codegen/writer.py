"""Code of typed expressions, one method for each kind of them."""

from collections.abc import Callable
from decimal import Decimal
from functools import singledispatchmethod
from itertools import count

from pipeline.validation.rules.codegen import conversions
from pipeline.validation.rules.codegen.calls import write_call
from pipeline.validation.rules.codegen.clauses import Clauses, Need, Shape
from pipeline.validation.rules.codegen.comparisons import compare_any, compare_values
from pipeline.validation.rules.codegen.frame import DOCUMENT, Frame
from pipeline.validation.rules.codegen.module import Module
from pipeline.validation.rules.codegen.paths import in_shape, path_clauses, union_clauses
from pipeline.validation.rules.codegen.scribe import is_of_document
from pipeline.validation.rules.types import EXACT_NUMBERS, Item, Type
from pipeline.validation.rules.typing import tree
from pipeline.validation.rules.typing.convert import TypingError
from pipeline.validation.rules.typing.tree import Conversion, Typed, Uses


def own_function_name(name: str) -> str:
    """The Python name of a function of the rule file."""
    return "U_" + "".join(letter if letter.isalnum() else "_" for letter in name)


class Writer:
    """Writes one unit of a module; the other writers know it as a `scribe.Scribe`.

    ``keeps_conditions`` says whether conditions on the document alone are worth keeping: not where
    they are asked once.
    """

    def __init__(
        self, module: Module, *, keeps_conditions: bool = True, own: Typed | None = None
    ) -> None:
        self.module = module
        self.own = own
        self._numbers = count(1)
        self._keeps_conditions = keeps_conditions

    def fresh(self) -> str:
        """A variable that is new in this unit."""
        return f"v{next(self._numbers)}"

    def unit(self, *, own: Typed | None = None) -> "Writer":
        """A new unit of the same module."""
        return Writer(self.module, own=own)

    # -- what readers ask for

    def condition(self, node: Typed, frame: Frame) -> str:
        """Code for an expression of type boolean."""
        is_repeated = self._keeps_conditions or frame.is_inner
        if is_repeated and is_of_document(node) and not isinstance(node, tree.Global):
            unit = Writer(self.module, keeps_conditions=False)
            return self.module.per_document(unit.condition(node, DOCUMENT))
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
            return path_clauses(self, node, frame)
        if isinstance(node, tree.Union):
            return union_clauses(self, node, frame)
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
        return in_shape(self.clauses(node, frame), need)

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
    def _value(self, node: Typed, _frame: Frame) -> str:
        raise TypingError(f"no code for {type(node).__name__}")

    @_value.register
    def _constant(self, node: tree.Constant, _frame: Frame) -> str:
        if isinstance(node.value, Decimal):
            return self.module.constant(f"Decimal({str(node.value)!r})")
        return repr(node.value)

    @_value.register
    def _local(self, node: tree.Local, frame: Frame) -> str:
        return frame.variables[node.name]

    @_value.register
    def _global(self, node: tree.Global, _frame: Frame) -> str:
        return self.module.global_code(node.number)

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
        found = path_clauses(self, node, frame)
        if node.type.is_many:
            return in_shape(found, Need.ORDER)
        attribute = _single_attribute(found)
        if attribute:
            return attribute
        return f"at_most_one({found.listed()})"

    @_value.register
    def _union(self, node: tree.Union, frame: Frame) -> str:
        return in_shape(union_clauses(self, node, frame), Need.ORDER)

    @_value.register
    def _sequence(self, node: tree.Sequence, frame: Frame) -> str:
        if not node.parts:
            return "E"
        code = "(" + ", ".join(self._spliced(part, node.type, frame) for part in node.parts) + ",)"
        return self.module.constant(code) if node.uses == Uses.NOTHING else code

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
                self.fresh(), in_shape(found, Need.ORDER), Shape.ORDERED
            )
        if not found.item.isidentifier():
            found = found.each(self.fresh(), f"({found.item},)", found.shape)
        return found, frame.with_variable(name, found.item)

    # -- comparisons, arithmetic, functions

    @_value.register
    def _compare(self, node: tree.Compare, frame: Frame) -> str:
        return compare_any(self, node, frame)

    @_value.register
    def _compare_values(self, node: tree.CompareValues, frame: Frame) -> str:
        return compare_values(self, node, frame)

    @_value.register
    def _arithmetic(self, node: tree.Arithmetic, frame: Frame) -> str:
        left, right = self.value(node.left, frame), self.value(node.right, frame)
        types = (node.left.type, node.right.type)
        are_exact = all(one.item in EXACT_NUMBERS for one in types)
        power = _power_of_ten(node.right) if node.operator == "div" else 0
        if power and are_exact:
            return f"by_power_of_ten({left}, {power})"
        are_alike = are_exact or all(one.item is Item.DOUBLE for one in types)
        if node.operator in "+-*" and are_alike and all(one.is_one for one in types):
            return f"({left} {node.operator} {right})"
        exactly = "exact_" if are_exact and node.operator in "+-*" else ""
        return f"{exactly}{_ARITHMETIC[node.operator]}({left}, {right})"

    @_value.register
    def _own_call(self, node: tree.OwnCall, frame: Frame) -> str:
        arguments = ", ".join(["d", *(self.value(one, frame) for one in node.arguments)])
        return f"{own_function_name(node.function)}({arguments})"

    @_value.register
    def _call(self, node: tree.Call, frame: Frame) -> str:
        return write_call(self, node, frame)


def _single_attribute(found: Clauses) -> str:
    """Code for an attribute or None, where the clauses are no more than that."""
    if len(found.clauses) != 1 or not found.item.endswith("]"):
        return ""
    attributes, _, name = found.item.removesuffix("]").rpartition(".attributes[")
    test = f"if {name} in {attributes}.attributes"
    return f"{attributes}.attributes.get({name})" if found.clauses[0] == test else ""


def _power_of_ten(node: Typed) -> int:
    """The power, 0 when the expression is no constant power of ten."""
    if not isinstance(node, tree.Constant) or node.type.item is not Item.INTEGER:
        return 0
    digits = str(node.value)
    is_power = digits[0] == "1" and not digits[1:].strip("0")
    return len(digits) - 1 if is_power else 0


_CONVERSIONS: dict[Conversion, Callable[[str, Type], str]] = {
    Conversion.TEXT: conversions.text,
    Conversion.NUMBER: conversions.number,
    Conversion.NUMBER_OR_NAN: conversions.number_or_nan,
    Conversion.ONE_NODE: conversions.at_most_one,
    Conversion.NODES: conversions.nodes,
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
