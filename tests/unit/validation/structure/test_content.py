"""Content models: the automaton accepts the very sequences of children that lxml accepts."""

from itertools import product
from pathlib import Path

import pytest

from pipeline.validation.structure import content
from pipeline.validation.structure.content import Automaton, ModelUnsupported, automaton_of
from pipeline.validation.structure.declarations import Child, ElementContent, Group, Particle
from tests.data.hostile.planting import plant
from tests.unit.validation.structure.toys import TOY, Toy, document

LEAVES = "".join(f'<xs:element name="{name}" type="empty"/>' for name in "abc")
MODELS = {
    "one after the other": '<xs:element ref="a"/><xs:element ref="b"/>',
    "some left out": (
        '<xs:element ref="a" minOccurs="0"/><xs:element ref="b"/>'
        '<xs:element ref="c" minOccurs="0"/>'
    ),
    "all left out": '<xs:element ref="a" minOccurs="0"/><xs:element ref="b" minOccurs="0"/>',
    "repeated": (
        '<xs:element ref="a" maxOccurs="unbounded"/>'
        '<xs:element ref="b" minOccurs="0" maxOccurs="unbounded"/>'
    ),
    "two or three times": '<xs:element ref="a" minOccurs="2" maxOccurs="3"/>',
    "never": '<xs:element ref="a"/><xs:element ref="b" minOccurs="0" maxOccurs="0"/>',
    "one of two": '<xs:choice><xs:element ref="a"/><xs:element ref="b"/></xs:choice>',
    "any mixture": (
        '<xs:choice minOccurs="0" maxOccurs="unbounded">'
        '<xs:element ref="a"/><xs:element ref="b"/></xs:choice><xs:element ref="c"/>'
    ),
    "pairs": (
        '<xs:sequence maxOccurs="unbounded">'
        '<xs:element ref="a"/><xs:element ref="b" minOccurs="0"/></xs:sequence>'
    ),
}
WORDS = [word for size in range(5) for word in product("abc", repeat=size)]


def toy_of(folder: Path, model: str) -> Toy:
    return Toy(
        folder,
        '<xs:complexType name="empty"><xs:simpleContent><xs:extension base="xs:string"/>'
        f'</xs:simpleContent></xs:complexType>{LEAVES}<xs:element name="root" type="root"/>'
        f'<xs:complexType name="root"><xs:sequence>{model}</xs:sequence></xs:complexType>',
    )


def accepts(automaton: Automaton, word: tuple[str, ...]) -> bool:
    state = 0
    for letter in word:
        child = Child(f"{{{TOY}}}{letter}")
        after = [
            next_ for next_ in automaton.follow[state] if automaton.children[next_ - 1] == child
        ]
        if not after:
            return False
        (state,) = after
    return state in automaton.final


def differences(toy: Toy, automaton: Automaton) -> list[tuple[str, ...]]:
    return [
        word
        for word in WORDS
        if accepts(automaton, word)
        is not toy.is_valid(document("".join(f"<{letter}/>" for letter in word)))
    ]


def model_of(toy: Toy) -> Particle:
    found = toy.declarations.types[f"{{{TOY}}}root"]
    assert isinstance(found, ElementContent)
    return found.model


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_the_automaton_accepts_what_lxml_accepts(tmp_path: Path, model: str) -> None:
    toy = toy_of(tmp_path, model)

    assert differences(toy, automaton_of(model_of(toy))) == []


@pytest.mark.parametrize(
    ("edit", "model"),
    [
        pytest.param(
            ("_optional(copy) if n >= least", "_optional(copy) if True"),
            "one after the other",
            id="required children are optional",
        ),
        pytest.param(
            ("if most is None:", "if most is None and False:"), "repeated", id="nothing is repeated"
        ),
        pytest.param(
            ("whole.is_optional and part.is_optional", "whole.is_optional or part.is_optional"),
            "some left out",
            id="one optional part makes the whole optional",
        ),
    ],
)
def test_a_planted_bug_is_seen(tmp_path: Path, edit: tuple[str, str], model: str) -> None:
    toy = toy_of(tmp_path, MODELS[model])

    wrong = plant(content, edit).automaton_of(model_of(toy))

    assert differences(toy, wrong)


def test_a_model_that_is_not_deterministic_is_not_supported() -> None:
    child = Particle(Child("a"), 0, None)

    with pytest.raises(ModelUnsupported, match="possible at once"):
        automaton_of(Particle(Group((child, child))))


def test_a_part_that_may_stand_there_a_hundred_times_is_not_supported() -> None:
    with pytest.raises(ModelUnsupported, match="100 times"):
        automaton_of(Particle(Child("a"), 0, 100))
