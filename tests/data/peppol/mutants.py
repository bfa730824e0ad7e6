"""Invoices and credit notes with something wrong somewhere: seeded, endless."""

from collections.abc import Iterator
from copy import deepcopy
from itertools import cycle
from random import Random

from lxml import etree

from tests.data.peppol.changes import Change, changed
from tests.data.peppol.examples import examples

_TEXTS = (
    *("", " ", "0", "-1", "1.005", "99999999.99", "abc", "true", "2026-02-30", "2026-3-1"),
    *("EUR", "USD", "XYZ", "DE", "NL", "S", "E", "380", "384", "59", "95", "FC", "VATEX-EU-O"),
    *("NL123456789B01", "NL1", "0900000147", "IT12345678901", "7300010000001", "130", "50"),
)
_ATTRIBUTES = ("", "EUR", "USD", "0088", "0208", "0184", "9944", "9907", "C62", "application/pdf")


def mutants(seed: int) -> Iterator[bytes]:
    """Documents with one to three mutations, half of them beside a change of an example."""
    rng = Random(seed)  # noqa: S311 - test data, no secret
    for example in cycle(list(examples())):
        own = rng.choice(((), example.bad, example.good))
        mutations = [_mutation(rng) for _ in range(rng.randint(1, 3))]
        yield changed(*own, *mutations, is_credit_note=example.is_credit_note)


def _mutation(rng: Random) -> Change:
    act = rng.choice((_remove, _repeat, _rewrite, _rewrite, _set_attribute, _move))
    return lambda root: act(rng, root)


def _node(rng: Random, root: etree._Element, *, is_leaf: bool = False) -> etree._Element:
    nodes = [each for each in root.iterdescendants() if not (is_leaf and len(each))]
    return rng.choice(nodes)


def _remove(rng: Random, root: etree._Element) -> None:
    node = _node(rng, root)
    parent = node.getparent()
    if parent is not None and len(list(root.iter())) > 40:
        parent.remove(node)


def _repeat(rng: Random, root: etree._Element) -> None:
    node = _node(rng, root)
    node.addnext(deepcopy(node))


def _rewrite(rng: Random, root: etree._Element) -> None:
    _node(rng, root, is_leaf=True).text = rng.choice(_TEXTS)


def _set_attribute(rng: Random, root: etree._Element) -> None:
    with_attributes = [node for node in root.iter() if node.attrib]
    node = rng.choice(with_attributes)
    node.set(rng.choice(sorted(map(str, node.attrib))), rng.choice(_ATTRIBUTES))


def _move(rng: Random, root: etree._Element) -> None:
    """Put a copy of one element into another, where it hardly ever belongs."""
    _node(rng, root).append(deepcopy(_node(rng, root, is_leaf=True)))
