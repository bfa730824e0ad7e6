"""Rule files to a program: the order of the passes.

read_schema      rule file -> Schema          reader/
parse            text -> syntax tree          syntax/
infer            syntax tree -> typed tree    typing/
Writer           typed tree -> Python         codegen/
Automaton        names on the way to nodes    automaton, at run time
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from pipeline.domain.errors import ConfigurationError
from pipeline.validation.rules.codegen.builder import Builder
from pipeline.validation.rules.codegen.frame import DOCUMENT
from pipeline.validation.rules.codegen.functions import signature_of, write_function
from pipeline.validation.rules.codegen.module import Module
from pipeline.validation.rules.codegen.rules import RuleWriter
from pipeline.validation.rules.codegen.writer import Writer
from pipeline.validation.rules.program import Program
from pipeline.validation.rules.schema import Let, Schema
from pipeline.validation.rules.syntax import tree as syntax
from pipeline.validation.rules.syntax.lexer import XPathSyntaxError
from pipeline.validation.rules.syntax.parser import parse
from pipeline.validation.rules.types import A_NODE
from pipeline.validation.rules.typing.convert import TypingError
from pipeline.validation.rules.typing.infer import infer
from pipeline.validation.rules.typing.scope import Names, Scope, Signature
from pipeline.validation.rules.typing.tree import Global, Typed, Uses

_EXPRESSION_SHOWN = 300
_FAULTS_SHOWN = 20


def compile_schemas(schemas: Sequence[Schema]) -> Program:
    """One program for all rule files, so that they share one parse and what they compute alike.

    Raises `ConfigurationError` with every expression that cannot be translated.
    """
    compiler = _Compiler(Builder(Module(_repetitions(schemas)), Names()))
    for number, schema in enumerate(schemas):
        compiler.add(number, schema)
    return compiler.program(tuple(schema.title for schema in schemas))


class _Compiler:
    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._patterns = 0
        self._faults: list[str] = []

    def add(self, number: int, schema: Schema) -> None:
        scope = Scope(self._builder.names, schema.namespaces, dict(self._signatures(schema)))
        scope = self._with_globals(schema.lets, scope)
        for function in (one for one in schema.functions if one.name in scope.functions):
            write = partial(write_function, self._builder.module, function, scope)
            self._attempt(function.name, write)
        for pattern in schema.patterns:
            inner = self._with_globals(pattern.lets, scope)
            for order, rule in enumerate(pattern.rules):
                writer = RuleWriter(self._builder, inner, self._attempt)
                place = (self._patterns, order)
                self._attempt(rule.context, partial(writer.write, rule, number, place))
            self._patterns += 1

    def _signatures(self, schema: Schema) -> Iterator[tuple[str, Signature]]:
        for function in schema.functions:
            try:
                yield function.name, signature_of(function)
            except TypingError as error:
                self._note(function.name, error)

    def _with_globals(self, lets: Iterable[Let], scope: Scope) -> Scope:
        for let in lets:
            try:
                value = infer(parse(let.expression), replace(scope, context=A_NODE))
                scope = scope.with_variable(let.name, self._global(value))
            except (TypingError, XPathSyntaxError) as error:
                self._note(let.expression, error)
        return scope

    def _global(self, value: Typed) -> Typed:
        """A value of the whole document; what is constant is written where it is used."""
        if value.uses == Uses.NOTHING:
            return value
        code = Writer(self._builder.module, own=value).value(value, DOCUMENT)
        number = self._builder.module.add_global(self._builder.module.per_document(code))
        return Global(value.type, Uses.DOCUMENT, number)

    def _attempt(self, expression: str, write: Callable[[], None]) -> None:
        try:
            write()
        except (TypingError, XPathSyntaxError) as error:
            self._note(expression, error)

    def _note(self, expression: str, error: Exception) -> None:
        shown = " ".join(expression.split())[:_EXPRESSION_SHOWN]
        self._faults.append(f"{error}: {shown}")

    def program(self, titles: tuple[str, ...]) -> Program:
        if self._faults:
            shown = "\n  ".join(self._faults[:_FAULTS_SHOWN])
            raise ConfigurationError(
                f"The rules have {len(self._faults)} expressions that cannot be translated:\n"
                f"  {shown}\nUse a rule file that does without them."
            )
        return self._builder.program(titles)


def _repetitions(schemas: Iterable[Schema]) -> Counter[str]:
    """How often each comparison is written."""
    counts: Counter[str] = Counter()
    for text in _expressions(schemas):
        try:
            counts.update(_comparisons(parse(text)))
        except XPathSyntaxError:
            continue  # it is reported where it is compiled
    return counts


def _expressions(schemas: Iterable[Schema]) -> Iterator[str]:
    for schema in schemas:
        for pattern in schema.patterns:
            for rule in pattern.rules:
                yield rule.context
                yield from (one.test for one in rule.assertions)


def _comparisons(node: object) -> Iterator[str]:
    if isinstance(node, syntax.Comparison):
        yield node.source
    parts = node if isinstance(node, tuple) else _slots(node)
    for part in parts:
        yield from _comparisons(part)


def _slots(node: object) -> Iterator[object]:
    return (getattr(node, name) for name in getattr(node, "__slots__", ()))
