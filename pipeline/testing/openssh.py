"""A real OpenSSH server on the loopback interface, started and stopped by whoever needs one."""

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from pipeline.testing.programs import require_program, running

PROGRAM, PACKAGE = "sshd", "openssh-server"
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


@contextmanager
def openssh_server(folder: Path) -> Iterator[OpenSshServer]:
    """A server with keys of its own in ``folder``, running as the current user."""
    program = require_program(PROGRAM, PACKAGE)
    if os.geteuid() == 0:  # it separates its privileges there; without systemd nobody makes it
        _RUN_FOLDER.mkdir(mode=0o755, exist_ok=True)
    fingerprint = _write_keys(folder)
    configuration = folder / "config"

    def start(port: int) -> list[str]:
        configuration.write_text(_CONFIGURATION.format(port=port, folder=folder))
        return [program, "-D", "-e", "-f", str(configuration)]

    with running(start, folder / "log") as port:
        yield OpenSshServer(port, getpass.getuser(), folder / "user_key", fingerprint)


def _write_keys(folder: Path) -> str:
    """Make the keys of server and user; the fingerprint of the server's."""
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    user_key = asyncssh.generate_private_key("ssh-ed25519")
    host_key.write_private_key(folder / "host_key")
    user_key.write_private_key(folder / "user_key")
    user_key.write_public_key(folder / "authorized_keys")
    for name in ("host_key", "user_key"):
        (folder / name).chmod(0o600)
    return host_key.get_fingerprint()
