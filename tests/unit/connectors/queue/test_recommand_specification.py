"""Recommand's own description and recorded answers, as judges of our client and its emulator.

The vendor's files are not part of the project. They are looked for at DOSSIERPOST_SHARED, or in
``shared`` beside the checkout; without them these tests say so and are skipped.
"""

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from pipeline.domain.customers import Dossier
from pipeline.domain.documents import DocumentKind
from pipeline.domain.errors import CredentialsRejected, DocumentRejected, TenantBlocked
from pipeline.ports.hub import ErrorReport, Forwarded, Hint
from pipeline.testing.emulators.queue import Asked, Reply
from tests.unit.connectors.queue.desk import Desk, desk_of

SHARED = Path(os.environ.get("DOSSIERPOST_SHARED") or Path(__file__).parents[5] / "shared")
VENDOR = SHARED / "specs" / "recommand"
OPENAPI = VENDOR / "openapi.json"

pytestmark = pytest.mark.skipif(
    not OPENAPI.is_file(),
    reason=f"NOT RUN: the description of Recommand is not at {VENDOR}; set DOSSIERPOST_SHARED",
)


def sample(name: str) -> bytes:
    return (VENDOR / "samples" / f"{name}.json").read_bytes()


def decoded(name: str) -> Any:
    return json.loads(sample(name))


@pytest.fixture(scope="module")
def openapi() -> Any:
    return json.loads(OPENAPI.read_bytes())


@pytest.fixture
def desk() -> Desk:
    return desk_of("recommand", "c_50")


def answering(desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str, status: int = 200) -> None:
    """Let the vendor's own answer come to whatever is asked."""
    reply = Reply(status, sample(name))
    monkeypatch.setattr(desk.emulator, "answer", lambda _asked: reply)


async def everything_is_asked(desk: Desk) -> None:
    """Use each operation of the hub once, so that each answer is seen."""
    dossier = await desk.dossier("c_50")
    desk.emulator.receive("c_50", "1", b"<Invoice/>")
    desk.emulator.receive("c_50", "2", b"<CreditNote/>", kind=DocumentKind.PURCHASE_CREDIT_NOTE)
    refs = (await desk.hub.list(dossier, None, 10)).refs
    await desk.hub.fetch(refs[0], max_bytes=100)
    await desk.hub.ack([Forwarded(refs[0].key)])
    await desk.hub.report_error([ErrorReport(refs[1].key, "xsd", "no", is_kept=True)])
    await desk.hub.redeliver(dossier, datetime(2025, 1, 1, tzinfo=UTC))
    await desk.hub.health()


# -- our client -------------------------------------------------------------------------------
def operation_of(openapi: Any, asked: Asked) -> Any:
    """The operation of the description that a request is for."""
    path = "/" + "/".join(asked.path)
    for template, operations in openapi["paths"].items():
        pattern = re.sub(r"\{\w+\}", "[^/]+", template)
        if re.fullmatch(pattern, path) and asked.method.lower() in operations:
            return operations[asked.method.lower()]
    return None


async def test_every_request_is_one_of_the_description(desk: Desk, openapi: Any) -> None:
    await everything_is_asked(desk)

    for _, asked in desk.emulator.asked:
        operation = operation_of(openapi, asked)
        assert operation is not None, f"{asked.method} {asked.path} is not described"
        known = {each["name"]: each for each in operation.get("parameters", [])}
        assert asked.query.keys() <= known.keys()
        for name, value in asked.query.items():
            permitted = known[name]["schema"].get("enum")
            assert permitted is None or value in permitted


async def test_the_recorded_inbox_and_document_are_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(desk, monkeypatch, "inbox")
    page = await desk.hub.list(Dossier("recommand", "c_50", ""), None, 100)
    answering(desk, monkeypatch, "document")
    fetched = await desk.hub.fetch(page.refs[0], max_bytes=2**20)

    listed = decoded("inbox")["documents"]
    assert [ref.key.document_id for ref in page.refs] == [each["id"] for each in listed]
    assert page.refs[0].received_at == datetime(2026, 11, 22, 7, 11, 47, 560_000, tzinfo=UTC)
    assert {ref.kind for ref in page.refs} == {DocumentKind.PURCHASE_INVOICE}
    assert fetched.body == decoded("document")["document"]["xml"].encode()


@pytest.mark.parametrize(
    ("status", "error", "text"),
    [
        (400, TenantBlocked, "less than or equal to 200"),
        (401, CredentialsRejected, "Check the key"),
        (404, TenantBlocked, "Document not found"),
    ],
)
async def test_recorded_errors_say_how_much_stops(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    *,
    status: int,
    error: type[Exception],
    text: str,
) -> None:
    answering(desk, monkeypatch, f"error-{status}", status)

    with pytest.raises(error, match=text):
        await desk.hub.list(Dossier("recommand", "c_50", ""), None, 100)


async def test_a_recorded_unknown_document_is_gone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(desk, monkeypatch, "inbox")
    page = await desk.hub.list(Dossier("recommand", "c_50", ""), None, 100)
    answering(desk, monkeypatch, "error-404", 404)

    with pytest.raises(DocumentRejected) as refused:
        await desk.hub.fetch(page.refs[0], max_bytes=100)

    assert refused.value.rule == "gone"


def test_the_recorded_event_wakes_its_company(desk: Desk) -> None:
    assert desk.hub.parse_event({}, sample("webhook-document-received")) == (Hint("c_1"),)


# -- our emulator -----------------------------------------------------------------------------
def ask(desk: Desk, path: str, **query: str) -> tuple[int, Any]:
    """An answer of the emulator."""
    headers = {"authorization": "Bearer a.jwt.that-opens-nothing"} if "key" not in query else {}
    query.pop("key", None)
    reply = desk.emulator.answer(Asked("GET", ("api", "v1", *path.split("/")), query, headers))
    return reply.status, json.loads(reply.body)


def shape(value: Any) -> Any:
    """A value with the types instead of what is in it; null fits anything."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


async def test_every_answer_of_the_emulator_is_one_of_the_description(
    desk: Desk, openapi: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered: list[tuple[Asked, Reply]] = []
    answer = desk.emulator.answer

    def watched(asked: Asked) -> Reply:
        answered.append((asked, answer(asked)))
        return answered[-1][1]

    monkeypatch.setattr(desk.emulator, "answer", watched)
    await everything_is_asked(desk)

    vendor = DRAFT202012.create_resource(openapi)
    registry: Registry[Any] = Registry().with_resource("urn:vendor", vendor)
    violations = [
        f"{asked.path}: {error.json_path}: {error.message}"
        for asked, reply in answered
        for error in validator(openapi, asked, reply.status, registry).iter_errors(
            json.loads(reply.body)
        )
    ]
    assert [each for each in violations if "$.pagination.total:" not in each] == []
    assert violations, "the real server answers totals as text, against its own description"


def validator(
    openapi: Any, asked: Asked, status: int, registry: Registry[Any]
) -> Draft202012Validator:
    answer = operation_of(openapi, asked)["responses"][str(status)]
    schema = answer["content"]["application/json"]["schema"]
    absolute = json.loads(json.dumps(schema).replace('"#/', '"urn:vendor#/'))
    return Draft202012Validator(absolute, registry=registry)


async def test_the_emulator_answers_in_the_shape_of_the_recorded_answers(desk: Desk) -> None:
    for number in range(3):
        desk.emulator.receive("c_50", str(number), b"<Invoice/>")

    _, inbox = ask(desk, "inbox")
    _, page = ask(desk, "documents", limit="2")
    _, end = ask(desk, "documents", limit="2", page="9999")
    _, document = ask(desk, "documents/1")

    assert shape(inbox) == shape(decoded("inbox"))
    recorded_page = decoded("documents-page")
    assert page["documents"][0].keys() == recorded_page["documents"][0].keys()
    assert shape(page["pagination"]) == shape(recorded_page["pagination"])
    assert shape(end) == shape(decoded("documents-past-end"))
    assert document["document"].keys() == decoded("document")["document"].keys()


def test_the_emulator_refuses_with_the_recorded_words(desk: Desk) -> None:
    assert ask(desk, "documents", limit="201") == (400, decoded("error-400"))
    assert ask(desk, "inbox", key="") == (401, decoded("error-401"))
    assert ask(desk, "documents/unknown") == (404, decoded("error-404"))
