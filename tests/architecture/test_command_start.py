"""Commands load what they need: those that monitors call often little, the service no more."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline import cli
from pipeline.cli.main import COMMANDS, EVERYTHING, GROUPS, NOT_FOR_PEOPLE, program_for

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
        "aiohttp",
        "prometheus_client",
    ),
    *("pipeline.hub", "pipeline.app.rules", "pipeline.app.workers", "pipeline.app.webhooks"),
    *("pipeline.connectors.webhooks.server", "pipeline.connectors.hubs.queue"),
    *("pipeline.connectors.hubs.imap", "pipeline.connectors.hubs.sftp"),
    *("pipeline.validation.validator", "pipeline.validation.profile", "pipeline.validation.xml"),
    *("pipeline.validation.rules.ruleset", "pipeline.validation.rules.compiler"),
    *("pipeline.validation.rules.syntax", "pipeline.validation.rules.typing"),
    *("pipeline.validation.rules.codegen", "pipeline.validation.rules.runtime"),
)
IMPORTS = """
from pipeline.cli.main import program_for
program_for(["run"])
from pipeline.app.imports import leave_out_rich
leave_out_rich()
import pipeline.app.daemon
from pipeline.app.hubs import connector_named
connector_named("native")
"""
SERVICE = (
    IMPORTS
    + """
import sys
from pathlib import Path
import anyio
from pipeline.app import installation, service
from pipeline.settings import Settings

async def at_once():
    pass

async def main(folder):
    settings = Settings(
        hub_url="http://127.0.0.1:9", state_dir=folder / "state", cache_dir=folder / "cache"
    )
    async with installation.open_installation(settings) as opened:
        await service.serve(opened, stop=at_once, ready=lambda: print(*sys.modules))

anyio.run(main, Path(sys.argv[1]))
"""
)
"""Prints what is loaded when the service is ready; at the first start in a folder that is more."""


@pytest.mark.parametrize(
    "program",
    ["from pipeline.cli.main import program_with; program_with()", "import pipeline.app.report"],
    ids=["every command", "status"],
)
def test_status_loads_no_server_no_parser_and_no_http_client(program: str) -> None:
    loaded = modules_after(program)

    assert [name for name in HEAVY if name in loaded] == []


@pytest.mark.parametrize("words", [["run"], ["run", "--take-over"], ["run", "status"]], ids=str)
def test_a_command_loads_no_other(words: list[str]) -> None:
    loaded = modules_after(f"from pipeline.cli.main import program_for; program_for({words})")

    assert {name for name in EVERYTHING if f"pipeline.cli.{name}" in loaded} == {"run", "version"}


@pytest.mark.parametrize("words", [[], ["--help"], ["--version"], ["rnu"]], ids=str)
def test_whoever_names_no_command_can_be_shown_all(words: list[str]) -> None:
    shown = CliRunner().invoke(program_for(words), ["--help"]).stdout

    assert [name for name in (*COMMANDS, *GROUPS) if f"\n  {name} " not in shown] == []


def test_every_module_of_a_command_can_be_called() -> None:
    modules = {path.stem: path.read_text() for path in Path(cli.__path__[0]).glob("*.py")}

    found = {
        name for name, text in modules.items() if re.search(r"^def command\(", text, re.MULTILINE)
    }
    assert found == {*COMMANDS, *NOT_FOR_PEOPLE}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a service that was started once: its state is made, its rules compiled."""
    folder = tmp_path_factory.mktemp("installation")
    modules_printed(SERVICE, str(folder))
    return folder


def test_a_service_that_is_ready_has_loaded_nothing_that_it_may_never_need(installed: Path) -> None:
    assert of_no_use(modules_printed(SERVICE, str(installed))) == []


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        ("import pipeline.app.observation", ["aiohttp", "prometheus_client"]),
        ("import pipeline.connectors.general_http", ["aiohttp"]),
        ("import pipeline.app.webhooks", ["pipeline.connectors.webhooks.server"]),
    ],
    ids=["metrics that are off", "a client that nothing was asked of", "webhooks"],
)
def test_an_import_too_many_is_found(installed: Path, planted: str, found: list[str]) -> None:
    loaded = modules_printed(f"{planted}\n{SERVICE}", str(installed))

    assert set(found) <= set(of_no_use(loaded))


def test_what_is_left_out_at_start_can_be_used_afterwards() -> None:
    loaded = modules_after(f"{IMPORTS}\nimport rich.console, pipeline.validation.loading")

    assert {"rich.console", "pipeline.validation.rules.ruleset"} <= loaded


def of_no_use(loaded: set[str]) -> list[str]:
    return [name for name in OF_NO_USE_TO_AN_IDLE_SERVICE if name in loaded]


def modules_after(program: str) -> set[str]:
    return modules_printed(f"{program}\nimport sys; print(*sys.modules)")


def modules_printed(program: str, *words: str) -> set[str]:
    command = [sys.executable, "-c", program, *words]
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
