"""Runs a peer in a process of its own, and believes it once every file is there."""

import hashlib
import resource
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import msgspec

from benchmarks.cores import client_core, on_core
from benchmarks.documents import Corpus
from benchmarks.hubs import HubAddress, list_again
from benchmarks.office import empty_folders

_HERE = Path(__file__).parent


class Work(msgspec.Struct):
    """What one run took, from the start of the work to its end."""

    seconds: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Peer:
    """A way to do the job; ``needs`` are a program or modules without which it cannot be had."""

    name: str
    needs: str
    run: "Callable[[Run], Work]"
    can_flush: bool = True
    acknowledges: bool = True

    @property
    def is_there(self) -> bool:
        """Whether this machine has what it needs."""
        return bool(shutil.which(self.needs) or find_spec(self.needs))


@dataclass(frozen=True, slots=True)
class Run:
    """What a peer is to do."""

    peer: Peer
    hub: HubAddress
    corpus: Corpus
    folder: Path
    is_durable: bool


def python_script(run: Run) -> Work:
    """A script that reports what its work took, without the start of the interpreter."""
    script = f"benchmarks.peers.{run.peer.name}"
    command = [sys.executable, "-m", script, run.hub.url, str(run.folder)]
    done = subprocess.run(  # noqa: S603
        [*on_core(client_core()), *command, *(["--durable"] if run.is_durable else [])],
        stdout=subprocess.PIPE,
        check=True,
    )
    return msgspec.json.decode(done.stdout, type=Work)


def curl_xargs(run: Run) -> Work:
    """The shell loop; the list of documents is given, making it is not counted."""
    listed = run.folder / "documents.txt"
    lines = (f"{document.dossier_id} {document.id}" for document in run.corpus)
    listed.write_text("\n".join(lines) + "\n", encoding="utf-8")
    work = _timed(["sh", str(_HERE / "curl_xargs.sh"), run.hub.url, str(run.folder), str(listed)])
    listed.unlink()
    return work


def rclone(run: Run) -> Work:
    """Copies the listing of files that nginx gives; it lists, downloads and writes, and no more."""
    source = f":http,url='{run.hub.url}/files/':"
    options = ("--transfers=16", "--checkers=16", "--config=", "--log-level=ERROR")
    # Size and time would cost a HEAD for each file, and an empty folder has nothing to compare.
    return _timed(["rclone", "copy", "--http-no-head", *options, source, str(run.folder)])


PEERS: Mapping[str, Peer] = {
    peer.name: peer
    for peer in (
        Peer("sequential_requests", "requests", python_script),
        Peer("thread_requests", "requests", python_script),
        Peer("httpx_gather", "httpx", python_script),
        Peer("aiohttp_aiofiles", "aiohttp", python_script),
        Peer("curl_xargs", "curl", curl_xargs, can_flush=False),
        Peer("rclone", "rclone", rclone, can_flush=False, acknowledges=False),
    )
}


def run_peer(run: Run) -> Work:
    """One run into a folder that is empty but for a folder for each dossier."""
    list_again(run.hub)
    empty_folders(run.corpus, run.folder)
    work = run.peer.run(run)
    found = Counter(
        hashlib.sha256(path.read_bytes()).hexdigest() for path in run.folder.rglob("*.xml")
    )
    assert found == run.corpus.digests(), (
        f"{run.peer.name}: the folders do not hold what the hub has"
    )
    shutil.rmtree(run.folder)
    return work


def _timed(command: Sequence[str]) -> Work:
    """A program as a whole; CPU is that of it and of all it started."""
    before, began = _children_cpu(), time.perf_counter()
    subprocess.run([*on_core(client_core()), *command], check=True)  # noqa: S603
    return Work(time.perf_counter() - began, _children_cpu() - before)


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
