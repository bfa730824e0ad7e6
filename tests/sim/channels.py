"""A second channel: the clients of a world are at another hub, too, and much comes twice."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from pipeline.domain.delivery import DocumentRow
from pipeline.domain.documents import DocumentKey, KeyData
from pipeline.testing.auditor import Fault, Owed, Placed, Violation

CHANNEL = "channel"
UNCERTAIN, VANISHED = "uncertain", "vanished"


@dataclass(slots=True)
class Twins:
    """Documents that are one invoice: by two channels, in the same bytes or in others."""

    _of: dict[DocumentKey, frozenset[DocumentKey]] = field(default_factory=dict)

    def add(self, *keys: DocumentKey) -> None:
        """These are one invoice."""
        self._of |= dict.fromkeys(keys, frozenset(keys))

    def shown(
        self, rows: Sequence[DocumentRow], owed: Iterable[Owed], placed: Iterable[Placed]
    ) -> set[DocumentKey]:
        """Documents that need not be placed: a person is shown them, or one of their twins was.

        That one repeats another is no reason by itself: the other must have come to something.
        """
        contents = {file.sha256 for file in placed}
        arrived = {file.key for file in owed if file.sha256 in contents} & self._of.keys()
        uncertain = {row.key for row in rows if row.rule == UNCERTAIN}
        vanished = {row.key for row in rows if row.rule == VANISHED}
        return vanished | self.with_twins(arrived | uncertain)

    def with_twins(self, keys: Collection[DocumentKey]) -> set[DocumentKey]:
        """The keys and those of their twins."""
        return {twin for key in keys for twin in self._of.get(key, {key})}

    def repeated(
        self, owed: Iterable[Owed], placed: Iterable[Placed], may_repeat: Collection[DocumentKey]
    ) -> Iterator[Violation]:
        """Invoices that were placed by more than one channel in different bytes."""
        counts = Counter(file.sha256 for file in placed)
        contents: dict[DocumentKey, str] = {}
        for file in owed:
            contents.setdefault(file.key, file.sha256)  # a document comes before its attachment
        for twins in sorted(set(self._of.values()), key=min):
            total = sum(counts[each] for each in {contents[key] for key in twins})
            if total > 1 and twins.isdisjoint(may_repeat):
                yield Violation(Fault.TWICE, f"{min(twins)} was placed {total} times")


def key_data_of(number: int) -> KeyData:
    """What an invoice is known by."""
    return KeyData(
        supplier_name="Supplier",
        supplier_id="BE0428759497",
        number=f"2026-{number}",
        issue_date="2026-01-01",
        type_code="380",
    )
