"""Documents drawn from the schemas: any element that may be there, in any number and order."""

from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from random import Random

from lxml import etree

from pipeline.validation.names import CAC, CBC
from pipeline.validation.structure.content import Automaton, automaton_of
from pipeline.validation.structure.declarations import (
    Child,
    Declarations,
    ElementContent,
    Name,
    Particle,
    SimpleContent,
    Type,
    Undecided,
    Value,
)

_TEXTS: Mapping[Value, tuple[str, ...]] = {
    Value.TEXT: ("x", "", " two  words ", "é€", "1"),
    Value.DECIMAL: ("1", "-2.50", " 3.0\n", "+0.1"),
    Value.BOOLEAN: ("true", "false", "1", "0"),
    Value.DATE: ("2026-03-01", "2024-02-29", "2026-03-01Z"),
    Value.TIME: ("10:00:00", "10:00:00.5", "23:59:59+01:00"),
    Value.DATE_TIME: ("2026-03-01T10:00:00",),
    Value.LANGUAGE: ("en", "nl-BE"),
    Value.ANY_URI: ("http://example.com/a?b=c", "urn:a:b", ""),
    Value.BASE_64: ("", "QUJD", "QQ==", "QUJD\n QUJD"),
}
_ODD = (
    *("", " ", "x", "1e3", "2026-02-30", "2026-03-01 ", "24:00:00", "12,5", "TRUE", "QR==", "QQ="),
    *("a b", "%zz", "-", "+", ".", "2026-13-01", "10:00", "http://[", "1" * 30),
)
_ELEMENTS_MAX = 150
_DEPTH_MAX = 8


class Drawing:
    """One document; the same for the same seed."""

    def __init__(self, declarations: Declarations, seed: int) -> None:
        self._declarations = declarations
        self._rng = Random(seed)  # noqa: S311 - test data
        self._left = _ELEMENTS_MAX

    def document(self) -> bytes:
        """One that the schemas allow."""
        return etree.tostring(self._root(), encoding="UTF-8", xml_declaration=True)

    def changed_document(self) -> bytes:
        """One with one change, which may be allowed or not."""
        root = self._root()
        change = self._rng.choice((_repeat, _remove, _swap, self._text, self._attribute, _comment))
        change(self._rng.choice(list(root.iter("*"))))
        return etree.tostring(root, encoding="UTF-8")

    def _root(self) -> etree._Element:
        name = self._rng.choice(self._declarations.roots)
        namespaces = {"ubl": name[1:].partition("}")[0], "cac": CAC[1:-1], "cbc": CBC[1:-1]}
        root = etree.Element(name, nsmap=namespaces)
        self._fill(root, name, 0)
        return root

    def _fill(self, node: etree._Element, name: Name, depth: int) -> None:
        self._left -= 1
        found = _type(self._declarations, name)
        if isinstance(found, SimpleContent):
            self._fill_text(node, found)
        elif isinstance(found, ElementContent):
            self._fill_children(node, _automaton(found.model), depth)

    def _fill_text(self, node: etree._Element, found: SimpleContent) -> None:
        node.text = self._rng.choice(_TEXTS[found.value])
        for attribute in found.attributes:
            if attribute.is_required or self._rng.random() < 0.2:
                node.set(attribute.name, self._rng.choice(_TEXTS[attribute.value]))

    def _fill_children(self, node: etree._Element, automaton: Automaton, depth: int) -> None:
        state, distances = 0, _distances(automaton)
        while True:
            is_tired = self._left < 0 or depth > _DEPTH_MAX or self._rng.random() < 0.3
            if state in automaton.final and is_tired:
                return
            after = automaton.follow[state]
            if not after:
                return
            nearest = min(after, key=lambda one: distances[one])
            state = nearest if is_tired else self._rng.choice(after)
            self._add(node, automaton.children[state - 1], depth)

    def _add(self, node: etree._Element, child: Child, depth: int) -> None:
        if child.name is not None:
            self._fill(etree.SubElement(node, child.name), child.name, depth + 1)
            return
        foreign = etree.SubElement(node, "{urn:example:foreign}Thing", {"a": "b"})
        foreign.text = "text "
        etree.SubElement(foreign, "{urn:example:other}Thing").tail = " between"

    def _text(self, node: etree._Element) -> None:
        node.text = self._rng.choice(_ODD)

    def _attribute(self, node: etree._Element) -> None:
        if node.attrib and self._rng.random() < 0.5:
            del node.attrib[self._rng.choice(list(node.attrib))]
        else:
            names = ("currencyID", "unitCode", "schemeURI", "mimeCode", "languageID", "x", "name")
            node.set(self._rng.choice(names), self._rng.choice(_ODD))


def _repeat(node: etree._Element) -> None:
    if (parent := node.getparent()) is not None:
        parent.insert(parent.index(node), deepcopy(node))


def _remove(node: etree._Element) -> None:
    if (parent := node.getparent()) is not None:
        parent.remove(node)


def _swap(node: etree._Element) -> None:
    if (before := node.getprevious()) is not None:
        node.addnext(before)


def _comment(node: etree._Element) -> None:
    node.append(etree.Comment("a comment"))


def _type(declarations: Declarations, name: Name) -> Type:
    found = declarations.types[declarations.elements[name]]
    assert not isinstance(found, Undecided)
    return found


@cache
def _automaton(model: Particle) -> Automaton:
    return automaton_of(model)


@cache
def _distances(automaton: Automaton) -> Mapping[int, int]:
    """How many more children it takes at least, by state."""
    distances = dict.fromkeys(automaton.final, 0)
    while True:
        nearer = {
            state: 1 + min(distances[one] for one in after if one in distances)
            for state, after in enumerate(automaton.follow)
            if state not in distances and any(one in distances for one in after)
        }
        if not nearer:
            return distances
        distances.update(nearer)
