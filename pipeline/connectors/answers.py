"""From what a hub answered to what the pipeline does about it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import orjson

from pipeline.domain.errors import (
    CredentialsRejected,
    DocumentRejected,
    HubUnavailable,
    PipelineError,
    TenantBlocked,
    TransientError,
)

LONGEST_WAIT = timedelta(hours=6)
_EPOCH_FROM = 1_000_000_000
_QUOTED = 300

_TRANSIENT = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)
_RULES: dict[int, str] = {
    HTTPStatus.NOT_FOUND: "gone",
    HTTPStatus.GONE: "gone",
    HTTPStatus.NOT_ACCEPTABLE: "refused",
}
_SERVER_FAULT = HTTPStatus.INTERNAL_SERVER_ERROR
_SECRETS = re.compile(
    r"(?i)\b(bearer|basic)\s+\S+"
    r"|\b([\w-]*(?:token|secret|password|passwd|api[_-]?key|code|authorization|cookie))"
    r"(\"?\s*[:=]\s*\"?)[^\s\"&,;}]+"
    r"|\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){2,7}(?:\s?[A-Z0-9]{1,4})?\b"
)


class AnswerTooLarge(TransientError):
    """An answer is larger than asked for; the rest was not read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer; header names are in lower case, the body is as sent.

    ``reason`` is the phrase beside the status, which some hubs say something with.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    reason: str = ""

    @property
    def is_ok(self) -> bool:
        """Whether the status is 2xx."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


def error_for(answer: Answer, action: str, *, now: datetime) -> PipelineError:
    """The error for an answer that is not 2xx; ``action`` completes "The hub refused to ..."."""
    if answer.status in _TRANSIENT or not HTTPStatus.BAD_REQUEST <= answer.status < _SERVER_FAULT:
        return _passing(answer, action, retry_after(answer, now))
    said = _said(answer)
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return CredentialsRejected(f"The hub asks to sign in again: it refused to {action}.")
    if rule := _RULES.get(answer.status):
        return DocumentRejected(f"The hub cannot {action}: {answer.status}{said}.", rule=rule)
    reason = "does not permit" if answer.status == HTTPStatus.FORBIDDEN else "rejects the request"
    msg = f"The hub {reason} to {action}: {answer.status}{said}. Ask the hub's manager."
    return TenantBlocked(msg)


def _passing(answer: Answer, action: str, wait: timedelta | None) -> TransientError:
    """What may pass by itself: a limit, a fault of the hub, or an answer out of place."""
    if answer.status in _TRANSIENT:
        msg = f"The hub asks to wait: {answer.status} to {action}."
        return TransientError(msg, retry_after=wait)
    msg = f"The hub cannot {action} now: {answer.status}{_said(answer)}."
    if answer.status >= _SERVER_FAULT:
        return HubUnavailable(msg, retry_after=wait)
    return TransientError(msg, retry_after=wait)


def retry_after(answer: Answer, now: datetime) -> timedelta | None:
    """How long the server wants us to wait, at most `LONGEST_WAIT`; None when it does not say.

    Reads ``retry-after-ms``, ``retry-after`` (seconds or date) and, of a 429, the end of the
    window in ``x-ratelimit-reset`` or ``ratelimit-reset`` (seconds, or seconds since 1970):
    other answers may carry that without asking to wait.
    """
    headers = answer.headers
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return _bounded(milliseconds / 1000)
    stated = headers.get("retry-after")
    if stated is not None:
        seconds = _number(stated)
        return _bounded(seconds if seconds is not None else _until_date(stated, now))
    reset = _number(headers.get("x-ratelimit-reset") or headers.get("ratelimit-reset"))
    if reset is None or answer.status != HTTPStatus.TOO_MANY_REQUESTS:
        return None
    return _bounded(reset - now.timestamp() if reset >= _EPOCH_FROM else reset)


def redact(text: str) -> str:
    """One printable line of at most 300 characters without secrets and account numbers."""
    line = "".join(c if c.isprintable() else " " for c in text[: 4 * _QUOTED])
    return _SECRETS.sub(_mask, line)[:_QUOTED].strip()


def _mask(match: re.Match[str]) -> str:
    scheme, name, between = match.groups()
    if name:
        return f"{name}{between}***"
    return f"{scheme} ***" if scheme else "***"


def _said(answer: Answer) -> str:
    """What the hub says about itself, as the end of a sentence."""
    text = _problem_text(answer.body) or answer.body[: 4 * _QUOTED].decode("utf-8", "replace")
    clean = redact(text)
    return f" ({clean})" if clean else ""


def _problem_text(body: bytes) -> str | None:
    """The text of a problem document (RFC 9457) or an OAuth error."""
    try:
        problem = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(problem, dict):
        return None
    for name in ("detail", "error_description", "title", "error"):
        if isinstance(problem.get(name), str):
            return str(problem[name])
    return None


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _until_date(text: str, now: datetime) -> float:
    try:
        moment = parsedate_to_datetime(text)
        return (moment - now).total_seconds()
    except (TypeError, ValueError):
        return 0.0


def _bounded(seconds: float) -> timedelta:
    return timedelta(seconds=min(max(0.0, seconds), LONGEST_WAIT.total_seconds()))
