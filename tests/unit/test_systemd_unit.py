"""The unit file: valid, confined, and wired to the documented exit codes."""

import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.settings import Settings

UNIT = Path(__file__).parents[2] / "deploy" / "systemd" / "dossierpost.service"
TEXT = UNIT.read_text(encoding="utf-8")
PROGRAM = "/opt/dossierpost/bin/dossierpost"
HIGHEST_EXPOSURE = "20"
"""Tenths: 2.0 of 10."""


def values(name: str) -> list[str]:
    """What the unit sets, in order."""
    return [x.partition("=")[2] for x in TEXT.splitlines() if x.startswith(f"{name}=")]


@pytest.fixture
def installed(tmp_path: Path) -> str:
    """The path of the unit, with a program that exists here."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("NOT VERIFIED: systemd-analyze is missing, so the unit file was not looked at")
    unit = tmp_path / UNIT.name
    unit.write_text(TEXT.replace(PROGRAM, "/bin/true"), encoding="utf-8")
    return str(unit)


def analyse(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, timeout=20, check=False
    )


def test_systemd_finds_nothing_wrong_with_the_unit(installed: str) -> None:
    result = analyse("verify", "--man=no", installed)

    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_the_service_is_confined(installed: str) -> None:
    result = analyse("security", "--offline=yes", f"--threshold={HIGHEST_EXPOSURE}", installed)

    assert result.returncode == 0, result.stdout


def test_the_unit_knows_the_exit_codes() -> None:
    assert values("RestartPreventExitStatus") == ["2 6"]
    assert values("RestartForceExitStatus") == ["3"]
    assert values("Restart") == ["on-failure"]


def test_the_service_tells_when_it_is_ready_and_alive() -> None:
    assert values("Type") == ["notify"]
    assert values("WatchdogSec") == ["60s"]
    assert values("ExecStart") == [f"{PROGRAM} run"]


def test_a_stop_gives_more_time_than_the_drain_takes() -> None:
    (limit,) = values("TimeoutStopSec")

    assert float(limit.removesuffix("s")) >= 2 * Settings.load({}).drain_seconds


def test_the_secret_is_handed_over_under_the_name_that_is_looked_for() -> None:
    assert values("LoadCredential") == ["dossierpost_hub_client_secret"]
    assert "hub_client_secret" in Settings.model_fields


def test_every_setting_in_the_unit_exists() -> None:
    environ = dict(value.split("=", 1) for value in values("Environment"))

    assert Settings.load(environ).state_dir.name == "dossierpost"


def test_the_boot_id_is_not_hidden_from_the_service() -> None:
    """Recovery tells a power cut from a restart by it; systemd hides it with ProcSubset=pid."""
    assert values("ProcSubset") == []
