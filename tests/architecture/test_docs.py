"""The documents keep up with the code."""

import re
from pathlib import Path
from typing import get_args

import pytest

from pipeline.app.meters import DEFINITIONS
from pipeline.cli.main import COMMANDS
from pipeline.engine.metrics import MetricName
from pipeline.settings import Settings
from pipeline.settings.sources import variable_name

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def all_tests() -> str:
    files = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "pipeline" / "testing").rglob("*.py")]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_readme(command: str) -> None:
    assert f"`{command}" in README


def test_every_package_is_in_the_code_map() -> None:
    packages = [path.parent.name for path in (ROOT / "pipeline").glob("*/__init__.py")]

    assert [name for name in packages if f"`{name}/`" not in ARCHITECTURE] == []


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")

    assert [n for n in Settings.model_fields if f"`{variable_name(n)}`" not in page] == []


def test_every_metric_is_defined_and_documented() -> None:
    assert set(DEFINITIONS) == set(get_args(MetricName))
    assert [name for name in DEFINITIONS if f"`{name}`" not in OPERATIONS] == []


def test_every_invariant_names_tests_that_exist() -> None:
    rows = re.findall(r"^\| \d+ \|.*\|$", ARCHITECTURE, re.MULTILINE)
    tests = all_tests()

    assert len(rows) == 10
    for row in rows:
        named = re.findall(r"`(test_\w+)`", row)
        assert named, f"no test holds: {row}"
        assert [name for name in named if f"def {name}(" not in tests] == []


def test_every_link_between_the_documents_leads_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?://|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]

    assert broken == []
