"""Code of the functions that a rule file defines."""

from collections.abc import Sequence

from pipeline.validation.rules.codegen.frame import Frame
from pipeline.validation.rules.codegen.module import Module
from pipeline.validation.rules.codegen.writer import Writer, own_function_name
from pipeline.validation.rules.schema import Choose, Function, Give, Let, Statement
from pipeline.validation.rules.syntax.parser import parse
from pipeline.validation.rules.types import Type
from pipeline.validation.rules.typing import convert
from pipeline.validation.rules.typing.convert import TypingError
from pipeline.validation.rules.typing.infer import condition, infer
from pipeline.validation.rules.typing.scope import Scope, Signature


def signature_of(function: Function) -> Signature:
    """The types that a function declares."""
    parameters = tuple(convert.declared_type(one.declared) for one in function.parameters)
    return Signature(parameters, convert.declared_type(function.declared))


def write_function(module: Module, function: Function, scope: Scope) -> None:
    """Add a function of a rule file to the module."""
    signature = scope.functions[function.name]
    frame = Frame("")
    names = []
    for place, (parameter, type_) in enumerate(
        zip(function.parameters, signature.parameters, strict=True)
    ):
        scope = scope.with_local(parameter.name, type_)
        frame = frame.with_variable(parameter.name, f"p{place}")
        names.append(f"p{place}")
    body = _Body(Writer(module), signature.result)
    body.write(function.body, scope, frame, "")
    parameters = ", ".join(["d", *names])
    module.add_function(own_function_name(function.name), parameters, body.lines)


class _Body:
    """Writes statements; every branch ends in a result."""

    def __init__(self, writer: Writer, result: Type) -> None:
        self._writer = writer
        self._result = result
        self.lines: list[str] = []

    def write(
        self, statements: Sequence[Statement], scope: Scope, frame: Frame, indent: str
    ) -> None:
        for statement in statements:
            if isinstance(statement, Let):
                scope, frame = self._let(statement, scope, frame, indent)
            elif isinstance(statement, Choose):
                self._choose(statement, scope, frame, indent)
            else:
                self._give(statement, scope, frame, indent)
        if not statements or isinstance(statements[-1], Let):
            raise TypingError("a branch of a function gives nothing")

    def _let(self, statement: Let, scope: Scope, frame: Frame, indent: str) -> tuple[Scope, Frame]:
        value = infer(parse(statement.expression), scope)
        name = self._writer.fresh()
        self.lines.append(f"{indent}{name} = {self._writer.value(value, frame)}")
        inner = scope.with_local(statement.name, value.type)
        return inner, frame.with_variable(statement.name, name)

    def _give(self, statement: Give, scope: Scope, frame: Frame, indent: str) -> None:
        value = convert.as_declared(infer(parse(statement.expression), scope), self._result)
        self.lines.append(f"{indent}return {self._writer.value(value, frame)}")

    def _choose(self, statement: Choose, scope: Scope, frame: Frame, indent: str) -> None:
        for case in statement.cases:
            test = condition(parse(case.test), scope)
            self.lines.append(f"{indent}if {self._writer.condition(test, frame)}:")
            self.write(case.body, scope, frame, indent + "    ")
        self.write(statement.otherwise, scope, frame, indent)
