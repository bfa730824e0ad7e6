"""The functions that a rule file defines: ``xsl:function`` and what may be in it."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from lxml import etree

from pipeline.validation.rules.reader.names import XSL, elements, required, unknown
from pipeline.validation.rules.schema import (
    Case,
    Choose,
    Function,
    Give,
    Let,
    Parameter,
    Statement,
)


def read_function(element: etree._Element) -> Function:
    """An ``xsl:function``."""
    inside = list(elements(element))
    parameters = [child for child in inside if child.tag == f"{XSL}param"]
    body = inside[len(parameters) :]
    return Function(
        name=required(element, "name"),
        parameters=tuple(Parameter(required(one, "name"), one.get("as", "")) for one in parameters),
        declared=element.get("as", ""),
        body=tuple(_statements(body)),
    )


def _statements(inside: Iterable[etree._Element]) -> Iterator[Statement]:
    for element in inside:
        read = _INSTRUCTIONS.get(str(element.tag))
        if read is None:
            raise unknown(element)
        yield read(element)


def _give(element: etree._Element) -> Give:
    return Give(required(element, "select"))


def _if(element: etree._Element) -> Choose:
    return Choose((_case(element),), ())


def _choose(element: etree._Element) -> Choose:
    branches = list(elements(element))
    otherwise = [one for one in branches if one.tag == f"{XSL}otherwise"]
    return Choose(
        cases=tuple(_case(one) for one in branches if one.tag == f"{XSL}when"),
        otherwise=tuple(_statements(elements(otherwise[0]))) if otherwise else (),
    )


def _case(element: etree._Element) -> Case:
    return Case(required(element, "test"), tuple(_statements(elements(element))))


def read_variable(element: etree._Element) -> Let:
    """A variable by its expression, by the only instruction in it, or by its text."""
    name = required(element, "name")
    select = element.get("select")
    if select is not None:
        return Let(name, select)
    inside = list(elements(element))
    if not inside:
        return Let(name, literal(element.text or ""))
    if len(inside) == 1 and inside[0].tag in (f"{XSL}sequence", f"{XSL}value-of"):
        return Let(name, required(inside[0], "select"))
    raise unknown(inside[0])


def literal(text: str) -> str:
    """Text as an XPath string literal."""
    return "'" + text.replace("'", "''") + "'"


_INSTRUCTIONS: Mapping[str, Callable[[etree._Element], Statement]] = {
    f"{XSL}variable": read_variable,
    f"{XSL}sequence": _give,
    f"{XSL}value-of": _give,
    f"{XSL}choose": _choose,
    f"{XSL}if": _if,
}
