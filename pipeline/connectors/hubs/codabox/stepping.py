"""Telling CodaBox what was dealt with, dossier by dossier."""

from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.connectors.hubs.codabox.clients import ClientFeeds
from pipeline.connectors.hubs.codabox.documents import index_and_format
from pipeline.domain.documents import DocumentKey
from pipeline.domain.errors import TenantBlocked, TransientError
from pipeline.ports.hub import AckOutcome

_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class StepPast:
    """Notes documents as dealt with, and commits the offsets that this allows.

    Remembers the entries stepped past last, so that one told twice is not taken for unknown.
    """

    feeds: ClientFeeds
    _stepped: OrderedDict[str, None] = field(default_factory=OrderedDict, init=False)

    async def __call__(
        self, keys: Sequence[DocumentKey], *, if_waiting: AckOutcome
    ) -> Sequence[AckOutcome]:
        """One outcome each; ``if_waiting`` of those whose offset cannot be committed yet.

        A client whose feed cannot be used now is to be told again, and holds up no other; when
        there is no other, what is wrong is raised.
        """
        outcomes: dict[DocumentKey, AckOutcome] = {}
        problems: list[TransientError | TenantBlocked] = []
        for client_id in dict.fromkeys(key.dossier for key in keys):
            mine = [key for key in keys if key.dossier == client_id]
            try:
                outcomes |= await self._of_client(client_id, mine, if_waiting)
            except (TransientError, TenantBlocked) as error:
                problems.append(error)
        if problems and not outcomes:
            raise problems[0]
        return [outcomes.get(key, AckOutcome.RETRY) for key in keys]

    async def _of_client(
        self, client_id: str, keys: Sequence[DocumentKey], if_waiting: AckOutcome
    ) -> dict[DocumentKey, AckOutcome]:
        entries = {key: index_and_format(key.document_id) for key in keys}
        outcomes: dict[str, AckOutcome] = {}
        for feed in await self.feeds.of(client_id):
            told = await feed.deal_with(tuple(entries.values()))
            self._remember(told.committed)
            outcomes |= dict.fromkeys(told.committed, AckOutcome.OK)
            outcomes |= dict.fromkeys(told.waiting, if_waiting)
        return {key: self._outcome(index, outcomes) for key, (index, _) in entries.items()}

    def _outcome(self, index: str, outcomes: Mapping[str, AckOutcome]) -> AckOutcome:
        """What became of an entry; one that no feed has was stepped past, or never was there."""
        return outcomes.get(index, AckOutcome.OK if index in self._stepped else AckOutcome.GONE)

    def _remember(self, indexes: Collection[str]) -> None:
        self._stepped.update(dict.fromkeys(indexes))
        while len(self._stepped) > _REMEMBERED:
            self._stepped.popitem(last=False)
