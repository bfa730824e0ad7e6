"""``idle``: what many dossiers cost that have nothing new, with a change feed and without."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from itertools import product
from pathlib import Path

import msgspec

from benchmarks.documents import Corpus
from benchmarks.hubs import HubAddress, hub_process
from benchmarks.job import environment_for
from benchmarks.machine import cpu_seconds_of, rss_of_all_mb
from benchmarks.report import Cell, Options, Report, Table

PROGRAM = (sys.executable, "-m", "pipeline")
START_S = 300
POLL_S = 300
"""How often each dossier is listed where there is no feed, by default."""
HOW: Mapping[str, Mapping[str, str]] = {
    "feed": {},
    "polling": {"DOSSIERPOST_SWEEP_SECONDS": str(POLL_S)},
}


@dataclass(frozen=True, slots=True)
class Idle:
    """What was seen of one service."""

    first_sync_s: float
    start_s: float
    rss_mb: float
    cpu_percent: float
    requests_per_minute: float


def run(options: Options) -> Report:
    """The service itself, as a process, at a hub that has dossiers and no documents."""
    report = Report()
    rows: list[Sequence[Cell]] = []
    window_s = 4 if options.quick else 60
    sizes = (1_000,) if options.quick else (1_000, 10_000, 50_000)
    for dossiers, how in product(sizes, HOW):
        folder = options.folder / "idle" / how / str(dossiers)
        folder.mkdir(parents=True)
        seen = _measure(dossiers, folder, window_s, HOW[how])
        rows.append((f"{dossiers:,}", how, *astuple(seen)))
        prefix = "idle" if how == "feed" else f"idle_{how}"
        report.figures |= {
            f"{prefix}_{dossiers}_{name}": value
            for name, value in zip(Idle.__slots__, astuple(seen), strict=True)
        }
    columns = ("dossiers", "how", "first sync s", "start s", "RSS MB", "CPU %", "requests a minute")
    note = (
        "first sync: `sync --once` with an empty state, process and all. start: from the start of"
        f" the process to READY, dossiers known. Then, after a while, {window_s} s of doing"
        " nothing. feed: the settings are the defaults, a look at the feed every 15 s and a listing"
        f" of every dossier in 6 hours; polling: a listing of every dossier every {POLL_S} s."
        " Memory is the resident set of the service and of all that it has started."
    )
    report.tables.append(Table("Idle dossiers", columns, rows, note))
    return report


def _measure(dossiers: int, folder: Path, window_s: float, settings: Mapping[str, str]) -> Idle:
    with hub_process("standin", Corpus(dossiers, 0)) as hub:
        environment = {
            **inherited(),
            **environment_for(hub, folder),
            **settings,
            "DOSSIERPOST_METRICS_PORT": "0",
        }
        began = time.perf_counter()
        sync(environment)
        first_sync_s = time.perf_counter() - began
        with service(environment, folder / "notify") as (process, start_s):
            time.sleep(window_s / 4)
            cpu, requests = cpu_seconds_of(process.pid), _requests(hub)
            time.sleep(window_s)
            return Idle(
                first_sync_s=first_sync_s,
                start_s=start_s,
                rss_mb=rss_of_all_mb(process.pid),
                cpu_percent=(cpu_seconds_of(process.pid) - cpu) / window_s * 100,
                requests_per_minute=(_requests(hub) - requests - 1) / window_s * 60,
            )


def sync(environment: Mapping[str, str]) -> None:
    """One pass over everything, as a process of its own."""
    command = [*PROGRAM, "sync", "--once", "--json"]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603


def inherited() -> dict[str, str]:
    """The environment of this process, without settings of the product."""
    return {name: text for name, text in os.environ.items() if not name.startswith("DOSSIERPOST_")}  # noqa: TID251 - handed to processes


@contextmanager
def service(
    environment: Mapping[str, str], notify: Path
) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """The service, and the seconds until it said that it is ready."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
        ready.bind(str(notify))
        ready.settimeout(START_S)
        began = time.perf_counter()
        with subprocess.Popen(  # noqa: S603
            [*PROGRAM, "run"],
            env={**environment, "NOTIFY_SOCKET": str(notify)},
            stderr=subprocess.DEVNULL,
        ) as process:
            while b"READY=1" not in ready.recv(4096):
                pass
            try:
                yield process, time.perf_counter() - began
            finally:
                process.terminate()


def _requests(hub: HubAddress) -> int:
    """How many requests the stand-in has had, this one included."""
    connection = http.client.HTTPConnection(hub.url.removeprefix("http://"), timeout=10)
    connection.request("GET", "/v1/monitor")
    seen: int = msgspec.json.decode(connection.getresponse().read())["requests"]
    connection.close()
    return seen
