"""One pass of expat over a document, in which the tree is built and the automaton driven."""

import pyexpat
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Never, Protocol

from pipeline.domain.errors import DocumentRejected
from pipeline.validation.rules.runtime.tree import NO_NAMED, NO_NODES, Document, Node


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a document may be; the same as those of `pipeline.validation.xml`."""

    max_nodes: int = 500_000
    max_depth: int = 64
    max_attributes: int = 64


class Automaton(Protocol):
    """Gives each element its state."""

    def start(self) -> Any:
        """The state of the document node."""
        ...

    def step(self, state: Any, name: str) -> Any:
        """The state of a child; None when it is too deep."""
        ...


def parse_document(
    data: bytes, automaton: Automaton, sizes: tuple[int, int], limits: Limits
) -> Document:
    """The tree of a document, or `DocumentRejected`.

    ``sizes`` are the numbers of values that are kept for it and of ways that are collected.
    """
    if data.count(b"<") > limits.max_nodes:
        raise too_much("node-count", f"more than {limits.max_nodes} tags")
    document = Document(*sizes)
    parser = pyexpat.ParserCreate(namespace_separator=" ")
    parser.namespace_prefixes = True
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.CharacterDataHandler = document.texts.append
    _start_root(document.root, document, automaton)
    _build(parser, document, automaton, limits.max_attributes)
    try:
        parser.Parse(data, True)
    except pyexpat.ExpatError as error:
        reason = pyexpat.ErrorString(error.code) or "unreadable"
        raise DocumentRejected(
            f"The XML cannot be read: {reason} at line {error.lineno}.", rule="xml-syntax"
        ) from error
    except (LookupError, ValueError) as error:  # encodings that Python does not know, or not so
        raise DocumentRejected(f"The XML cannot be read: {error}.", rule="xml-syntax") from error
    document.root.end = len(document.texts)
    document.top = document.root.children[0]
    return document


def _build(  # noqa: C901, PLR0915 - the handlers run for every element: calls would cost too much
    parser: pyexpat.XMLParserType, document: Document, automaton: Automaton, attributes_max: int
) -> None:
    """Set the handlers that build the tree."""
    current = document.root
    new, node_class, step = Node.__new__, Node, automaton.step
    texts, inner, work = document.texts, document.inner, document.work
    hits, collected = document.hits, document.collected

    def start(name: str, attributes: dict[str, str]) -> None:  # noqa: C901, PLR0912, PLR0915
        nonlocal current
        parent = current
        current = node = new(node_class)
        state = parent.state.next.get(name) or step(parent.state, name)
        node.state = state
        node.name = name
        node.attributes = attributes
        node.parent = parent
        node.children = NO_NODES
        node.named = NO_NAMED
        node.memo = None
        node.start = len(texts)
        if parent.children:
            parent.children.append(node)  # type: ignore[union-attr]
        else:
            parent.children = [node]
            inner.append(parent)
        if state.is_filed:
            named = parent.named
            if named is NO_NAMED:
                parent.named = {state.name: [node]}
            elif state.name in named:
                named[state.name].append(node)
            else:
                named[state.name] = [node]
        if state.is_of_interest:
            if state.looks:
                work.append(node)
            for number in state.collects:
                if collected[number]:
                    collected[number].append(node)
                else:
                    collected[number] = [node]
            for hit in state.hits:
                hits.setdefault(hit, node)
        if attributes:
            if len(attributes) > attributes_max:
                raise too_much("attributes", f"an element with over {attributes_max} attributes")
            if not state.watched.isdisjoint(attributes):
                for find in state.of_attributes:
                    if find.attribute not in attributes:
                        continue
                    if find.is_hit:
                        hits.setdefault(find.number, node)
                    else:
                        document.collect(find.number, node)

    def end(_name: str) -> None:
        nonlocal current
        node = current
        current = node.parent  # type: ignore[assignment] # an element has one
        node.end = count = len(texts)
        pieces = count - node.start
        node.text = texts[-1] if pieces == 1 else None if pieces else ""

    parser.StartElementHandler = start
    parser.EndElementHandler = end


def _start_root(root: Node, document: Document, automaton: Automaton) -> None:
    root.state = automaton.start()
    root.name = ""
    root.attributes = {}
    root.parent = None
    root.children = NO_NODES
    root.named = NO_NAMED
    root.memo = None
    root.text = None
    root.start = 0
    root.document = document


def _refuse_doctype(*_: object) -> Never:
    raise DocumentRejected("The XML declares a DOCTYPE, which is never accepted.", rule="doctype")


def too_much(rule: str, what: str) -> DocumentRejected:
    """The rejection of a document that goes over a limit."""
    return DocumentRejected(f"The XML has {what}, which is not accepted.", rule=rule)


def lines_of(data: bytes, places: Collection[int]) -> dict[int, int]:
    """The lines of elements, by their places in document order; the document node is place 0.

    Lines are asked for findings only, so that they are not worth keeping for every element.
    """
    lines: dict[int, int] = {}
    place = 0

    def start(_name: str, _attributes: object) -> None:
        nonlocal place
        place += 1
        if place in places:
            lines[place] = parser.CurrentLineNumber

    parser = pyexpat.ParserCreate()
    parser.ordered_attributes = True
    parser.StartElementHandler = start
    parser.Parse(data, True)
    return lines
