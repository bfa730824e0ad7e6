"""Messages of assertions: text, with expressions whose values are told."""

import re
from collections.abc import Iterator

from lxml import etree

from pipeline.validation.rules.reader.names import SCHEMATRON, XSL, elements, unknown
from pipeline.validation.rules.schema import Embedded, MessagePart

_SPACES = re.compile(r"\s+")


def read_message(element: etree._Element) -> tuple[MessagePart, ...]:
    """The parts of a message, with single spaces and none around."""
    parts: list[MessagePart] = []
    for part in _parts(element):
        if isinstance(part, str) and parts and isinstance(parts[-1], str):
            parts[-1] += part
        else:
            parts.append(part)
    return tuple(_tidy(parts))


def _parts(element: etree._Element) -> Iterator[MessagePart]:
    yield element.text or ""
    for child in elements(element):
        yield from _child(child)
        yield child.tail or ""


def _child(child: etree._Element) -> Iterator[MessagePart]:
    if child.tag in (f"{SCHEMATRON}value-of", f"{XSL}value-of"):
        yield Embedded(child.get("select", "."))
    elif child.tag == f"{SCHEMATRON}name":
        path = child.get("path")
        yield Embedded(f"name({path})" if path else "name()")
    elif child.tag in (f"{XSL}text", f"{SCHEMATRON}emph", f"{SCHEMATRON}span"):
        yield from _parts(child)
    else:
        raise unknown(child)


def _tidy(parts: list[MessagePart]) -> Iterator[MessagePart]:
    last = len(parts) - 1
    for place, part in enumerate(parts):
        if isinstance(part, Embedded):
            yield part
            continue
        text = _SPACES.sub(" ", part)
        text = text.lstrip() if place == 0 else text
        text = text.rstrip() if place == last else text
        if text:
            yield text
