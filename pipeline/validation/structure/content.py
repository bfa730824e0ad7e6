"""Content models as automata.

The construction is Glushkov's: every place in the model where an element is named is a state, and
what may follow it are its transitions. A schema has to be deterministic (XSD 1.0, 3.8.6 "unique
particle attribution"), so that no two transitions from a state are for the same element.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pipeline.validation.structure.declarations import Child, Group, Particle

_COPIES_MAX = 32
"""A part that may stand there up to n times is written out n times, each with its own states."""


class ModelUnsupported(Exception):
    """A content model that is no deterministic automaton of a fair size."""


@dataclass(frozen=True, slots=True)
class Automaton:
    """State 0 is before the first child; after state n's child come those of ``follow[n]``.

    State n from 1 on was reached with ``children[n - 1]``.
    """

    children: tuple[Child, ...]
    follow: tuple[tuple[int, ...], ...]
    final: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Part:
    """The states a part begins with and ends with, and whether it may be left out."""

    first: tuple[int, ...] = ()
    last: tuple[int, ...] = ()
    is_optional: bool = True


@dataclass(slots=True)
class _Builder:
    children: list[Child] = field(default_factory=list)
    follow: dict[int, set[int]] = field(default_factory=dict)

    def part(self, particle: Particle) -> _Part:
        least, most = particle.least, particle.most
        if max(least, most or 0) > _COPIES_MAX:
            raise ModelUnsupported(f"a part may stand there {max(least, most or 0)} times")
        count = max(least, 1) if most is None else most
        copies = [self._once(particle.term) for _ in range(count)]
        if most is None:
            self._link(copies[-1].last, copies[-1].first)
        optional_from = [_optional(copy) if n >= least else copy for n, copy in enumerate(copies)]
        return self._sequence(optional_from)

    def _once(self, term: Child | Group) -> _Part:
        if isinstance(term, Child):
            return self._state(term)
        parts = [self.part(particle) for particle in term.parts]
        return _choice(parts) if term.is_choice else self._sequence(parts)

    def _state(self, child: Child) -> _Part:
        self.children.append(child)
        number = len(self.children)
        self.follow[number] = set()
        return _Part((number,), (number,), is_optional=False)

    def _sequence(self, parts: Iterable[_Part]) -> _Part:
        whole = _Part()
        for part in parts:
            self._link(whole.last, part.first)
            whole = _Part(
                whole.first + part.first if whole.is_optional else whole.first,
                whole.last + part.last if part.is_optional else part.last,
                whole.is_optional and part.is_optional,
            )
        return whole

    def _link(self, before: Iterable[int], after: Iterable[int]) -> None:
        for state in before:
            self.follow[state].update(after)


def automaton_of(model: Particle) -> Automaton:
    """The automaton of a content model; raises `ModelUnsupported`."""
    builder = _Builder()
    whole = builder.part(model)
    children = tuple(builder.children)
    follow = (whole.first, *(tuple(sorted(builder.follow[n + 1])) for n in range(len(children))))
    for states in follow:
        _require_deterministic([children[state - 1] for state in states])
    return Automaton(children, follow, frozenset((*whole.last, *_start(whole))))


def _start(whole: _Part) -> Iterator[int]:
    if whole.is_optional:
        yield 0


def _optional(part: _Part) -> _Part:
    return _Part(part.first, part.last, is_optional=True)


def _choice(parts: Iterable[_Part]) -> _Part:
    whole = _Part(is_optional=False)
    for part in parts:
        whole = _Part(
            whole.first + part.first,
            whole.last + part.last,
            whole.is_optional or part.is_optional,
        )
    return whole


def _require_deterministic(children: list[Child]) -> None:
    if len(set(children)) < len(children):
        raise ModelUnsupported("two places for the same element are possible at once")
