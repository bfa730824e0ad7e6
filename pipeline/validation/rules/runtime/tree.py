"""The document as rules see it: a light tree with children by name.

Only names that some rule mentions are filed by name, under the short form that generated code
uses, such as ``cbc:ID``. Text lies in one list for the whole document; a node knows the part of it
that is its own, so that the text of any element, with or without children, costs nothing until it
is asked for.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from operator import attrgetter
from typing import Any

_START = attrgetter("start")
NO_NODES: tuple["Node", ...] = ()
NO_NAMED: dict[str, list["Node"]] = {}


class Node:
    """An element, or the document node above the root element, whose ``parent`` is None.

    ``name`` is as expat gives it: URI, local name and prefix, separated by spaces. ``text`` is the
    whole text inside, or None where ``text_of`` still has to gather it.
    """

    __slots__ = (
        "attributes",
        "children",
        "document",
        "end",
        "memo",
        "name",
        "named",
        "parent",
        "start",
        "state",
        "text",
    )

    attributes: dict[str, str]
    children: list["Node"] | tuple["Node", ...]
    document: "Document"
    end: int
    memo: dict[int, Any] | None
    name: str
    named: dict[str, list["Node"]]
    parent: "Node | None"
    start: int
    state: Any
    text: str | None


class Document:
    """A parsed document, the values that were already computed for it, and what the automaton saw.

    ``root`` is the document node, ``top`` the root element, ``inner`` are the nodes with children.
    ``work`` are the elements that rules apply to, ``collected`` those on the ways that rules ask
    for, both in document order; ``hits`` has the first node that each forbidden path led to.
    """

    __slots__ = ("_order", "collected", "hits", "inner", "memo", "root", "texts", "top", "work")

    def __init__(self, memo_size: int, collected_size: int = 0) -> None:
        self.root = self.top = Node()
        self.collected: list[Any] = [NO_NODES] * collected_size
        self.texts: list[str] = []
        self.work: list[Node] = []
        self.inner: list[Node] = []
        self.hits: dict[int, Node] = {}
        self.memo: list[Any] = [None] * memo_size
        self._order: dict[int, int] | None = None

    def collect(self, number: int, node: Node) -> None:
        """File a node under a way."""
        nodes = self.collected[number]
        if isinstance(nodes, list):
            nodes.append(node)
        else:
            self.collected[number] = [node]

    def release(self) -> None:
        """Cut the ways down, so that the nodes go at once and not when cycles are looked for."""
        for node in self.inner:
            node.children = NO_NODES
            node.named = NO_NAMED
        del self.root.document

    def order(self) -> dict[int, int]:
        """Place of every node in document order, by its id."""
        if self._order is None:
            nodes = (self.root, *descendants(self.root))
            self._order = {id(node): place for place, node in enumerate(nodes)}
        return self._order


def text_of(node: Node) -> str:
    """The string value: all text inside."""
    text = node.text
    if text is None:
        text = node.text = "".join(_document_of(node).texts[node.start : node.end])
    return text


def text_nodes(node: Node) -> list[str]:
    """The text directly in a node, in the pieces that its children cut it into."""
    texts = _document_of(node).texts
    start, pieces = node.start, []
    for child in node.children:
        pieces.append("".join(texts[start : child.start]))
        start = child.end
    pieces.append("".join(texts[start : node.end]))
    return [piece for piece in pieces if piece]


def _document_of(node: Node) -> Document:
    while node.parent is not None:
        node = node.parent
    return node.document


def descendants(node: Node) -> list[Node]:
    """All elements below, in document order."""
    found: list[Node] = []
    waiting = list(reversed(node.children))
    while waiting:
        below = waiting.pop()
        found.append(below)
        waiting.extend(reversed(below.children))
    return found


def ancestors(node: Node) -> list[Node]:
    """Every element around, the nearest first; the document node is the last."""
    found = []
    above = node.parent
    while above is not None:
        found.append(above)
        above = above.parent
    return found


def siblings_after(node: Node) -> list[Node]:
    """The siblings that follow, in document order."""
    return _around(node)[1]


def siblings_before(node: Node) -> list[Node]:
    """The siblings that come before, the nearest first."""
    return _around(node)[0][::-1]


def _around(node: Node) -> tuple[list[Node], list[Node]]:
    if node.parent is None:
        return [], []
    children = node.parent.children
    place = next(place for place, child in enumerate(children) if child is node)
    return list(children[:place]), list(children[place + 1 :])


def nodes_before(node: Node) -> list[Node]:
    """Every element that ended before this one started, the nearest first."""
    found: list[Node] = []
    for around in (node, *ancestors(node)):
        for sibling in siblings_before(around):
            found.extend(reversed((sibling, *descendants(sibling))))
    return found


def named_before(named: list[Node], node: Node, name: str) -> list[Node]:
    """Those of `nodes_before` with a name, of which ``named`` are all in the document."""
    for place, one in enumerate(named):
        if one is node:
            around = {id(above) for above in ancestors(node)}
            return [before for before in reversed(named[:place]) if id(before) not in around]
    return [before for before in nodes_before(node) if before.state.name == name]


def nodes_after(node: Node) -> list[Node]:
    """Every element that starts after this one ended, in document order."""
    found: list[Node] = []
    for around in (node, *ancestors(node)):
        for sibling in siblings_after(around):
            found.extend((sibling, *descendants(sibling)))
    return found


def distinct(nodes: list[Node]) -> list[Node]:
    """The nodes without repetitions, in the order of their first appearance."""
    return list({id(node): node for node in nodes}.values())


def in_order(document: Document, nodes: list[Node]) -> list[Node]:
    """The nodes without repetitions, in document order."""
    if len(nodes) < 2:  # noqa: PLR2004 - nothing to order
        return nodes
    ordered = sorted(distinct(nodes), key=_START)
    if all(one.start < after.start for one, after in pairwise(ordered)):
        return ordered
    # There is no text between some of them: only the whole document tells.
    order = document.order()
    return sorted(ordered, key=lambda node: order[id(node)])


def merged(document: Document, *parts: Sequence[Node]) -> Sequence[Node]:
    """The nodes of all parts, each of which is in document order."""
    filled = [part for part in parts if part]
    if len(filled) < 2:  # noqa: PLR2004 - often there is one way or the other
        return filled[0] if filled else NO_NODES
    return in_order(document, [node for part in filled for node in part])


def local_name(node: Node) -> str:
    """The name without namespace; empty for the document node."""
    uri, _, rest = node.name.partition(" ")
    return rest.partition(" ")[0] if rest else uri


def lexical_name(node: Node) -> str:
    """The name as written in the document, with its prefix."""
    parts = node.name.split(" ")
    return f"{parts[2]}:{parts[1]}" if len(parts) == 3 else local_name(node)  # noqa: PLR2004


def name_or_empty(name: Callable[[Node], str], node: Node | None) -> str:
    """A name of a node that may be missing."""
    return "" if node is None else name(node)


def namespace_uri(node: Node) -> str:
    """The namespace of the name; empty when it has none."""
    uri, space, _ = node.name.partition(" ")
    return uri if space else ""


class Paths:
    """Paths of the nodes of one document, made once for all children of a node."""

    def __init__(self) -> None:
        self._steps: dict[int, str] = {}

    def path_of(self, node: Node) -> str:
        """An XPath with prefixes, and places where there are several of one name."""
        steps = []
        while node.parent is not None:
            if id(node) not in self._steps:
                self._steps.update(_steps_to_children(node.parent))
            steps.append(self._steps[id(node)])
            node = node.parent
        return "/" + "/".join(reversed(steps))


def _steps_to_children(parent: Node) -> Iterator[tuple[int, str]]:
    total = Counter(child.name for child in parent.children)
    seen: Counter[str] = Counter()
    for child in parent.children:
        seen[child.name] += 1
        place = f"[{seen[child.name]}]" if total[child.name] > 1 else ""
        yield id(child), lexical_name(child) + place
