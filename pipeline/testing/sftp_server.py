"""An SFTP server on the loopback interface that serves a folder, with mishaps on order."""

import enum
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

USER, PASSWORD = "office", "correct horse battery staple"


class Mishap(enum.StrEnum):
    """What can go wrong with the next request of a kind."""

    REFUSED = "refused"
    HANG_UP = "hang_up"
    HANG_UP_AFTER = "hang_up_after"
    CUT_SHORT = "cut_short"


class Request(enum.StrEnum):
    """Requests that can go wrong."""

    LIST = "list"
    READ = "read"
    TAKE_AWAY = "take_away"


@dataclass(slots=True)
class SftpSite:
    """What the server serves; may be changed while it runs.

    ``most_open`` files were open at the same time.
    """

    root: Path
    host_key: asyncssh.SSHKey = field(
        default_factory=lambda: asyncssh.generate_private_key("ssh-ed25519")
    )
    user_key: asyncssh.SSHKey | None = None
    port: int = 0
    sign_ins: int = 0
    open_files: int = 0
    most_open: int = 0
    connections: list[asyncssh.SSHServerConnection] = field(default_factory=list)
    mishaps: dict[Request, Mishap] = field(default_factory=dict)

    def mishap(self, request: Request, *kinds: Mishap) -> bool:
        """Whether one of these is to happen now; each happens once."""
        if self.mishaps.get(request) in kinds:
            del self.mishaps[request]
            return True
        return False


@asynccontextmanager
async def sftp_server(site: SftpSite) -> AsyncIterator[SftpSite]:
    """Serve a site, at ``site.port`` from then on."""
    listener = await asyncssh.listen(
        "127.0.0.1",
        site.port,
        server_factory=lambda: _Doorman(site),
        server_host_keys=[site.host_key],
        sftp_factory=lambda channel: _Folder(channel, site),
        allow_scp=False,
    )
    site.port = listener.get_port()
    try:
        yield site
    finally:
        listener.close()
        await listener.wait_closed()
        for connection in site.connections:
            connection.abort()
            await connection.wait_closed()
        site.connections.clear()


class _Doorman(asyncssh.SSHServer):
    """Lets the office in, with its password or its key."""

    def __init__(self, site: SftpSite) -> None:
        self._site = site

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._site.connections.append(conn)

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002 -- the names are asyncssh's
        return True

    def auth_completed(self) -> None:
        self._site.sign_ins += 1

    def password_auth_supported(self) -> bool:
        return self._site.user_key is None

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)

    def public_key_auth_supported(self) -> bool:
        return self._site.user_key is not None

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        mine = self._site.user_key
        return username == USER and mine is not None and key.public_data == mine.public_data


class _Folder(asyncssh.SFTPServer):
    """The files of a site."""

    def __init__(self, channel: asyncssh.SSHServerChannel[bytes], site: SftpSite) -> None:
        super().__init__(channel, chroot=os.fsencode(site.root))
        self._site = site

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        self._before(Request.LIST)
        async for entry in super().scandir(path):
            yield entry

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        self._site.open_files += 1
        self._site.most_open = max(self._site.most_open, self._site.open_files)
        return super().open(path, pflags, attrs)

    def close(self, file_obj: object) -> None:
        self._site.open_files -= 1
        super().close(file_obj)

    def read(self, file_obj: object, offset: int, size: int) -> bytes:
        self._before(Request.READ)
        data = super().read(file_obj, offset, size)
        assert isinstance(data, bytes)  # noqa: S101 -- it is no coroutine there
        if self._site.mishap(Request.READ, Mishap.CUT_SHORT):
            raise asyncssh.SFTPEOFError
        return data

    def remove(self, path: bytes) -> None:
        self._before(Request.TAKE_AWAY)
        super().remove(path)
        self._after(Request.TAKE_AWAY)

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        self._before(Request.TAKE_AWAY)
        super().rename(oldpath, newpath)
        self._after(Request.TAKE_AWAY)

    def _before(self, request: Request) -> None:
        if self._site.mishap(request, Mishap.REFUSED):
            raise asyncssh.SFTPFailure("the disk has a fault")
        if self._site.mishap(request, Mishap.HANG_UP):
            self._hang_up()

    def _after(self, request: Request) -> None:
        if self._site.mishap(request, Mishap.HANG_UP_AFTER):
            self._hang_up()

    def _hang_up(self) -> None:
        connection = self.connection
        connection.abort()
        raise asyncssh.SFTPConnectionLost("hung up")
