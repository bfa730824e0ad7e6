"""The XPath subset against an interpreter of the whole language."""

from typing import Any

import elementpath
from hypothesis import HealthCheck, assume, given, settings
from lxml import etree

from pipeline.domain.errors import ConfigurationError
from pipeline.validation.rules.ruleset import RuleSet
from tests.unit.validation.rules.expressions import CONDITIONS, documents
from tests.unit.validation.rules.rule_files import rule, schematron

CONTEXTS = ("r", "a", "b", "c")


def ours(test: str, document: str) -> dict[str, str]:
    """What there is to say of an element, by its path; nothing where the condition holds."""
    content = "".join(rule(name, test) for name in CONTEXTS)
    try:
        rules = RuleSet.load(schematron(content))
    except ConfigurationError:
        assume(False)
        raise
    found = rules.check(document.encode())
    return {one.path: "error" if one.error else "false" for one in found}


def theirs(test: str, document: str) -> dict[str, str]:
    """The same by elementpath."""
    root = etree.fromstring(document)
    tree = root.getroottree()
    answers = {tree.getpath(one): evaluated(test, root, one) for one in root.iter()}
    return {place: answer for place, answer in answers.items() if answer != "true"}


def evaluated(test: str, root: etree._Element, element: etree._Element) -> str:
    parser = elementpath.XPath2Parser(namespaces={"xs": "http://www.w3.org/2001/XMLSchema"})
    context = elementpath.XPathContext(etree.ElementTree(root), item=element)
    try:
        value: Any = parser.parse(f"boolean({test})").evaluate(context)
    except (elementpath.ElementPathError, ArithmeticError):
        return "error"
    return "true" if value else "false"


@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(test=CONDITIONS, document=documents())
def test_every_condition_has_the_answer_of_an_interpreter(test: str, document: str) -> None:
    mine, expected = ours(test, document), theirs(test, document)
    # An engine may or may not look at a part that has no value, such as the other operand of and.
    open_ = {place for place, answer in (*mine.items(), *expected.items()) if answer == "error"}
    assert {*mine} - open_ == {*expected} - open_
