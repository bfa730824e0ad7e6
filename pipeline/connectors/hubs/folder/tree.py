"""Files below a dossier's folder: found, looked into, read and taken away. Blocking."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2s
from pathlib import Path, PurePosixPath
from urllib.parse import quote_from_bytes, unquote_to_bytes

from pipeline.domain.documents import DocumentKind

PROCESSED = "processed"
_SNIFFED = 8192
_READABLE = " !$&'()+,;=@[]{}"
_TAG_LENGTH = 12
_ROOT_ELEMENT = re.compile(rb"<(?:[\w.-]+:)?(Invoice|CreditNote)[\s>]")
_SALES = re.compile(r"(?i)^(?:sales?|invoices-out.*)$")
_STATEMENTS = frozenset({".cod", ".coda"})
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True, order=True)
class FoundFile:
    """A file as one listing saw it; ordered by age, oldest first."""

    modified_ns: int
    path: str
    size_bytes: int

    @property
    def tag(self) -> str:
        """What changes when the file is written again."""
        text = f"{self.modified_ns}:{self.size_bytes}".encode()
        return blake2s(text).hexdigest()[:_TAG_LENGTH]

    @property
    def document_id(self) -> str:
        """Path and tag: the same file gives the same id, a later one of that name another.

        The path is percent-encoded, because file names need not be text.
        """
        path = quote_from_bytes(os.fsencode(self.path), safe="/" + _READABLE)
        return f"{path}#{self.tag}"

    @property
    def modified_at(self) -> datetime:
        """When the file was written last."""
        return datetime.fromtimestamp(self.modified_ns // 1_000_000_000, UTC)


def scan(folder: Path) -> list[FoundFile]:
    """Regular files below a folder, oldest first.

    Links, hidden names and folders named exactly ``processed`` are passed over; what vanishes
    meanwhile is left out.
    """
    return sorted(_walk(folder, ""))


def _walk(folder: Path, prefix: str) -> Iterator[FoundFile]:
    try:
        entries = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            if entry.name != PROCESSED:
                yield from _walk(Path(entry.path), f"{prefix}{entry.name}/")
        elif entry.is_file(follow_symlinks=False):
            yield from _found(entry, prefix)


def _found(entry: os.DirEntry[str], prefix: str) -> Iterator[FoundFile]:
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return
    yield FoundFile(status.st_mtime_ns, prefix + entry.name, status.st_size)


def find(folder: Path, document_id: str) -> FoundFile | None:
    """The very file of an id, None when it is gone or was written again."""
    encoded, _, tag = document_id.rpartition("#")
    path = os.fsdecode(unquote_to_bytes(encoded))
    parts = PurePosixPath(path).parts
    if not parts or ".." in parts or PurePosixPath(path).is_absolute():
        return None
    try:
        status = (folder / path).lstat()
    except (OSError, ValueError):
        return None
    found = FoundFile(status.st_mtime_ns, path, status.st_size)
    return found if found.tag == tag else None


def read(folder: Path, found: FoundFile, max_bytes: int) -> bytes | None:
    """Up to ``max_bytes`` + 1 bytes of a file, None when it was written again meanwhile."""
    descriptor = os.open(folder / found.path, os.O_RDONLY | _NO_FOLLOW)
    with os.fdopen(descriptor, "rb") as file:
        body = file.read(max_bytes + 1)
        status = os.fstat(file.fileno())
    is_same = (status.st_mtime_ns, status.st_size) == (found.modified_ns, found.size_bytes)
    return body if is_same else None


def kind_of(folder: Path, found: FoundFile) -> DocumentKind:
    """Kind by extension, root element, and the names of the folders on the way."""
    path = PurePosixPath(found.path)
    if path.suffix.lower() in _STATEMENTS:
        return DocumentKind.BANK_STATEMENT
    head = (read(folder, found, _SNIFFED) or b"").replace(b"\0", b"")  # UTF-16 of ASCII
    element = _ROOT_ELEMENT.search(head)
    if element is None:
        return DocumentKind.OTHER
    is_sale = any(_SALES.match(part) for part in path.parts[:-1])
    if element[1] == b"CreditNote":
        return DocumentKind.SALES_CREDIT_NOTE if is_sale else DocumentKind.PURCHASE_CREDIT_NOTE
    return DocumentKind.SALES_INVOICE if is_sale else DocumentKind.PURCHASE_INVOICE


def delete(folder: Path, found: FoundFile) -> None:
    """Remove a file for good."""
    (folder / found.path).unlink()


def set_aside(folder: Path, found: FoundFile) -> None:
    """Move a file to the folder ``processed`` beside it; what is there already stays."""
    source = folder / found.path
    target = source.parent / PROCESSED / source.name
    target.parent.mkdir(exist_ok=True)
    if target.exists():
        target = target.with_name(f"{source.stem}.{found.tag}{source.suffix}")
    source.rename(target)  # the tag names this very file, so nothing else is overwritten
