"""What a hub answers, and what the pipeline does about it."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.connectors.answers import LONGEST_WAIT, Answer, error_for, redact, retry_after
from pipeline.domain.errors import (
    CredentialsRejected,
    DocumentRejected,
    HubUnavailable,
    PipelineError,
    TenantBlocked,
    TransientError,
)

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (302, TransientError),
        (400, TenantBlocked),
        (401, CredentialsRejected),
        (403, TenantBlocked),
        (404, DocumentRejected),
        (406, DocumentRejected),
        (408, TransientError),
        (410, DocumentRejected),
        (422, TenantBlocked),
        (429, TransientError),
        (500, HubUnavailable),
        (503, HubUnavailable),
    ],
)
def test_the_class_of_an_answer_says_how_much_stops(
    status: int, expected: type[PipelineError]
) -> None:
    error = error_for(Answer(status, {}, b"no"), "list the documents", now=NOW)

    assert type(error) is expected
    assert "list the documents" in str(error)


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "Mon, 05 Jan 2026 08:01:00 GMT"}, 60),
        ({"retry-after": "Mon, 05 Jan 2026 07:00:00 GMT"}, 0),
        ({"retry-after": "soon"}, 0),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) + 12)}, 12),
        ({"ratelimit-reset": "20"}, 20),
        ({"retry-after": "1e12"}, LONGEST_WAIT.total_seconds()),
        ({"retry-after": "nan"}, 0),
        ({"retry-after": "-5"}, 0),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_hint_to_wait_is_read_in_every_form(headers: dict[str, str], wait_s: float) -> None:
    answer = Answer(429, headers, b"")
    limited = error_for(answer, "ask", now=NOW)

    assert retry_after(answer, NOW) == timedelta(seconds=wait_s)
    assert isinstance(limited, TransientError)
    assert limited.retry_after == timedelta(seconds=wait_s)


def test_without_a_hint_nothing_is_invented() -> None:
    assert retry_after(Answer(429, {}, b""), NOW) is None


def test_the_end_of_a_window_that_is_not_used_up_asks_nobody_to_wait() -> None:
    assert retry_after(Answer(500, {"x-ratelimit-reset": "60"}, b""), NOW) is None


@pytest.mark.parametrize(
    "body",
    [
        b'{"detail": "the dossier does not share"}',
        b'{"error": "invalid", "error_description": "the dossier does not share"}',
        b"the dossier does not share",
    ],
)
def test_the_text_of_the_hub_reaches_the_person(body: bytes) -> None:
    error = error_for(Answer(403, {}, body), "list", now=NOW)

    assert "the dossier does not share" in str(error)


@pytest.mark.parametrize(
    "secret",
    [
        "Bearer s3cr3t-canary",
        "basic s3cr3t-canary",
        "access_token=s3cr3t-canary&x=1",
        '{"refresh_token": "s3cr3t-canary"}',
        "X-Api-Key: s3cr3t-canary",
        "client_secret=s3cr3t-canary",
        "Cookie: s3cr3t-canary",
    ],
)
def test_no_secret_of_an_answer_reaches_an_error_text(secret: str) -> None:
    error = error_for(Answer(500, {}, f"failed: {secret}".encode()), "list", now=NOW)

    assert "s3cr3t-canary" not in str(error)
    assert "failed" in str(error)


def test_an_error_text_is_one_short_line_without_account_numbers() -> None:
    text = redact("pay BE68 5390 0754 7034 now\r\n\x1b[31m" + "x" * 1000)

    assert "5390" not in text
    assert "\n" not in text
    assert "\x1b" not in text
    assert len(text) <= 300
