"""The same rules in every form in which they may come."""

import pytest

from pipeline.domain.errors import ConfigurationError
from pipeline.validation.rules.reader import read_schema
from pipeline.validation.rules.schema import (
    Assertion,
    Case,
    Choose,
    Embedded,
    Function,
    Give,
    Let,
    Parameter,
    Pattern,
    Rule,
    Schema,
)
from tests.unit.validation.rules.rule_files import rule, schematron

XSL = 'xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:svrl="http://purl.oclc.org/dsdl/svrl"'
PATTERNS = (
    Pattern(
        (
            Rule(
                "x:a[@b]",
                (Let("n", "count(*)"),),
                (
                    Assertion("t1", "fatal", "$n < 2 or @b = '{1}'", ("One at most.",)),
                    Assertion("t2", "warning", "not(x:c)", ("Not ", Embedded("name()"), " here.")),
                ),
            ),
            Rule("x:a", (), (Assertion("t3", "fatal", "false()", ("Never.",)),)),
        )
    ),
    Pattern((Rule("*", (), (Assertion("t4", "", "true()", ("Always.",)),)),)),
)

SOURCE = schematron(
    """
  <sch:title> Some
    rules </sch:title>
  <sch:let name="all" value="//x:a"/>
  <sch:pattern id="one">
    <sch:rule context="x:a[@b]">
      <sch:let name="n" value="count(*)"/>
      <sch:assert id="t1" flag="fatal" test="$n &lt; 2 or @b = '{{1}}'"> One
         at most. </sch:assert>
      <sch:assert id="t2" role="warning" test="not(x:c)"
        >Not <sch:name/> here.</sch:assert>
    </sch:rule>
    <sch:rule context="x:a">
      <sch:assert id="t3" flag="fatal" test="false()">Never.</sch:assert>
    </sch:rule>
  </sch:pattern>
  <sch:pattern>
    <sch:rule context="*"><sch:assert id="t4" test="true()">Always.</sch:assert></sch:rule>
  </sch:pattern>
""".replace("{{", "{")
    .replace("}}", "}")
    .replace("{1}", "{{1}}")
    .replace("{{1}}", "\x01")
)
SOURCE = SOURCE.replace(b"\x01", b"{1}")

ISO_SKELETON = f"""
<xsl:stylesheet {XSL} xmlns:x="urn:x" version="2.0">
  <xsl:param name="archiveDirParameter"/>
  <xsl:variable name="document-uri"><xsl:value-of select="document-uri(/)"/></xsl:variable>
  <xsl:template match="*" mode="schematron-select-full-path"><x/></xsl:template>
  <xsl:template match="/">
    <svrl:schematron-output title="Some rules" schemaVersion=""/>
  </xsl:template>
  <xsl:param name="all" select="//x:a"/>
  <xsl:template match="x:a" mode="M1" priority="1000">
    <svrl:fired-rule context="x:a"/>
    <xsl:choose><xsl:when test="false()"/><xsl:otherwise>
      <svrl:failed-assert test="false()"><xsl:attribute name="id">t3</xsl:attribute>
        <xsl:attribute name="flag">fatal</xsl:attribute><svrl:text>Never.</svrl:text>
      </svrl:failed-assert></xsl:otherwise></xsl:choose>
  </xsl:template>
  <xsl:template match="x:a[@b]" mode="M1" priority="1001">
    <svrl:fired-rule context="x:a[@b]"/>
    <xsl:variable name="n" select="count(*)"/>
    <xsl:choose><xsl:when test="$n &lt; 2 or @b = '{{1}}'"/><xsl:otherwise>
      <svrl:failed-assert test="$n &lt; 2 or @b = '1'"><xsl:attribute name="id">t1</xsl:attribute>
        <xsl:attribute name="flag">fatal</xsl:attribute><svrl:text>One
        at most.</svrl:text></svrl:failed-assert></xsl:otherwise></xsl:choose>
    <xsl:choose><xsl:when test="not(x:c)"/><xsl:otherwise>
      <svrl:failed-assert test="not(x:c)"><xsl:attribute name="id">t2</xsl:attribute>
        <xsl:attribute name="flag">warning</xsl:attribute>
        <svrl:text>Not <xsl:text/><xsl:value-of select="name()"/><xsl:text/> here.</svrl:text>
      </svrl:failed-assert></xsl:otherwise></xsl:choose>
    <xsl:apply-templates mode="M1" select="@*|*"/>
  </xsl:template>
  <xsl:template match="text()" mode="M1" priority="-1"/>
  <xsl:template match="*" mode="M2" priority="1000">
    <svrl:fired-rule context="*"/>
    <xsl:choose><xsl:when test="true()"/><xsl:otherwise>
      <svrl:failed-assert test="true()"><xsl:attribute name="id">t4</xsl:attribute>
        <svrl:text>Always.</svrl:text></svrl:failed-assert></xsl:otherwise></xsl:choose>
  </xsl:template>
</xsl:stylesheet>
"""


def schxslt_template(
    match: str, priority: int, pattern: str, asserts: str, *, lets: str = ""
) -> str:
    return f"""
  <xsl:template match="{match}" priority="{priority}" mode="all">
    <xsl:param name="schxslt:patterns-matched" as="xs:string*" select="()"/>
    <xsl:choose>
      <xsl:when test="$schxslt:patterns-matched[. = '{pattern}']">
        <svrl:suppressed-rule/>
      </xsl:when>
      <xsl:otherwise>{lets}<svrl:fired-rule/>{asserts}</xsl:otherwise>
    </xsl:choose>
  </xsl:template>"""


def schxslt_assert(name: str, flag: str, test: str, message: str) -> str:
    flagged = f'<xsl:attribute name="flag">{flag}</xsl:attribute>' if flag else ""
    return f"""
      <xsl:if test="not({test})">
        <svrl:failed-assert location="{{path(.)}}">
          <xsl:attribute name="id">{name}</xsl:attribute>{flagged}
          <svrl:text>{message}</svrl:text>
        </svrl:failed-assert>
      </xsl:if>"""


SCHXSLT = f"""
<xsl:transform {XSL} xmlns:x="urn:x" xmlns:schxslt="urn:s"
    xmlns:xs="http://www.w3.org/2001/XMLSchema" version="3.0">
  <xsl:param name="schxslt:phase" select="'all'"/>
  <xsl:param name="all" select="//x:a"/>
  <xsl:template match="/">
    <svrl:schematron-output title="Some rules"/>
  </xsl:template>
{
    schxslt_template("*", 1, "p2", schxslt_assert("t4", "", "true()", "Always."))
    + schxslt_template("x:a", 3, "p1", schxslt_assert("t3", "fatal", "false()", "Never."))
    + schxslt_template(
        "x:a[@b]",
        4,
        "p1",
        schxslt_assert("t1", "fatal", "$n &lt; 2 or @b = '{1}'", "One at most.")
        + schxslt_assert("t2", "warning", "not(x:c)", 'Not <xsl:value-of select="name()"/> here.'),
        lets='<xsl:variable name="n" select="count(*)"/>',
    )
}
</xsl:transform>
"""
SCHXSLT_2 = SCHXSLT.replace(
    "$schxslt:patterns-matched[. = 'p1']", "$Q{urn:s}patterns-matched = 'p1'"
)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(SOURCE, id="Schematron"),
        pytest.param(ISO_SKELETON.encode(), id="ISO skeleton"),
        pytest.param(SCHXSLT.encode(), id="SchXslt"),
        pytest.param(SCHXSLT_2.encode(), id="SchXslt 2"),
    ],
)
def test_every_form_gives_the_same_rules(data: bytes) -> None:
    schema = read_schema(data)

    assert schema.title == "Some rules"
    assert schema.lets == (Let("all", "//x:a"),)
    assert schema.namespaces["x"] == "urn:x"
    assert {*schema.patterns} == {*PATTERNS}


def test_functions_are_read_with_branches_and_texts() -> None:
    schema = read_schema(
        schematron("""
        <xsl:function name="u:f" as="xs:boolean">
          <xsl:param name="a" as="xs:string?"/><xsl:param name="b"/>
          <xsl:variable name="letters">it's</xsl:variable>
          <xsl:variable name="v"><xsl:value-of select="$a"/></xsl:variable>
          <!-- either way -->
          <xsl:choose>
            <xsl:when test="$b"><xsl:sequence select="1"/></xsl:when>
            <xsl:otherwise><xsl:value-of select="2"/></xsl:otherwise>
          </xsl:choose>
        </xsl:function>
        """)
    )

    assert schema.functions == (
        Function(
            "u:f",
            (Parameter("a", "xs:string?"), Parameter("b")),
            "xs:boolean",
            (
                Let("letters", "'it''s'"),
                Let("v", "$a"),
                Choose((Case("$b", (Give("1"),)),), (Give("2"),)),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "empty"),
        (b"<a", "cannot be read"),
        (b"<Invoice/>", "its root is Invoice"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", "DOCTYPE"),
        (f"<xsl:stylesheet {XSL}/>".encode(), "not compiled from Schematron"),
        (SOURCE.replace(b'queryBinding="xslt2"', b""), "query binding xslt1"),
        (schematron("<sch:include href='x'/>"), "has include"),
        (schematron("<sch:pattern abstract='true' id='a'/>"), "abstract"),
        (schematron(rule("a").replace("</sch:rule>", "<sch:report/></sch:rule>")), "report"),
        (schematron("<sch:pattern><sch:rule/></sch:pattern>"), "without context"),
        (schematron("<xsl:function name='u:f'><xsl:for-each/></xsl:function>"), "for-each"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_not_understood_is_refused_with_its_name(data: bytes, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        read_schema(data)


def test_a_rule_file_without_anything_is_a_schema_without_rules() -> None:
    assert read_schema(schematron("")) == Schema("", (), {"x": "urn:x", "u": "urn:own"})
