from collections.abc import Iterator

import pytest

from pipeline.domain.errors import DocumentRejected
from pipeline.validation.rules.ruleset import RuleSet
from pipeline.validation.rules.runtime import tree
from pipeline.validation.rules.runtime.parse import Limits, lines_of
from pipeline.validation.rules.runtime.tree import Document, Node, Paths
from tests.unit.validation.rules.rule_files import rule, schematron

DOCUMENT = b"""<r>
  <a>1<b>2</b>3<b/><!-- no --><c x="y">4</c></a>
  <p:a xmlns:p="urn:p"><d>5<e>6</e></d></p:a>
</r>"""


@pytest.fixture
def document() -> Document:
    return RuleSet.load(schematron(rule("a/b", "c"))).python.parse(DOCUMENT)


def find(document: Document, local: str, place: int = 0) -> Node:
    return [one for one in tree.descendants(document.root) if tree.local_name(one) == local][place]


def names(nodes: Iterator[Node] | list[Node]) -> str:
    return " ".join(tree.local_name(node) or "/" for node in nodes)


def test_the_text_of_an_element_is_all_text_inside(document: Document) -> None:
    assert tree.text_of(find(document, "b")) == "2"
    assert tree.text_of(find(document, "b", 1)) == ""
    assert tree.text_of(find(document, "a")) == "1234"
    assert tree.text_of(find(document, "d")) == "56"
    assert tree.text_of(document.root).split() == ["1234", "56"]


def test_text_nodes_are_cut_by_children(document: Document) -> None:
    assert tree.text_nodes(find(document, "a")) == ["1", "3"]
    assert tree.text_nodes(find(document, "b")) == ["2"]
    assert tree.text_nodes(find(document, "b", 1)) == []
    assert tree.text_nodes(find(document, "d")) == ["5"]


def test_nodes_are_found_in_every_direction(document: Document) -> None:
    first_b, e = find(document, "b"), find(document, "e")

    assert names(tree.descendants(find(document, "a"))) == "b b c"
    assert names(tree.ancestors(e)) == "d a r /"
    assert names(tree.siblings_after(first_b)) == "b c"
    assert names(tree.siblings_before(find(document, "c"))) == "b b"
    assert names(tree.nodes_before(e)) == "c b b a"
    assert names(tree.nodes_after(first_b)) == "b c a d e"
    assert tree.siblings_after(document.root) == []


def test_nodes_are_put_in_the_order_of_the_document(document: Document) -> None:
    a, b, e = find(document, "a"), find(document, "b"), find(document, "e")

    assert tree.in_order(document, [e, a, b, a]) == [a, b, e]
    assert tree.distinct([e, a, e]) == [e, a]
    assert tree.in_order(document, [e]) == [e]


def test_a_name_has_three_forms(document: Document) -> None:
    a = find(document, "a", 1)

    assert tree.lexical_name(a) == "p:a"
    assert tree.local_name(a) == "a"
    assert tree.namespace_uri(a) == "urn:p"
    assert tree.namespace_uri(find(document, "a")) == ""
    assert tree.lexical_name(document.root) == ""
    assert tree.name_or_empty(tree.lexical_name, None) == ""
    assert tree.name_or_empty(tree.lexical_name, a) == "p:a"


def test_a_path_counts_where_names_repeat(document: Document) -> None:
    paths = Paths()

    assert paths.path_of(find(document, "b", 1)) == "/r/a/b[2]"
    assert paths.path_of(find(document, "c")) == "/r/a/c"
    assert paths.path_of(find(document, "e")) == "/r/p:a/d/e"
    assert paths.path_of(document.root) == "/"


def test_lines_are_those_of_start_tags(document: Document) -> None:
    order = document.order()
    places = [order[id(find(document, name))] for name in ("r", "c", "d")]

    assert list(lines_of(DOCUMENT, places).values()) == [1, 2, 3]


def test_only_names_that_rules_ask_for_are_filed(document: Document) -> None:
    assert document.top.named == {}
    assert list(find(document, "b").named) == []
    b = RuleSet.load(schematron(rule("a", "b/c"))).python.parse(DOCUMENT)
    assert list(find(b, "a").named) == ["b", "c"]


@pytest.mark.parametrize(
    ("limits", "body", "told"),
    [
        (Limits(max_nodes=3), b"<a><b/><b/><b/></a>", "node-count"),
        (Limits(max_depth=2), b"<a><a><a/></a></a>", "depth"),
        (Limits(max_attributes=1), b'<a b="" c=""/>', "attributes"),
        (Limits(), b"<!DOCTYPE a><a/>", "doctype"),
        (Limits(), b"<a>", "xml-syntax"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_goes_over_a_limit_is_refused(limits: Limits, body: bytes, told: str) -> None:
    rules = RuleSet.load(schematron(rule("a", "b")), limits=limits)

    with pytest.raises(DocumentRejected) as refused:
        rules.check(body)

    assert refused.value.rule == told
