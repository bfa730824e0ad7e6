"""Small rule files, and what they say of small documents."""

from collections.abc import Sequence

from pipeline.validation.rules.engine import RuleFinding
from pipeline.validation.rules.ruleset import RuleSet

SCHEMATRON = """
<sch:schema xmlns:sch="http://purl.oclc.org/dsdl/schematron"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:xs="http://www.w3.org/2001/XMLSchema" queryBinding="xslt2">
  <sch:ns prefix="x" uri="urn:x"/>
  <sch:ns prefix="u" uri="urn:own"/>
  {content}
</sch:schema>
"""


def schematron(content: str) -> bytes:
    """A rule file with this content; the prefix ``x`` is bound to ``urn:x``."""
    return SCHEMATRON.format(content=content).encode()


def rule(context: str, *tests: str, lets: str = "") -> str:
    """A pattern with one rule, whose assertions are called t1, t2 and so on."""
    assertions = "".join(
        f'<sch:assert id="t{number}" flag="fatal" test="{escaped(test)}">'
        f"{number} fails</sch:assert>"
        for number, test in enumerate(tests, 1)
    )
    return (
        f'<sch:pattern><sch:rule context="{escaped(context)}">{lets}{assertions}'
        "</sch:rule></sch:pattern>"
    )


def escaped(text: str) -> str:
    """Text for an attribute."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def failures(content: str, document: str | bytes) -> list[str]:
    """The ids of assertions that do not hold, with ! where they could not be evaluated."""
    return ids(check(content, document))


def check(content: str, document: str | bytes) -> list[RuleFinding]:
    """What a rule file with this content finds in a document, whichever engine looks."""
    body = document.encode() if isinstance(document, str) else document
    return checked(RuleSet.load(schematron(content)), body)


def checked(rules: RuleSet, body: bytes) -> list[RuleFinding]:
    """What both engines find; the native one may leave a document to the other."""
    found = rules.python.check(body)
    assert rules.check(body) == found
    return found


def ids(found: Sequence[RuleFinding]) -> list[str]:
    """The ids of findings, with ! where they could not be evaluated."""
    return [one.rule + ("!" if one.error else "") for one in found]


def holds(test: str, document: str, context: str = "/*") -> bool | None:
    """Whether a test holds for the root element, None when it has no value."""
    outcome = failures(rule(context, test), document)
    return {"t1": False, "t1!": None}[outcome[0]] if outcome else True
