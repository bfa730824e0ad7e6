"""Documents written in unusual ways: both engines say the same, or Python says it alone."""

import pytest

from pipeline.validation.rules.ruleset import RuleSet
from tests.differential.mutate import bases
from tests.native.parity import outcome
from tests.unit.validation.rules.rule_files import rule, schematron

WINDOWS = '<?xml version="1.0" encoding="windows-1252"?><a>\x80</a>'
LETTERS = "<a><\u00e9l\u00e9ment y='\U0001f600'>\U0001f600</\u00e9l\u00e9ment></a>"
TWO_NAMESPACES = '<a><p:b xmlns:p="urn:x" y="1"/><p:b xmlns:p="urn:y" y="1"/></a>'
RULES = schematron(
    rule("x:b", "@y = '1'", "not(c)", ". = 'text'", "name() = 'b'", "namespace-uri() = 'urn:x'")
    + rule("//*", "count(ancestor::*) < 3", "text()[2]", "not(@z)", "string-length(.) < 9")
    + rule("b", "../@y", "preceding-sibling::*", "normalize-space(following::*[1])")
)
LEFT_TO_PYTHON = {
    "no XML at all": b"hello",
    "cut": b"<a><b>",
    "a second root": b"<a/><a/>",
    "a DOCTYPE": b"<!DOCTYPE a><a/>",
    "an entity": b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>',
    "a prefix without a namespace": b"<p:a/>",
    "a prefix of an attribute without one": b'<a p:y="1"/>',
    "two colons": b'<a xmlns:p="urn:p"><p:b:c/></a>',
    "a digit after the colon": b'<a xmlns:p="urn:p"><p:1/></a>',
    "a prefix taken back": b'<a xmlns:p="urn:p"><b xmlns:p=""/></a>',
    "the prefix xmlns": b'<xmlns:a xmlns:xmlns="urn:p"/>',
    "the namespace of xml": b'<a xmlns:p="http://www.w3.org/XML/1998/namespace"/>',
    "one attribute twice": b'<a y="1" y="2"/>',
    "one attribute under two prefixes": b'<a xmlns:p="urn:p" xmlns:q="urn:p" p:y="1" q:y="2"/>',
    "a colon in an instruction": b"<?a:b c?><a/>",
    "too deep": b"<a>" * 70 + b"</a>" * 70,
    "too many attributes": b"<a " + b" ".join(b'y%d="1"' % one for one in range(70)) + b"/>",
    "an encoding that has to be asked for": WINDOWS.encode("latin-1"),
    "an encoding that nobody knows": b'<?xml version="1.0" encoding="UTF-0"?><a/>',
    "an encoding of several bytes": b'<?xml version="1.0" encoding="Shift_JIS"?><a/>',
    "bytes that are no UTF-8": b"<a>\xff</a>",
    "UTF-16": "<?xml version='1.0' encoding='UTF-16'?><a><b>t\u00e9xt</b></a>".encode("utf-16"),
    "Latin-1": '<?xml version="1.0" encoding="ISO-8859-1"?><a><b>\xe9</b></a>'.encode("latin-1"),
}
DONE = {
    "plain": b"<a><b>text</b></a>",
    "a byte order mark": b"\xef\xbb\xbf<a><b/></a>",
    "comments and instructions in text": b"<a><b>te<!-- -->x<?i?>t</b>x<b/>y<!-- -->z</a>",
    "CDATA": b"<a><b><![CDATA[text]]></b><b>te<![CDATA[<]]>t</b></a>",
    "references": b'<a><b y="&#49;">&#x74;e&amp;xt</b></a>',
    "a default namespace": b'<b xmlns="urn:x" y="1">text</b>',
    "a prefix": b'<a xmlns:p="urn:x"><p:b y="1">text</p:b><b/></a>',
    "a prefix for two namespaces": TWO_NAMESPACES.encode(),
    "a namespace taken back": b'<b xmlns="urn:x"><b xmlns="" y="1"/><b y="1"/></b>',
    "two prefixes for one": b'<p:a xmlns:p="urn:x" xmlns:q="urn:x"><p:b/><q:b/><p:b/></p:a>',
    "attributes with prefixes": b'<a xmlns:p="urn:p" p:z="1" xml:lang="en"><b z="2" p:y="1"/></a>',
    "lines": b"<a>\r\n\r\n<b\n y='2'\n/>\r<c/>\n</a>",
    "many children": b"<a>" + b"<b/><c/>" * 200 + b"</a>",
    "many failures": b"<a>" + b"<b><b><b><b/></b></b></b>" * 150 + b"</a>",
    "a long text": b"<a><b>" + b"text" * 50_000 + b"</b></a>",
    "letters beyond": LETTERS.encode(),
    "lines of Windows": b"<a>\r\n<b\r\ny='1'>\r\n<![CDATA[\r\n]]>&amp;\r\n&#13;\r</b></a>",
    "lines in attributes": b'<a><b y="1\r\n2\r3\n4\t5 6&#10;7&lt;\'"/></a>',
    "sections beside each other": b"<a>" + b"<![CDATA[]]>" * 9 + b"<![CDATA[]]]]><![CDATA[>]]></a>",
}


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    found = RuleSet.load(RULES)
    if found.native is None:
        pytest.skip(f"NOT TESTED: the native engine; there is only {found.engine_name}")
    return found


@pytest.mark.parametrize("body", DONE.values(), ids=DONE)
def test_what_is_well_formed_is_done_by_both_alike(rules: RuleSet, body: bytes) -> None:
    assert rules.native is not None
    before = rules.native.left_to_python

    assert outcome(rules.native.check, body) == outcome(rules.python.check, body)

    assert rules.native.left_to_python == before


@pytest.mark.parametrize("body", LEFT_TO_PYTHON.values(), ids=LEFT_TO_PYTHON)
def test_what_is_refused_is_refused_in_the_same_words(rules: RuleSet, body: bytes) -> None:
    assert rules.native is not None
    before = rules.native.left_to_python

    assert outcome(rules.native.check, body) == outcome(rules.python.check, body)

    assert rules.native.left_to_python == before + 1


def test_what_a_document_taught_does_not_mislead_the_next(rules: RuleSet) -> None:
    assert rules.native is not None
    for body in (*DONE.values(), *LEFT_TO_PYTHON.values(), *DONE.values()):
        assert outcome(rules.native.check, body) == outcome(rules.python.check, body)


def test_a_hundred_thousand_names_are_left_to_python(rules: RuleSet) -> None:
    assert rules.native is not None
    body = "<a>" + "".join(f"<n{number}/>" for number in range(100_000)) + "</a>"
    before = rules.native.left_to_python

    assert outcome(rules.native.check, body.encode()) == outcome(rules.python.check, body.encode())

    assert rules.native.left_to_python == before + 1
    assert outcome(rules.native.check, DONE["plain"]) == outcome(rules.python.check, DONE["plain"])


def test_an_invoice_cut_anywhere_is_refused_in_the_same_words(rules: RuleSet) -> None:
    assert rules.native is not None
    body = bases()[0]
    for size in range(0, len(body), len(body) // 40):
        assert outcome(rules.native.check, body[:size]) == outcome(rules.python.check, body[:size])


COUNTDOWN = """
<xsl:function name="u:down" as="xs:integer"><xsl:param name="n" as="xs:integer"/>
  <xsl:sequence select="if ($n = 0) then 0 else u:down($n - 1)"/></xsl:function>
"""


@pytest.mark.parametrize(
    ("times", "is_left"),
    [(10, False), (200, True), (1_000_000, True)],
    ids=["few", "many", "no end"],
)
def test_functions_that_call_themselves_too_deep_are_left_to_python(
    times: int, *, is_left: bool
) -> None:
    rules = RuleSet.load(schematron(COUNTDOWN + rule("a", f"u:down({times}) = 1")))
    if rules.native is None:
        pytest.skip(f"NOT TESTED: the native engine; there is only {rules.engine_name}")

    assert outcome(rules.native.check, b"<a/>") == outcome(rules.python.check, b"<a/>")

    assert rules.native.left_to_python == is_left
