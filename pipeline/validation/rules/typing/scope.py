"""What names mean at some place of a rule file."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pipeline.validation.rules.types import A_NODE, Type
from pipeline.validation.rules.typing.convert import TypingError
from pipeline.validation.rules.typing.tree import (
    ContextItem,
    Local,
    NameKind,
    NameTest,
    RootElement,
    Typed,
    Uses,
)

_KINDS = {
    "*": NameTest(NameKind.ANY),
    "element()": NameTest(NameKind.ANY),
    "node()": NameTest(NameKind.NODE),
    "text()": NameTest(NameKind.TEXT),
}


class Names:
    """Short names of elements: one prefix for each namespace, whatever the rule files call it."""

    def __init__(self) -> None:
        self.prefixes: dict[str, str] = {}
        self.mentioned: set[str] = set()

    def short(self, uri: str, local: str, wanted: str) -> str:
        """The short name, under the prefix ``wanted`` if it is free."""
        name = f"{self._prefix(uri, wanted)}:{local}" if uri else local
        self.mentioned.add(name)
        return name

    def _prefix(self, uri: str, wanted: str) -> str:
        prefix = self.prefixes.get(uri)
        if prefix is None:
            taken = set(self.prefixes.values())
            prefix = wanted if wanted not in taken else f"{wanted}_{len(taken)}"
            self.prefixes[uri] = prefix
        return prefix


@dataclass(frozen=True, slots=True)
class Signature:
    """Types of a function that the rule file defines."""

    parameters: tuple[Type, ...]
    result: Type


@dataclass(frozen=True, slots=True)
class Scope:
    """Variables, functions and namespaces, and the type of the context item if there is one."""

    names: Names
    namespaces: Mapping[str, str]
    functions: Mapping[str, Signature] = field(default_factory=dict)
    variables: Mapping[str, Typed] = field(default_factory=dict)
    context: Type | None = None
    has_position: bool = False
    is_root: bool = False

    def context_item(self) -> Typed:
        """``.``; in a rule about the root element (``is_root``) it belongs to the document."""
        if self.is_root:
            return RootElement(A_NODE, Uses.DOCUMENT)
        if self.context is None:
            raise TypingError("there is no context item in a function")
        return ContextItem(self.context, Uses.CONTEXT)

    def variable(self, name: str) -> Typed:
        """``$name``."""
        value = self.variables.get(name)
        if value is None:
            raise TypingError(f"the variable ${name} is not known")
        return value

    def with_variable(self, name: str, value: Typed) -> "Scope":
        """This scope with one more variable, which may hide another."""
        return replace(self, variables={**self.variables, name: value})

    def with_local(self, name: str, type_: Type) -> "Scope":
        """This scope with a variable of a rule, a function or an expression."""
        return self.with_variable(name, Local(type_, Uses.LOCAL, name))

    def inside(self, context: Type) -> "Scope":
        """The scope of a predicate or step, where ``context`` is the context item."""
        return replace(self, context=context, has_position=True, is_root=False)

    def test(self, test: str, *, is_attribute: bool) -> NameTest:
        """The meaning of a name test."""
        if test in _KINDS:
            return _KINDS[test]
        if test.endswith("()"):
            raise TypingError(f"{test} is not supported")
        prefix, colon, local = test.rpartition(":")
        if prefix == "*":
            return NameTest(NameKind.LOCAL, local)
        uri = self._uri(prefix) if colon else ""
        if is_attribute:
            return self._attribute(test, uri)
        if local == "*":
            return NameTest(NameKind.NAMESPACE, uri)
        return NameTest(NameKind.NAME, self.names.short(uri, local, prefix))

    def _uri(self, prefix: str) -> str:
        uri = self.namespaces.get(prefix)
        if uri is None:
            raise TypingError(f"the prefix {prefix} is not declared")
        return uri

    def _attribute(self, test: str, uri: str) -> NameTest:
        if uri:
            raise TypingError(f"attributes with a prefix (@{test}) are not supported")
        return NameTest(NameKind.NAME, test)
