import hashlib
from dataclasses import dataclass

import pytest

from pipeline.domain.delivery import RowStatus
from pipeline.domain.documents import (
    CheckedDocument,
    Document,
    DocumentRef,
    KeyData,
    ValidationReport,
    Verdict,
)
from pipeline.domain.errors import DocumentHeld, DocumentRejected, HubUnavailable
from pipeline.stages.reject import Reject
from pipeline.testing.script import Operation
from tests.unit.stages.bench import Bench


@dataclass(frozen=True)
class Item:
    item: object
    error: DocumentRejected


BROKEN = DocumentRejected("It is broken. Ask for another.", rule="xsd")


def reject(bench: Bench) -> Reject:
    return Reject({"memory": bench.hub}, bench.state, bench.quarantine)


def fetched(ref: DocumentRef, body: bytes = b"bytes") -> Document:
    return Document(ref, body, hashlib.sha256(body).hexdigest())


async def test_the_bytes_are_kept_the_reason_recorded_and_the_hub_told() -> None:
    bench = Bench()
    ref = bench.hub.add("d1", "doc", b"bytes")

    await reject(bench)([Item(fetched(ref), BROKEN)])

    row = await bench.state.row(ref.key)
    assert row is not None
    assert (row.status, row.rule, row.reason) == (RowStatus.ERROR, "xsd", str(BROKEN))
    assert row.is_reported
    assert bench.quarantine.kept == {ref.key: b"bytes"}
    assert [each.text for each in bench.hub.reported] == [str(BROKEN)]


async def test_a_document_that_was_never_fetched_keeps_its_reference() -> None:
    bench = Bench()
    ref = bench.hub.add("d1", "doc", b"bytes", file_name="invoice.xml")

    await reject(bench)([Item(ref, BROKEN)])
    await bench.state.want([ref.key])

    (wanted,) = (await bench.state.survey("memory", "d1", ())).wanted
    assert (wanted.key, wanted.file_name) == (ref.key, "invoice.xml")
    assert bench.quarantine.kept == {}


async def test_a_held_document_keeps_what_names_it() -> None:
    bench = Bench()
    document = fetched(bench.hub.add("d1", "doc", b"bytes"))
    report = ValidationReport(Verdict.VALID, key_data=KeyData(number="2026-1"))
    held = DocumentHeld("The same invoice came before.", rule="duplicate")

    await reject(bench)([Item(CheckedDocument(document, report), held)])

    row = await bench.state.row(document.key)
    assert row is not None
    assert row.status is RowStatus.HELD
    assert row.key_data.number == "2026-1"


async def test_a_hub_that_is_down_hears_of_the_error_later() -> None:
    bench = Bench()
    ref = bench.hub.add("d1", "doc", b"bytes")
    bench.hub.script.fail(Operation.REPORT_ERROR, HubUnavailable("The hub is down."))

    await reject(bench)([Item(ref, BROKEN)])
    row = await bench.state.row(ref.key)
    assert row is not None
    assert not row.is_reported
    await reject(bench).report_again([row])

    assert (await bench.state.rows(is_reported=True))[0].key == ref.key


async def test_something_that_carries_no_document_is_a_bug() -> None:
    with pytest.raises(TypeError, match="carries no document"):
        await reject(Bench())([Item("text", BROKEN)])
