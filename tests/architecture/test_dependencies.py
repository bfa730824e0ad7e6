"""Which package may use which library; a library that is not listed fails."""

import sys

import grimp
import pytest

ALLOWED = {
    "domain": set(),
    "ports": set(),
    "stages": {"anyio"},
    "engine": {"anyio"},
    "usecases": {"anyio"},
    "connectors": {
        "aiofiles", "aiohttp", "alembic", "anyio", "asyncssh", "authlib", "filelock",
        "msgspec", "multidict", "orjson", "prometheus_client", "sdnotify", "sqlalchemy",
        "structlog", "yarl",
    },
    "validation": {"anyio", "facturx", "lxml", "msgspec"},
    "hub": {
        "aiohttp", "aiohttp_sse", "anyio", "argon2", "msgspec", "multidict", "orjson", "structlog",
        "yarl",
    },
    "settings": {"pydantic", "pydantic_settings"},
    "testing": {"aiohttp", "anyio", "asyncssh", "hypothesis", "pytest", "stdnum", "yarl"},
    "app": {"anyio", "filelock", "msgspec", "structlog", "yarl"},
    "cli": {"anyio", "rich", "typer", "uvloop", "winloop"},
}  # fmt: skip


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("pipeline", include_external_packages=True, cache_dir=None)


@pytest.mark.parametrize("package", sorted(ALLOWED))
def test_a_package_uses_the_libraries_it_is_allowed(graph: grimp.ImportGraph, package: str) -> None:
    modules = {f"pipeline.{package}", *graph.find_descendants(f"pipeline.{package}")}
    used = {
        imported.partition(".")[0]
        for module in modules
        for imported in graph.find_modules_directly_imported_by(module)
    } - {"pipeline"}

    assert {name for name in used if name not in sys.stdlib_module_names} <= ALLOWED[package]


def test_every_package_is_listed(graph: grimp.ImportGraph) -> None:
    packages = {child.rpartition(".")[2] for child in graph.find_children("pipeline")} - {
        "__main__"
    }

    assert packages == set(ALLOWED)
