"""Expressions of the XPath that rule files use, drawn at random, and documents for them.

What is left out is where the standard leaves room, or elementpath has its own mind: the order of
evaluation of ``and`` and ``or`` around errors, NaN as text, digits of doubles, the order of nodes
from steps below nested nodes.
"""

from hypothesis import strategies as st

NAMES = ("a", "b", "c")
TEXTS = ("", "1", "2", "10", "-3", "2.50", "0.1", "x", "x y", " x ", "b", "true", "false", "1e2")


@st.composite
def documents(draw: st.DrawFn) -> str:
    """An element ``r`` with some levels of elements in it."""
    return f"<r>{draw(_contents(3))}</r>"


def _contents(depth: int) -> st.SearchStrategy[str]:
    return st.lists(_elements(depth), max_size=4).map("".join)


@st.composite
def _elements(draw: st.DrawFn, depth: int) -> str:
    name = draw(st.sampled_from(NAMES))
    attribute = draw(st.sampled_from(("", "", ' x="1"', ' x="b"', ' y="2.5"', ' x=" 1 "')))
    is_leaf = depth == 0 or draw(st.booleans())
    inside = draw(st.sampled_from(TEXTS)) if is_leaf else draw(_contents(depth - 1))
    return f"<{name}{attribute}>{inside}</{name}>"


def _joined(pattern: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda values: pattern.format(*values))


STRINGS = st.sampled_from(("x", "b", "1", "2.5", " x", "x y", "", "true")).map("'{}'".format)
NUMBERS = st.sampled_from(("0", "1", "2", "3", "10", "2.5", "0.1", "1.005", "1e0"))
WHOLE_NUMBERS = st.sampled_from(("0", "1", "2", "3", "10"))
"""Places: elementpath rounds halves to even ones there."""
STEPS = st.sampled_from(
    ("a", "b", "c", "*", "..", "a/b", "descendant::b", "*/c", ".", "(a|b)", "b/..")
)
ABSOLUTE = st.sampled_from(("//a", "//b", "/r/a", "/r/*/b", "//(a|c)", "/*", "//*"))
ATTRIBUTES = st.sampled_from(("@x", "@y", "a/@x", "*/@y", "//@x", "b/@x"))
AXES = st.sampled_from(
    (
        "following-sibling::b",
        "preceding-sibling::*",
        "ancestor::a",
        "ancestor-or-self::*",
        "descendant::c",
        "self::b",
        "following-sibling::*[1]",
        "preceding-sibling::*[1]",
        "preceding::b",
        "following::a",
        "parent::r",
    )
)


@st.composite
def _paths(draw: st.DrawFn, conditions: st.SearchStrategy[str]) -> str:
    path = draw(st.one_of(STEPS, STEPS, ABSOLUTE, AXES))
    for _ in range(draw(st.integers(0, 2))):
        predicate = st.one_of(
            conditions,
            st.sampled_from(("1", "2", "last()", "position() > 1", "position() = last()")),
        )
        path = (
            f"({path})[{draw(predicate)}]" if draw(st.booleans()) else f"{path}[{draw(predicate)}]"
        )
    return path


def _built(conditions: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Conditions over conditions."""
    paths = _paths(conditions)
    nodes = st.one_of(paths, paths, ATTRIBUTES)
    texts = st.one_of(
        STRINGS,
        _joined("normalize-space(({})[1])", nodes),
        _joined("string(({})[1])", nodes),
        _joined("upper-case(({})[1])", nodes),
        _joined("concat({}, ({})[1])", STRINGS, nodes),
        _joined("substring(({})[1], {}, {})", nodes, WHOLE_NUMBERS, WHOLE_NUMBERS),
        _joined("substring-before(({})[1], {})", nodes, STRINGS),
        _joined("substring-after(({})[1], {})", nodes, STRINGS),
        _joined("translate(({})[1], 'xb1', 'yz')", nodes),
        _joined("string-join({}/string(.), ',')", paths),
        _joined("name(({})[1])", paths),
    )
    numbers = st.one_of(
        NUMBERS,
        _joined("count({})", nodes),
        _joined("string-length({})", texts),
        _joined("sum({}/string-length(.))", paths),
        _joined("sum({}/xs:decimal(.))", paths),
        _joined("xs:decimal(({})[1])", nodes),
        _joined("xs:integer({})", texts),
        _joined("number({})", texts),
        _joined("round({} div 4)", NUMBERS),
        _joined("abs(1 - {})", NUMBERS),
        _joined(
            "({} {} {})", NUMBERS, st.sampled_from(("+", "-", "*", "div", "mod", "idiv")), NUMBERS
        ),
    )
    operators = st.sampled_from(("=", "!=", "<", "<=", ">", ">="))
    values = st.sampled_from(("eq", "ne", "lt", "le", "gt", "ge"))
    return st.one_of(
        _joined("{} {} {}", nodes, operators, st.one_of(STRINGS, NUMBERS, nodes, numbers, texts)),
        _joined("{} {} {}", numbers, operators, numbers),
        _joined("{} {} {}", texts, operators, texts),
        _joined("{} {} {}", texts, values, texts),
        _joined("{} {} {}", numbers, values, numbers),
        _joined("{} = ('x', 'b', '1')", nodes),
        _joined("({})[1] = true()", nodes),
        _joined("exists({})", nodes),
        _joined("not({})", nodes),
        _joined("contains({}, {})", texts, STRINGS),
        _joined("starts-with({}, {})", texts, STRINGS),
        _joined("matches({}, '^[a-z ]+$')", texts),
        _joined("not({})", conditions),
        _joined("(if ({}) then {} else {})", conditions, conditions, conditions),
        _joined("(some $v in {} satisfies $v = {})", nodes, STRINGS),
        _joined("(every $v in {} satisfies string-length($v) < {})", nodes, NUMBERS),
        _joined("({})[1] castable as xs:decimal", nodes),
        _joined("count(for $v in {} return $v/*) = {}", paths, NUMBERS),
    )


CONDITIONS = st.recursive(
    st.one_of(STEPS, ATTRIBUTES, _joined("{} = {}", STEPS, STRINGS)), _built, max_leaves=4
)
