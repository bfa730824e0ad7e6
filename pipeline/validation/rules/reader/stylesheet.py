"""XSLT that was compiled from Schematron, read back.

| | ISO skeleton | SchXslt 1 and 2 |
|---|---|---|
| pattern | the mode of its templates | named in the guard of each template; one mode for many |
| order of rules | falling priority | the same |
| test | ``when`` beside the ``otherwise`` with the failure | inside ``not(...)`` of an ``if`` |
| lets of a rule | variables of the template | the same, or below its ``otherwise`` |
| lets of schema and patterns | variables of the stylesheet | the same |

The attribute ``test`` of a failure is never read: it is a template of its own, which eats braces.
"""

import re
from collections.abc import Iterator

from lxml import etree

from pipeline.validation.rules.reader.functions import read_function, read_variable
from pipeline.validation.rules.reader.messages import read_message
from pipeline.validation.rules.reader.names import SVRL, XSL, elements, required, unknown
from pipeline.validation.rules.schema import Assertion, Let, Pattern, Rule, Schema

_FAILED = f"{SVRL}failed-assert"
_PROCESSOR_NAMES = frozenset(
    {
        "archiveDirParameter",
        "archiveNameParameter",
        "document-uri",
        "fileDirParameter",
        "fileNameParameter",
    }
)
_GUARDED_PATTERN = re.compile(r"'([^']+)'")


def read_stylesheet(root: etree._Element) -> Schema:
    """An ``xsl:stylesheet``; raises `ConfigurationError` when it has no assertions."""
    templates = [one for one in root.findall(f"{XSL}template") if _is_rule(one)]
    if not templates:
        raise unknown(root, "that was not compiled from Schematron")
    return Schema(
        title=_title(root),
        namespaces={prefix: uri for prefix, uri in root.nsmap.items() if prefix},
        lets=tuple(_lets(root)),
        functions=tuple(
            read_function(one)
            for one in root.findall(f"{XSL}function")
            if _is_own(required(one, "name"))
        ),
        patterns=tuple(_patterns(templates)),
    )


def _title(root: etree._Element) -> str:
    output = next(root.iter(f"{SVRL}schematron-output"), None)
    return "" if output is None else " ".join(output.get("title", "").split())


def _is_rule(template: etree._Element) -> bool:
    return template.get("match") is not None and (
        next(template.iter(_FAILED, f"{SVRL}fired-rule"), None) is not None
    )


def _is_own(name: str) -> bool:
    return name not in _PROCESSOR_NAMES and not name.startswith(("schxslt", "Q{"))


def _patterns(templates: list[etree._Element]) -> Iterator[Pattern]:
    groups: dict[str, list[etree._Element]] = {}
    for template in templates:
        groups.setdefault(_pattern_name(template), []).append(template)
    for group in groups.values():
        group.sort(key=lambda template: -float(required(template, "priority")))
        yield Pattern(tuple(map(_rule, group)))


def _pattern_name(template: etree._Element) -> str:
    for guard in template.iter(f"{XSL}when"):
        test = guard.get("test", "")
        name = _GUARDED_PATTERN.search(test)
        if "patterns-matched" in test and name is not None:
            return name[1]
    return required(template, "mode")


def _rule(template: etree._Element) -> Rule:
    holders = [template, *template.findall(f"{XSL}choose/{XSL}otherwise")]
    return Rule(
        context=required(template, "match"),
        lets=tuple(let for holder in holders for let in _lets(holder)),
        assertions=tuple(map(_assertion, template.iter(_FAILED))),
    )


def _lets(holder: etree._Element) -> Iterator[Let]:
    for element in holder:
        if element.tag in (f"{XSL}variable", f"{XSL}param") and _is_own(required(element, "name")):
            if element.tag == f"{XSL}param" and element.get("select") is None:
                raise unknown(element, "without a default value")
            yield read_variable(element)


def _assertion(failure: etree._Element) -> Assertion:
    text = failure.find(f"{SVRL}text")
    return Assertion(
        id=_attribute(failure, "id"),
        flag=_attribute(failure, "flag") or _attribute(failure, "role"),
        test=_test(failure),
        message=() if text is None else read_message(text),
    )


def _attribute(failure: etree._Element, name: str) -> str:
    """An attribute of the report, written as one or as an instruction."""
    written = failure.get(name)
    if written is not None:
        return written
    instructions = failure.findall(f"{XSL}attribute")
    texts = (_text(one) for one in instructions if one.get("name") == name)
    return next(texts, "")


def _text(instruction: etree._Element) -> str:
    inner = instruction.find(f"{XSL}text")
    return (instruction.text if inner is None else inner.text) or ""


def _test(failure: etree._Element) -> str:
    for around in failure.iterancestors(f"{XSL}choose", f"{XSL}if"):
        if around.tag == f"{XSL}if":
            return _negated(around)
        return required(next(iter(elements(around))), "test")
    raise unknown(failure, "without a condition")


def _negated(element: etree._Element) -> str:
    test = required(element, "test").strip()
    if not (test.startswith("not(") and test.endswith(")")):
        raise unknown(element, "whose condition is not negated")
    return test[4:-1]
