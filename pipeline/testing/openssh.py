"""A real OpenSSH server on the loopback interface, started and stopped by whoever needs one."""

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncssh

_PLACES = "/usr/sbin:/usr/local/sbin:/usr/bin"
_PATIENCE_S, _PAUSE_S, _ATTEMPTS = 5.0, 0.02, 3
_RUN_FOLDER = Path("/run/sshd")
_CONFIGURATION = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
LogLevel ERROR
MaxStartups 100
Subsystem sftp internal-sftp
"""


@dataclass(frozen=True, slots=True)
class OpenSshServer:
    """A running server; it shows the files of this machine to ``user``, who has ``key_file``."""

    port: int
    user: str
    key_file: Path
    fingerprint: str


def find_sshd() -> str | None:
    """The program, None when it is not installed."""
    return shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:{_PLACES}")  # noqa: TID251


@contextmanager
def openssh_server(folder: Path) -> Iterator[OpenSshServer]:
    """A server with keys of its own in ``folder``, running as the current user."""
    program = find_sshd()
    if program is None:
        raise FileNotFoundError("sshd is not installed (package openssh-server)")
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    _write_keys(folder, host_key)
    process, port = _started(program, folder)
    try:
        yield OpenSshServer(
            port, getpass.getuser(), folder / "user_key", host_key.get_fingerprint()
        )
    finally:
        _stop(process)


def _write_keys(folder: Path, host_key: asyncssh.SSHKey) -> None:
    user_key = asyncssh.generate_private_key("ssh-ed25519")
    host_key.write_private_key(folder / "host_key")
    user_key.write_private_key(folder / "user_key")
    user_key.write_public_key(folder / "authorized_keys")
    for name in ("host_key", "user_key"):
        (folder / name).chmod(0o600)


def _started(program: str, folder: Path) -> tuple["subprocess.Popen[bytes]", int]:
    """The process and its port; a port that somebody else takes meanwhile costs an attempt."""
    for _ in range(_ATTEMPTS):
        port = _free_port()
        process = _start(program, folder, port)
        if _answers(process, port):
            return process, port
        _stop(process)
    raise RuntimeError(f"sshd does not start: {(folder / 'log').read_text()}")


def _start(program: str, folder: Path, port: int) -> "subprocess.Popen[bytes]":
    if os.geteuid() == 0:  # it separates its privileges there; without systemd nobody makes it
        _RUN_FOLDER.mkdir(mode=0o755, exist_ok=True)
    (folder / "config").write_text(_CONFIGURATION.format(port=port, folder=folder))
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(  # noqa: S603
            [program, "-D", "-e", "-f", folder / "config"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def _answers(process: "subprocess.Popen[bytes]", port: int) -> bool:
    end = time.monotonic() + _PATIENCE_S
    while process.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            time.sleep(_PAUSE_S)
        else:
            return True
    return False


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
