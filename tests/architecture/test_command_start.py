"""Commands load what they need: those that monitors call often little, the service no more."""

import subprocess
import sys

import pytest

HEAVY = ("aiohttp", "lxml", "alembic", "sqlalchemy", "facturx", "pipeline.hub", "structlog")
OF_NO_USE_TO_AN_IDLE_SERVICE = (
    *(
        "alembic",
        "sqlalchemy",
        "mako",
        "lxml",
        "facturx",
        "rich",
        "pygments",
        "asyncssh",
        "authlib",
    ),
    *("pipeline.hub", "pipeline.app.rules", "pipeline.app.workers", "pipeline.app.webhooks"),
    *("pipeline.connectors.webhooks.server", "pipeline.connectors.hubs.queue"),
    *("pipeline.connectors.hubs.imap", "pipeline.connectors.hubs.sftp"),
    *("pipeline.validation.validator", "pipeline.validation.profile", "pipeline.validation.xml"),
    *("pipeline.validation.rules.ruleset", "pipeline.validation.rules.compiler"),
    *("pipeline.validation.rules.syntax", "pipeline.validation.rules.typing"),
    *("pipeline.validation.rules.codegen", "pipeline.validation.rules.runtime"),
)
SERVICE = """
import pipeline.cli.main
from pipeline.app.imports import leave_out_rich
leave_out_rich()
import pipeline.app.daemon
from pipeline.app.hubs import connector_named
connector_named("native")
"""


@pytest.mark.parametrize("module", ["pipeline.cli.main", "pipeline.app.report"])
def test_status_loads_no_server_no_parser_and_no_http_client(module: str) -> None:
    loaded = modules_after(f"import {module}")

    assert [name for name in HEAVY if name in loaded] == []


def test_a_service_loads_no_rules_no_migrations_and_no_connector_but_its_own() -> None:
    loaded = modules_after(SERVICE)

    assert [name for name in OF_NO_USE_TO_AN_IDLE_SERVICE if name in loaded] == []


def test_what_is_left_out_at_start_can_be_used_afterwards() -> None:
    loaded = modules_after(f"{SERVICE}\nimport rich.console, pipeline.validation.loading")

    assert {"rich.console", "pipeline.validation.rules.ruleset"} <= loaded


def modules_after(program: str) -> set[str]:
    command = [sys.executable, "-c", f"{program}\nimport sys; print(*sys.modules)"]
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
