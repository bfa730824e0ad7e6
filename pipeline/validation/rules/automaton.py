"""The path automaton: which rules may apply to an element, known from the names on the way to it.

Every path of a rule is a row of name tests. While the document is parsed, each element carries the
set of rows that fit so far, as one `State`; the state of a child is found by the name of the child
in one look-up. States are made when a document first leads to them, about 150 for real invoices.

**Bounds.** Names that no rule mentions cannot tell rows apart, so that all of them are one symbol
(or one for each set of wildcard tests that they pass), however many there are. Past the caps steps
are computed and not stored, and the next document starts over with empty tables.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.validation.rules.program import Program, Step
from pipeline.validation.rules.runtime.parse import too_much
from pipeline.validation.rules.runtime.tree import Document, Node

STATES_MAX = 5_000
NAMES_MAX = 20_000
"""Steps by name that are stored, over all states."""
PROFILES_MAX = 64

Rule = Callable[[Node, Document, list[Any]], None]
Test = Callable[[Node, Document], bool]
Action = tuple[Rule, Test | None]
Group = tuple[Action, ...]
"""Rules of one pattern in their order: the first one whose test holds is the one that looks."""
Profile = tuple[bool, ...]
"""Which gates are open for a document."""


@dataclass(frozen=True, slots=True)
class Look:
    """A row that leads to a rule; the node must pass ``test``, its name ``of_name``."""

    steps: tuple[Step, ...]
    pattern: int
    order: int
    rule: Rule
    test: Test | None = None
    gates: tuple[int, ...] = ()
    of_name: Test | None = None

    @property
    def is_certain(self) -> bool:
        """Whether no later rule of the pattern can have the node."""
        return self.test is None and not self.gates


@dataclass(frozen=True, slots=True)
class Find:
    """A row whose nodes are to be found in the document afterwards, if they have ``attribute``.

    What an assertion forbids is found as its hit, anything else is collected.
    """

    steps: tuple[Step, ...]
    number: int
    is_hit: bool
    attribute: str | None = None


Row = Look | Find
Position = tuple[int, int]
"""A row by its number, and how many of its steps fit."""


class State:
    """What is known of an element from its names.

    ``name`` is its short name, ``*`` for all that no rule mentions. ``next`` leads on by names as
    expat gives them. The depth belongs to the state, so that only the making of states checks it.
    """

    __slots__ = (
        "by_symbol",
        "collects",
        "depth",
        "hits",
        "is_filed",
        "is_of_interest",
        "lasting",
        "looks",
        "moves",
        "name",
        "next",
        "of_attributes",
        "profiles",
        "watched",
        "wild",
    )

    def __init__(
        self,
        name: str,
        depth: int,
        rows: Sequence[Row],
        positions: Iterable[Position],
        *,
        is_filed: bool = False,
    ) -> None:
        self.name = name
        self.depth = depth
        self.is_filed = is_filed
        self.next: dict[str, State] = {}
        self.by_symbol: dict[Symbol, State] = {}
        self.moves: dict[str, list[Position]] = {}
        self.wild: list[tuple[Step, Position]] = []
        self.lasting: list[Position] = []
        arrived: list[Row] = []
        for row, fitting in positions:
            steps = rows[row].steps
            if fitting == len(steps):
                arrived.append(rows[row])
            else:
                self._expect(steps[fitting], (row, fitting))
        finds = [row for row in arrived if isinstance(row, Find)]
        self.hits = _numbers(row for row in finds if row.is_hit and row.attribute is None)
        self.collects = _numbers(row for row in finds if not row.is_hit and row.attribute is None)
        self.of_attributes = tuple(row for row in finds if row.attribute is not None)
        self.watched = frozenset(row.attribute for row in self.of_attributes)
        looks = (row for row in arrived if isinstance(row, Look))
        self.looks = sorted(looks, key=lambda row: (row.pattern, row.order))
        self.is_of_interest = bool(self.looks or self.collects or self.hits)
        self.profiles: dict[Profile, tuple[Group, ...]] = {}

    def _expect(self, step: Step, position: Position) -> None:
        is_deep, kind, name = step
        after = (position[0], position[1] + 1)
        if kind == "name":
            self.moves.setdefault(name, []).append(after)
        else:
            self.wild.append((step, after))
        if is_deep:
            self.lasting.append(position)

    def actions(self, profile: Profile) -> tuple[Group, ...]:
        """The rules to try for a document with these gates, which ``profiles`` has from then on."""
        if len(self.profiles) >= PROFILES_MAX:
            self.profiles.clear()
        found = self.profiles[profile] = tuple(self._groups(profile))
        return found

    def _groups(self, profile: Profile) -> Iterable[Group]:
        groups: dict[int, list[Action]] = {}
        closed: set[int] = set()
        for look in self.looks:
            if look.pattern in closed or not all(profile[gate] for gate in look.gates):
                continue
            groups.setdefault(look.pattern, []).append((look.rule, look.test))
            if look.test is None:
                closed.add(look.pattern)
        return map(tuple, groups.values())


def _numbers(finds: Iterable[Find]) -> tuple[int, ...]:
    return tuple(find.number for find in finds)


@dataclass(frozen=True, slots=True)
class Symbol:
    """What the rows can tell of a name: its short form, and which other tests it passes."""

    name: str
    passes: frozenset[object]


class Automaton:
    """Made of the rows of a program; used by several threads at once.

    Threads may make the same state twice; then one of the two is kept, and both are right.
    """

    def __init__(self, rows: Sequence[Row], program: Program, depth_max: int) -> None:
        self._rows = rows
        self._prefixes = program.prefixes
        self._mentioned = program.mentioned
        self._filed = program.filed
        self._depth_max = depth_max
        self._wild = {step for row in rows for step in row.steps if step[1] != "name"}
        self._of_name = list(
            {row.of_name for row in rows if isinstance(row, Look) and row.of_name is not None}
        )
        self._start: State
        self._always: State
        self._states: dict[tuple[Symbol, int, frozenset[Position]], State]
        self._stored_names: int
        self.reset()

    def reset(self) -> None:
        """Forget every state; documents that are being parsed go on with theirs."""
        starts = [(row, 0) for row in range(len(self._rows))]
        deep = {start for start in starts if self._rows[start[0]].steps[0][0]}
        self._always = State("", 0, self._rows, sorted(deep))
        self._start = State("", 0, self._rows, [start for start in starts if start not in deep])
        self._states = {}
        self._stored_names = 0

    @property
    def size(self) -> tuple[int, int]:
        """States and steps by name that are stored."""
        return len(self._states), self._stored_names

    def start(self) -> State:
        """The state of the document node."""
        if self._stored_names >= NAMES_MAX or len(self._states) >= STATES_MAX:
            self.reset()
        return self._start

    def step(self, state: State, name: str) -> State:
        """The state of a child with this name, as expat gives it."""
        symbol = self._symbol(name)
        found = state.by_symbol.get(symbol)
        if found is None:
            found = self._made(state, symbol)
        if self._stored_names < NAMES_MAX:
            self._stored_names += 1
            state.next[name] = found
        return found

    def _made(self, state: State, symbol: Symbol) -> State:
        depth = state.depth + 1
        if depth > self._depth_max:
            raise too_much("depth", f"elements nested more than {self._depth_max} deep")
        # Rows that may start anywhere start at every step: no state has to carry their first step.
        positions = frozenset(
            (*_after(state, symbol), *state.lasting, *_after(self._always, symbol))
        )
        key = (symbol, depth, positions)
        found = self._states.get(key)
        if found is None:
            allowed = sorted(self._allowed(positions, symbol))
            is_filed = symbol.name in self._filed
            found = State(symbol.name, depth, self._rows, allowed, is_filed=is_filed)
            if len(self._states) >= STATES_MAX:
                return found
            self._states[key] = found
        state.by_symbol[symbol] = found
        return found

    def _allowed(self, positions: frozenset[Position], symbol: Symbol) -> Iterable[Position]:
        """Without the rules that the name itself excludes."""
        for position in positions:
            row = self._rows[position[0]]
            is_there = position[1] == len(row.steps)
            if is_there and isinstance(row, Look) and row.of_name is not None:
                if row.of_name in symbol.passes:
                    yield position
            else:
                yield position

    def _symbol(self, name: str) -> Symbol:
        uri, local = _split(name)
        short = self._short(uri, local)
        passes: set[object] = {step for step in self._wild if _passes(step, uri, local)}
        if self._of_name:
            node = _named(name)
            passes.update(test for test in self._of_name if test(node, Document(0)))
        return Symbol(short if short in self._mentioned else "*", frozenset(passes))

    def _short(self, uri: str, local: str) -> str:
        if not uri:
            return local
        prefix = self._prefixes.get(uri)
        return "*" if prefix is None else f"{prefix}:{local}"


def _after(state: State, symbol: Symbol) -> Iterable[Position]:
    yield from state.moves.get(symbol.name, ())
    for step, position in state.wild:
        if step in symbol.passes:
            yield position


def _split(name: str) -> tuple[str, str]:
    uri, space, rest = name.partition(" ")
    return (uri, rest.partition(" ")[0]) if space else ("", uri)


def _passes(step: Step, uri: str, local: str) -> bool:
    _, kind, wanted = step
    if kind == "local name":
        return local == wanted
    return kind in ("any", "node") or uri == wanted


def _named(name: str) -> Node:
    """A node of which only the name can be asked."""
    node = Node()
    node.name = name
    return node
