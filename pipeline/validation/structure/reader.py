"""XSD files in, declarations out: the part of XSD 1.0 that UBL is written in.

Only what the root elements lead to is read. A type in a form that is not known here becomes
`Undecided`, never a guess.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from lxml import etree

from pipeline.validation.structure.declarations import (
    Attribute,
    Child,
    Declarations,
    ElementContent,
    Group,
    Name,
    Particle,
    SimpleContent,
    Type,
    Undecided,
    Value,
)
from pipeline.validation.xml import hardened_parser

_XSD = "{http://www.w3.org/2001/XMLSchema}"
_VALUES = {
    "string": Value.TEXT,
    "normalizedString": Value.TEXT,
    "token": Value.TEXT,
    "decimal": Value.DECIMAL,
    "boolean": Value.BOOLEAN,
    "date": Value.DATE,
    "time": Value.TIME,
    "dateTime": Value.DATE_TIME,
    "language": Value.LANGUAGE,
    "anyURI": Value.ANY_URI,
    "base64Binary": Value.BASE_64,
}
_GROUPS = {f"{_XSD}sequence": False, f"{_XSD}choice": True}
_KNOWN = {
    f"{_XSD}element": frozenset({"ref", "name", "type", "minOccurs", "maxOccurs"}),
    f"{_XSD}complexType": frozenset({"name"}),
    f"{_XSD}attribute": frozenset({"name", "type", "use"}),
    f"{_XSD}sequence": frozenset({"minOccurs", "maxOccurs"}),
    f"{_XSD}choice": frozenset({"minOccurs", "maxOccurs"}),
    f"{_XSD}any": frozenset({"namespace", "processContents", "minOccurs", "maxOccurs"}),
    f"{_XSD}simpleContent": frozenset[str](),
    f"{_XSD}extension": frozenset({"base"}),
    f"{_XSD}restriction": frozenset({"base"}),
}
"""What may be written on each; anything else would mean something that is not read here."""


class _NotKnown(Exception):
    """A form of XSD that is not read here."""


def read_schemas(files: Iterable[Path], roots: Iterable[Name]) -> Declarations:
    """What the root elements lead to in schema files and in all that they import.

    Raises:
        OSError, etree.XMLSyntaxError: a file cannot be read.
        KeyError: a root element is not declared.
    """
    schemas = _Schemas(files)
    reader = _Reader(schemas)
    roots = tuple(roots)
    for root in roots:
        reader.follow(root)
    return Declarations(roots, reader.types, reader.elements, schemas.namespaces)


class _Schemas:
    """All schema documents, by what they declare."""

    def __init__(self, files: Iterable[Path]) -> None:
        self.elements: dict[Name, etree._Element] = {}
        self.types: dict[Name, etree._Element] = {}
        self.namespaces: frozenset[str] = frozenset()
        self._seen: set[Path] = set()
        for file in files:
            self._read(file)

    def _read(self, file: Path) -> None:
        if file in self._seen:
            return
        self._seen.add(file)
        data = file.read_bytes()
        schema = etree.fromstring(data, hardened_parser(len(data)))
        namespace = schema.get("targetNamespace", "")
        self.namespaces |= {namespace}
        for node in schema.iterchildren("*"):
            location = node.get("schemaLocation")
            if location is not None and node.tag in (f"{_XSD}import", f"{_XSD}include"):
                self._read((file.parent / location).resolve())
            name = f"{{{namespace}}}{node.get('name')}"
            if node.tag == f"{_XSD}element":
                self.elements[name] = node
            elif node.tag == f"{_XSD}complexType":
                self.types[name] = node


class _Reader:
    def __init__(self, schemas: _Schemas) -> None:
        self._schemas = schemas
        self.elements: dict[Name, str] = {}
        self.types: dict[str, Type] = {}

    def follow(self, root: Name) -> None:
        waiting = [root]
        while waiting:
            name = waiting.pop()
            if name in self.elements:
                continue
            node = self._schemas.elements[name]
            type_name = self.elements[name] = _qualified(node, node.get("type", ""))
            if type_name not in self.types:
                self.types[type_name] = found = self._type(node, type_name)
                waiting.extend(_children(found))

    def _type(self, element: etree._Element, name: str) -> Type:
        try:
            _require_known(element)
            _require_empty(element)
            return self._complex_type(name)
        except _NotKnown as reason:
            return Undecided(str(reason))

    def _complex_type(self, name: Name) -> SimpleContent | ElementContent:
        node = self._schemas.types.get(name)
        if node is None:
            raise _NotKnown(f"the type {name}")
        _require_known(node)
        content = _only_part(node)
        if content.tag == f"{_XSD}simpleContent":
            return self._simple_content(content)
        return ElementContent(self._particle(content))

    def _simple_content(self, node: etree._Element) -> SimpleContent:
        _require_known(node)
        derivation = _only_part(node)
        _require_known(derivation)
        base = self._base(_qualified(derivation, derivation.get("base", "")))
        attributes = {attribute.name: attribute for attribute in base.attributes}
        for part in _parts(derivation):
            attribute = _attribute(part)
            attributes[attribute.name] = attribute
        return SimpleContent(base.value, tuple(attributes.values()))

    def _base(self, name: Name) -> SimpleContent:
        if name.startswith(_XSD):
            return SimpleContent(_value(name))
        base = self._complex_type(name)
        if not isinstance(base, SimpleContent):
            raise _NotKnown(f"text that is made of {name}")
        return base

    def _particle(self, node: etree._Element) -> Particle:
        _require_known(node)
        least, most = node.get("minOccurs", "1"), node.get("maxOccurs", "1")
        return Particle(self._term(node), int(least), None if most == "unbounded" else int(most))

    def _term(self, node: etree._Element) -> Child | Group:
        if node.tag in _GROUPS:
            parts = tuple(self._particle(part) for part in _parts(node))
            return Group(parts, is_choice=_GROUPS[str(node.tag)])
        if node.tag == f"{_XSD}element" and node.get("ref"):
            return Child(_qualified(node, node.get("ref", "")))
        if (node.get("namespace"), node.get("processContents")) == ("##other", "lax"):
            return Child(None)
        raise _NotKnown(f"{node.tag} in a content model")


def _attribute(node: etree._Element) -> Attribute:
    is_qualified = node.getroottree().getroot().get("attributeFormDefault") == "qualified"
    if node.tag != f"{_XSD}attribute" or node.get("use") == "prohibited" or is_qualified:
        raise _NotKnown(f"{node.tag} where an attribute is expected")
    _require_known(node)
    value = _value(_qualified(node, node.get("type", "")))
    return Attribute(node.get("name", ""), value, node.get("use") == "required")


def _value(name: Name) -> Value:
    value = _VALUES.get(name.removeprefix(_XSD))
    if value is None:
        raise _NotKnown(f"the simple type {name}")
    return value


def _children(found: Type) -> Iterator[Name]:
    if isinstance(found, ElementContent):
        yield from _names(found.model)


def _names(particle: Particle) -> Iterator[Name]:
    if isinstance(particle.term, Group):
        for part in particle.term.parts:
            yield from _names(part)
    elif particle.term.name is not None:
        yield particle.term.name


def _parts(node: etree._Element) -> list[etree._Element]:
    elements = node.iterchildren("*")
    return [part for part in elements if part.tag != f"{_XSD}annotation"]


def _only_part(node: etree._Element) -> etree._Element:
    parts = _parts(node)
    if len(parts) != 1:
        raise _NotKnown(f"{node.tag} with {len(parts)} parts")
    return parts[0]


def _require_known(node: etree._Element) -> None:
    known: Mapping[str, frozenset[str]] = _KNOWN
    unknown = set(map(str, node.attrib)) - known.get(str(node.tag), frozenset())
    if str(node.tag) not in known or unknown:
        raise _NotKnown(f"{node.tag} with {', '.join(sorted(unknown))}")


def _require_empty(element: etree._Element) -> None:
    if _parts(element):
        raise _NotKnown("an element with more than a type")


def _qualified(node: etree._Element, name: str) -> Name:
    """A name with the namespace that its prefix means here."""
    prefix, _, local = name.rpartition(":")
    return f"{{{node.nsmap.get(prefix or None, '')}}}{local}"
