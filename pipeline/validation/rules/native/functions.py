"""Functions of generated Python as statements.

Each kind of function that codegen writes has its own frame around the expressions, by the first
letter of its name: rules (R), conditions (K), gates (G), values kept for the document (M), answers
kept for a node (Q), values in messages (T) and functions of the rule file (U).
"""

import ast
from collections.abc import Iterator, Sequence

from pipeline.validation.rules.native.expressions import Expressions, Symbols
from pipeline.validation.rules.native.tables import Table, Tables, Unserialisable

_NOT_PARAMETERS = frozenset({"d", "out"})
_HEADS = frozenset({"m", "p"})
"""Short names for what is kept and collected, which operations know anyway."""


def write_function(tables: Tables, symbols: Symbols, function: ast.FunctionDef) -> None:
    """Add a function, whose number is that of its row."""
    parameters = [one.arg for one in function.args.args if one.arg not in _NOT_PARAMETERS]
    body = _Body(tables, symbols, parameters)
    first = tables.size(Table.STATEMENTS)
    if function.name[0] in "MQ":
        body.add("GIVE", body.value(_kept_value(function)))
    else:
        body.write(function.body)
    count = tables.size(Table.STATEMENTS) - first
    tables.add(Table.FUNCTIONS, len(parameters), len(body.slots), first, count)


def _kept_value(function: ast.FunctionDef) -> ast.expr:
    """The expression in ``v = d.memo[3] = ...``."""
    for statement in function.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "v":
            return statement.value
    raise Unserialisable(f"the function {function.name}")


class _Body:
    """Writes the statements of one function."""

    def __init__(self, tables: Tables, symbols: Symbols, parameters: Sequence[str]) -> None:
        self._tables = tables
        self._symbols = symbols
        self._expressions = Expressions(tables, symbols)
        for name in parameters:
            self._expressions.slot(name)

    @property
    def slots(self) -> dict[str, int]:
        return self._expressions.slots

    def value(self, node: ast.expr) -> int:
        return self._expressions.value(node)

    def add(self, name: str, a: int = 0, b: int = 0, checks: Sequence[str] = ()) -> int:
        """The number of a new statement, before which variables are checked for faults."""
        first, count = self._tables.operands([self._expressions.slot(one) for one in checks])
        kind = self._symbols.statements[name] | count << 16
        return self._tables.add(Table.STATEMENTS, kind, a, b, first)

    def write(self, statements: Sequence[ast.stmt]) -> None:
        for statement in statements:
            self._statement(statement)

    def _statement(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.Try):
            self._try(statement)
        elif isinstance(statement, ast.If):
            self._if(statement)
        elif isinstance(statement, ast.Return) and statement.value is not None:
            self.add("GIVE", self.value(statement.value))
        elif isinstance(statement, ast.For):
            self._hits(statement)
        elif isinstance(statement, ast.Assign):
            self._assign(statement)
        else:
            raise Unserialisable(f"the statement {ast.unparse(statement)[:100]}")

    def _assign(self, statement: ast.Assign) -> None:
        name = ast.unparse(statement.targets[0])
        if name not in _HEADS:
            value = self.value(statement.value)
            self.add("ASSIGN", self._expressions.slot(name), value)

    def _if(self, statement: ast.If) -> None:
        checked = _checked(statement)
        if checked is not None:
            self.add("CHECK", checks=[checked])
            return
        test = self.value(statement.test)
        number = self.add("UNLESS", test)
        self.write(statement.body)
        kind = self._symbols.statements["UNLESS"]
        after = self._tables.size(Table.STATEMENTS)
        self._tables.replace(Table.STATEMENTS, number, kind, test, after, 0)

    def _try(self, statement: ast.Try) -> None:
        *before, last = statement.body
        checks = list(_all_checked(before))
        if isinstance(last, ast.Return) and last.value is not None:
            self.add("GIVE_OR_FALSE", self.value(last.value))
        elif isinstance(last, ast.Assign):
            value = self.value(last.value)
            slot = self._expressions.slot(ast.unparse(last.targets[0]))
            self.add("LET", slot, value, checks)
        elif isinstance(last, ast.If):
            self._assertion(last, checks)
        else:
            raise Unserialisable(f"the statement {ast.unparse(last)[:100]}")

    def _assertion(self, statement: ast.If, checks: Sequence[str]) -> None:
        """``if not test: out.append((12, n, None))``."""
        test, (told,) = statement.test, statement.body
        if not isinstance(test, ast.UnaryOp) or not isinstance(told, ast.Expr):
            raise Unserialisable(f"the statement {ast.unparse(statement)[:100]}")
        number = next(one.value for one in ast.walk(told) if isinstance(one, ast.Constant))
        self.add("ASSERT", int(str(number)), self.value(test.operand), checks)

    def _hits(self, statement: ast.For) -> None:
        """``for hit, node in d.hits.items(): if hit in C3: ...``."""
        (one,) = statement.body
        if not isinstance(one, ast.If) or not isinstance(one.test, ast.Compare):
            raise Unserialisable(f"the statement {ast.unparse(statement)[:100]}")
        numbers = self._symbols.values[ast.unparse(one.test.comparators[0])]
        first, count = self._tables.operands(sorted(numbers))
        self.add("HITS", first, count)


def _all_checked(statements: Sequence[ast.stmt]) -> Iterator[str]:
    for statement in statements:
        name = _checked(statement) if isinstance(statement, ast.If) else None
        if name is None:
            raise Unserialisable(f"the statement {ast.unparse(statement)[:100]}")
        yield name


def _checked(statement: ast.If) -> str | None:
    """The variable in ``if L0.__class__ is Fault: raise L0.error``."""
    test = statement.test
    is_check = isinstance(test, ast.Compare) and isinstance(test.left, ast.Attribute)
    is_check = is_check and isinstance(statement.body[0], ast.Raise)
    if (
        not is_check
        or not isinstance(test, ast.Compare)
        or not isinstance(test.left, ast.Attribute)
    ):
        return None
    return ast.unparse(test.left.value)
