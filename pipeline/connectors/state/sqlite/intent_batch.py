"""Decides what becomes of a batch of intents, each seeing the ones before it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from pipeline.connectors.state.sqlite.related import Related
from pipeline.domain.delivery import DocumentRow, PlannedDelivery, RowStatus
from pipeline.domain.documents import AccountStatement, DocumentKey
from pipeline.domain.duplicates import PLACED, Sameness, identity_of, may_be_placed
from pipeline.ports.state import IntentOutcome, IntentResult

PAST_INTENT = frozenset({RowStatus.DELIVERED, RowStatus.ACKED})

_INTENDED = IntentOutcome(IntentResult.INTENDED)
_Trait = tuple[object, ...]


class IntentBatch:
    """Rules of `StateStore.intend` over the rows and names that the batch may run into.

    ``again`` are the keys of what was accepted and has a row already, ``released`` of what a
    person released, now or before, ``replaced`` of what had other content before.
    """

    def __init__(self, related: Related, owners: dict[str, DocumentKey]) -> None:
        self._rows: dict[DocumentKey, DocumentRow] = {}
        self._owners = owners
        self._client = related.client
        self._versions: defaultdict[_Trait, set[DocumentKey]] = defaultdict(set)
        self._traits: defaultdict[_Trait, set[DocumentKey]] = defaultdict(set)
        self._traits_of: dict[DocumentKey, tuple[_Trait, ...]] = {}
        self.again: set[DocumentKey] = set()
        self.released: set[DocumentKey] = set()
        self.replaced: set[DocumentKey] = set()
        self._statements: dict[DocumentKey, tuple[_Trait, ...]] = {
            key: _statement_traits(self._client(key), each)
            for key, each in related.statements.items()
        }
        for row in related.rows:
            self._add(row, _traits(self._client(row.key), row))

    def decide(self, delivery: PlannedDelivery, row: DocumentRow) -> IntentOutcome:
        """The outcome for the next delivery, with the row that it has if it is INTENDED."""
        known = self._rows.get(delivery.key)
        is_released = delivery.is_released or (known is not None and known.is_released)
        client = self._client(delivery.key)
        traits = _traits(client, delivery)
        statements = _statement_traits(client, delivery.statements)
        outcome = self._settled(delivery, known, is_released=is_released)
        if outcome is None and not is_released:
            outcome = self._changed(delivery) or self._repeated(delivery, traits + statements)
        outcome = outcome or self._name_taken(delivery)
        if outcome is None:
            if statements:
                self._statements[row.key] = statements
            if is_released:
                self.released.add(row.key)
            if known is not None:
                row = replace(row, quarantine=known.quarantine, is_released=is_released)
            self._accept(row, traits)
        return outcome or _INTENDED

    def _settled(
        self, delivery: PlannedDelivery, known: DocumentRow | None, *, is_released: bool
    ) -> IntentOutcome | None:
        if known is None or known.status not in PAST_INTENT:
            return None
        is_same = is_released or known.sha256 == delivery.sha256
        return IntentOutcome(IntentResult.KNOWN if is_same else IntentResult.CHANGED, other=known)

    def _changed(self, delivery: PlannedDelivery) -> IntentOutcome | None:
        versions = self._others(self._versions[_document(delivery.key)], delivery.key)
        if not versions:
            return None
        newest = max(versions, key=lambda row: (row.received_at, row.key.version))
        return IntentOutcome(IntentResult.CHANGED, other=newest)

    def _repeated(
        self, delivery: PlannedDelivery, traits: Iterable[_Trait]
    ) -> IntentOutcome | None:
        if delivery.may_repeat:
            return None
        for trait in traits:
            if same := self._others(self._traits[trait], delivery.key):
                first = min(same, key=lambda row: row.key)
                sameness = Sameness(str(trait[0]))
                return IntentOutcome(IntentResult.DUPLICATE, other=first, sameness=sameness)
        return None

    def _others(self, keys: set[DocumentKey], own: DocumentKey) -> list[DocumentRow]:
        return [self._rows[key] for key in keys if key != own]

    def _name_taken(self, delivery: PlannedDelivery) -> IntentOutcome | None:
        own: set[str] = set()
        for file in delivery.files:
            owner = self._owners.get(file.name_key, delivery.key)
            if owner != delivery.key or file.name_key in own:
                return IntentOutcome(IntentResult.NAME_TAKEN, name_key=file.name_key)
            own.add(file.name_key)
        return None

    def _accept(self, row: DocumentRow, traits: tuple[_Trait, ...]) -> None:
        before = self._rows.get(row.key)
        if before is not None:
            self._forget(before)
            self.again.add(row.key)
            if before.sha256 != row.sha256:
                self.replaced.add(row.key)
        self._owners.update((file.name_key, row.key) for file in row.files)
        self._add(row, traits)

    def _forget(self, row: DocumentRow) -> None:
        for trait in self._traits_of.pop(row.key, ()):
            self._traits[trait].discard(row.key)
        for file in row.files:
            self._owners.pop(file.name_key, None)

    def _add(self, row: DocumentRow, traits: tuple[_Trait, ...]) -> None:
        self._rows[row.key] = row
        if row.status in PLACED:
            self._versions[_document(row.key)].add(row.key)
        if may_be_placed(row):
            self._traits_of[row.key] = traits + self._statements.get(row.key, ())
            for trait in self._traits_of[row.key]:
                self._traits[trait].add(row.key)


def _traits(client: str, document: DocumentRow | PlannedDelivery) -> tuple[_Trait, ...]:
    """What no two documents of a client should have in common, its bank statements apart."""
    content = (Sameness.CONTENT, client, document.sha256)
    invoice = identity_of(document.key_data)
    return (content, (Sameness.INVOICE, client, invoice)) if invoice else (content,)


def _statement_traits(client: str, statements: Iterable[AccountStatement]) -> tuple[_Trait, ...]:
    return tuple((Sameness.STATEMENT, client, each.account, each.order) for each in statements)


def _document(key: DocumentKey) -> tuple[str, ...]:
    return key.hub, key.dossier, key.document_id
