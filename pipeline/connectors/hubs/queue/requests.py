"""From a call of a profile to a request, and what an answer says when it refuses."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from yarl import URL

from pipeline.connectors.answers import Answer
from pipeline.connectors.hubs.queue.profile import Call, Errors
from pipeline.connectors.hubs.queue.values import items_at, pick, text_at
from pipeline.domain.errors import TransientError

Values = Mapping[str, Any]


def url_of(base: str, call: Call, values: Values) -> URL:
    """The address of a call.

    Values come from the hub: one that is ``..`` or holds a slash must not lead elsewhere.
    """
    path = call.path
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", _segment(str(value)))
    query = {name: _filled(value, values) for name, value in call.query.items()}
    asked = urlencode({name: value for name, value in query.items() if value is not None})
    return URL(f"{base.rstrip('/')}/{path}{'?' if asked else ''}{asked}", encoded=True)


def body_of(call: Call, values: Values) -> bytes | None:
    """The JSON body of a call."""
    if call.body is None:
        return None
    body = call.body
    if isinstance(body, dict):
        body = {name: _filled(value, values) for name, value in body.items()}
    return msgspec.json.encode(_filled(body, values))


def _filled(value: Any, values: Values) -> Any:
    """A value itself, or what it stands for; None when that is not known."""
    if not isinstance(value, str) or not value.startswith("{"):
        return value
    return values.get(value.strip("{}"))


def _segment(part: str) -> str:
    """A path segment that nothing splits or normalises."""
    return part if part.isalnum() and part.isascii() else quote(part, safe="").replace(".", "%2E")


def decoded(body: bytes) -> object:
    """The JSON value of an answer.

    Raises:
        TransientError: it is none, for instance a page of a proxy.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise TransientError(f"The hub's answer cannot be read: {error}.") from error


def explained(answer: Answer, errors: Errors) -> tuple[Answer, bool]:
    """The answer with nothing but its reason as body, and whether its fault passes by itself."""
    try:
        said = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return answer, False
    faults = _unwrapped(said, errors)
    texts = [text_at(fault, path) for fault in faults for path in errors.texts]
    reason = "; ".join(filter(None, texts)) or (said if isinstance(said, str) else "")
    passes = bool(errors.code) and any(text_at(f, errors.code) in errors.passing for f in faults)
    return (replace(answer, body=reason.encode()) if reason else answer), passes


def _unwrapped(said: object, errors: Errors) -> list[object]:
    """The errors inside a wrapping one, at any depth up to three; else the error itself."""
    faults = [said]
    for _depth in range(3):
        faults = [inner for fault in faults for inner in _inner(fault, errors) or [fault]]
    return faults


def _inner(fault: object, errors: Errors) -> list[object]:
    if not errors.inner or not pick(fault, errors.inner):
        return []
    return list(items_at(fault, errors.inner))
