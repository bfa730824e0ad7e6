"""Recursive-descent parser of XPath 2.0, one method for each level of precedence.

``//`` becomes the step ``descendant-or-self::node()``, as the standard defines it.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache

from pipeline.validation.rules.syntax.lexer import Kind, Token, XPathSyntaxError, tokens_of
from pipeline.validation.rules.syntax.tree import (
    And,
    Arithmetic,
    Axis,
    AxisStep,
    Binding,
    Call,
    Cast,
    Castable,
    Comparison,
    ComputedStep,
    Expression,
    For,
    Here,
    If,
    Negative,
    Number,
    Or,
    Path,
    Quantified,
    Range,
    Sequence,
    Step,
    String,
    Union,
    Variable,
)

_GENERAL = frozenset({"=", "!=", "<", "<=", ">", ">="})
_OF_VALUES = {"eq": "=", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_ANY_NODE = AxisStep(Axis.DESCENDANT_OR_SELF, "node()")
_SHORT_FORMS: dict[str, AxisStep | Here] = {
    ".": Here(),
    "..": AxisStep(Axis.PARENT, "node()"),
}
_KINDS = frozenset({"node", "text", "comment", "element", "attribute", "document-node"})
_AXES = {axis.value: axis for axis in Axis}


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """The tree of an expression; raises `XPathSyntaxError`."""
    try:
        return _Parser(tokens_of(text)).whole()
    except RecursionError:
        raise XPathSyntaxError("nested too deeply") from None


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._place = 0

    def whole(self) -> Expression:
        expression = self._sequence()
        if self._peek().kind is not Kind.END:
            raise self._unexpected()
        return expression

    # -- tokens

    def _peek(self, ahead: int = 0) -> Token:
        return self._tokens[min(self._place + ahead, len(self._tokens) - 1)]

    def _take(self) -> Token:
        token = self._peek()
        self._place += 1
        return token

    def _is_symbol(self, *texts: str, ahead: int = 0) -> bool:
        token = self._peek(ahead)
        return token.kind is Kind.SYMBOL and token.text in texts

    def _is_word(self, *texts: str) -> bool:
        token = self._peek()
        return token.kind is Kind.NAME and token.text in texts

    def _took(self, text: str) -> bool:
        if self._peek().text != text or self._peek().kind is Kind.STRING:
            return False
        self._place += 1
        return True

    def _expect(self, text: str) -> None:
        if not self._took(text):
            raise self._unexpected(f"{text} expected, ")

    def _name(self) -> str:
        if self._peek().kind is not Kind.NAME:
            raise self._unexpected("name expected, ")
        return self._take().text

    def _unexpected(self, why: str = "") -> XPathSyntaxError:
        rest = " ".join(token.text for token in self._tokens[self._place : self._place + 6])
        return XPathSyntaxError(f"{why}unexpected: {rest.strip() or 'the end'}")

    # -- operators, loosest first

    def _sequence(self) -> Expression:
        items = self._separated(",", self._single)
        return items[0] if len(items) == 1 else Sequence(items)

    def _separated(self, separator: str, part: Callable[[], Expression]) -> tuple[Expression, ...]:
        parts = [part()]
        while self._took(separator):
            parts.append(part())
        return tuple(parts)

    def _single(self) -> Expression:
        if self._is_word("for") and self._is_symbol("$", ahead=1):
            return self._for()
        if self._is_word("some", "every") and self._is_symbol("$", ahead=1):
            return self._quantified()
        if self._is_word("if") and self._is_symbol("(", ahead=1):
            return self._if()
        return self._or()

    def _for(self) -> Expression:
        self._take()
        bindings = self._bindings()
        self._expect("return")
        return For(bindings, self._single())

    def _quantified(self) -> Expression:
        is_every = self._take().text == "every"
        bindings = self._bindings()
        self._expect("satisfies")
        return Quantified(is_every, bindings, self._single())

    def _bindings(self) -> tuple[Binding, ...]:
        bindings = [self._binding()]
        while self._took(","):
            bindings.append(self._binding())
        return tuple(bindings)

    def _binding(self) -> Binding:
        self._expect("$")
        name = self._name()
        self._expect("in")
        return Binding(name, self._single())

    def _if(self) -> Expression:
        self._take()
        self._expect("(")
        test = self._sequence()
        self._expect(")")
        self._expect("then")
        then = self._single()
        self._expect("else")
        return If(test, then, self._single())

    def _or(self) -> Expression:
        parts = self._separated("or", self._and)
        return parts[0] if len(parts) == 1 else Or(parts)

    def _and(self) -> Expression:
        parts = self._separated("and", self._comparison)
        return parts[0] if len(parts) == 1 else And(parts)

    def _comparison(self) -> Expression:
        start = self._place
        left = self._range()
        token = self._peek()
        if token.kind is Kind.SYMBOL and token.text in _GENERAL:
            operator, of_values = token.text, False
        elif token.kind is Kind.NAME and token.text in _OF_VALUES:
            operator, of_values = _OF_VALUES[token.text], True
        else:
            return left
        self._take()
        right = self._range()
        source = " ".join(token.text for token in self._tokens[start : self._place])
        return Comparison(operator, left, right, of_values, source)

    def _range(self) -> Expression:
        first = self._sum()
        return Range(first, self._sum()) if self._took("to") else first

    def _sum(self) -> Expression:
        return self._chain(self._product, ("+", "-"))

    def _product(self) -> Expression:
        return self._chain(self._union, ("*", "div", "idiv", "mod"))

    def _chain(self, part: Callable[[], Expression], operators: Iterable[str]) -> Expression:
        result = part()
        while self._is_symbol(*operators) or self._is_word(*operators):
            operator = self._take().text
            result = Arithmetic(operator, result, part())
        return result

    def _union(self) -> Expression:
        parts = [self._cast()]
        while self._took("|") or self._took("union"):
            parts.append(self._cast())
        return parts[0] if len(parts) == 1 else Union(tuple(parts))

    def _cast(self) -> Expression:
        operand = self._unary()
        if not self._is_word("cast", "castable"):
            return operand
        kind = Castable if self._take().text == "castable" else Cast
        self._expect("as")
        name = self._name()
        return kind(operand, name, self._took("?"))

    def _unary(self) -> Expression:
        if self._took("-"):
            return Negative(self._unary())
        return self._unary() if self._took("+") else self._path()

    # -- paths

    def _path(self) -> Expression:
        steps: list[Step] = []
        is_absolute = self._is_symbol("/", "//")
        if is_absolute and not self._starts_after_root(steps):
            return Path(True, ())
        steps.append(self._step())
        while self._is_symbol("/", "//"):
            if self._take().text == "//":
                steps.append(_ANY_NODE)
            steps.append(self._step())
        return Path(True, tuple(steps)) if is_absolute else _relative(steps)

    def _starts_after_root(self, steps: list[Step]) -> bool:
        """Take the root; False when nothing follows it."""
        if self._take().text == "//":
            steps.append(_ANY_NODE)
            return True
        follows = self._peek().kind is Kind.NAME and not self._is_word("and", "or", "union")
        return follows or self._is_symbol("*", "@", ".", "..", "(")

    def _step(self) -> Step:
        step = self._bare_step()
        predicates = []
        while self._took("["):
            predicates.append(self._sequence())
            self._expect("]")
        if isinstance(step, AxisStep):
            return AxisStep(step.axis, step.test, tuple(predicates))
        return ComputedStep(step, tuple(predicates))

    def _bare_step(self) -> AxisStep | Expression:
        token = self._peek()
        if token.kind is Kind.NAME:
            return self._named_step()
        if token.kind is Kind.SYMBOL:
            return self._symbol_step()
        if token.kind is Kind.END:
            raise self._unexpected()
        self._take()
        if token.kind is Kind.NUMBER:
            return Number(token.text)
        quote = token.text[0]
        return String(token.text[1:-1].replace(quote * 2, quote))

    def _symbol_step(self) -> AxisStep | Expression:
        if self._is_symbol("*"):
            return AxisStep(Axis.CHILD, self._test())
        symbol = self._peek().text
        if symbol in _SHORT_FORMS:
            self._take()
            return _SHORT_FORMS[symbol]
        if self._took("@"):
            return AxisStep(Axis.ATTRIBUTE, self._test())
        return Variable(self._name()) if self._took("$") else self._bracketed()

    def _bracketed(self) -> Expression:
        self._expect("(")
        if self._took(")"):
            return Sequence(())
        inner = self._sequence()
        self._expect(")")
        return inner

    def _named_step(self) -> AxisStep | Expression:
        if self._is_symbol("::", ahead=1):
            axis = _AXES.get(self._take().text)
            if axis is None:
                raise self._unexpected("unknown axis, ")
            self._take()
            return AxisStep(axis, self._test())
        if self._is_symbol("(", ahead=1) and self._peek().text not in _KINDS:
            return self._call()
        return AxisStep(Axis.CHILD, self._test())

    def _test(self) -> str:
        if self._took("*"):
            return "*"
        name = self._name()
        if name in _KINDS and self._took("("):
            self._expect(")")
            return f"{name}()"
        return name

    def _call(self) -> Call:
        name = self._name()
        self._expect("(")
        if self._took(")"):
            return Call(name, ())
        arguments = self._separated(",", self._single)
        self._expect(")")
        return Call(name, arguments)


def _relative(steps: list[Step]) -> Expression:
    """A path, or the expression itself where it only looks like one."""
    if len(steps) == 1 and isinstance(steps[0], ComputedStep) and not steps[0].predicates:
        return steps[0].expression
    return Path(False, tuple(steps))
