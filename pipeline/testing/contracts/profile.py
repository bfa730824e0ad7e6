"""What every validation profile must do, behind `pipeline.ports.profile.DocumentValidator`.

The test of a profile subclasses `ProfileContract` and gives it a validator that knows the
profile, and `Samples` of its format: documents that hold every rule, and one document for each
rule that keeps a document from being delivered.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import anyio
import pytest
from anyio.lowlevel import checkpoint

from pipeline.domain.documents import (
    Document,
    DocumentKey,
    DocumentKind,
    DocumentRef,
    Severity,
    ValidationReport,
    Verdict,
)
from pipeline.domain.errors import DocumentRejected
from pipeline.ports.profile import DocumentValidator

RECEIVED_AT = datetime(2026, 3, 1, tzinfo=UTC)
ERROR_PAGE = b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>"
STRANGERS = {
    "an HTML page": ERROR_PAGE,
    "an HTML page after a byte order mark": b"\xef\xbb\xbf\r\n" + ERROR_PAGE,
    "a PDF": b"%PDF-1.4\n%%EOF\n",
    "a JSON error": b'{"error": "not found"}',
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(64),
}
PARALLEL_CALLS = 8
MILLENNIUM = 2000


@dataclass(frozen=True, slots=True)
class Samples:
    """Documents of one format: ``valid`` ones, and ``broken`` ones by the rule they break."""

    kind: DocumentKind
    valid: Sequence[bytes]
    broken: Mapping[str, bytes]


def listed(body: bytes, kind: DocumentKind, document_id: str = "1") -> Document:
    """A fetched document with these bytes."""
    ref = DocumentRef(DocumentKey("hub", "dossier", document_id), kind, RECEIVED_AT)
    return Document(ref, body, hashlib.sha256(body).hexdigest())


def rule_of(outcome: ValidationReport | Exception) -> str | None:
    """The rule a document was rejected with; None when it was not; a bug is raised."""
    if isinstance(outcome, DocumentRejected):
        return outcome.rule
    if isinstance(outcome, Exception):
        raise outcome
    return None


class ProfileContract:
    """Inherit, and define the fixtures ``validator`` and ``samples``."""

    @pytest.fixture
    def documents(self, samples: Samples) -> list[Document]:
        """Every valid document, and after each of the first ones a broken one."""
        bodies = list(samples.valid)
        for place, body in enumerate(samples.broken.values()):
            bodies.insert(2 * place + 1, body)
        return [listed(body, samples.kind, str(place)) for place, body in enumerate(bodies)]

    async def test_a_valid_document_is_reported_without_a_fatal_finding(
        self, validator: DocumentValidator, samples: Samples
    ) -> None:
        outcomes = await validator.validate([listed(body, samples.kind) for body in samples.valid])

        for outcome in outcomes:
            assert isinstance(outcome, ValidationReport)
            assert outcome.verdict is not Verdict.INVALID
            assert all(one.severity is not Severity.FATAL for one in outcome.findings)

    async def test_a_report_names_the_document(
        self, validator: DocumentValidator, samples: Samples
    ) -> None:
        (outcome,) = await validator.validate([listed(samples.valid[0], samples.kind)])

        assert isinstance(outcome, ValidationReport)
        assert outcome.key_data.number
        assert date.fromisoformat(outcome.key_data.issue_date or "").year >= MILLENNIUM

    async def test_every_layer_tells_its_version_or_why_it_did_not_run(
        self, validator: DocumentValidator, samples: Samples
    ) -> None:
        (outcome,) = await validator.validate([listed(samples.valid[0], samples.kind)])

        assert isinstance(outcome, ValidationReport)
        assert outcome.layers
        assert all(one.version if one.checked else one.reason for one in outcome.layers)

    async def test_a_missing_layer_is_never_a_silent_pass(
        self, validator: DocumentValidator, samples: Samples
    ) -> None:
        outcomes = await validator.validate([listed(body, samples.kind) for body in samples.valid])

        for outcome in outcomes:
            assert isinstance(outcome, ValidationReport)
            all_ran = all(one.checked for one in outcome.layers)
            assert (outcome.verdict in (Verdict.VALID, Verdict.WARNINGS)) == all_ran

    async def test_a_broken_document_is_rejected_with_its_rule(
        self, validator: DocumentValidator, samples: Samples
    ) -> None:
        outcomes = await validator.validate(
            [listed(body, samples.kind) for body in samples.broken.values()]
        )

        assert [rule_of(outcome) for outcome in outcomes] == list(samples.broken)

    async def test_a_rejection_says_what_and_is_short(
        self, validator: DocumentValidator, samples: Samples
    ) -> None:
        outcomes = await validator.validate(
            [listed(body, samples.kind) for body in samples.broken.values()]
        )

        assert all(20 < len(str(outcome)) < 500 for outcome in outcomes)

    async def test_a_broken_document_leaves_the_others_alone(
        self, validator: DocumentValidator, documents: list[Document], samples: Samples
    ) -> None:
        outcomes = await validator.validate(documents)

        rejected = [rule for outcome in outcomes if (rule := rule_of(outcome))]
        assert len(outcomes) == len(documents)
        assert rejected == list(samples.broken)
        for document, outcome in zip(documents, outcomes, strict=True):
            assert (rule_of(outcome) is None) == (document.body in samples.valid)

    @pytest.mark.parametrize("body", STRANGERS.values(), ids=STRANGERS)
    async def test_something_else_than_its_listing_is_the_wrong_kind(
        self, validator: DocumentValidator, samples: Samples, body: bytes
    ) -> None:
        (outcome,) = await validator.validate([listed(body, samples.kind)])

        assert rule_of(outcome) == "wrong-kind"

    async def test_nothing_at_all_is_rejected(
        self, validator: DocumentValidator, samples: Samples
    ) -> None:
        (outcome,) = await validator.validate([listed(b"", samples.kind)])

        assert rule_of(outcome) == "size"

    async def test_the_same_bytes_give_the_same_report(
        self, validator: DocumentValidator, samples: Samples
    ) -> None:
        first = await validator.validate([listed(body, samples.kind) for body in samples.valid])
        again = await validator.validate([listed(body, samples.kind) for body in samples.valid])

        assert first == again

    async def test_bytes_in_are_bytes_out(
        self, validator: DocumentValidator, documents: list[Document]
    ) -> None:
        before = [replace(document, body=bytes(document.body)) for document in documents]

        await validator.validate(documents)

        assert documents == before
        assert all(hashlib.sha256(one.body).hexdigest() == one.sha256 for one in documents)

    async def test_batches_at_the_same_time_do_not_disturb_each_other(
        self, validator: DocumentValidator, documents: list[Document]
    ) -> None:
        alone = [repr(outcome) for outcome in await validator.validate(documents)]
        together: list[list[str]] = []

        async def validate() -> None:
            together.append([repr(one) for one in await validator.validate(documents)])

        async with anyio.create_task_group() as group:
            for _ in range(PARALLEL_CALLS):
                group.start_soon(validate)

        assert together == [alone] * PARALLEL_CALLS

    async def test_an_empty_batch_is_an_empty_answer(self, validator: DocumentValidator) -> None:
        assert list(await validator.validate([])) == []

    async def test_other_tasks_go_on_meanwhile(
        self, validator: DocumentValidator, samples: Samples
    ) -> None:
        turns = 0

        async def count() -> None:
            nonlocal turns
            while True:
                await checkpoint()
                turns += 1

        async with anyio.create_task_group() as group:
            group.start_soon(count)
            await validator.validate([listed(body, samples.kind) for body in samples.valid])
            group.cancel_scope.cancel()

        assert turns > 0
