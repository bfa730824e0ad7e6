"""Host keys: pinned at the first sign-in, compared at each later one."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import asyncssh
import structlog
from asyncssh.public_key import get_default_public_key_algs

from pipeline.domain.errors import ConfigurationError

log = structlog.get_logger()
_FOLDER_MODE, _FILE_MODE = 0o700, 0o600
_LARGEST = 64 * 1024


@dataclass(frozen=True, slots=True)
class PinnedKeys:
    """Files in the state folder, one for each server; their blocking calls belong in a thread.

    A file is one line in the form of OpenSSH's ``known_hosts``, so that ``ssh-keygen -l -f`` shows
    its fingerprint too.
    """

    folder: Path

    def path(self, host: str, port: int) -> Path:
        """The file of a server."""
        return self.folder / f"{quote(host, safe='')}_{port}.known_host"

    def load(self, host: str, port: int) -> asyncssh.SSHKey | None:
        """The key of a server, None before the first sign-in.

        Raises:
            ConfigurationError: the file holds no key.
        """
        path = self.path(host, port)
        try:
            with path.open("rb") as file:
                line = file.read(_LARGEST)
        except FileNotFoundError:
            return None
        try:
            return asyncssh.import_public_key(line.partition(b" ")[2])
        except asyncssh.KeyImportError as error:
            msg = (
                f"{path} holds no host key. Put back a copy of it, or ask the provider for the "
                "fingerprint, set it for this hub, and remove the file."
            )
            raise ConfigurationError(msg) from error

    def save(self, host: str, port: int, key: asyncssh.SSHKey) -> None:
        """Pin a key durably; one that is pinned already stays."""
        self.folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        path = self.path(host, port)
        new = path.with_suffix(f".{os.getpid()}.new")
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(b"[%s]:%d " % (host.encode(), port) + key.export_public_key())
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            new.unlink()
            return
        new.rename(path)
        log.info("host key pinned", host=host, port=port, fingerprint=key.get_fingerprint())


class HostKeyCheck(asyncssh.SSHClient):
    """Compares the key of a server during one connection attempt.

    ``fingerprint`` is what the administrator was told, ``pinned`` the key of an earlier sign-in;
    without both any key is accepted, and ``seen`` is to be pinned after the sign-in.
    """

    def __init__(self, fingerprint: str, pinned: asyncssh.SSHKey | None) -> None:
        self._fingerprint = fingerprint
        self._pinned = pinned
        self.seen: asyncssh.SSHKey | None = None

    @property
    def expected(self) -> str:
        """The fingerprint that the server must have, empty when any will do."""
        if self._fingerprint:
            return self._fingerprint
        return self._pinned.get_fingerprint() if self._pinned else ""

    @property
    def algorithms(self) -> list[str]:
        """What to ask the server for: first what the pinned key can do, so that it shows that one.

        The others too, so that a server with a new key shows it and a person can compare.
        """
        first = list(self._pinned.sig_algorithms) if self._pinned else []
        others = [each for each in get_default_public_key_algs() if each not in first]
        return [each.decode() for each in (*first, *others)]

    def validate_host_public_key(
        self,
        host: str,  # noqa: ARG002 -- the names are asyncssh's
        addr: str,  # noqa: ARG002
        port: int,  # noqa: ARG002
        key: asyncssh.SSHKey,
    ) -> bool:
        """Whether this is the server that was meant."""
        self.seen = key
        return self.expected in ("", key.get_fingerprint())
