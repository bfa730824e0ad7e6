"""One pass of expat over a document, in which the tree is built and the automaton driven."""

import pyexpat
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
        """The state of a child."""
        ...


def parse_document(data: bytes, automaton: Automaton, memo_size: int, limits: Limits) -> Document:
    """The tree of a document, or `DocumentRejected`.

    The two handlers run for every element, so that they are closures over local variables: this
    is a third of the time that a document takes.
    """
    if data.count(b"<") > limits.max_nodes:
        raise _too_much("node-count", f"more than {limits.max_nodes} tags")
    document = Document(memo_size)
    parser = pyexpat.ParserCreate(namespace_separator=" ")
    parser.namespace_prefixes = True
    parser.buffer_text = True
    _drive(parser, document, automaton, limits)
    try:
        parser.Parse(data, True)
    except pyexpat.ExpatError as error:
        reason = pyexpat.ErrorString(error.code) or "unreadable"
        raise DocumentRejected(
            f"The XML cannot be read: {reason} at line {error.lineno}.", rule="xml-syntax"
        ) from error
    document.root.end = len(document.texts)
    return document


def _drive(
    parser: pyexpat.XMLParserType, document: Document, automaton: Automaton, limits: Limits
) -> None:
    """Set the handlers that build the tree."""
    current = document.root
    _start_root(current, document, automaton)
    new, node_class = Node.__new__, Node
    texts, everywhere = document.texts, document.named
    work, hits = document.work, document.hits
    step, depth_max, attributes_max = automaton.step, limits.max_depth, limits.max_attributes

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal current
        parent = current
        current = node = new(node_class)
        state = parent.state.next.get(name)
        if state is None:
            state = step(parent.state, name)
        node.state = state
        node.name = name
        node.attributes = attributes
        node.parent = parent
        node.children = NO_NODES
        node.named = NO_NAMED
        node.memo = None
        node.text = ""
        node.start = len(texts)
        node.line = parser.CurrentLineNumber
        node.depth = depth = parent.depth + 1
        if depth > depth_max:
            raise _too_much("depth", f"elements nested more than {depth_max} deep")
        if state.is_of_interest:
            work.append(node)
        if state.hits:
            for hit in state.hits:
                hits.setdefault(hit, node)
        if attributes:
            if len(attributes) > attributes_max:
                raise _too_much("attributes", f"an element with over {attributes_max} attributes")
            for attribute, hit in state.attribute_hits:
                if attribute in attributes:
                    hits.setdefault(hit, node)
        if parent.children is NO_NODES:
            parent.children = [node]
        else:
            parent.children.append(node)  # type: ignore[union-attr]
        short = state.name
        if short != "*":
            if parent.named is NO_NAMED:
                parent.named = {short: [node]}
            elif short in parent.named:
                parent.named[short].append(node)
            else:
                parent.named[short] = [node]
            if short in everywhere:
                everywhere[short].append(node)
            else:
                everywhere[short] = [node]

    def end(_name: str) -> None:
        nonlocal current
        node = current
        node.end = count = len(texts)
        pieces = count - node.start
        if pieces == 1:
            node.text = texts[-1]
        elif pieces:
            node.text = None
        current = node.parent

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = texts.append
    parser.StartDoctypeDeclHandler = _refuse_doctype


def _start_root(root: Node, document: Document, automaton: Automaton) -> None:
    root.state = automaton.start()
    root.name = ""
    root.attributes = {}
    root.parent = None  # type: ignore[assignment]
    root.children = NO_NODES
    root.named = NO_NAMED
    root.memo = None
    root.text = None
    root.start = 0
    root.line = 0
    root.depth = 0
    root.document = document


def _refuse_doctype(*_: object) -> Never:
    raise DocumentRejected("The XML declares a DOCTYPE, which is never accepted.", rule="doctype")


def _too_much(rule: str, what: str) -> DocumentRejected:
    return DocumentRejected(f"The XML has {what}, which is not accepted.", rule=rule)
