"""Disk of one simulated process on a `SimVolume`: each system call may be its last."""

import errno
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath

from pipeline.ports.disk import DiskLock, Folder, NewFile, Volume
from pipeline.testing.sim_volume import Change, Kind, Node, SimVolume

OnStep = Callable[[str, str], None]


class Killed(BaseException):
    """The simulated process has ended; nothing it does afterwards has an effect."""


def no_step(_call: str, _name: str) -> None:
    """Let every call happen."""


class SimFolder:
    """An open folder of a simulated process."""

    def __init__(self, node: Node, path: str) -> None:
        self.node = node
        self.path = path

    def close(self) -> None:
        """See `Folder.close`."""


class SimLock:
    """A lock of a simulated process."""

    def __init__(self, volume: SimVolume, node: Node) -> None:
        self._volume = volume
        self._node = node

    def release(self) -> None:
        """See `DiskLock.release`."""
        self._volume.locks.pop(self._node, None)


class SimDisk:
    """A `Disk`; see the port for what each method promises.

    ``on_step`` is called before each system call, with its name and the entry it concerns: it may
    raise an `OSError` that the call then fails with, or `Killed`, or let others act meanwhile.
    """

    def __init__(self, volume: SimVolume, on_step: OnStep = no_step) -> None:
        self.volume_model = volume
        self._on_step = on_step
        self._is_dead = False

    def kill(self) -> None:
        """End the process: its locks are free, and its calls do nothing any more."""
        self._is_dead = True
        self.volume_model.release_locks(self)

    def step(self, call: str, name: str = "") -> None:
        """Take one system call."""
        if self._is_dead:
            raise Killed
        self._on_step(call, name)

    # -- folders ------------------------------------------------------------------------------
    def open_folder(self, root: str | Folder, parts: Sequence[str] = ()) -> Folder:
        """See `Disk.open_folder`."""
        path = PurePosixPath(root if isinstance(root, str) else root.path, *parts)
        self.step("open", str(path))
        for part in parts:
            if part in {"", ".", ".."} or "/" in part:
                raise _error(errno.EXDEV, part)
        return SimFolder(self._descend(self._root(root), parts), str(path))

    def _root(self, root: str | Folder) -> Node:
        if isinstance(root, str):
            return self._descend(self.volume_model.top, PurePosixPath(root).parts[1:])
        return _node(root)

    def _descend(self, node: Node, parts: Sequence[str]) -> Node:
        for part in parts:
            deeper = node.entries.get(part)
            if deeper is None:
                raise _error(errno.ENOENT, part)
            if deeper.kind is Kind.LINK:
                raise _error(errno.ELOOP, part)
            if deeper.kind is not Kind.FOLDER:
                raise _error(errno.ENOTDIR, part)
            node = deeper
        return node

    def make_folder(self, parent: Folder, name: str) -> None:
        """See `Disk.make_folder`."""
        node = _node(parent)
        self.step("mkdir", name)
        if name not in node.entries:
            self._check_writable(node, name)
            made = Node(Kind.FOLDER, is_writable=node.is_writable, device=node.device)
            self.volume_model.change(Change(added=((node, name, made),)))
        self.flush_folder(parent)

    def is_writable(self, folder: Folder) -> bool:
        """See `Disk.is_writable`."""
        return _node(folder).is_writable

    def names(self, folder: Folder) -> Sequence[str]:
        """See `Disk.names`."""
        self.step("list", folder.path)
        return list(_node(folder).entries)

    # -- files --------------------------------------------------------------------------------
    def create(
        self, folder: Folder, files: Sequence[NewFile], *, flush: bool
    ) -> Mapping[str, OSError]:
        """See `Disk.create`."""
        failed: dict[str, OSError] = {}
        made: dict[str, Node] = {}
        for file in files:
            try:
                made[file.name] = self._write_new(_node(folder), file)
            except OSError as error:
                failed[file.name] = error
        if flush:
            failed |= self._flush_failures(made)
        for name, failure in failed.items():
            if not isinstance(failure, FileExistsError):
                self.remove(folder, name)
        return failed

    def _flush_failures(self, made: Mapping[str, Node]) -> dict[str, OSError]:
        failed: dict[str, OSError] = {}
        for name, node in made.items():
            try:
                self.flush_content(node, name)
            except OSError as error:
                failed[name] = error
        return failed

    def _write_new(self, folder: Node, file: NewFile) -> Node:
        self.step("create", file.name)
        self._check_free_name(folder, file.name)
        self._check_writable(folder, file.name)
        node = Node(Kind.FILE)
        self.volume_model.change(Change(added=((folder, file.name, node),)))
        self.step("write", file.name)
        node.content = file.body
        return node

    def append(self, folder: Folder, name: str, data: bytes) -> int:
        """See `Disk.append`."""
        parent = _node(folder)
        self.step("open", name)
        is_new = name not in parent.entries
        if is_new:
            self.volume_model.change(Change(added=((parent, name, Node(Kind.FILE)),)))
        node = self._plain(folder, name)
        self.step("write", name)
        node.content += data
        self.flush_content(node, name)
        if is_new:
            self.flush_folder(folder)
        return len(node.content)

    def move(self, source: Folder, name: str, target: Folder, new_name: str) -> None:
        """See `Disk.move`."""
        before, after = _node(source), _node(target)
        self.step("rename", new_name)
        if name not in before.entries:
            raise _error(errno.ENOENT, name)
        self._check_free_name(after, new_name)
        self._check_writable(after, new_name)
        if before.device != after.device:
            raise _error(errno.EXDEV, new_name)
        node = before.entries[name]
        self.volume_model.change(Change(added=((after, new_name, node),), taken=((before, name),)))
        # On a share the server may have done it and the answer may be lost.
        self.step("rename answered", new_name)

    def remove(self, folder: Folder, name: str) -> None:
        """See `Disk.remove`."""
        self.step("unlink", name)
        node = _node(folder)
        if name in node.entries:
            self.volume_model.change(Change(taken=((node, name),)))

    def size(self, folder: Folder, name: str) -> int | None:
        """See `Disk.size`."""
        self.step("stat", name)
        node = _node(folder).entries.get(name)
        return len(node.content) if node is not None and node.kind is Kind.FILE else None

    def read(self, folder: Folder, name: str, start: int = 0, length: int | None = None) -> bytes:
        """See `Disk.read`."""
        self.step("read", name)
        content = self._plain(folder, name).content
        return content[start:] if length is None else content[start : start + length]

    # -- flushes ------------------------------------------------------------------------------
    def flush_content(self, node: Node, name: str) -> None:
        """Flush one file."""
        self.step("fsync", name)
        self.volume_model.flush_content(node)

    def flush_folder(self, folder: Folder) -> None:
        """See `Disk.flush_folder`."""
        self.step("fsync", folder.path)
        self.volume_model.flush_names(_node(folder))

    def flush_volume(self, folder: Folder) -> None:
        """See `Disk.flush_volume`."""
        self.step("syncfs", folder.path)
        self.volume_model.flush_all()

    # -- the machine --------------------------------------------------------------------------
    def free_bytes(self, folder: Folder) -> int:
        """See `Disk.free_bytes`; never full unless ``on_step`` says so."""
        self.step("statvfs", folder.path)
        return 1 << 40

    def is_same_volume(self, one: Folder, other: Folder) -> bool:
        """See `Disk.is_same_volume`."""
        return _node(one).device == _node(other).device

    def volume(self, folder: Folder) -> Volume:
        """See `Disk.volume`."""
        self.step("statfs", folder.path)
        model = self.volume_model
        return Volume(model.kind, makes_moves_durable=model.has_synchronous_names)

    def lock(self, folder: Folder, name: str) -> DiskLock | None:
        """See `Disk.lock`."""
        self.step("lock", name)
        parent = _node(folder)
        if name not in parent.entries:
            self.volume_model.change(Change(added=((parent, name, Node(Kind.FILE)),)))
        node = parent.entries[name]
        if node in self.volume_model.locks:
            return None
        self.volume_model.locks[node] = self
        return SimLock(self.volume_model, node)

    def boot_id(self) -> str:
        """See `Disk.boot_id`."""
        return f"boot-{self.volume_model.boots}"

    def account(self) -> str:
        """See `Disk.account`."""
        return "dossierpost"

    def _plain(self, folder: Folder, name: str) -> Node:
        node = _node(folder).entries.get(name)
        if node is None:
            raise _error(errno.ENOENT, name)
        if node.kind is Kind.LINK:
            raise _error(errno.ELOOP, name)
        if node.kind is Kind.FOLDER:
            raise _error(errno.EISDIR, name)
        return node

    @staticmethod
    def _check_free_name(folder: Node, name: str) -> None:
        if name in folder.entries:
            raise _error(errno.EEXIST, name)

    @staticmethod
    def _check_writable(folder: Node, name: str) -> None:
        if not folder.is_writable:
            raise _error(errno.EACCES, name)


def _node(folder: Folder) -> Node:
    if not isinstance(folder, SimFolder):
        raise TypeError(f"{type(folder).__name__} was not opened by a SimDisk")
    return folder.node


def _error(number: int, name: str) -> OSError:
    return OSError(number, os.strerror(number), name)
