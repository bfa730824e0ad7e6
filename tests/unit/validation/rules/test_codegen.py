"""What the compiler makes of rules, beyond that it is right."""

import pytest

from pipeline.domain.errors import ConfigurationError
from pipeline.validation.rules.compiler import compile_schemas
from pipeline.validation.rules.program import Program
from pipeline.validation.rules.reader import read_schema
from tests.unit.validation.rules.rule_files import escaped, failures, holds, rule, schematron


def compiled(content: str) -> Program:
    return compile_schemas([read_schema(schematron(content))])


def function(body: str, options: str = "") -> str:
    return f"<xsl:function name='u:f' {options}>{body}</xsl:function>"


def test_a_path_that_must_not_exist_is_left_to_the_automaton() -> None:
    program = compiled(rule("/a", "not(b/c)", "not(//d/@e)", "not(b | c)", "not(b[1])"))

    assert len(program.forbidden) == 4
    assert program.source.count("if not") == 1


def test_nodes_that_names_decide_are_collected_and_not_walked() -> None:
    program = compiled(rule("/a", "count(b/c) < 2", "exists(//d)"))

    assert len(program.collected) == 2
    assert "for " not in program.source.replace("for hit", "")


def test_look_ups_that_differ_in_a_constant_share_an_index() -> None:
    tests = [f"exists(//b[normalize-space(c) = '{letter}'])" for letter in "xyz"]

    program = compiled(rule("/a", *tests))

    assert program.source.count("indexed(") == 1


def test_a_condition_that_is_written_often_is_remembered() -> None:
    tests = [f"count(b[c = 'x']) > {number}" for number in range(8)]

    assert "x.memo" in compiled(rule("a", *tests)).source
    assert "x.memo" not in compiled(rule("a", *tests[:3])).source


def test_what_depends_on_the_document_alone_is_computed_once() -> None:
    program = compiled(rule("b", "sum(//c[d]/xs:decimal(.)) < 3", "sum(//c[d]/xs:decimal(.)) > 1"))

    assert program.source.count("to_decimal") == 1


def test_a_code_list_is_a_look_up() -> None:
    program = compiled(rule("b", "contains(' A B C ', concat(' ', normalize-space(.), ' '))"))

    assert "is_listed(" in program.source


def test_constant_strings_are_a_set() -> None:
    assert "frozenset" in compiled(rule("b", ". = ('x', 'y')")).source


def test_equal_rules_give_equal_programs() -> None:
    content = rule("b", "c = 1", "//d[e = 2]")

    assert compiled(content) == compiled(content)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (rule("a", "b is c"), "unexpected: is c: b is c"),
        (rule("a", "matches(., '\\p{L}')"), r"\\p"),
        (rule("a", "current-date() = 1"), "current-date"),
        (rule("@x", "1"), "a context must be a path to elements"),
        (rule("a/text()", "1"), "a context must be"),
        (rule("a[1]", "1"), "position in a context"),
        (rule("a[last()]", "1"), "position in a context"),
        (rule("a[b]//c", "1"), "predicate before //"),
        (rule("$x", "1"), "a context must be"),
        (rule("a", "$x", lets="<sch:let name='x' value='child::node()'/>"), "node"),
        ("<sch:let name='x' value='1 +'/>", "unexpected: the end"),
        (function("<xsl:sequence select='.'/>"), "no context item"),
        (function("<xsl:sequence select='1'/>", "as='xs:gYear'"), "gYear"),
        (function("<xsl:variable name='x' select='1'/>"), "gives nothing"),
    ],
)  # fmt: skip
def test_what_cannot_be_translated_is_reported_with_its_expression(content: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        compiled(content)


def test_everything_that_cannot_be_translated_is_reported_at_once() -> None:
    with pytest.raises(ConfigurationError, match=r"2 expressions(.|\n)*b is c(.|\n)*d is e"):
        compiled(rule("a", "b is c", "true()", "d is e"))


DOCUMENT = '<a x="1"><b>2</b><b>3.50</b><c> q  w </c><d y="b"><b>7</b><e/></d>t</a>'


@pytest.mark.parametrize(
    ("test", "answer"),
    [
        ("b[2] = '3.50' and b[last()] = '3.50'", True),
        ("count(//b[1]) = 2 and count((//b)[1]) = 1", True),
        ("(d/b | b)[1] = 2", True),
        ("string-join((d/b | b)/string(.), ',') = '2,3.50,7'", True),
        ("string-join(b, '-') = '2-3.50'", True),
        ("count(b/..) = 1 and count(//b/ancestor::a) = 1", True),
        ("d/b/../preceding-sibling::b[1] = 3.5", True),
        ("(d/preceding-sibling::b)[1] = 2", True),
        ("d/b/following::e or d/b/following-sibling::e", True),
        ("//e/preceding::c and not(//e/preceding::d)", True),
        ("c/self::c and not(c/self::d)", True),
        ("sum(b/xs:decimal(.)) = 5.5 and sum(//b) = 12.5", True),
        ("b != 2 and not(not(b = 2))", True),
        ("@x = 1 and @x + 1 = 2 and @x eq '1'", True),
        ("d/@y/string() = 'b' and d/@* = 'b'", True),
        ("count(*[@y]) = 1 and count(@*) = 1", True),
        ("text() = 't'", True),
        ("every $v in b satisfies $v > 1", True),
        ("some $v in b, $w in d/b satisfies $v * 2 = $w", True),
        ("for $v in b[1] return $v = 2", True),
        ("(for $v in b, $w in (1, 2) return xs:decimal($v) * $w)[4] = 7", True),
        ("if (f) then false() else b", True),
        ("(if (b) then 'x' else 1) = 'x'", True),
        ("b[position() > 1 and position() = last()] = 3.5", True),
        ("b[1] castable as xs:integer and not(c castable as xs:integer)", True),
        ("not(b castable as xs:integer)", True),
        ("f castable as xs:integer?", True),
        ("xs:decimal(b[1]) * 0.1 = 0.2", True),
        ("xs:date('2026-03-01') < xs:date('2026-03-02')", True),
        ("xs:boolean('true') = true()", True),
        ("number('x') = number('x')", False),
        ("1 to 3 = 2 and count(1 to 3) = 3", True),
        ("count(distinct-values((1, 2, 1))) = 2", True),
        ("max(b/xs:decimal(.)) = 3.5 and min((2, 1)) = 1 and avg((1, 2)) = 1.5", True),
        ("reverse((1, 2))[1] = 2", True),
        ("name() = 'a' and name(b[1]) = 'b' and local-name(f) = ''", True),
        ("namespace-uri() = ''", True),
        ("upper-case('stra\u00dfe') = 'STRASSE' and lower-case('A') = 'a'", True),
        ("ends-with(c, ' ') and starts-with(b[1], '2')", True),
        ("replace('a1b', '[0-9]', '-') = 'a-b'", True),
        ("tokenize(normalize-space(c), ' ') = 'w'", True),
        ("codepoints-to-string(reverse(string-to-codepoints('ab'))) = 'ba'", True),
        ("empty(f) and boolean(b) and not(empty(b))", True),
        ("floor(2.5) + ceiling(2.5) = 5 and abs(-2) = 2 and round(-2.5) = -2", True),
        ("7 mod 2 = 1 and 7 idiv 2 = 3 and - b[1] = -2", True),
        ("(1, 'a') = 'a'", None),
        ("string(.) = '23.50 q  w 7t'", True),
        ("*:b = 2 and descendant::b = 7", True),
        ("b = (2, 9) and not(b = (8, 9))", True),
        ("() = 1", False),
        ("not(())", True),
        ("$all = 7", True),
        ("$one = 1", True),
        ("u:twice(xs:decimal(b[1])) = 4", True),
        ("u:kind(b[1]) = 'small' and u:kind(d/b) = 'large' and u:kind(f) = 'none'", True),
        ("u:down(5) = 15", True),
        ("u:below(d) = 2", True),
    ],
)
@pytest.mark.parametrize("context", ["/a", "a"], ids=["root", "anywhere"])
def test_an_expression_has_its_value(test: str, answer: bool | None, context: str) -> None:
    content = OWN + rule(context, test)

    found = failures(content, DOCUMENT)

    assert found == {True: [], False: ["t1"], None: ["t1!"]}[answer]


OWN = """
<xsl:function name="u:twice" as="xs:decimal">
  <xsl:param name="n" as="xs:decimal"/><xsl:sequence select="$n * 2"/>
</xsl:function>
<xsl:function name="u:kind" as="xs:string">
  <xsl:param name="n" as="element()?"/>
  <xsl:choose>
    <xsl:when test="empty($n)"><xsl:value-of select="'none'"/></xsl:when>
    <xsl:when test="$n &lt; 5">
      <xsl:variable name="word">small</xsl:variable><xsl:sequence select="$word"/>
    </xsl:when>
    <xsl:otherwise><xsl:sequence select="'large'"/></xsl:otherwise>
  </xsl:choose>
</xsl:function>
<xsl:function name="u:down" as="xs:integer">
  <xsl:param name="n" as="xs:integer"/>
  <xsl:sequence select="if ($n = 0) then 0 else $n + u:down($n - 1)"/>
</xsl:function>
<xsl:function name="u:below">
  <xsl:param name="n"/><xsl:sequence select="count($n/*)"/>
</xsl:function>
<sch:let name="all" value="//b"/>
<sch:let name="one" value="1"/>
"""


@pytest.mark.parametrize(
    "test",
    ["1 div 0 = 1", "b + 1 = 3", "xs:decimal(c) = 1", "b eq '2'", "string-length(b) = 1",
     "xs:date('x') = xs:date('y')", "c > 1", "1 to 100000000 = 1", "u:endless(1) = 1",
     "u:twice(f) = 1"],
)  # fmt: skip
def test_what_has_no_value_is_an_error_of_its_assertion(test: str) -> None:
    endless = """<xsl:function name="u:endless" as="xs:integer">
      <xsl:param name="n" as="xs:integer"/><xsl:sequence select="u:endless($n) + 1"/>
    </xsl:function>"""

    found = failures(OWN + endless + rule("/a", "true()", test, "false()"), DOCUMENT)

    assert found == ["t2!", "t3"]


def test_a_variable_without_value_spoils_only_what_uses_it() -> None:
    lets = "".join(
        f'<sch:let name="{name}" value="{escaped(value)}"/>'
        for name, value in (("bad", "xs:decimal(c)"), ("worse", "$bad + 1"), ("good", "b[1]"))
    )

    content = rule("a", "$bad = 1", "$good = 3", "$worse = 1", "$good = 2", lets=lets)

    assert failures(content, DOCUMENT) == ["t1!", "t2", "t3!"]


def test_a_variable_of_a_pattern_belongs_to_the_document() -> None:
    pattern = rule("b", ". = $top").replace(
        "<sch:rule", '<sch:let name="top" value="a/b[1]"/><sch:rule', 1
    )

    assert failures(pattern, DOCUMENT) == ["t1", "t1"]


def test_the_answer_is_kept_for_one_document_only() -> None:
    assert holds("//b[c] = 1", "<a><b><c/>1</b></a>", "a") is True
    assert holds("//b[c] = 1", "<a><b><c/>2</b></a>", "a") is False


@pytest.mark.parametrize("path", ["//a/b", ".//a/b", ".//b", "a//b", "(//a)/b", "//b/../b"])
def test_nodes_below_nested_nodes_are_in_the_order_of_the_document(path: str) -> None:
    document = "<r><a><a><b>1</b></a><b>2</b></a></r>"

    assert holds(f"({path})[1] = 1 and count({path}) = 2", document)
    assert holds(f"({path})[1] = 1 and count({path}) = 2", document, "r")


def test_above_the_document_there_is_nothing() -> None:
    tests = [f"count(..[.. = 'x']) = {number}" for number in range(8)]

    assert failures(rule("a", *tests), "<a/>") == [f"t{number}" for number in range(2, 9)]
