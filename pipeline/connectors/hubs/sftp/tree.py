"""A tree of files on an SFTP server."""

from collections.abc import Sequence
from posixpath import dirname

import asyncssh

from pipeline.connectors.hubs.sftp.session import SftpSession
from pipeline.connectors.stores.dossiers import FILE_NAME, LARGEST_FILE
from pipeline.connectors.stores.files import (
    PROCESSED,
    FoundFile,
    Place,
    is_passed_over,
    tag_of,
)
from pipeline.connectors.stores.parallel import in_parallel
from pipeline.connectors.stores.profiles import TreeProfile
from pipeline.domain.errors import HubUnavailable, TransientError
from pipeline.ports.hub import AckOutcome

_DEEPEST = 32
_SECOND_NS = 1_000_000_000
_MISSING = (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath)
_FOLDER, _FILE = asyncssh.FILEXFER_TYPE_DIRECTORY, asyncssh.FILEXFER_TYPE_REGULAR


class SftpTree:
    """See `pipeline.connectors.stores.tree.Tree`; ``at_once`` requests are under way together."""

    def __init__(
        self, session: SftpSession, root: str, *, profile: TreeProfile, deletes: bool, at_once: int
    ) -> None:
        self._session = session
        self._root = root.encode()
        self._profile = profile
        self._take = self._delete if deletes else self._set_aside
        self._at_once = at_once

    @property
    def where(self) -> str:
        """See `Tree.where`."""
        return f"{self._root.decode()} on {self._session.login.server}"

    async def dossier_file(self) -> bytes | None:
        """See `Tree.dossier_file`."""
        path = self._root + b"/" + FILE_NAME.encode()

        async def read(client: asyncssh.SFTPClient) -> bytes:
            async with client.open(path, "rb") as file:
                size = (await file.stat()).size or 0
                return await file.read(min(size, LARGEST_FILE) + 1, 0)

        try:
            return await self._session.run(read)
        except _MISSING:
            return None

    async def folders(self) -> Sequence[str]:
        """See `Tree.folders`."""
        entries = await self._entries(self._root)
        if entries is None:
            raise TransientError(f"Folder {self.where} is not there. Check the root of this hub.")
        return [
            _name(entry).decode("utf-8", "surrogateescape")
            for entry in entries
            if entry.attrs.type == _FOLDER
        ]

    async def scan(self, folder: str) -> Sequence[FoundFile]:
        """See `Tree.scan`; folders of one depth are read together."""
        top = self._top(folder)
        found: list[FoundFile] = []
        level = [b""]
        for _ in range(_DEEPEST):
            listings = await in_parallel(
                lambda prefix: self._entries(top + b"/" + prefix), level, at_once=self._at_once
            )
            below: list[bytes] = []
            for prefix, entries in zip(level, listings, strict=True):
                _sort_out(prefix, entries or (), found, below)
            level = below
            if not level:
                break
        return sorted(found)

    async def heads(
        self, folder: str, files: Sequence[FoundFile], size: int
    ) -> Sequence[bytes | None]:
        """See `Tree.heads`."""

        async def head(file: FoundFile) -> bytes | None:
            place = Place(folder, file.path, file.tag)
            try:
                return await self.read(place, expected=file.size_bytes, max_bytes=size)
            except HubUnavailable:
                raise
            except TransientError:
                return None

        return await in_parallel(head, files, at_once=self._at_once)

    async def read(self, place: Place, *, expected: int | None, max_bytes: int) -> bytes | None:
        """See `Tree.read`."""
        path = self._path(place)

        async def read(client: asyncssh.SFTPClient) -> tuple[bytes, asyncssh.SFTPAttrs]:
            async with client.open(path, "rb") as file:
                size = expected if expected is not None else (await file.stat()).size or 0
                # not a byte beyond the end, which would take another round trip to find
                body: bytes = await file.read(min(size, max_bytes + 1), 0)
                return body, await file.stat()

        try:
            body, attributes = await self._session.run(read)
        except _MISSING:
            return None
        if _tag(attributes) != place.tag:
            return None
        if len(body) < min(attributes.size or 0, max_bytes):
            msg = f"SFTP server {self._session.login.server} gave only a part of {place.path!r}."
            raise TransientError(msg)
        return body

    async def take_away(self, places: Sequence[Place]) -> Sequence[AckOutcome]:
        """See `Tree.take_away`."""
        return await in_parallel(self._take_one, places, at_once=self._at_once)

    async def check(self) -> str:
        """See `Tree.check`."""
        await self._session.run(lambda client: client.stat(self._root))
        login = self._session.login
        return (
            f"Reads {self.where} as {login.user}; host key of the server: {self._session.host_key}."
        )

    async def close(self) -> None:
        """See `Tree.close`."""
        await self._session.close()

    # -- inside -------------------------------------------------------------------------------
    async def _entries(self, path: bytes) -> Sequence[asyncssh.SFTPName] | None:
        try:
            return await self._session.run(lambda client: client.readdir(path))
        except _MISSING:
            return None

    async def _take_one(self, place: Place) -> AckOutcome:
        try:
            return await self._session.run(lambda client: self._take_the_same(client, place))
        except _MISSING:
            return AckOutcome.GONE
        except HubUnavailable:
            raise
        except TransientError:
            return AckOutcome.RETRY

    async def _take_the_same(self, client: asyncssh.SFTPClient, place: Place) -> AckOutcome:
        path = self._path(place)
        if _tag(await client.lstat(path)) != place.tag:
            return AckOutcome.GONE
        await self._take(client, path, place)
        companion = self._profile.companion_of(path)
        if companion is not None:
            await self._take_companion(client, companion, place)
        return AckOutcome.OK

    async def _take_companion(self, client: asyncssh.SFTPClient, path: bytes, place: Place) -> None:
        """A file that belongs to the document; left behind it does no harm."""
        try:
            await self._take(client, path, Place(place.folder, path, place.tag))
        except asyncssh.SFTPError:
            return

    async def _delete(self, client: asyncssh.SFTPClient, path: bytes, _place: Place) -> None:
        await client.remove(path)

    async def _set_aside(self, client: asyncssh.SFTPClient, path: bytes, place: Place) -> None:
        """Move a file to `PROCESSED` beside it; what is there already stays."""
        folder = dirname(path) + b"/" + PROCESSED
        target = folder + b"/" + path.rpartition(b"/")[2]
        if await client.lexists(target):
            target = folder + b"/" + place.kept_name
        try:
            await client.rename(path, target)
        except _MISSING:  # the folder, or the file; the second attempt tells
            await _make_folder(client, folder)
            await client.rename(path, target)

    def _top(self, folder: str) -> bytes:
        return self._root + b"/" + folder.encode("utf-8", "surrogateescape")

    def _path(self, place: Place) -> bytes:
        return self._top(place.folder) + b"/" + place.path


async def _make_folder(client: asyncssh.SFTPClient, folder: bytes) -> None:
    try:
        await client.mkdir(folder)
    except asyncssh.SFTPError:
        if not await client.isdir(folder):  # another acknowledgement may have made it
            raise


def _sort_out(
    prefix: bytes,
    entries: Sequence[asyncssh.SFTPName],
    files: list[FoundFile],
    folders: list[bytes],
) -> None:
    """Add what is in a folder to the files, and to the folders that are looked into next."""
    for entry in entries:
        name, attributes = _name(entry), entry.attrs
        if name in (b".", b"..") or b"/" in name:
            continue
        if attributes.type == _FOLDER and not is_passed_over(name, is_folder=True):
            folders.append(prefix + name + b"/")
        elif attributes.type == _FILE and not is_passed_over(name, is_folder=False):
            files.append(FoundFile(_modified_ns(attributes), prefix + name, attributes.size or 0))


def _name(entry: asyncssh.SFTPName) -> bytes:
    name = entry.filename
    return name if isinstance(name, bytes) else name.encode()


def _tag(attributes: asyncssh.SFTPAttrs) -> str:
    return tag_of(_modified_ns(attributes), attributes.size or 0)


def _modified_ns(attributes: asyncssh.SFTPAttrs) -> int:
    return (attributes.mtime or 0) * _SECOND_NS + (attributes.mtime_ns or 0)
