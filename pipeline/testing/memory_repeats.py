"""What repeats what in the in-memory state: looked for in every row there is."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pipeline.domain.delivery import DocumentRow, PlannedDelivery, RowStatus
from pipeline.domain.documents import AccountStatement, DocumentKey
from pipeline.domain.duplicates import Sameness, identity_of, may_be_placed
from pipeline.ports.state import IntentOutcome, IntentResult


@dataclass(frozen=True, slots=True)
class MemoryRepeats:
    """``rows`` gives every row, ``client`` whose a document is, ``statements`` what is in it."""

    rows: Callable[[], Iterable[DocumentRow]]
    client: Callable[[DocumentKey], str]
    statements: Callable[[DocumentKey], Iterable[AccountStatement]]

    def outcome(self, delivery: PlannedDelivery) -> IntentOutcome | None:
        """DUPLICATE, when the client has the same document by another key."""
        if delivery.may_repeat:
            return None
        others = [row for row in self._of_client(delivery.key) if row.key != delivery.key]
        for sameness, is_same in self._tests(delivery):
            if same := [row for row in others if is_same(row)]:
                first = min(same, key=lambda row: row.key)
                return IntentOutcome(IntentResult.DUPLICATE, other=first, sameness=sameness)
        return None

    def held_for(self, key: DocumentKey) -> list[DocumentRow]:
        """What is held because it repeats a document, by key."""
        held = [row for row in self.rows() if row.status is RowStatus.HELD]
        return sorted((row for row in held if row.repeats == key.digest), key=lambda row: row.key)

    def _of_client(self, key: DocumentKey) -> Iterator[DocumentRow]:
        client = self.client(key)
        return (row for row in self.rows() if may_be_placed(row) and self.client(row.key) == client)

    def _tests(
        self, delivery: PlannedDelivery
    ) -> Iterator[tuple[Sameness, Callable[[DocumentRow], bool]]]:
        yield Sameness.CONTENT, lambda row: row.sha256 == delivery.sha256
        if (identity := identity_of(delivery.key_data)) is not None:
            yield Sameness.INVOICE, lambda row: identity_of(row.key_data) == identity
        for one in delivery.statements:
            yield Sameness.STATEMENT, _has(one, self.statements)


def _has(
    one: AccountStatement, statements: Callable[[DocumentKey], Iterable[AccountStatement]]
) -> Callable[[DocumentRow], bool]:
    wanted = (one.account, one.order)
    return lambda row: wanted in {(each.account, each.order) for each in statements(row.key)}
