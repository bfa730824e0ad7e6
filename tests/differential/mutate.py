"""Damaged invoices: good ones from the generator, changed at random, the same for the same seed.

Half of the changes know nothing of rules: elements removed, repeated, renamed, moved, reordered,
values and attributes replaced, numbers nudged. The other half aim at an assertion: they make the
nodes it is about and give the values it mentions, good or bad.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from random import Random

from lxml import etree

from pipeline.testing.documents.invoice import (
    DOMESTIC_MIXES,
    EXPORT,
    INTRA,
    draw_invoice,
)
from pipeline.testing.documents.parties import belgian_party, overseas_party, union_party
from pipeline.testing.documents.ubl import render_ubl
from tests.differential.targets import Forbidden, Names, Target, Targets

BASES = 60
AIMED_TURNS = 4
_LINES_MAX = 6
VALUES = (
    "", " ", "  S ", "0", "1", "-5", "25", "21.00", "100.005", "1e3", "abc", "12,50", "007",
    "1234567890123456789012345678901234567890.12", "true", "false", "TRUE", "1.", ".5", "+3",
    "S", "AE", "E", "O", "K", "G", "Z", "L", "M", "B", "X",
    "EUR", "SEK", "XXX", "eur", "BE", "NL", "DE", "GR", "be",
    "2026-03-01", "2026-03-01\n", "2026-02-30", "2026-3-1", "2026-03-01Z",
    "2026-03-01+14:00", "20260301",
    "VAT", "vat", "TAX", " VAT ", "FC", "380", "381", "384", "326", "30", "58", "59", "49", "3",
    "130", "50", "0208", "0088", "0192", "9944", "BE0403170701", "NL123456789B01", "GB123",
    "urn:x::y", "application/pdf", "text/html", "VATEX-EU-AE", "vatex-eu-o", "a b", "stra\u00dfe",
    "\u00a0",
    "#AAB#text", "\U0001f600", "DE89370400440532013000", "0.004", "0.005", "99999999999.99",
)  # fmt: skip
"""No NaN: SaxonC calls the untyped text NaN at least 0, XPath does not."""
_CATEGORIES = ("S", "AE", "E", "O", "K", "G", "Z", "L", "M", "B")
_ATTRIBUTES = ("currencyID", "schemeID", "unitCode", "listID", "name", "mimeCode", "languageID")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Document:
    """A document with a name by which it can be made again."""

    name: str
    body: bytes


@lru_cache(maxsize=1)
def bases() -> Sequence[bytes]:
    """Good invoices and credit notes of every mix of VAT categories."""
    return tuple(_base(_random(f"base {number}"), number) for number in range(BASES))


def _random(seed: str) -> Random:
    return Random(seed)  # noqa: S311 - test data, no secret


def _base(rng: Random, number: int) -> bytes:
    while True:
        body = _draw(rng, number)
        if body.count(b"Line>") <= 2 * _LINES_MAX:
            return body


def _draw(rng: Random, number: int) -> bytes:
    mixes = (*DOMESTIC_MIXES, (INTRA,), (EXPORT,))
    taxes = mixes[number % len(mixes)]
    abroad = {INTRA: union_party, EXPORT: overseas_party}
    customer = abroad.get(taxes[0], belgian_party)
    drawn = draw_invoice(
        rng,
        supplier=belgian_party(rng),
        customer=customer(rng),
        taxes=taxes,
        issued_on=date(2026, 3, 1),
        is_credit_note=number % 3 == 2,
    )
    return render_ubl(drawn, pdf=b"%PDF-1.4 x" if number % 5 == 0 else None)


def mutants(targets: Targets, seed: int, count: int) -> Iterator[Document]:
    """``count`` damaged documents."""
    for number in range(count):
        rng = _random(f"{seed}/{number}")
        yield Document(f"seed {seed} number {number}", _Mutation(rng, targets).document())


def aimed(targets: Targets, seed: int, turns: int = AIMED_TURNS) -> Iterator[Document]:
    """Documents for each assertion: something it mentions is there twice, or is changed."""
    for number, target in enumerate(targets.aims):
        for turn in range(turns):
            mutation = _Mutation(_random(f"{seed}/aimed {number} {turn}"), targets)
            name = f"seed {seed} aimed {number}, turn {turn}: {target.rule}"
            yield Document(name, mutation.aimed_at(target, is_repeated=turn == 0))


def padded(count: int) -> Iterator[Document]:
    """Good documents in which every text ends with a newline."""
    for number, body in enumerate(bases()[:count]):
        root = etree.fromstring(body)
        for leaf in (one for one in root.iter("*") if len(one) == 0):
            leaf.text = f"{leaf.text or ''}\n"
        yield Document(f"padded {number}", etree.tostring(root))


def directed(targets: Targets) -> Iterator[Document]:
    """One document for each path that is forbidden."""
    for number, one in enumerate(targets.forbidden):
        mutation = _Mutation(_random(f"directed {number}"), targets)
        yield Document(f"forbidden {one.rule} {'/'.join(one.way)}", mutation.with_forbidden(one))


class _Mutation:
    def __init__(self, rng: Random, targets: Targets) -> None:
        self._rng = rng
        self._targets = targets
        parser = etree.XMLParser(remove_blank_text=rng.random() < 0.5)
        self._root = etree.fromstring(rng.choice(bases()), parser)

    def document(self) -> bytes:
        for _ in range(self._rng.choice((1, 1, 1, 2, 2, 3, 5))):
            self._rng.choice(_CHANGES)(self)
        return self._written()

    def aimed_at(self, target: Target, *, is_repeated: bool) -> bytes:
        if is_repeated:
            self._repeat_at(target)
        else:
            self._aim_at(target)
        if self._rng.random() < 0.3:
            self.swap_category()
        return self._written()

    def with_forbidden(self, one: Forbidden) -> bytes:
        *way, last = one.way
        node = self._made(self._root, tuple(way))
        if last.startswith("@"):
            node.set(last[1:], "x")
        else:
            self._add(node, last).text = "x"
        return self._written()

    def _written(self) -> bytes:
        return etree.tostring(self._root, encoding="UTF-8", xml_declaration=True)

    # -- blind changes

    def _elements(self) -> list[etree._Element]:
        return list(self._root.iter("*"))[1:] or [self._root]

    def _leaf(self) -> etree._Element:
        return self._rng.choice([one for one in self._elements() if len(one) == 0])

    def _value(self) -> str:
        return self._rng.choice(VALUES)

    def remove(self) -> None:
        one = self._rng.choice(self._elements())
        if (parent := one.getparent()) is not None:
            parent.remove(one)

    def repeat(self) -> None:
        one = self._rng.choice(self._elements())
        if (parent := one.getparent()) is not None:
            parent.insert(parent.index(one), deepcopy(one))

    def rename(self) -> None:
        one, other = self._rng.choice(self._elements()), self._rng.choice(self._elements())
        one.tag = other.tag

    def reorder(self) -> None:
        parent = self._rng.choice([one for one in self._root.iter("*") if len(one) > 1])
        children = list(parent)
        self._rng.shuffle(children)
        parent[:] = children

    def move(self) -> None:
        one = self._rng.choice(self._elements())
        to = self._rng.choice([place for place in self._root.iter("*") if len(place)])
        if one is not to and one not in to.iterancestors():
            to.append(deepcopy(one))

    def replace_value(self) -> None:
        self._leaf().text = self._value()

    def nudge(self) -> None:
        numbers = [one for one in self._elements() if _NUMBER.fullmatch((one.text or "").strip())]
        if not numbers:
            return
        one = self._rng.choice(numbers)
        text = (one.text or "").strip()
        step = self._rng.choice(("0.01", "-0.01", "1", "-1", "0.005", "100"))
        changed = f"{float(text) + float(step):.3f}".rstrip("0")
        one.text = self._rng.choice((changed, f"-{text}", f"{text}0", f" {text}\n"))

    def change_attribute(self) -> None:
        one = self._rng.choice(self._elements())
        if one.attrib and self._rng.random() < 0.4:
            name = self._rng.choice(sorted(map(str, one.attrib)))
            del one.attrib[name]
        else:
            one.set(self._rng.choice(_ATTRIBUTES), self._value())

    def remove_all_of_a_name(self) -> None:
        self._remove_all(etree.QName(self._rng.choice(self._elements())).localname)

    def _remove_all(self, name: str) -> None:
        for one in list(self._root.iter(f"{{*}}{name}")):
            if (parent := one.getparent()) is not None:
                parent.remove(one)

    def swap_category(self) -> None:
        """One VAT category for another, everywhere or in some places."""
        old = self._rng.choice(self._categories() or [self._leaf()]).text
        new, chance = self._rng.choice(_CATEGORIES), self._rng.choice((0.3, 1, 1))
        for one in self._categories():
            if one.text == old and self._rng.random() < chance:
                one.text = new
        if self._rng.random() < 0.4:
            self._remove_all("PartyTaxScheme")

    def _categories(self) -> list[etree._Element]:
        holders = [one for one in self._root.iter("*") if str(one.tag).endswith("TaxCategory")]
        return [one for holder in holders for one in holder.findall("{*}ID")]

    # -- aimed changes

    def aim(self) -> None:
        self._aim_at(self._rng.choice(self._targets.aims))

    def repeat_aimed(self) -> None:
        self._repeat_at(self._rng.choice(self._targets.aims))

    def _repeat_at(self, target: Target) -> None:
        """What an assertion mentions, twice."""
        path = self._rng.choice(target.paths or (("..",),))
        if path[-1].startswith((".", "/")) or path[0].startswith("@"):
            return
        node = self._subject_of(target)
        made = self._made(node, tuple(name for name in path if not name.startswith("@")))
        made.text = made.text or "x"
        around = [one for one in made.iterancestors() if one is not node and one is not self._root]
        twice = self._rng.choice([made, *around[:2]])
        if (parent := twice.getparent()) is not None:
            parent.append(deepcopy(twice))

    def _aim_at(self, target: Target) -> None:
        node = self._subject_of(target)
        for path in self._rng.sample(target.paths, min(len(target.paths), self._rng.randrange(4))):
            self._set(node, path, target)

    def _subject_of(self, target: Target) -> etree._Element:
        """A node that the assertion is about."""
        way = self._below_root(target.way)
        if not way:
            return self._root
        is_known = target.is_deep and self._root.find(f".//{self._tag(way[0])}") is not None
        return self._made(self._root, ("//", *way) if is_known else way)

    def _below_root(self, way: Names) -> Names:
        root = etree.QName(self._root)
        first = way[0].rpartition(":")[2]
        return way[1:] if first in ("Invoice", "CreditNote", root.localname) else way

    def _set(self, node: etree._Element, path: Names, target: Target) -> None:
        others = ("", "1.005", "-5", *self._rng.sample(VALUES, 2))
        value = self._rng.choice((*target.texts, *target.texts, *others))
        *way, last = path
        holder = self._made(node, tuple(way))
        if last.startswith("@"):
            holder.set(last[1:], value)
        elif "/" not in last and last != "..":
            self._give(holder, last, value)

    def _give(self, holder: etree._Element, name: str, value: str) -> None:
        found = holder.findall(self._tag(name))
        chance = self._rng.random()
        if found and chance < 0.25:
            holder.remove(self._rng.choice(found))
        elif found and chance < 0.7:
            self._rng.choice(found).text = value
        else:
            self._add(holder, name).text = value

    def _made(self, node: etree._Element, way: Names) -> etree._Element:
        """The node at the end of a way, of which what is missing is made."""
        is_deep = False
        for name in way:
            node = self._root if name in ("/", "//") else self._next(node, name, is_deep=is_deep)
            is_deep = name == "//"
        return node

    def _next(self, node: etree._Element, name: str, *, is_deep: bool) -> etree._Element:
        if name == "..":
            parent = node.getparent()
            return node if parent is None else parent
        if name == "*":
            return self._rng.choice(list(node.iter("*")))
        found = node.findall(self._tag(name))
        if is_deep:
            found = node.findall(f".//{self._tag(name)}")
        return self._rng.choice(found) if found else self._add(node, name)

    def _add(self, node: etree._Element, name: str) -> etree._Element:
        child = etree.SubElement(node, self._tag(name))
        if child.tag.endswith("Amount"):
            child.set("currencyID", "EUR")
            child.text = "10.00"
        return child

    def _tag(self, name: str) -> str:
        if name == "*":
            return "*"
        prefix, _, local = name.rpartition(":")
        return f"{{{self._targets.namespaces[prefix]}}}{local}" if prefix else local


_BLIND: Sequence[Callable[[_Mutation], None]] = (
    _Mutation.remove,
    _Mutation.repeat,
    _Mutation.rename,
    _Mutation.reorder,
    _Mutation.move,
    _Mutation.replace_value,
    _Mutation.replace_value,
    _Mutation.nudge,
    _Mutation.nudge,
    _Mutation.change_attribute,
    _Mutation.remove_all_of_a_name,
    _Mutation.swap_category,
    _Mutation.swap_category,
)
_AIMED = (_Mutation.aim, _Mutation.aim, _Mutation.repeat_aimed)
_CHANGES = (*_BLIND, *_AIMED * (len(_BLIND) // len(_AIMED)))
