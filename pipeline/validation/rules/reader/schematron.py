"""Schematron source (ISO 19757-3, query binding ``xslt2``)."""

from collections.abc import Iterable, Iterator

from lxml import etree

from pipeline.validation.rules.reader.functions import read_function
from pipeline.validation.rules.reader.messages import read_message
from pipeline.validation.rules.reader.names import SCHEMATRON, XSL, elements, required, unknown
from pipeline.validation.rules.schema import Assertion, Let, Pattern, Rule, Schema

_BINDINGS = frozenset({"xslt2", "xslt3", "xpath2", "xpath3"})
_IGNORED = frozenset(
    f"{SCHEMATRON}{name}" for name in ("title", "ns", "p", "phase", "diagnostics", "properties")
)


def read_schematron(root: etree._Element) -> Schema:
    """A ``sch:schema``; abstract patterns, includes and reports are refused."""
    binding = root.get("queryBinding", "xslt1")
    if binding not in _BINDINGS:
        raise unknown(root, f"with the query binding {binding}")
    inside = [child for child in elements(root) if child.tag not in _IGNORED]
    _require_known(inside, f"{SCHEMATRON}let", f"{SCHEMATRON}pattern", f"{XSL}function")
    return Schema(
        title=" ".join((root.findtext(f"{SCHEMATRON}title") or "").split()),
        namespaces={
            required(one, "prefix"): required(one, "uri") for one in root.findall(f"{SCHEMATRON}ns")
        },
        lets=_lets(inside),
        functions=tuple(read_function(one) for one in _named(inside, f"{XSL}function")),
        patterns=tuple(_pattern(one) for one in _named(inside, f"{SCHEMATRON}pattern")),
    )


def _pattern(element: etree._Element) -> Pattern:
    inside = _plain_content(element)
    _require_known(inside, f"{SCHEMATRON}let", f"{SCHEMATRON}rule")
    return Pattern(
        rules=tuple(_rule(one) for one in _named(inside, f"{SCHEMATRON}rule")), lets=_lets(inside)
    )


def _rule(element: etree._Element) -> Rule:
    inside = _plain_content(element)
    _require_known(inside, f"{SCHEMATRON}let", f"{SCHEMATRON}assert")
    return Rule(
        context=required(element, "context"),
        lets=_lets(inside),
        assertions=tuple(_assertion(one) for one in _named(inside, f"{SCHEMATRON}assert")),
    )


def _assertion(element: etree._Element) -> Assertion:
    return Assertion(
        id=element.get("id", ""),
        flag=element.get("flag") or element.get("role") or "",
        test=required(element, "test"),
        message=read_message(element),
    )


def _lets(inside: Iterable[etree._Element]) -> tuple[Let, ...]:
    lets = _named(inside, f"{SCHEMATRON}let")
    return tuple(Let(required(one, "name"), required(one, "value")) for one in lets)


def _named(inside: Iterable[etree._Element], tag: str) -> Iterator[etree._Element]:
    return (child for child in inside if child.tag == tag)


def _plain_content(element: etree._Element) -> list[etree._Element]:
    for attribute in ("abstract", "is-a"):
        if element.get(attribute, "false") != "false":
            raise unknown(element, f"with {attribute}, which is not supported")
    return [child for child in elements(element) if child.tag not in _IGNORED]


def _require_known(inside: Iterable[etree._Element], *tags: str) -> None:
    for child in inside:
        if child.tag not in tags:
            raise unknown(child)
