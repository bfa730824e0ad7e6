"""The service and the hub as an administrator runs them: processes of the installed program."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import msgspec

from pipeline.app.hub import CREDENTIALS as CREDENTIALS_FILE
from pipeline.connectors.clock import SystemClock
from pipeline.hub.server import EmbeddedHub
from tests.crash.documents import PACKAGE, Listed
from tests.crash.findings import Findings
from tests.crash.hub import CREDENTIALS
from tests.crash.places import Places
from tests.crash.processes import wait_for

_PROGRAM = (sys.executable, "-m", "pipeline")
_CHECKOUT = Path(__file__).parents[2]


@dataclass(slots=True)
class Office:
    """An office with a hub that runs, and the places of its installation."""

    places: Places
    listed: Listed
    url: str
    workers: int = 1
    metrics_port: int = 0
    notify: Path | None = None
    _services: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def findings(self) -> Findings:
        """What an auditor finds."""
        return Findings(self.places, self.listed)

    @property
    def environment(self) -> Mapping[str, str]:
        """The settings of the installation."""
        return {
            **environment_of(self.places, self.url),
            "DOSSIERPOST_WORKERS": str(self.workers),
            "DOSSIERPOST_METRICS_PORT": str(self.metrics_port),
            **(
                {"NOTIFY_SOCKET": str(self.notify), "WATCHDOG_USEC": "600000"}
                if self.notify
                else {}
            ),
        }

    def start(self) -> subprocess.Popen[str]:
        """Start the service."""
        with self.places.log.open("a") as log:
            service = subprocess.Popen(
                [*_PROGRAM, "run"], env=self.environment, cwd=_CHECKOUT, stderr=log, text=True
            )
        self._services.append(service)
        return service

    def wait_for_files(self, count: int, service: subprocess.Popen[str]) -> None:
        """Wait until so many files were placed, and the service still runs."""

        def are_there() -> bool:
            if service.poll() is not None:
                raise RuntimeError(f"the service ended: {self.places.log.read_text()[-4000:]}")
            return len(list(self.findings.visible())) >= count

        wait_for(are_there, f"{count} files")

    def stop(self) -> None:
        """End the services that still run."""
        for service in self._services:
            service.kill()
            service.wait()


def environment_of(places: Places, url: str) -> Mapping[str, str]:
    """What a process of the installation gets: its settings, nothing of this one."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(places.scratch),
        "DOSSIERPOST_HUB_URL": url,
        "DOSSIERPOST_HUB_CLIENT_ID": CREDENTIALS.client_id,
        "DOSSIERPOST_HUB_CLIENT_SECRET": CREDENTIALS.client_secret,
        "DOSSIERPOST_STATE_DIR": str(places.state),
        "DOSSIERPOST_ROOT": str(places.root),
        "DOSSIERPOST_METRICS_PORT": "0",
        "DOSSIERPOST_FEED_SECONDS": "1",
        "DOSSIERPOST_MIN_FREE_BYTES": "0",
    }


def sync_once(environment: Mapping[str, str]) -> int:
    """Exit code of ``dossierpost sync --once``."""
    command = [*_PROGRAM, "sync", "--once", "--json"]
    return subprocess.run(
        command, env=environment, cwd=_CHECKOUT, capture_output=True, check=False
    ).returncode


def command(environment: Mapping[str, str], *arguments: str) -> dict[str, Any]:
    """What a command with ``--json`` prints."""
    done = subprocess.run(
        [*_PROGRAM, *arguments], env=environment, cwd=_CHECKOUT, capture_output=True, check=True
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@contextmanager
def open_office(folder: Path, listed: Listed) -> Iterator[Office]:
    """An office whose hub lists these documents; all its processes end with the context."""
    places = Places.below(folder)
    (places.root / "books").mkdir(parents=True)
    anyio.run(_fill, places.hub, listed)
    with places.log.open("a") as log:
        hub = subprocess.Popen(
            [*_PROGRAM, "hub", "--data", str(places.hub)],
            cwd=_CHECKOUT,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    with ended(hub):
        office = Office(places, listed, _address(hub, places.log))
        try:
            yield office
        finally:
            office.stop()


def _address(hub: subprocess.Popen[str], log: Path) -> str:
    assert hub.stdout is not None
    if line := hub.stdout.readline():
        return str(json.loads(line)["url"])
    raise RuntimeError(f"the hub did not start: {log.read_text()}")


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """Kill a process at the end, if it still runs."""
    with process:
        try:
            yield
        finally:
            process.kill()


async def _fill(data: Path, listed: Listed) -> None:
    async with EmbeddedHub(data, clock=SystemClock(), credentials=CREDENTIALS) as hub:
        await hub.seed(packages=[PACKAGE], dossiers=listed.dossiers, documents=listed.documents)
    (data / CREDENTIALS_FILE).write_bytes(msgspec.json.encode(CREDENTIALS))


def ask_to_stop(service: subprocess.Popen[str]) -> None:
    """Ask as a service manager does."""
    service.send_signal(signal.SIGTERM)
