"""Lines of the delivery log: JSON that carries its own check value."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

import orjson

from pipeline.domain.delivery import DocumentRow, PlannedDelivery, PlannedFile, RowStatus
from pipeline.domain.documents import DocumentKey, DocumentKind, KeyData, Verdict

_CHECK_CHARS = 16
_MIDDLE = b',"check":"'
_END = b'"}'
_TAIL_LENGTH = len(_MIDDLE) + _CHECK_CHARS + len(_END)
_KEY_DATA = tuple(field.name for field in dataclasses.fields(KeyData))
_key_data_values = attrgetter(*_KEY_DATA)


@dataclass(frozen=True, slots=True)
class LogLine:
    """A whole line as read back: a row that was intended, or stems of tokens given up."""

    check: str
    row: DocumentRow | None = None
    withdrawn: tuple[str, ...] = ()


def intent_line(delivery: PlannedDelivery, *, boot_id: str, at: datetime) -> bytes:
    """The line of a delivery whose tokens are durable."""
    key = delivery.key
    fields: dict[str, Any] = {
        "key": [key.hub, key.dossier, key.document_id, key.version],
        "kind": delivery.kind,
        "received_at": delivery.received_at.isoformat(),
        "sha256": delivery.sha256,
        "size": delivery.size_bytes,
        "files": [_file_fields(file) for file in delivery.files],
        "key_data": _key_data_fields(delivery.key_data),
        "verdict": delivery.verdict,
        "file_name": delivery.file_name,
        "content_type": delivery.content_type,
        "offset": delivery.offset,
        "boot_id": boot_id,
        "at": at.isoformat(),
    }
    return _sealed({name: value for name, value in fields.items() if value is not None})


def withdrawn_line(stems: list[str], *, at: datetime) -> bytes:
    """The line that takes back earlier lines, by the stem of their tokens."""
    return _sealed({"withdrawn": stems, "at": at.isoformat()})


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


def _sealed(fields: dict[str, Any]) -> bytes:
    payload = _json(fields)
    return payload[:-1] + _MIDDLE + _check(payload) + _END


def _json(fields: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(fields)
    except TypeError:  # half a surrogate pair, which a hub can send and only escapes can hold
        return json.dumps(fields, separators=(",", ":")).encode("ascii")


def _check(payload: bytes) -> bytes:
    return hashlib.sha256(payload).hexdigest()[:_CHECK_CHARS].encode("ascii")


def _key_data_fields(key_data: KeyData) -> dict[str, str]:
    values = zip(_KEY_DATA, _key_data_values(key_data), strict=True)
    return {name: text for name, text in values if text is not None}


def _file_fields(file: PlannedFile) -> list[str | int]:
    return [file.token, file.folder, file.name, file.name_key, file.sha256, file.size_bytes]


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
