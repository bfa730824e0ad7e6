from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import validate

from pipeline.hub.accounts import Accounts
from pipeline.hub.application import build_application
from pipeline.hub.core import Core
from pipeline.hub.failures import FailurePlan
from pipeline.hub.routes import SCOPES
from pipeline.testing.clock import VirtualClock

METHODS = {"get", "put", "post", "delete", "patch"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    text = files("pipeline.hub").joinpath("openapi.yaml").read_text("utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def operations(described: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, item in described["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def test_the_file_is_valid_openapi(described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.1")

    validate(described)


async def test_every_operation_of_the_server_is_in_the_file_and_the_other_way_round(
    described: dict[str, Any], tmp_path: Path
) -> None:
    core = await Core.open(tmp_path, VirtualClock())
    application = build_application(
        core,
        Accounts(core.database),
        office="The office",
        issuer="http://127.0.0.1:1",
        limits=(),
        ping_s=15,
        failures=FailurePlan(core),
    )
    await core.close()

    served = {
        (route.method, route.resource.canonical): route.name
        for route in application.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }

    assert served == {
        key: operation["operationId"] for key, operation in operations(described).items()
    }


def test_every_operation_says_what_it_is_and_what_goes_wrong(described: dict[str, Any]) -> None:
    for (method, path), operation in operations(described).items():
        assert operation["summary"], path
        if path.startswith("/v1/"):
            assert "default" in operation["responses"], f"{method} {path}"


def test_the_scopes_of_the_file_are_those_of_the_server(described: dict[str, Any]) -> None:
    flows = described["components"]["securitySchemes"]["oauth"]["flows"]

    for flow in flows.values():
        assert tuple(flow["scopes"]) == SCOPES


def test_every_schema_is_used(described: dict[str, Any]) -> None:
    text = yaml.safe_dump(described)

    for group in ("schemas", "parameters", "responses"):
        for name in described["components"][group]:
            assert f"#/components/{group}/{name}" in text, name
