"""SQLite and memory answer alike, whatever is called in whatever order."""

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pipeline.connectors.state.sqlite import SqliteState
from pipeline.domain.customers import Dossier
from pipeline.domain.delivery import Delivery, Evidence, PlannedDelivery, Rejection, RowStatus
from pipeline.domain.documents import NO_KEY_DATA, DocumentKey, DocumentKind
from pipeline.ports.state import FolderClaim, LogMark, StateStore, Survey
from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.state_duplicates import INVOICE
from pipeline.testing.contracts.state_statements import statement
from pipeline.testing.contracts.state_values import HUB, later, logged, planned, rejection
from pipeline.testing.memory_state import MemoryState

T = TypeVar("T")
DOSSIERS = ("a", "\ud800")
KEYS = [
    DocumentKey(HUB, dossier, document_id, version)
    for dossier, document_id, version in itertools.product(DOSSIERS, "123", "12")
]

keys = st.lists(st.sampled_from(KEYS), max_size=4)
seconds = st.integers(0, 3)
names = st.lists(st.sampled_from(["x.xml", "X.xml", "y.xml", "z.pdf"]), max_size=2)
statements = st.lists(
    st.builds(
        statement, st.integers(1, 4), day=st.integers(1, 3), old=st.sampled_from([0, 10_000])
    ),
    max_size=2,
)
maybe = st.none() | st.sampled_from(["8", "\udfff"])


@st.composite
def deliveries(draw: st.DrawFn) -> PlannedDelivery:
    chosen = planned(
        draw(st.sampled_from(KEYS)),
        content=draw(st.sampled_from(["same", "other", None])),
        names=draw(names),
    )
    return replace(
        chosen,
        kind=draw(st.sampled_from([DocumentKind.OTHER, DocumentKind.BANK_STATEMENT])),
        statements=tuple(draw(statements)),
        key_data=draw(st.sampled_from([INVOICE, replace(INVOICE, type_code="381"), NO_KEY_DATA])),
        may_repeat=draw(st.booleans()),
        is_released=draw(st.booleans()),
        received_at=later(draw(seconds)),
        offset=draw(maybe),
        file_name=draw(maybe),
    )


@st.composite
def rejections(draw: st.DrawFn) -> Rejection:
    chosen = rejection(draw(st.sampled_from(KEYS)), is_held=draw(st.booleans()))
    return replace(
        chosen,
        kind=DocumentKind.BANK_STATEMENT,
        received_at=later(draw(seconds)),
        quarantine=draw(maybe),
        offset=draw(maybe),
        sha256=draw(st.sampled_from([chosen.sha256, None])),
        repeats=draw(st.none() | st.sampled_from(KEYS)),
        is_lost=draw(st.booleans()),
    )


def _survey(dossier: str, state: StateStore) -> Awaitable[Survey]:
    return state.survey(HUB, dossier, KEYS)


class SameAsMemory(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.clock = VirtualClock()
        self.folder = Path(tempfile.mkdtemp())
        self.runner = asyncio.Runner()
        self.memory = MemoryState(self.clock)
        self.sqlite = self.runner.run(SqliteState.open(self.folder, self.clock))

    def teardown(self) -> None:
        self.runner.run(self.sqlite.close())
        self.runner.close()
        shutil.rmtree(self.folder)

    def same(self, ask: Callable[[StateStore], Awaitable[T]]) -> T:
        """Ask both, and expect one answer."""

        async def answers() -> tuple[T, T]:
            return await ask(self.memory), await ask(self.sqlite)

        memory, sqlite = self.runner.run(answers())
        assert sqlite == memory
        return memory

    @rule(batch=st.lists(deliveries(), max_size=5), position=st.integers(0, 9))
    def intend(self, batch: list[PlannedDelivery], position: int) -> None:
        marks = {"books": LogMark(position, str(position))}
        self.same(lambda state: state.intend(batch, boot_id=str(position), marks=marks))

    @rule(chosen=keys, offset=maybe)
    def delivered(self, chosen: list[DocumentKey], offset: str | None) -> None:
        done = [Delivery(key, "/books", Evidence.MOVED, offset) for key in chosen]
        self.same(lambda state: state.delivered(done))

    @rule(chosen=keys)
    def acked(self, chosen: list[DocumentKey]) -> None:
        self.same(lambda state: state.acked(chosen))

    @rule(chosen=keys)
    def reopen(self, chosen: list[DocumentKey]) -> None:
        self.same(lambda state: state.reopen(chosen, boot_id="again"))

    @rule(chosen=keys)
    def withdraw(self, chosen: list[DocumentKey]) -> None:
        self.same(lambda state: state.withdraw(chosen))

    @rule(batch=st.lists(rejections(), max_size=4))
    def rejected(self, batch: list[Rejection]) -> None:
        self.same(lambda state: state.rejected(batch))

    @rule(numbers=st.lists(st.sampled_from(["", "BE0123456749"]), min_size=2, max_size=2))
    def save_dossiers(self, numbers: list[str]) -> None:
        pairs = zip(DOSSIERS, numbers, strict=True)
        saved = [Dossier(HUB, each, "A name", number) for each, number in pairs]
        self.same(lambda state: state.save_dossiers(saved))

    @rule(chosen=keys)
    def reported(self, chosen: list[DocumentKey]) -> None:
        self.same(lambda state: state.reported(chosen))

    @rule(chosen=keys, release=st.booleans())
    def want(self, chosen: list[DocumentKey], *, release: bool) -> None:
        self.same(lambda state: state.want(chosen, release=release))

    @rule(chosen=keys, given_names=names, replaces=st.booleans())
    def import_intents(
        self, chosen: list[DocumentKey], given_names: list[str], *, replaces: bool
    ) -> None:
        rows = [logged(key, names=given_names) for key in chosen]
        self.same(lambda state: state.import_intents(rows, replaces=replaces))

    @rule(chosen=st.lists(st.sampled_from(DOSSIERS)), cursor=st.sampled_from("12"))
    def save_cursor(self, chosen: list[str], cursor: str) -> None:
        self.same(lambda state: state.save_cursor(HUB, "feed", cursor, chosen))
        self.same(lambda state: state.load_cursor(HUB, "feed"))

    @rule(chosen=st.dictionaries(st.sampled_from(DOSSIERS), st.integers(1, 9)))
    def end_passes(self, chosen: dict[str, int]) -> None:
        self.same(lambda state: state.end_passes((), {HUB: chosen}))

    @rule(
        tenants=st.lists(st.tuples(st.sampled_from("xyz"), st.booleans()), max_size=4),
        folder=st.sampled_from("fg"),
    )
    def claim_folders(self, tenants: list[tuple[str, bool]], folder: str) -> None:
        claims = [FolderClaim(folder, folder, tenant, shared) for tenant, shared in tenants]
        self.same(lambda state: state.claim_folders(claims))

    @rule(amount=st.integers(1, 5))
    def wait(self, amount: int) -> None:
        self.runner.run(self.clock.advance(amount))

    @rule(
        statuses=st.lists(st.sampled_from(RowStatus), max_size=2),
        dossier=st.none() | st.sampled_from(DOSSIERS),
        after=st.none() | st.sampled_from(KEYS),
        digests=st.none() | st.lists(st.sampled_from([key.digest for key in KEYS])),
    )
    def rows(
        self,
        statuses: list[RowStatus],
        dossier: str | None,
        after: DocumentKey | None,
        digests: list[str] | None,
    ) -> None:
        self.same(
            lambda state: state.rows(
                statuses=statuses, dossier=dossier, after=after, digests=digests, limit=3
            )
        )

    @invariant()
    def everything_is_the_same(self) -> None:
        self.same(lambda state: state.rows())
        self.same(lambda state: state.known(KEYS))
        self.same(lambda state: state.counts())
        self.same(lambda state: state.dossier_counts(HUB))
        self.same(lambda state: state.load_due(HUB))
        self.same(lambda state: state.load_mark("books"))
        for dossier in DOSSIERS:
            self.same(partial(_survey, dossier))


TestSameAsMemory = SameAsMemory.TestCase
TestSameAsMemory.settings = settings(
    max_examples=15,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
