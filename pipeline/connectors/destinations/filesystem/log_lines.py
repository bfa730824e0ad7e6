"""Lines of the delivery log: JSON that carries its own check value."""

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

import msgspec

from pipeline.domain.delivery import DocumentRow, PlannedDelivery, PlannedFile, RowStatus
from pipeline.domain.documents import DocumentKey, DocumentKind, KeyData, Verdict

_CHECK_CHARS = 16
_MIDDLE = b',"check":"'
_END = b'"}'
_TAIL_LENGTH = len(_MIDDLE) + _CHECK_CHARS + len(_END)
_KEY_DATA = tuple(field.name for field in dataclasses.fields(KeyData))
_key_data_values = attrgetter(*_KEY_DATA)
_KeyDataFields = msgspec.defstruct(
    "_KeyDataFields", [(name, str | None, None) for name in _KEY_DATA], omit_defaults=True
)
_encode = msgspec.json.Encoder().encode


class _IntentFields(msgspec.Struct, omit_defaults=True):
    """A line of an intent as it is written, without its check value."""

    key: DocumentKey
    kind: DocumentKind
    received_at: datetime
    sha256: str
    size: int
    files: Sequence[tuple[str | int, ...]]
    key_data: msgspec.Struct
    verdict: Verdict
    boot_id: str
    at: datetime
    file_name: str | None = None
    content_type: str | None = None
    offset: str | None = None


class _WithdrawnFields(msgspec.Struct):
    """A line that takes back others, without its check value."""

    withdrawn: Sequence[str]
    at: datetime


@dataclass(frozen=True, slots=True)
class LogLine:
    """A whole line as read back: a row that was intended, or stems of tokens given up."""

    check: str
    row: DocumentRow | None = None
    withdrawn: tuple[str, ...] = ()


def intent_line(delivery: PlannedDelivery, *, boot_id: str, at: datetime) -> bytes:
    """The line of a delivery whose tokens are durable."""
    fields = _IntentFields(
        key=delivery.key,
        kind=delivery.kind,
        received_at=delivery.received_at,
        sha256=delivery.sha256,
        size=delivery.size_bytes,
        files=[_file_fields(file) for file in delivery.files],
        key_data=_KeyDataFields(*_key_data_values(delivery.key_data)),
        verdict=delivery.verdict,
        boot_id=boot_id,
        at=at,
        file_name=delivery.file_name,
        content_type=delivery.content_type,
        offset=delivery.offset,
    )
    return _sealed(fields)


def withdrawn_line(stems: list[str], *, at: datetime) -> bytes:
    """The line that takes back earlier lines, by the stem of their tokens."""
    return _sealed(_WithdrawnFields(stems, at))


def check_of(line: bytes) -> str | None:
    """The check value of a whole line; None for anything torn or altered."""
    payload, tail = line[:-_TAIL_LENGTH] + b"}", line[-_TAIL_LENGTH:]
    check = tail[len(_MIDDLE) : -len(_END)]
    is_whole = tail.startswith(_MIDDLE) and tail.endswith(_END) and check == _check(payload)
    return check.decode("ascii") if is_whole else None


def parse_line(line: bytes, destination: str) -> LogLine | None:
    """Read a line back; None for anything torn or altered."""
    check = check_of(line)
    if check is None:
        return None
    fields = json.loads(line)
    if "withdrawn" in fields:
        return LogLine(check, withdrawn=tuple(fields["withdrawn"]))
    return LogLine(check, row=_row(fields, destination))


def _sealed(fields: msgspec.Struct) -> bytes:
    payload = _json(fields)
    return payload[:-1] + _MIDDLE + _check(payload) + _END


def _json(fields: msgspec.Struct) -> bytes:
    try:
        return _encode(fields)
    except UnicodeEncodeError:  # half a surrogate pair, which only escapes can hold
        escaped = json.dumps(msgspec.to_builtins(fields), separators=(",", ":"))
        return escaped.encode("ascii")


def _check(payload: bytes) -> bytes:
    return hashlib.sha256(payload).hexdigest()[:_CHECK_CHARS].encode("ascii")


def _file_fields(file: PlannedFile) -> tuple[str | int, ...]:
    return file.token, file.folder, file.name, file.name_key, file.sha256, file.size_bytes


def _row(fields: dict[str, Any], destination: str) -> DocumentRow:
    return DocumentRow(
        key=DocumentKey(*fields["key"]),
        kind=DocumentKind(fields["kind"]),
        status=RowStatus.INTENT,
        received_at=datetime.fromisoformat(fields["received_at"]),
        updated_at=datetime.fromisoformat(fields["at"]),
        sha256=fields["sha256"],
        size_bytes=fields["size"],
        destination=destination,
        files=tuple(PlannedFile(*file) for file in fields["files"]),
        boot_id=fields["boot_id"],
        key_data=KeyData(**fields["key_data"]),
        verdict=Verdict(fields["verdict"]),
        file_name=fields.get("file_name"),
        content_type=fields.get("content_type"),
        offset=fields.get("offset"),
    )
