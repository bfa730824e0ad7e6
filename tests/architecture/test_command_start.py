"""Commands that monitors call often load little."""

import subprocess
import sys

import pytest

HEAVY = ("aiohttp", "lxml", "alembic", "sqlalchemy", "facturx", "pipeline.hub", "structlog")


@pytest.mark.parametrize("module", ["pipeline.cli.main", "pipeline.app.report"])
def test_status_loads_no_server_no_parser_and_no_http_client(module: str) -> None:
    program = f"import sys, {module}; print(*sorted(sys.modules))"

    loaded = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout.split()

    assert [name for name in HEAVY if name in loaded] == []
