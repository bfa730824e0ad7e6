"""Code of the functions of XPath: templates for most, a function each for the others."""

from collections.abc import Callable, Mapping

from pipeline.validation.rules.codegen import conversions
from pipeline.validation.rules.codegen.clauses import Need
from pipeline.validation.rules.codegen.frame import Frame
from pipeline.validation.rules.codegen.scribe import Scribe
from pipeline.validation.rules.runtime.patterns import UnsupportedPattern, compiled
from pipeline.validation.rules.types import EXACT_NUMBERS, Count
from pipeline.validation.rules.typing import tree
from pipeline.validation.rules.typing.convert import TypingError
from pipeline.validation.rules.typing.tree import Conversion, Typed, Uses

_TEMPLATES = {
    "-": "negative({0})",
    "abs": "absolute({0})",
    "ceiling": "ceiling({0})",
    "codepoints-to-string": "from_codepoints({0})",
    "concat": "''.join(({0},))",
    "distinct-values": "distinct_values({0})",
    "ends-with": "{0}.endswith({1})",
    "false": "False",
    "floor": "floor({0})",
    "lower-case": "{0}.lower()",
    "matches": "matches({0})",
    "normalize-space": "normalize_space({0})",
    "replace": "replace({0})",
    "reverse": "{0}[::-1]",
    "round": "round_half_up({0})",
    "starts-with": "{0}.startswith({1})",
    "string": "{0}",
    "string-length": "len({0})",
    "string-to-codepoints": "codepoints({0})",
    "substring": "substring({0})",
    "substring-after": "substring_after({0}, {1})",
    "substring-before": "substring_before({0}, {1})",
    "tokenize": "tokenize({0})",
    "translate": "translate({0})",
    "true": "True",
    "upper-case": "{0}.upper()",
}
"""``{0}`` is the first argument, or all of them where the function takes them as they come."""

_TAKES_ALL = frozenset({"concat", "matches", "replace", "substring", "tokenize", "translate"})
_NAMES = {
    "name": "lexical_name",
    "local-name": "local_name",
    "namespace-uri": "namespace_uri",
}
"""Functions of a node, by the function of the runtime."""
_EXTREMES = {"min": "least", "max": "greatest", "avg": "average"}
_OF_PATTERNS = frozenset({"matches", "replace", "tokenize"})


def write_call(scribe: Scribe, node: tree.Call, frame: Frame) -> str:
    """Code of a function of XPath."""
    special = _SPECIAL.get(node.function)
    if special is not None:
        return special(scribe, node, frame)
    if node.function in _OF_PATTERNS:
        _require_known_pattern(node)
    arguments = [scribe.value(one, frame) for one in node.arguments]
    if node.function in _TAKES_ALL:
        arguments = [", ".join(arguments)]
    code = _TEMPLATES[node.function].format(*arguments)
    is_constant = node.uses == Uses.NOTHING and node.type.is_many
    return scribe.module.constant(code) if is_constant else code


def _not(scribe: Scribe, node: tree.Call, frame: Frame) -> str:
    return f"(not {scribe.condition(node.arguments[0], frame)})"


def _boolean(scribe: Scribe, node: tree.Call, frame: Frame) -> str:
    return scribe.condition(node.arguments[0], frame)


def _exists(scribe: Scribe, node: tree.Call, frame: Frame) -> str:
    return scribe.exists(node.arguments[0], frame)


def _empty(scribe: Scribe, node: tree.Call, frame: Frame) -> str:
    return f"(not {scribe.exists(node.arguments[0], frame)})"


def _count(scribe: Scribe, node: tree.Call, frame: Frame) -> str:
    if node.arguments[0].type.is_one:
        return "1"
    return f"len({scribe.listed(node.arguments[0], frame, Need.DISTINCT)})"


def _sum(scribe: Scribe, node: tree.Call, frame: Frame) -> str:
    operand = node.arguments[0]
    listed = scribe.listed(operand, frame, Need.DISTINCT)
    if operand.type.item in EXACT_NUMBERS:
        return f"sum({listed})"
    return f"total({conversions.items(listed, operand.type.times(Count.MANY))})"


def _extreme(scribe: Scribe, node: tree.Call, frame: Frame) -> str:
    return f"{_EXTREMES[node.function]}({scribe.items(node.arguments[0], frame)})"


def _string_join(scribe: Scribe, node: tree.Call, frame: Frame) -> str:
    operand = _unwrapped(node.arguments[0])
    listed, each = scribe.listed(operand, frame), scribe.fresh()
    separator = scribe.value(node.arguments[1], frame) if len(node.arguments) > 1 else "''"
    text = conversions.text_of(each, operand.type.item)
    return f"{separator}.join([{text} for {each} in {listed}])"


def _unwrapped(node: Typed) -> Typed:
    if isinstance(node, tree.Convert) and node.conversion is Conversion.ITEMS:
        return node.operand
    return node


def _position(_scribe: Scribe, _node: tree.Call, frame: Frame) -> str:
    return frame.place


def _last(_scribe: Scribe, _node: tree.Call, frame: Frame) -> str:
    return frame.count


def _name(scribe: Scribe, node: tree.Call, frame: Frame) -> str:
    function, code = _NAMES[node.function], scribe.value(node.arguments[0], frame)
    if node.arguments[0].type.is_one:
        return f"{function}({code})"
    return f"name_or_empty({function}, {code})"


def _contains(scribe: Scribe, node: tree.Call, frame: Frame) -> str:
    """A search in a text; the way in which rule files write code lists is a look-up."""
    words, word = _code_list(node)
    if word is None:
        text, part = (scribe.value(one, frame) for one in node.arguments)
        return f"({part} in {text})"
    known = scribe.module.constant(f"frozenset({tuple(words.split())!r})")
    listed = scribe.module.constant(repr(words))
    return f"is_listed({scribe.value(word, frame)}, {known}, {listed})"


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


_SPECIAL: Mapping[str, Callable[[Scribe, tree.Call, Frame], str]] = {
    "boolean": _boolean,
    "contains": _contains,
    "count": _count,
    "empty": _empty,
    "exists": _exists,
    "last": _last,
    "not": _not,
    "position": _position,
    "string-join": _string_join,
    "sum": _sum,
    **dict.fromkeys(_EXTREMES, _extreme),
    **dict.fromkeys(_NAMES, _name),
}
