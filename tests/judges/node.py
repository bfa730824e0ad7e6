"""Programs that run on Node.js, from the packages that ``npm ci`` installed beside this file."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
from anyio.abc import Process
from yarl import URL

HERE = Path(__file__).parent
_PACKAGES = HERE / "node_modules"
_READY = re.compile(rb"listening on (http://127\.0\.0\.1:\d+)")
_PATIENCE_S, _PAUSE_S = 60, 0.05


def absence(package: str) -> str | None:
    """Why a package cannot be run here, None when it can."""
    if shutil.which("node") is None:
        return f"NOT VERIFIED AGAINST {package}: node is not installed (package nodejs)"
    if not (_PACKAGES / package).is_dir():
        return f"NOT VERIFIED AGAINST {package}: run npm ci in tests/{HERE.name}"
    return None


@asynccontextmanager
async def node(program: str, *arguments: str) -> AsyncIterator[URL]:
    """Run a program that says where it is listening; yields that address."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as output:
            process = await anyio.open_process(
                ["node", str(HERE / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        try:
            yield await _address(process, log)
        finally:
            await _stop(process)


async def _address(process: Process, log: Path) -> URL:
    """Where it listens; what it said instead is the error."""
    with anyio.move_on_after(_PATIENCE_S):
        while process.returncode is None:
            if (ready := _READY.search(log.read_bytes())) is not None:
                return URL(ready[1].decode())
            await anyio.sleep(_PAUSE_S)
    raise RuntimeError(f"A server does not start: {log.read_text(errors='replace')}")


async def _stop(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
    with anyio.CancelScope(shield=True):
        await process.wait()
