"""Expressions of generated Python as operations, one function for each form that codegen writes."""

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.validation.rules.native.tables import Table, Tables, Unserialisable

_COMPARED = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)
"""Relations by their number in C."""
_RELATIONS = ("=", "!=", "<", "<=", ">", ">=")
_ARITHMETIC = {ast.Add: "ADD", ast.Sub: "SUBTRACT", ast.Mult: "MULTIPLY"}
_TAKE_RELATION = frozenset({"both", "any_pair", "compared"})
_TAKE_FUNCTION = frozenset({"cast_optional", "is_castable", "name_or_empty"})
_TAKE_DOCUMENT = frozenset({"in_order", "merged"})
_METHODS = frozenset({"upper", "lower", "startswith", "endswith"})
_RENAMED = {"Untyped": "untyped"}
_FILTER_VARIABLES = 3


@dataclass(frozen=True, slots=True)
class Symbols:
    """What names mean: in the C module, in the generated module, and of elements."""

    operations: Mapping[str, int]
    statements: Mapping[str, int]
    builtins: Mapping[str, int]
    functions: Mapping[str, int]
    elements: Mapping[str, int]
    values: Mapping[str, Any]


@dataclass(slots=True)
class Expressions:
    """Writes the expressions of one function, whose variables have a slot each."""

    tables: Tables
    symbols: Symbols
    slots: dict[str, int] = field(default_factory=dict)

    def slot(self, name: str) -> int:
        """The place of a variable."""
        return self.slots.setdefault(name, len(self.slots))

    def value(self, node: ast.expr) -> int:
        """The number of the operation that gives the value of an expression."""
        write = _WRITERS.get(type(node))
        if write is None:
            raise _unknown(node)
        return write(self, node)

    def operation(self, name: str, *operands: int, count: int = 0) -> int:
        """The number of a new operation."""
        a, b, c = (*operands, 0, 0, 0)[:3]
        number = self.symbols.operations.get(name)
        if number is None:
            raise Unserialisable(f"the operation {name}, as the extension is of an older version")
        return self.tables.add(Table.OPERATIONS, number | count << 16, a, b, c)

    def of_many(self, name: str, parts: Sequence[int], *operands: int) -> int:
        """The number of a new operation on any number of others."""
        first, count = self.tables.operands(parts)
        return self.operation(name, first, *operands, count=count)

    def constant(self, value: object) -> int:
        """The number of an operation that gives a constant."""
        return self.operation("CONSTANT", self.tables.constant(value))

    def builtin(self, name: str, arguments: Sequence[int]) -> int:
        """The number of a call of a function of the runtime."""
        name = _RENAMED.get(name, name)
        number = self.symbols.builtins.get(name)
        if number is None:
            raise Unserialisable(f"the function {name}")
        return self.of_many("BUILTIN", arguments, number)

    def element(self, name: str) -> int:
        """The number of an element's short name."""
        return self.symbols.elements[name]


def _unknown(node: ast.AST) -> Unserialisable:
    return Unserialisable(f"the expression {ast.unparse(node)[:100]}")


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise _unknown(node)


def _is_attribute(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == name


def _of(node: ast.expr) -> ast.expr:
    """``x`` of ``x.name``."""
    if isinstance(node, ast.Attribute):
        return node.value
    raise _unknown(node)


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


# -- names and constants


def _name(writer: Expressions, node: ast.Name) -> int:
    if node.id in writer.slots:
        return writer.operation("LOCAL", writer.slots[node.id])
    if node.id in ("E", "ONE") or node.id.startswith("C"):
        return writer.constant(writer.symbols.values[node.id])
    raise _unknown(node)


def _constant(writer: Expressions, node: ast.Constant) -> int:
    return writer.constant(node.value)


def _attribute(writer: Expressions, node: ast.Attribute) -> int:
    if _is_name(node.value, "d"):
        return writer.operation({"root": "ROOT", "top": "TOP"}[node.attr])
    kinds = {"parent": "PARENT", "children": "CHILDREN", "attributes": "ATTRIBUTES"}
    if node.attr not in kinds:
        raise _unknown(node)
    return writer.operation(kinds[node.attr], writer.value(node.value))


def _subscript(writer: Expressions, node: ast.Subscript) -> int:
    if _is_name(node.value, "p") and isinstance(node.slice, ast.Constant):
        return writer.operation("COLLECTED", int(str(node.slice.value)))
    if _is_attribute(node.value, "attributes"):
        name = writer.tables.attribute(_text(node.slice))
        return writer.operation("ATTRIBUTE", writer.value(_of(node.value)), name)
    kind = {"-1:": "LAST", "::-1": "REVERSED"}.get(ast.unparse(node.slice))
    if kind is None:
        raise _unknown(node)
    return writer.operation(kind, writer.value(node.value))


# -- logic and arithmetic


def _if(writer: Expressions, node: ast.IfExp) -> int:
    kept = _kept(node)
    if kept is not None:
        return writer.operation("MEMO", kept)
    parts = [writer.value(one) for one in (node.test, node.body, node.orelse)]
    return writer.operation("IF", *parts)


def _kept(node: ast.IfExp) -> int | None:
    """The number in ``m[3] if m[3] is not None else M3(d)``."""
    if not isinstance(node.body, ast.Subscript) or not _is_name(node.body.value, "m"):
        return None
    return int(ast.unparse(node.body.slice))


def _bool(writer: Expressions, node: ast.BoolOp) -> int:
    first = node.values[0]
    if isinstance(node.op, ast.Or) and _is_attribute(first, "text"):
        return writer.operation("TEXT_OF_NODE", writer.value(_of(first)))
    parts = [writer.value(one) for one in node.values]
    return writer.of_many("AND" if isinstance(node.op, ast.And) else "OR", parts)


def _unary(writer: Expressions, node: ast.UnaryOp) -> int:
    if isinstance(node.op, ast.Not):
        return writer.operation("NOT", writer.value(node.operand))
    return writer.constant(ast.literal_eval(node))


def _compare(writer: Expressions, node: ast.Compare) -> int:
    left, operator, right = node.left, node.ops[0], node.comparators[0]
    if isinstance(operator, (ast.Is, ast.IsNot)):
        kind = "IS_NONE" if isinstance(operator, ast.Is) else "IS_SOME"
        return writer.operation(kind, writer.value(left))
    if isinstance(operator, ast.In):
        return _in(writer, left, right)
    if _is_attribute(left, "name") and isinstance(operator, ast.Eq):
        return writer.operation("HAS_NAME", writer.value(_of(_of(left))), _element(writer, right))
    relation = _COMPARED.index(type(operator))
    return writer.operation("COMPARE", relation, writer.value(left), writer.value(right))


def _element(writer: Expressions, node: ast.expr) -> int:
    return writer.element(_text(node))


def _in(writer: Expressions, left: ast.expr, right: ast.expr) -> int:
    if _is_attribute(right, "named"):
        return writer.operation("HAS_NAMED", writer.value(_of(right)), _element(writer, left))
    if _is_attribute(right, "attributes"):
        name = writer.tables.attribute(_text(left))
        return writer.operation("HAS_ATTRIBUTE", writer.value(_of(right)), name)
    return writer.operation("IN", writer.value(left), writer.value(right))


def _binary(writer: Expressions, node: ast.BinOp) -> int:
    kind = _ARITHMETIC[type(node.op)]
    return writer.operation(kind, writer.value(node.left), writer.value(node.right))


# -- sequences


def _sequence(writer: Expressions, node: ast.Tuple | ast.List) -> int:
    return writer.of_many("SEQUENCE", [writer.value(one) for one in node.elts])


def _splice(writer: Expressions, node: ast.Starred) -> int:
    return writer.operation("SPLICE", writer.value(node.value))


def _list(writer: Expressions, node: ast.ListComp) -> int:
    return _loop(writer, "LIST", node)


def _loop(writer: Expressions, kind: str, node: ast.ListComp) -> int:
    clauses: list[int] = []
    for one in node.generators:
        if not _is_name(one.iter, "ONE"):
            source = writer.value(one.iter)
            clauses.append(writer.operation("FOR", writer.slot(ast.unparse(one.target)), source))
        clauses += [writer.operation("WHERE", writer.value(test)) for test in one.ifs]
    return writer.of_many(kind, clauses, writer.value(node.elt))


def _filtered(writer: Expressions, node: ast.Call) -> int:
    listed, keeps = node.args
    if not isinstance(keeps, ast.Lambda):
        raise _unknown(node)
    source = writer.value(listed)
    slots = [writer.slot(one.arg) for one in keeps.args.args]
    if slots != list(range(slots[0], slots[0] + _FILTER_VARIABLES)):
        raise _unknown(node)
    return writer.operation("FILTER", source, writer.value(keeps.body), slots[0])


# -- calls


def _call(writer: Expressions, node: ast.Call) -> int:
    if isinstance(node.func, ast.Attribute):
        return _method(writer, node.func, node.args)
    name = ast.unparse(node.func)
    special = _CALLS.get(name)
    if special is not None:
        return special(writer, node)
    if name.startswith("Q") and name in writer.symbols.functions:
        return writer.operation("NODE_MEMO", int(name[1:]), writer.value(node.args[0]))
    if name in writer.symbols.functions:
        arguments = [writer.value(one) for one in node.args[1:]]
        return writer.of_many("CALL", arguments, writer.symbols.functions[name])
    return writer.builtin(name, _arguments(writer, name, node.args))


def _arguments(writer: Expressions, name: str, arguments: Sequence[ast.expr]) -> list[int]:
    if name in _TAKE_DOCUMENT:
        arguments = arguments[1:]
    if name not in _TAKE_RELATION | _TAKE_FUNCTION:
        return [writer.value(one) for one in arguments]
    first, *rest = arguments
    if name in _TAKE_RELATION:
        number = _RELATIONS.index(_text(first))
    else:
        called = ast.unparse(first)
        number = writer.symbols.builtins[_RENAMED.get(called, called)]
    return [writer.constant(number), *(writer.value(one) for one in rest)]


def _any(writer: Expressions, node: ast.Call) -> int:
    source = node.args[0]
    if not isinstance(source, ast.ListComp):
        raise _unknown(node)
    return _loop(writer, "ANY" if _is_name(node.func, "any") else "ALL", source)


def _truth(writer: Expressions, node: ast.Call) -> int:
    return writer.operation("TRUTH", writer.value(node.args[0]))


def _length(writer: Expressions, node: ast.Call) -> int:
    return writer.operation("LENGTH", writer.value(node.args[0]))


def _named_before(writer: Expressions, node: ast.Call) -> int:
    """Its third argument is the name that all of the first argument have."""
    return writer.builtin("named_before", [writer.value(one) for one in node.args[:2]])


def _method(writer: Expressions, function: ast.Attribute, arguments: Sequence[ast.expr]) -> int:
    owner, name = function.value, function.attr
    if name == "values" and _is_attribute(owner, "attributes"):
        return writer.value(owner)
    if name == "get":
        return _get(writer, owner, arguments[0])
    if name == "join":
        return writer.builtin("join", [writer.value(owner), writer.value(arguments[0])])
    if name not in _METHODS:
        raise _unknown(function)
    return writer.builtin(name, [writer.value(one) for one in (owner, *arguments)])


def _get(writer: Expressions, owner: ast.expr, key: ast.expr) -> int:
    if _is_attribute(owner, "named"):
        return writer.operation("NAMED", writer.value(_of(owner)), _element(writer, key))
    if _is_attribute(owner, "attributes"):
        name = writer.tables.attribute(_text(key))
        return writer.operation("ATTRIBUTE", writer.value(_of(owner)), name)
    return writer.operation("LOOK_UP", writer.value(owner), writer.tables.string(_text(key)))


_CALLS: Mapping[str, Callable[[Expressions, ast.Call], int]] = {
    "any": _any,
    "all": _any,
    "bool": _truth,
    "filtered": _filtered,
    "len": _length,
    "named_before": _named_before,
}
_WRITERS: Mapping[type[ast.expr], Callable[[Expressions, Any], int]] = {
    ast.Attribute: _attribute,
    ast.BinOp: _binary,
    ast.BoolOp: _bool,
    ast.Call: _call,
    ast.Compare: _compare,
    ast.Constant: _constant,
    ast.IfExp: _if,
    ast.List: _sequence,
    ast.ListComp: _list,
    ast.Name: _name,
    ast.Starred: _splice,
    ast.Subscript: _subscript,
    ast.Tuple: _sequence,
    ast.UnaryOp: _unary,
}
