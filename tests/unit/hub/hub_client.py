"""A client that checks every answer against the OpenAPI file."""

import io
import json
import re
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Protocol

import aiohttp
import pytest
import yaml
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from pipeline.hub.accounts import HubCredentials
from pipeline.hub.server import EmbeddedHub

CREDENTIALS = HubCredentials(
    user="manager",
    password="correct horse",  # noqa: S106
    client_id="office-client",
    client_secret="a client secret",  # noqa: S106
)


BOTH_LOOPS = pytest.mark.parametrize(
    "anyio_backend",
    [("asyncio", {"use_uvloop": False}), ("asyncio", {"use_uvloop": True})],
    ids=["asyncio", "uvloop"],
)


class Starts(Protocol):
    def __call__(self, **options: Any) -> AbstractAsyncContextManager[EmbeddedHub]: ...


@cache
def openapi() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(
        files("pipeline.hub").joinpath("openapi.yaml").read_text("utf-8")
    )
    return loaded


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class HubClient:
    """Calls with a token; `raw` is the plain session for what a checked client cannot do."""

    def __init__(self, raw: aiohttp.ClientSession, token: str | None = None) -> None:
        self.raw = raw
        self.token = token

    async def get(self, path: str, **options: Any) -> Answer:
        return await self.call("GET", path, **options)

    async def post(self, path: str, **options: Any) -> Answer:
        return await self.call("POST", path, **options)

    async def put(self, path: str, **options: Any) -> Answer:
        return await self.call("PUT", path, **options)

    async def call(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **options: Any
    ) -> Answer:
        sent = dict(headers or {})
        if self.token is not None and path.startswith("/v1/"):
            sent.setdefault("Authorization", f"Bearer {self.token}")
        async with self.raw.request(
            method, path, headers=sent, allow_redirects=False, **options
        ) as response:
            answer = Answer(response.status, response.headers, await response.read())
        check_answer(method, path, answer)
        return answer

    async def sign_in(self, scope: str = "sync manage") -> str:
        answer = await self.post(
            "/oauth/token",
            data={
                "grant_type": "client_credentials",
                "scope": scope,
                "client_id": CREDENTIALS.client_id,
                "client_secret": CREDENTIALS.client_secret,
            },
        )
        assert answer.status == 200, answer.body
        self.token = answer.json["access_token"]
        return str(self.token)

    async def add(self, dossier: str, document_id: str, body: bytes = b"<Invoice/>") -> Answer:
        return await self.post(
            f"/v1/dossiers/{dossier}/documents",
            params={"kind": "purchase_invoice", "id": document_id},
            data=io.BytesIO(body),
            headers={"Content-Type": "application/xml"},
        )

    async def tell(self, *reports: tuple[str, str, str]) -> list[str]:
        """Statuses as (id, version, status); gives the outcomes."""
        documents = [
            {"id": one, "version": version, "status": status} for one, version, status in reports
        ]
        answer = await self.post("/v1/documents/status", json={"documents": documents})
        assert answer.status == 200, answer.body
        return [one["outcome"] for one in answer.json["outcomes"]]

    async def listed(self, dossier: str) -> list[str]:
        answer = await self.get(f"/v1/dossiers/{dossier}/documents")
        assert answer.status == 200, answer.body
        return [one["id"] for one in answer.json["documents"]]


def check_answer(method: str, path: str, answer: Answer) -> None:
    """Fail when the OpenAPI file does not describe this answer."""
    operation = _operation(method, path)
    if operation is None:
        return
    responses = operation["responses"]
    described = responses.get(str(answer.status), responses.get("default"))
    assert described is not None, f"{method} {path}: {answer.status} is not in the file"
    described = _resolve(described)
    _check_headers(described, answer)
    _check_body(described, answer)


def _check_headers(described: dict[str, Any], answer: Answer) -> None:
    for name, header in described.get("headers", {}).items():
        if header.get("required"):
            assert name in answer.headers, f"{name} is missing"
        if name in answer.headers and "const" in header["schema"]:
            assert answer.headers[name] == header["schema"]["const"]


def _check_body(described: dict[str, Any], answer: Answer) -> None:
    content = described.get("content", {})
    if not content or "*/*" in content:
        return
    kind = answer.headers["Content-Type"].partition(";")[0]
    assert kind in content, f"{kind} is not in the file"
    if kind.endswith("json"):
        _validator(json.dumps(content[kind]["schema"])).validate(answer.json)


@cache
def _validator(schema: str) -> Any:
    whole = DRAFT202012.create_resource(openapi())
    registry: Registry[Any] = Registry().with_resource("urn:hub", whole)
    anchored = json.loads(schema.replace('"#/', '"urn:hub#/'))
    return OAS31Validator(anchored, registry=registry, format_checker=oas31_format_checker)


def _resolve(part: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in part:
        return part
    found: Any = openapi()
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    resolved: dict[str, Any] = found
    return resolved


def _operation(method: str, path: str) -> dict[str, Any] | None:
    plain = path.partition("?")[0]
    exact_first = sorted(openapi()["paths"].items(), key=lambda item: "{" in item[0])
    for template, operations in exact_first:
        pattern = re.sub(
            r"\{\w+\}", "[^/]+", re.escape(template).replace(r"\{", "{").replace(r"\}", "}")
        )
        if re.fullmatch(pattern, plain) and method.lower() in operations:
            operation: dict[str, Any] = operations[method.lower()]
            return operation
    return None
