"""S18: no secret and no account number reaches a log, and no text can forge a line."""

import ast
import io
import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from pipeline.connectors.logs import FIELDS, LogForm, logging_to
from pipeline.connectors.redaction import clean, masked, on_one_line
from pipeline.domain.errors import CredentialsRejected

PACKAGE = Path(__file__).parents[2] / "pipeline"
CANARY = "c4n4ryS3cretV4lue"
IBAN = "BE68 5390 0754 7034"

CARRIERS = {
    "bearer header": "Authorization: Bearer {0}",
    "basic header": "authorization: Basic {0}==",
    "header in a dict": "{{'Authorization': 'Bearer {0}', 'Accept': '*/*'}}",
    "header in tuples": "(('Cookie', 'session={0}; other=1'),)",
    "raw header": "(b'Authorization', b'Bearer {0}')",
    "header of bytes": "b'Proxy-Authorization': b'Basic {0}'",
    "cookie": "Cookie: a=1; b={0}",
    "set-cookie": "Set-Cookie: id={0}; HttpOnly",
    "bearer in prose": "the hub refused Bearer {0}, sign in again",
    "form": "grant_type=refresh_token&refresh_token={0}&client_id=x",
    "client secret": "client_secret={0}",
    "password": "password: {0}",
    "json": '{{"access_token": "{0}", "expires_in": 3600}}',
    "json without spaces": '{{"refresh_token":"{0}"}}',
    "api key": "X-Api-Key: {0}",
    "api key as field": "api_key='{0}'",
    "signed url": "https://storage.example/x?X-Amz-Signature={0}&y=1",
    "signature in url": "https://storage.example/x?sig={0}",
    "code in url": "http://127.0.0.1:1/?code={0}&state=abc",
    "code in form": "code={0}&grant_type=authorization_code",
    "state in url": "http://127.0.0.1:1/?code=abc&state={0}",
    "code verifier": "code_verifier={0}",
    "user in url": "https://office:{0}@hub.example/",
    "user only in url": "sftp://{0}@hub.example/",
    "web token": "eyJhbGciOiJub25lIn0.eyJ{0}.c2ln",
    "private key": "private_key={0}",
}
"""Shapes in which a secret was seen in logs somewhere."""


@pytest.fixture(params=["console", "json"])
def form(request: pytest.FixtureRequest) -> LogForm:
    chosen: LogForm = request.param
    return chosen


def logged(form: LogForm, event: str, secrets: tuple[str, ...] = (), **fields: object) -> str:
    stream = io.StringIO()
    with logging_to(stream, form=form, secrets=secrets):
        structlog.get_logger("pipeline.test").warning(event, **fields)
    return stream.getvalue()


@pytest.mark.parametrize("carrier", CARRIERS.values(), ids=CARRIERS)
def test_a_secret_in_any_shape_is_masked(form: LogForm, carrier: str) -> None:
    text = carrier.format(CANARY)

    for lines in (logged(form, text), logged(form, "event", reason=text, path=text)):
        assert CANARY not in lines
        assert "***" in lines


@pytest.mark.parametrize("iban", [IBAN, IBAN.replace(" ", ""), IBAN.replace(" ", "-")])
def test_an_account_number_is_masked_even_in_a_file_name(form: LogForm, iban: str) -> None:
    lines = logged(form, f"account {iban}", path=f"/srv/in/{iban}_EUR_2026-01-02_001_ab12cd34.cod")

    assert iban not in lines
    assert "_EUR_2026-01-02_001_ab12cd34.cod" in lines


@pytest.mark.parametrize(
    "text",
    [
        "BE0123456749",
        "NL001234567B01",
        "native/dossier-7/doc-1@1",
        "3f786850e387550fdab836ed7e6dc881de23001b3f786850e387550fdab836ed",
        "20260304-050607_Acme-N-V_F2026-0017_2d711642.xml",
        "exit code: 2, state: intent",
        "Folder D:\\Books\\123\\in refused the file: access denied.",
    ],
)
def test_what_support_needs_is_left_as_it_is(text: str) -> None:
    assert masked(text) == text


def test_a_known_secret_is_masked_whatever_it_looks_like(form: LogForm) -> None:
    lines = logged(form, f"it is {CANARY}.", secrets=(CANARY, ""), problem=CANARY)

    assert CANARY not in lines
    assert "it is ***." in lines


def sign_in_with_a_bad_token() -> None:
    cause = ValueError(f"Authorization: Bearer x{CANARY}x")
    raise CredentialsRejected(f"refresh_token={CANARY}") from cause


def test_a_secret_in_an_error_and_its_causes_is_masked(form: LogForm) -> None:
    stream = io.StringIO()
    with logging_to(stream, form=form, secrets=(CANARY,)):
        log = structlog.get_logger("pipeline.test")
        try:
            sign_in_with_a_bad_token()
        except CredentialsRejected as error:
            log.exception("sign_in_failed", error=error)
    lines = stream.getvalue()

    assert CANARY not in lines
    assert "CredentialsRejected" in lines
    assert "Traceback" in lines


def test_a_secret_in_a_line_of_another_library_is_masked(form: LogForm) -> None:
    stream = io.StringIO()
    with logging_to(stream, form=form):
        logging.getLogger("aiohttp.client").error(
            "sent %s", {"Authorization": f"Bearer {CANARY}"}, extra={"password": CANARY}
        )

    assert CANARY not in stream.getvalue()


def test_a_field_that_nobody_allowed_is_left_out_and_named(form: LogForm) -> None:
    lines = logged(form, "forwarded", dossier="h/1", enterprise_name="Bakkerij", password=CANARY)

    assert "Bakkerij" not in lines
    assert CANARY not in lines
    assert "h/1" in lines
    assert "enterprise_name,password" in lines


def test_no_allowed_field_is_made_for_content_or_people() -> None:
    words = ("name", "password", "token", "secret", "body", "content", "supplier", "iban", "amount")

    assert not [f for f in FIELDS if any(word in f for word in words)]


def test_every_field_that_the_program_logs_is_allowed() -> None:
    used = {
        f"{path.name}:{call.lineno} {keyword.arg}"
        for path in PACKAGE.rglob("*.py")
        for call in log_calls(ast.parse(path.read_text(encoding="utf-8")))
        for keyword in call.keywords
        if keyword.arg not in FIELDS | {"exc_info", "exception", "extra"}  # cleaned as tracebacks
    }

    assert not used, "add the field to pipeline.connectors.logs.FIELDS if it holds no secret"


def log_calls(module: ast.Module) -> Iterator[ast.Call]:
    """Calls such as ``log.info(...)``."""
    for node in ast.walk(module):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name("log" | "logger"), attr=attr)):
                if attr in {"debug", "info", "warning", "error", "exception", "critical"}:
                    yield node
            case _:
                pass


def test_the_bytes_of_a_document_are_never_logged(form: LogForm) -> None:
    lines = logged(form, "validated", document=b"<Invoice>Bakkerij</Invoice>")

    assert "Bakkerij" not in lines
    assert "<27 bytes>" in lines


@pytest.mark.parametrize(
    "name",
    ["a\nb", "a\r\nb", "a\x1b[31mb", "a\x00b", "a\u202eb", "a\u2028b", "a\x9bb", "a\ud800b"],
    ids=ascii,
)
def test_a_name_with_control_characters_makes_one_printable_line(form: LogForm, name: str) -> None:
    lines = logged(form, name, dossier=name)

    (line,) = lines.splitlines()
    assert line.isprintable()


def test_an_error_text_cannot_pose_as_another_log_line() -> None:
    stream = io.StringIO()
    with logging_to(stream):
        try:
            int("x\n2026-01-01T00:00:00Z [info] document forwarded\x1b[2K")
        except ValueError:
            structlog.get_logger("pipeline.test").exception("bug")

    first, *others = stream.getvalue().splitlines()
    assert " bug" in first
    assert all(line.startswith("    ") for line in others)


def test_a_json_line_is_one_object_that_parses() -> None:
    line = json.loads(logged("json", "document_forwarded", seconds=0.25, hub="native", count=3))

    assert line["event"] == "document_forwarded"
    assert line["level"] == "warning"
    assert line["timestamp"].endswith("Z")
    assert (line["seconds"], line["hub"], line["count"]) == (0.25, "native", 3)


@given(st.text(st.characters(codec=None)))
def test_any_text_becomes_one_printable_line_of_bounded_length(text: str) -> None:
    line = clean(text * 3, longest=50)

    assert line.isprintable()
    assert len(line) <= 50 + len(" [cut]")
    assert on_one_line(line) == line


@pytest.mark.parametrize(
    "piece",
    ["a.", "a-", "a", "token", "cookie=", "a://", "AB12 3456 ", "eyJ", "x@", "Bearer ", "\x1b"],
    ids=ascii,
)
def test_hostile_text_is_cleaned_in_linear_time(piece: str) -> None:
    started = time.perf_counter()

    clean(piece * 10_000)

    assert time.perf_counter() - started < 0.25
