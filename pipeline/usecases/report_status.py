"""Report what an installation has done and what waits for a person."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from pipeline.domain.customers import Dossier
from pipeline.domain.delivery import DocumentRow, RowStatus
from pipeline.domain.documents import DocumentKey, Verdict
from pipeline.ports.state import StateStore


@dataclass(frozen=True, slots=True)
class DossierStatus:
    """One dossier as shown to a person; ``problem`` is what its last pass ended with.

    ``verdicts`` are of the forwarded documents.
    """

    hub: str
    dossier: str
    enterprise_name: str
    enterprise_identifier: str
    accounting_file_id: str
    accounting_package: str | None
    is_linked: bool
    forwarded: int
    errors: int
    in_flight: int
    verdicts: Mapping[Verdict, int]
    last_pass: datetime | None
    last_seconds: float | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class Status:
    """The installation at a glance; ``errors`` includes the documents that are held.

    ``verdicts`` are of the forwarded documents.
    """

    installation_id: str
    dossiers: int
    linked: int
    blocked: int
    to_fetch: int
    forwarded: int
    acknowledged: int
    errors: int
    held: int
    verdicts: Mapping[Verdict, int]
    problems: tuple[DossierStatus, ...]


@dataclass(frozen=True, slots=True)
class ReportStatus:
    """Reads the state only, so it works while the service runs and while it does not."""

    state: StateStore
    hubs: Sequence[str]

    async def overview(self) -> Status:
        """Counts over all dossiers, and the dossiers whose last pass ended with a problem."""
        counts = await self.state.counts()
        dossiers = await self.dossiers()
        problems = tuple(each for each in dossiers if each.problem)
        held = counts.get(RowStatus.HELD, 0)
        acked = counts.get(RowStatus.ACKED, 0)
        return Status(
            installation_id=await self.state.installation_id(),
            dossiers=len(dossiers),
            linked=sum(each.is_linked for each in dossiers),
            blocked=len(problems),
            to_fetch=counts.get(RowStatus.INTENT, 0),
            forwarded=acked + counts.get(RowStatus.DELIVERED, 0),
            acknowledged=acked,
            errors=counts.get(RowStatus.ERROR, 0) + held,
            held=held,
            verdicts=await self._verdicts(),
            problems=problems,
        )

    async def dossiers(self) -> Sequence[DossierStatus]:
        """Every dossier the hubs have listed, by hub and id."""
        passes = await self.state.last_passes()
        result = []
        for hub in self.hubs:
            counts = await self.state.dossier_counts(hub)
            for dossier in await self.state.load_dossiers(hub):
                last, numbers = passes.get(dossier.tenant), counts.get(dossier.id)
                result.append(
                    DossierStatus(
                        hub=hub,
                        dossier=dossier.id,
                        **_linked_to(dossier),
                        forwarded=numbers.forwarded if numbers else 0,
                        errors=numbers.errors if numbers else 0,
                        in_flight=numbers.in_flight if numbers else 0,
                        verdicts=_each(numbers.verdicts if numbers else {}),
                        last_pass=last.finished_at if last else None,
                        last_seconds=last.seconds if last else None,
                        problem=last.problem if last else None,
                    )
                )
        return result

    async def _verdicts(self) -> Mapping[Verdict, int]:
        total: Counter[Verdict] = Counter()
        for hub in self.hubs:
            for numbers in (await self.state.dossier_counts(hub)).values():
                total.update(numbers.verdicts)
        return _each(total)

    async def repeated(self, rows: Sequence[DocumentRow]) -> Mapping[str, DocumentKey]:
        """The documents that some of these rows are held for, by what `DocumentRow.repeats` says.

        One that came to nothing is left out.
        """
        digests = sorted({row.repeats for row in rows if row.repeats})
        found = await self.state.rows(digests=digests, limit=len(digests)) if digests else ()
        return {row.key.digest: row.key for row in found}

    async def documents(
        self,
        *,
        statuses: Sequence[RowStatus] = (),
        dossier: str | None = None,
        limit: int = 1000,
    ) -> Sequence[DocumentRow]:
        """Rows of documents, by key."""
        return await self.state.rows(statuses=statuses, dossier=dossier, limit=limit)


def _each(counts: Mapping[Verdict, int]) -> Mapping[Verdict, int]:
    """Every verdict, so that scripts find what they look for."""
    return {verdict: counts.get(verdict, 0) for verdict in Verdict}


class _Linked(TypedDict):
    enterprise_name: str
    enterprise_identifier: str
    accounting_file_id: str
    accounting_package: str | None
    is_linked: bool


def _linked_to(dossier: Dossier) -> _Linked:
    return {
        "enterprise_name": dossier.enterprise_name,
        "enterprise_identifier": dossier.enterprise_identifier,
        "accounting_file_id": dossier.accounting_file_id,
        "accounting_package": dossier.package.name if dossier.package else None,
        "is_linked": dossier.is_linked,
    }
