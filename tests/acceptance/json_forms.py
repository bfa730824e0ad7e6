"""The JSON that scripts read, exactly: a key more or less is a change that users are told of."""

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from pipeline.domain.documents import Verdict


class Form(Struct, forbid_unknown_fields=True):
    """Every key is there, and no other."""


class HubReady(Form):
    url: str
    client_id: str
    client_secret: str
    office: str
    manager: str
    manager_password: str


class Synced(Form):
    listed: int
    forwarded: int
    errors: int
    held: int
    postponed: int
    seconds: float
    problems: dict[str, str]


class Asked(Form):
    asked: int


class DemoError(Form):
    dossier: str
    document_id: str
    rule: str
    reason: str


class DemoSummary(Form):
    listed: int
    forwarded: int
    forwarded_pdf: int
    errors: int
    held: int
    seconds: float
    documents_per_second: float
    as_planted: bool
    folder: str
    state: str
    reasons: list[DemoError]
    by_kind: dict[str, int]
    problems: dict[str, str]


class DossierLine(Form):
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
    verdicts: dict[Verdict, int]
    last_pass: datetime | None
    last_seconds: float | None
    problem: str | None


class Status(Form):
    installation_id: str
    dossiers: int
    linked: int
    blocked: int
    to_fetch: int
    forwarded: int
    acknowledged: int
    errors: int
    held: int
    verdicts: dict[Verdict, int]
    problems: list[DossierLine]


class Repeated(Form):
    hub: str
    dossier: str
    document_id: str


class DocumentLine(Form):
    hub: str
    dossier: str
    document_id: str
    version: str
    kind: str
    status: Literal["To fetch", "Error", "Forwarded"]
    detail: str
    received_at: datetime
    updated_at: datetime
    path: str | None
    files: list[str]
    evidence: str | None
    rule: str | None
    reason: str | None
    repeats: Repeated | None
    kept_bytes: str | None
    sha256: str | None
    size_bytes: int | None
    verdict: str | None
    findings: list[dict[str, Any]]
    supplier: str | None
    number: str | None
    issue_date: str | None


class Finding(Form):
    subject: str
    level: Literal["good", "warning", "problem"]
    text: str


class Checked(Form):
    findings: list[Finding]


class SettingLine(Form):
    name: str
    value: str
    source: str
    unit: str
    default: str
    description: str


class Accepted(Form):
    accepted: list[str]


class PlannedDossier(Form):
    hub: str
    dossier: str
    enterprise_name: str
    way: str
    can_fetch_again: bool
    hint: str
    listed: int | None
    forwarded: int
    failed: int
    is_done: bool
    problem: str | None


class Redelivery(Form):
    since: str
    again: bool
    done: int | None
    dossiers: list[PlannedDossier]


class Version(Form):
    version: str
    rules_engine: str
