"""The bank statements of the in-memory state: which are placed, and what is around each."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from pipeline.domain.delivery import DocumentRow
from pipeline.domain.documents import AccountStatement, DocumentKey, DocumentKind
from pipeline.domain.statements import PlacedStatement, continued


@dataclass(slots=True)
class MemoryStatements:
    """Statements by document; ``placed`` gives the rows of a dossier that are placed."""

    placed: Callable[[DocumentKey], Iterable[DocumentRow]]
    _of: dict[DocumentKey, tuple[AccountStatement, ...]] = field(default_factory=dict)

    def remember(self, key: DocumentKey, statements: tuple[AccountStatement, ...]) -> None:
        """Replace those of a document, unless none are given."""
        if statements:
            self._of[key] = statements

    def of(self, key: DocumentKey) -> tuple[AccountStatement, ...]:
        """Those of a document."""
        return self._of.get(key, ())

    def forget(self, key: DocumentKey) -> None:
        """The document was withdrawn."""
        self._of.pop(key, None)

    def seen(self, row: DocumentRow) -> DocumentRow:
        """A row as it is given back."""
        if row.kind is not DocumentKind.BANK_STATEMENT or row.key not in self._of:
            return row
        return continued(row, [self._around(row, one) for one in self._of[row.key]])

    def _around(self, row: DocumentRow, one: AccountStatement) -> PlacedStatement:
        account = [each for each in self._placed(row.key) if each[1].account == one.account]
        before = [each for each in account if each[1].order < one.order]
        last = max((each[1].order for each in before), default=None)
        repeats = [
            other
            for other, each in account
            if each.order == one.order and _age(other) < _age(row) and other.key != row.key
        ]
        candidates = [each for each in before if each[1].order == last]
        return PlacedStatement(
            one,
            before=min(candidates, key=lambda each: _id(each[0]))[1] if candidates else None,
            repeats=min(repeats, key=_age).key.document_id if repeats else None,
        )

    def _placed(self, key: DocumentKey) -> Iterator[tuple[DocumentRow, AccountStatement]]:
        for row in self.placed(key):
            for one in self._of.get(row.key, ()):
                yield row, one


def _age(row: DocumentRow) -> tuple[object, ...]:
    return row.received_at, row.key.document_id, row.key.version


def _id(row: DocumentRow) -> tuple[str, str]:
    return row.key.document_id, row.key.version
